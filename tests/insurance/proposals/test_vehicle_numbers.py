"""VIN, plates, engine numbers: the vectors of the standards, good and bad."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.proposals import vehicles


@pytest.mark.parametrize(
    "value", ["11111111111111111", "L9TESTAA7MA000001", "L9TESTEV6SA000002", "1M8GDM9AXKP042788"]
)
def test_vins_that_are_right(value):
    assert vehicles.vin(value) == value
    assert vehicles.has_check_digit(value)


def test_vins_that_are_wrong():
    assert not vehicles.has_check_digit("L9TESTAA8MA000001")
    for wrong in (
        "L9TESTAA7MA00000",
        "L9TESTIA7MA000001",
        "l9testaa7ma000001",
        "L9TESTAA7MA00000１",
    ):
        with pytest.raises(Unfit):
            vehicles.vin(wrong)


@pytest.mark.parametrize(
    ("plate", "kind", "fuel"),
    [
        ("京Z12345", "02", "fuel"),
        ("渝Z8264K", "02", "fuel"),
        ("粤ZD12345", "52", "battery_electric"),
        ("粤Z12345D", "51", "battery_electric"),
        ("粤ZF12345", "52", "plug_in_hybrid"),
        ("粤ZDA2345", "52", "fuel_cell"),
        ("京A1234挂", "15", "other"),
        ("京A1234学", "16", "fuel"),
        ("京A1234警", "23", "fuel"),
        ("粤Z1234港", "02", "fuel"),
        ("京A1234领", "04", "fuel"),
        ("京A1234试", "02", "fuel"),
        ("川0112345", "14", "fuel"),
        ("川Z20287", "07", "fuel"),
        # A battery car registered before there were green plates.
        ("京Z12345", "02", "battery_electric"),
    ],
)
def test_plates_that_are_right(plate, kind, fuel):
    assert vehicles.check_plate(plate, kind, fuel) == plate


@pytest.mark.parametrize(
    ("plate", "kind", "fuel", "code"),
    [
        ("京I12345", "02", "fuel", "plate_format_wrong"),
        ("京Z1234O", "02", "fuel", "plate_format_wrong"),
        ("京Z123456", "02", "fuel", "plate_format_wrong"),
        ("台Z12345", "02", "fuel", "plate_format_wrong"),
        ("京z12345", "02", "fuel", "plate_format_wrong"),
        ("粤ZD1234", "52", "battery_electric", "plate_new_energy_wrong"),
        ("粤ZI12345", "52", "battery_electric", "plate_new_energy_wrong"),
        ("粤Z12345D", "52", "battery_electric", "plate_new_energy_wrong"),
        ("粤Z12345", "52", "battery_electric", "plate_new_energy_wrong"),
        ("粤ZD12345", "52", "plug_in_hybrid", "plate_energy_disagrees"),
        ("粤ZF12345", "52", "battery_electric", "plate_energy_disagrees"),
        ("京A1234港", "02", "fuel", "plate_format_wrong"),
        ("京A1234挂", "02", "fuel", "plate_suffix_disagrees"),
        ("京A1234学", "23", "fuel", "plate_suffix_disagrees"),
        ("京A12345", "15", "other", "plate_suffix_missing"),
        ("川Z12345", "14", "fuel", "plate_tractor_wrong"),
    ],
)
def test_plates_that_are_wrong(plate, kind, fuel, code):
    with pytest.raises(Unfit) as caught:
        vehicles.check_plate(plate, kind, fuel)
    assert caught.value.code == code


def test_temporary_plates_and_engines():
    assert vehicles.temporary_plate("京Z临12345") == "京Z临12345"
    assert vehicles.engine_no("T20A000001") == "T20A000001"
    for wrong in ("t20a", "T 20A", "", "T20A-"):
        with pytest.raises(Unfit):
            vehicles.engine_no(wrong)
    with pytest.raises(Unfit):
        vehicles.temporary_plate("临")


@given(st.integers(0, 16), st.sampled_from("0123456789ABCDEFGHJKLMNPRSTUVWXYZ"))
def test_a_check_digit_notices_most_slips(place, character):
    # A slip by a multiple of eleven in value is what the check cannot see; the first 34 differ.
    right = "11111111111111111"
    wrong = right[:place] + character + right[place + 1 :]
    same = vehicles._VIN_VALUES[character] == 1 or place == 8
    assert vehicles.has_check_digit(wrong) == (wrong == right or (same and place != 8))


@given(st.text(max_size=12), st.sampled_from(["01", "02", "07", "14", "15", "51", "52"]))
def test_any_text_is_a_plate_or_unfit(plate, kind):
    with suppress(Unfit):
        assert vehicles.check_plate(plate, kind, "fuel")
