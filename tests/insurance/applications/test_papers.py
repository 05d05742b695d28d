"""Photos: what the pieces of a paper say, as the real library returns them."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.insurance.applications.papers import id_card, vehicle_licence
from baozhen.insurance.applications.pieces import Piece, levelled

# What RapidOCR 3.10 with PP-OCRv6 found on the photos of `pictures`, turned in many ways.
RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text(encoding="utf-8"))
LICENCE = {
    "plate_no": "京Z12345",
    "plate_status": "issued",
    "vin": "L9TESTAA7MA000001",
    "engine_no": "T20A000001",
    "brand_model": "示例牌SL7200A",
    "use_nature": "family",
    "first_registered_on": "2021-03-15",
}


def stacked(*lines):
    """Pieces of one line each, one under another."""
    return [Piece(line, 0, 40 * row, 400, 40 * row + 30) for row, line in enumerate(lines)]


@pytest.mark.parametrize(
    "photo", ["licence", "licence_upside_down", "licence_on_its_side", "licence_askew"]
)
def test_a_vehicle_licence_fills_in_the_vehicle_however_it_lies(photo):
    assert vehicle_licence(levelled(RECORDED[photo])) == LICENCE


def test_the_second_page_tells_seats_and_mass():
    assert vehicle_licence(levelled(RECORDED["second_page"])) == {
        "plate_no": "京Z12345",
        "plate_status": "issued",
        "seats": 5,
        "curb_mass_kg": 1500,
    }


def test_an_id_card_tells_name_number_and_validity():
    assert id_card(levelled(RECORDED["card"])) == {"name": "测试甲", "id_no": "110199198506151017"}
    assert id_card(levelled(RECORDED["card_back"])) == {
        "id_valid_from": "2016-05-01",
        "id_valid_to": "2036-05-01",
    }
    assert id_card(stacked("有效期限2016.05.01-长期"))["id_valid_to"] is None


def test_labels_and_values_in_one_piece_are_told_apart():
    pieces = stacked(
        "号牌号码Plate No.京Z·12345",
        "使用性质非营运品牌型号Model示例牌SL7200A",
        "车辆识别代号VINL9TESTAA7MAOOOOO1",
        "发动机号码：T20A000001",
        "注册日期2021-03-15发证日期2021-03-16",
    )
    assert vehicle_licence(pieces) == LICENCE


@pytest.mark.parametrize(
    "misread",
    [
        "车辆识别代号L9TESTAA8MA000001",
        "公民身份号码110199198506151018",
        "注册日期2021-13-15",
        "品牌型号非营运",
        "发动机号码：",
    ],
)
def test_what_is_misread_is_left_out(misread):
    assert vehicle_licence(stacked(misread)) == {}
    assert id_card(stacked(misread)) == {}


def test_an_empty_field_takes_no_other_ones_value():
    label = Piece("发动机号码", 0, 0, 100, 30)
    other = Piece("注册日期", 150, 2, 250, 32)
    below = Piece("T20A000001", 150, 60, 300, 90)
    assert vehicle_licence([label, other, below]) == {}


places = st.floats(-1e4, 1e4)
signs = "京Z1L9X.-年长期姓名品牌型号有效期限注册日期 :："


@given(
    st.lists(
        st.tuples(
            st.text(signs, max_size=30), st.lists(st.tuples(places, places), min_size=4, max_size=4)
        ),
        max_size=8,
    )
)
def test_no_pieces_are_too_strange(found):
    pieces = levelled(found)
    assert isinstance(vehicle_licence(pieces), dict)
    assert isinstance(id_card(pieces), dict)


@given(st.floats(-math.pi, math.pi))
def test_a_paper_says_the_same_at_every_angle(angle):
    def turned(corners):
        points = [complex(x, y) * complex(math.cos(angle), math.sin(angle)) for x, y in corners]
        return [(point.real, point.imag) for point in points]

    found = [(text, turned(corners)) for text, corners in RECORDED["licence"]]
    assert vehicle_licence(levelled(found)) == LICENCE
