"""Rating: the amounts of the five forms worked by hand, the rules between covers, the replay."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baozhen.foundation.errors import Refusal
from baozhen.insurance.products import errors
from baozhen.insurance.products.rating import (
    Record,
    quote,
    replay,
    request_as_json,
    request_from_content,
    request_from_json,
)
from baozhen.insurance.products.tables import SHIPPED, build_tables, shipped_contents
from baozhen.insurance.proposals.intake import parse_proposal
from tests.insurance.products.quotes import FREE_3, request_json, scenario_1, scenario_2
from tests.insurance.proposal_forms import FORMS


def rated(raw: dict[str, Any]):
    return quote(request_from_json(raw), SHIPPED)


def lines_of(made) -> list[int]:
    return [line.premium_fen for line in made.commercial.lines]


# --- The amounts of DOMAIN 7, exactly ---


def test_scenario_1():
    made = rated(scenario_1())
    assert made.commercial.depreciated_fen == 12816000
    assert [line.base_fen for line in made.commercial.lines] == [160000, 92208, 2899, 7452, 7333]
    assert lines_of(made) == [81600, 47026, 1478, 3801, 3740]
    assert made.commercial.premium_fen == 137645
    assert (made.compulsory.float_code, made.compulsory.premium_fen) == ("A3", 61750)
    assert made.vehicle_tax.total_fen == 48000
    assert made.total_fen == 247395
    assert made.compulsory.cover_ends_at.isoformat() == "2026-03-16T00:00:00+08:00"


def test_scenario_1_with_a_higher_limit():
    raw = scenario_1()
    raw["commercial"]["covers"][1]["sum_insured"] = "3000000.00"
    made = rated(raw)
    assert lines_of(made)[1] == 54808
    assert made.commercial.premium_fen == 145427


def test_scenario_2():
    made = rated(scenario_2())
    assert lines_of(made) == [323400, 112840, 2686, 6905, 5040, 6300, 5250]
    assert made.commercial.premium_fen == 462421
    assert (made.compulsory.float_code, made.compulsory.premium_fen) == ("new", 95000)
    assert (made.vehicle_tax.relief, made.vehicle_tax.total_fen) == ("not_taxable", 0)
    assert made.total_fen == 557421


# --- The other forms, by hand ---


def test_a_crane():
    # New: 860,000 - 300,000 of equipment insured apart; 560,000 × 0.75 % / 0.75 = 5,600;
    # 三者 2,700; 300,000 × 0.2 % / 0.75 = 800; × 1 × 1.11. 特种车二 2,430; 16.4 t × 96 × 10/12.
    made = rated(
        request_json("special", vehicle__first_registered_on="2026-03-01", tax={"year": 2026})
    )
    assert made.commercial.lines[0].sum_insured_fen == 56000000
    assert lines_of(made) == [621600, 299700, 88800]
    assert made.compulsory.premium_fen == 243000
    assert made.vehicle_tax.total_fen == 131200
    assert made.total_fen == 621600 + 299700 + 88800 + 243000 + 131200


def test_an_old_crane_is_worth_less():
    # 60 full months × 0.9 % = 54 %: 560,000 × 0.46 = 257,600; × 1 % × 0.5 × 1.11 = 1,429.68.
    raw = request_json("special", record={**FREE_3, "claim_free_years": 4})
    made = rated(raw)
    assert made.commercial.lines[0].sum_insured_fen == 25760000
    assert lines_of(made) == [142968, 149850, 44400]
    # Scheme D, three years: 2,430 × 0.65.
    assert made.compulsory.premium_fen == 157950


def test_a_motorcycle():
    # 50-250 cc 120.00 without float; 三者 10万 120.00 without NCD; tax 60.00.
    made = rated(request_json("motorcycle_tractor", record=dict(FREE_3)))
    assert (made.compulsory.float_code, made.compulsory.premium_fen) == ("none", 12000)
    assert lines_of(made) == [12000]
    assert made.commercial.factors.ncd == 1
    assert made.total_fen == 12000 + 12000 + 6000


@pytest.mark.parametrize(
    ("type_", "power", "yuan"),
    [
        ("dual_use", "14.7", 60),
        ("dual_use", "14.8", 90),
        ("transport", "10", 400),
        ("transport", "20", 560),
    ],
)
def test_a_tractor_pays_by_type_and_power(type_, power, yuan):
    raw = request_json("motorcycle_tractor", commercial=None)
    raw["vehicle"] |= {"kind": "tractor", "tractor_type": type_, "power_kw": power}
    made = rated(raw)
    assert made.compulsory.premium_fen == yuan * 100
    assert made.total_fen == yuan * 100


def test_a_single_trip():
    # 950 × 10 % for one month; 240 + 180 flat; the tax is deferred.
    made = rated(request_json("single_trip"))
    assert (made.compulsory.base_fen, made.compulsory.premium_fen) == (9500, 9500)
    assert lines_of(made) == [24000, 18000]
    assert (made.vehicle_tax.relief, made.total_fen) == ("deferred", 51500)
    assert (made.compulsory.cover_ends_at - made.compulsory.cover_starts_at).days == 30


# --- What the spine accepts ---


@pytest.mark.parametrize("form", sorted(FORMS))
def test_the_sections_pass_every_check_of_a_proposal(form):
    proposal = FORMS[form]()
    del proposal["commercial"]["coverages"][0]["sum_insured"]
    if form == "motorcycle_tractor":
        proposal["commercial"]["coverages"][0]["sum_insured"] = "100000.00"
    made = quote(request_from_content(proposal, record=Record()), SHIPPED)
    numbers = {name: proposal[name]["policy_no"] for name in ("compulsory", "commercial")}
    sections = made.sections(numbers)
    assert sorted(sections["compulsory"]) == sorted(proposal["compulsory"])
    assert sorted(sections["commercial"]) == sorted(proposal["commercial"])
    proposal |= sections
    proposal["payment"]["amount"] = sections["total"]
    found = parse_proposal(proposal, at=datetime(2026, 11, 20, tzinfo=UTC))
    assert found.faults == ()


# --- Compulsory ---


@pytest.mark.parametrize(
    ("record", "code", "fen"),
    [
        ({}, "new", 95000),
        ({"first_insured": False}, "none", 95000),
        ({"first_insured": False, "free_years": 1}, "A1", 80750),
        ({"first_insured": False, "free_years": 2}, "A2", 71250),
        ({"first_insured": False, "free_years": 9}, "A3", 61750),
        ({"first_insured": False, "free_years": 3, "accidents": 1}, "A4", 95000),
        ({"first_insured": False, "accidents": 2}, "A5", 104500),
        ({"first_insured": False, "accidents": 2, "fatal": True}, "A6", 123500),
    ],
)
def test_one_float_alone_moves_the_compulsory_premium(record, code, fen):
    made = rated(request_json("car", record=record, commercial=None))
    assert (made.compulsory.float_code, made.compulsory.premium_fen) == (code, fen)


def test_the_float_follows_the_region():
    # Scheme A takes half off after three years, scheme E three tenths.
    for region, fen in (("15", 47500), ("31", 66500)):
        made = rated(request_json("car", region=region, record=dict(FREE_3), commercial=None))
        assert made.compulsory.premium_fen == fen


def test_a_transfer_ends_float_and_ncd():
    raw = request_json("car", record=dict(FREE_3))
    raw["vehicle"] |= {"transferred": True, "transferred_on": "2026-02-01"}
    made = rated(raw)
    assert made.compulsory.float_code == "none"
    assert made.commercial.factors.ncd == 1


def test_a_short_term_pays_by_started_months():
    raw = request_json("car")
    raw["compulsory"] |= {
        "term_ground": "距报废<1年",
        "cover_ends_at": "2026-09-17T00:00:00+08:00",
    }
    raw["commercial"] |= {"cover_ends_at": "2026-09-17T00:00:00+08:00"}
    made = rated(raw)
    # Seven started months: 70 %, without float; the covers follow.
    assert made.compulsory.premium_fen == 66500
    assert made.commercial.lines[1].base_fen == 64546


@pytest.mark.parametrize("part", ["compulsory", "commercial"])
def test_cover_starts_within_a_year_of_the_quote(part):
    raw = request_json("car")
    raw[part]["cover_starts_at"] = "9999-12-31T00:00:00+08:00"
    with pytest.raises(errors.PeriodNotAllowed):
        rated(raw)


@pytest.mark.parametrize(
    ("form", "ends", "ground"),
    [
        ("car", "2026-10-01T00:00:00+08:00", None),
        ("car", "2026-03-01T00:00:00+08:00", None),
        ("car", "2028-03-16T00:00:00+08:00", "其他"),
        ("single_trip", "2026-03-30T00:00:00+08:00", "临时上道路"),
        ("single_trip", None, None),
    ],
)
def test_a_term_that_may_not_be_sold(form, ends, ground):
    raw = request_json(form, commercial=None)
    raw["compulsory"] |= {"cover_ends_at": ends, "term_ground": ground}
    with pytest.raises(errors.PeriodNotAllowed):
        rated(raw)


def test_what_the_table_does_not_know_is_not_guessed():
    raw = request_json("car", vehicle__use_nature="commercial_tourism")
    with pytest.raises(errors.RateMissing):
        rated(raw)
    with pytest.raises(errors.RegionUnknown):
        rated(request_json("car", region="71"))


# --- NCD and the other factors ---


@pytest.mark.parametrize(
    ("record", "ncd"),
    [
        ({"first_insured": False, "claim_free_years": 1}, "0.8"),
        ({"first_insured": False, "claim_free_years": 4}, "0.5"),
        ({"first_insured": False, "claim_free_years": 9}, "0.5"),
        ({"first_insured": False, "claims": 1}, "1.2"),
        ({"first_insured": False, "claims": 9}, "2.0"),
        ({"first_insured": False, "claims": 1, "claim_free_years": 3}, "0.7"),
        ({"first_insured": False, "claim_free_years": 3, "gap_months": 2}, "0.6"),
        # A break of three to six months: the level may only rise.
        ({"first_insured": False, "claim_free_years": 3, "gap_months": 3}, "1.0"),
        (
            {
                "first_insured": False,
                "claim_free_years": 3,
                "gap_months": 6,
                "previous_level": 2,
            },
            "1.4",
        ),
        ({"first_insured": False, "claims": 3, "gap_months": 4, "previous_level": 1}, "1.6"),
        ({"first_insured": False, "claims": 3, "gap_months": 7}, "1.0"),
    ],
)
def test_the_ladder(record, ncd):
    assert rated(request_json("car", record=record)).commercial.factors.ncd == Decimal(ncd)


@pytest.mark.parametrize(
    ("form", "day", "own", "fits"),
    [
        ("car", "2026-03-10", "0.5", True),
        ("car", "2026-03-10", "1.51", False),
        ("car", "2023-05-31", "0.6", False),
        ("car", "2023-06-01", "0.6", True),
        ("new_energy", "2026-03-10", "0.64", False),
        ("new_energy", "2026-03-10", "1.35", True),
    ],
)
def test_self_pricing_stays_in_its_filed_range(form, day, own, fits):
    raw = request_json(form, quoted_on=day)
    for part in ("compulsory", "commercial"):
        raw[part]["cover_starts_at"] = f"{day}T00:00:00+08:00"
    raw["commercial"]["self_pricing"] = own
    if fits:
        assert rated(raw).commercial.factors.self_pricing == Decimal(own)
    else:
        with pytest.raises(errors.FactorOutsideRange) as refused:
            rated(raw)
        assert refused.value.path == "commercial.factors.self_pricing"
        assert "commercial_factors" in str(refused.value)


def test_a_violation_factor_only_where_it_is_filed():
    raw = request_json("car", region="32")
    raw["commercial"]["traffic_violation"] = "1.5"
    assert rated(raw).commercial.factors.traffic_violation == Decimal("1.5")
    raw["region"] = "51"
    with pytest.raises(errors.FactorOutsideRange):
        rated(raw)


# --- Covers ---


def test_an_agreed_value_moves_the_pure_risk():
    raw = scenario_1()
    raw["commercial"]["covers"][0]["sum_insured"] = "138160.00"
    # 1,200 + (138,160 - 128,160) × 0.09 % = 1,209; / 0.75 = 1,612.00; × 0.51 = 822.12.
    assert lines_of(rated(raw))[0] == 82212
    for outside in ("89711.00", "170000.00"):
        raw["commercial"]["covers"][0]["sum_insured"] = outside
        with pytest.raises(errors.AmountNotOffered):
            rated(raw)


def test_a_deductible_takes_its_discount():
    raw = scenario_1()
    raw["commercial"]["covers"][0]["deductible_rate"] = "0.10"
    with pytest.raises(errors.AmountNotOffered, match="绝对免赔率特约条款"):
        rated(raw)
    raw["commercial"]["covers"].append({"code": "F1"})
    made = rated(raw)
    # 1,600 × 0.90 = 1,440; × 0.51 = 734.40; the clause itself costs nothing.
    assert lines_of(made)[0] == 73440
    assert (made.commercial.lines[-1].base_fen, lines_of(made)[-1]) == (0, 0)
    assert made.sections()["commercial"]["coverages"][0]["deductible_rate"] == "0.10"
    raw["commercial"]["covers"][0]["deductible_rate"] = "0.11"
    with pytest.raises(errors.AmountNotOffered, match="5%、10%、15%、20%"):
        rated(raw)


def test_water_can_be_left_out_and_holidays_doubled():
    raw = scenario_1()
    raw["commercial"]["covers"] = [
        {"code": "F10"},
        {"code": "F6"},
        {"code": "A"},
        {"code": "B", "sum_insured": "2000000.00"},
    ]
    made = rated(raw)
    # 922.08 × 9 % = 82.99, though it was named before its main cover; 1,600 × 0.97 = 1,552.
    assert [line.base_fen for line in made.commercial.lines] == [8299, 0, 155200, 92208]
    assert made.commercial.lines[0].sum_insured_fen == 200000000


@pytest.mark.parametrize(
    ("covers", "why"),
    [
        ([{"code": "F9", "sum_insured": "100000.00"}], "一起投保"),
        ([{"code": "D1"}, {"code": "D1"}], "两次"),
        ([{"code": "NA"}], "没有代码"),
        ([], "没有选择"),
    ],
)
def test_covers_depend_on_each_other(covers, why):
    with pytest.raises(errors.CoverNotOffered, match=why):
        rated(request_json("car", commercial__covers=covers))


def test_holidays_are_a_family_matter():
    raw = request_json("car", vehicle__use_nature="non_commercial_enterprise")
    raw["commercial"]["covers"].append({"code": "F10"})
    with pytest.raises(errors.CoverNotOffered, match="家庭自用"):
        rated(raw)


@pytest.mark.parametrize(
    ("form", "cover", "why"),
    [
        ("car", {"code": "B", "sum_insured": "1230000.00"}, "可选的保险金额"),
        ("car", {"code": "B", "sum_insured": "50000.00"}, "限额须在"),
        ("car", {"code": "B"}, "没有保险金额"),
        ("car", {"code": "D1", "sum_insured": "0.00"}, "为零"),
        ("car", {"code": "D2", "seats": 5}, "座位"),
        ("single_trip", {"code": "TB", "sum_insured": "3000000.00"}, "可选"),
    ],
)
def test_sums_are_those_that_are_offered(form, cover, why):
    with pytest.raises(errors.AmountNotOffered, match=why):
        rated(request_json(form, commercial__covers=[cover]))


def test_a_pile_cover_needs_a_pile():
    raw = scenario_2()
    raw["commercial"]["covers"][5]["sum_insured"] = "3001.00"
    with pytest.raises(errors.AmountNotOffered, match="不能超过充电桩"):
        rated(raw)
    raw["vehicle"]["charging_pile"] = None
    with pytest.raises(errors.AmountNotOffered, match="先填写充电桩"):
        rated(raw)


def test_each_vehicle_has_its_form():
    wrong = (
        request_json("car", vehicle__fuel="battery_electric"),
        request_json("new_energy", vehicle__fuel="fuel"),
        request_json("car", vehicle__kind="special"),
        request_json("car", vehicle__kind="trailer"),
        request_json("car") | {"form": "boat"},
    )
    for raw in wrong:
        with pytest.raises(errors.FormNotFit):
            rated(raw)


@pytest.mark.parametrize(
    ("fuel", "price", "rate"),
    [
        ("battery_electric", "99999.00", "0.0082"),
        ("battery_electric", "100000.00", "0.0077"),
        ("battery_electric", "239800.00", "0.0072"),
        ("battery_electric", "300000.00", "0.0068"),
        ("plug_in_hybrid", "300000.00", "0.0063"),
    ],
)
def test_new_energy_cars_lose_value_by_price(fuel, price, rate):
    raw = request_json("new_energy", tax={"relief": "exempt", "certificate": _CERTIFICATE})
    raw["vehicle"] |= {"fuel": fuel, "new_price": price, "first_registered_on": "2025-03-16"}
    raw["commercial"]["covers"] = [{"code": "NA"}]
    value = Decimal(price) * (1 - 12 * Decimal(rate)) * 100
    assert rated(raw).commercial.depreciated_fen == int(value.to_integral_value())


def test_a_model_outside_the_library_pays_by_its_price():
    # 98,000 × 0.62 % / 0.75 = 810.13, the demo rate.
    raw = request_json("car", vehicle__model_code="UNKNOWN", vehicle__new_price="98000.00")
    assert rated(raw).commercial.lines[0].base_fen == 81013


# --- Vehicle tax ---

_CERTIFICATE = {"no": "凭0001", "office": "测试税务局", "issued_on": "2026-01-05"}


@pytest.mark.parametrize(
    ("vehicle", "fen"),
    [
        ({"displacement_ml": 1000}, 30000),
        ({"displacement_ml": 1600}, 42000),
        ({"displacement_ml": 2500}, 90000),
        ({"displacement_ml": 3000}, 192000),
        ({"displacement_ml": 4000}, 348000),
        ({"displacement_ml": 4001}, 528000),
        ({"seats": 9}, 96000),
        # From the month of the invoice: 480 × 10/12.
        ({"invoice_on": "2026-03-09"}, 40000),
        ({"kind": "truck", "use_nature": "commercial_freight", "approved_load_kg": 1500}, 14400),
    ],
)
def test_the_tax_of_a_province(vehicle, fen):
    raw = request_json("car", commercial=None)
    raw["vehicle"] |= vehicle
    assert rated(raw).vehicle_tax.total_fen == fen


def test_reliefs_of_the_tax():
    for relief, fen in (("exempt", 0), ("paid", 0), ("reduced", 24000)):
        tax = {"relief": relief, "certificate": _CERTIFICATE}
        made = rated(request_json("car", commercial=None, tax=tax))
        assert (made.vehicle_tax.relief, made.vehicle_tax.total_fen) == (relief, fen)
        assert made.vehicle_tax.section()["certificate"] == _CERTIFICATE
    tax = {"relief": "arrears", "arrears": "480.00", "late_days": 100}
    made = rated(request_json("car", commercial=None, tax=tax))
    # 480 × 0.05 % × 100 days = 24.00.
    assert (made.vehicle_tax.late_fee_fen, made.vehicle_tax.total_fen) == (2400, 98400)


@pytest.mark.parametrize(
    ("form", "relief"),
    [
        ("car", "not_taxable"),
        ("car", "deferred"),
        ("car", "exempt"),
        ("car", "arrears"),
        ("new_energy", "normal"),
    ],
)
def test_a_relief_that_the_vehicle_cannot_have(form, relief):
    with pytest.raises(errors.ReliefNotAllowed):
        rated(request_json(form, commercial=None, tax={"relief": relief}))


# --- Explained, stored, made again ---


def test_every_amount_is_explained_and_names_its_tables():
    made = rated(scenario_1())
    steps = [step.as_json(made.versions) for step in made.explain()]
    told = {step["item"]: step for step in steps}
    assert told["交强险保费"]["formula"].startswith("950.00元 ×（1 + 浮动 -35%）= 617.50元")
    hull = told["机动车损失保险"]
    assert "1,200.00元" in hull["formula"]
    assert "816.00元" in hull["formula"]
    assert "vehicle_models@2026-DEMO" in hull["tables"]
    assert told["合计"]["amount"] == "2473.95"
    assert all("@" in table for step in steps for table in step["tables"])
    assert "vehicle_models" in made.unconfirmed


def test_a_stored_quote_can_be_made_again_after_the_tables_changed():
    stored = json.loads(json.dumps(rated(scenario_1()).stored()))
    later = shipped_contents()
    later["commercial_rates"]["version"] = "2031-NEW"
    later["commercial_rates"]["covers"]["car"]["B"]["classes"]["family_under_6"]["2000000"] = "1000"
    newer = build_tables(later)
    assert quote(request_from_json(stored["request"]), newer).total_fen != 247395
    with pytest.raises(ValueError, match="versions"):
        replay(stored, newer)
    assert replay(stored, build_tables(shipped_contents())).stored() == stored


@settings(max_examples=60, deadline=None)
@given(
    form=st.sampled_from(sorted(FORMS)),
    claims=st.integers(0, 9),
    years=st.integers(0, 9),
    region=st.sampled_from(["11", "15", "31", "44", "51", "62"]),
    price=st.integers(10_000_00, 2_000_000_00),
)
def test_sums_always_fit_and_requests_come_back(form, claims, years, region, price):
    record = {"first_insured": False, "claims": claims, "claim_free_years": years}
    raw = request_json(form, record=record, region=region)
    request = request_from_json(raw)
    vehicle = replace(request.vehicle, new_price_fen=max(price, 60_000_000))
    request = replace(request, vehicle=vehicle)
    made = quote(request, SHIPPED)
    assert made.total_fen == (
        made.compulsory.premium_fen + made.vehicle_tax.total_fen + sum(lines_of(made))
    )
    assert request_from_json(json.loads(json.dumps(request_as_json(request)))) == request
    ladder = SHIPPED.ncd_by_level
    assert min(ladder.values()) <= made.commercial.factors.ncd <= max(ladder.values())


@given(st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8) | st.none()))
def test_any_json_is_refused_in_words(raw):
    with pytest.raises(Refusal):
        rated(raw)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("vehicle", "new_price"), "12.345"),
        (("vehicle", "new_price"), "NaN"),
        (("record", "unknown"), 1),
        (("compulsory", "cover_starts_at"), "yesterday"),
        (("commercial", "covers"), [{}]),
        (("commercial", "self_pricing"), "half"),
        (("commercial", "self_pricing"), "1e999999"),
        (("vehicle", "new_price"), "1e999999"),
        (("vehicle", "seats"), "5"),
        (("vehicle", "seats"), True),
        (("vehicle", "kind"), 5),
        (("vehicle", "transferred"), "no"),
        (("compulsory", "cover_starts_at"), "2026-03-16T00:00:00"),
    ],
)
def test_a_part_that_cannot_be_read(path, value):
    raw = deepcopy(request_json("car"))
    raw[path[0]][path[1]] = value
    with pytest.raises(errors.RequestUnreadable):
        rated(raw)
