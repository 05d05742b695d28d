"""Photos: what the lines of a paper say, and the child that reads a picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.insurance.applications import ocr
from baozhen.insurance.applications.ocr import (
    ChildTextReader,
    PictureRefused,
    TextReaderOutage,
)
from baozhen.insurance.applications.papers import id_card, vehicle_licence

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
LICENCE = [
    "中华人民共和国机动车行驶证",
    "号牌号码 京Z12345",
    "所有人 测试甲",
    "使用性质",
    "非营运",
    "品牌型号 示例牌SL7200A",
    "车辆识别代号 L9TESTAA7MA000001",
    "发动机号码：T20A000001",
    "注册日期 2021-03-15 发证日期 2021-03-16",
    "核定载人数 5人",
    "整备质量 1500kg",
]
READER = """
class Read:
    txts = ("姓名 测试甲", "{said}")


class RapidOCR:
    def __call__(self, picture):
        assert picture.endswith(b"picture")
        return Read()
"""


def test_a_vehicle_licence_fills_in_the_vehicle():
    assert vehicle_licence(LICENCE) == {
        "plate_no": "京Z12345",
        "plate_status": "issued",
        "vin": "L9TESTAA7MA000001",
        "engine_no": "T20A000001",
        "brand_model": "示例牌SL7200A",
        "use_nature": "family",
        "first_registered_on": "2021-03-15",
        "seats": 5,
        "curb_mass_kg": 1500,
    }


def test_an_id_card_tells_name_number_and_validity():
    front = ["姓名测试甲", "性别男 民族汉", "公民身份号码110199198506151017"]
    assert id_card(front) == {"name": "测试甲", "id_no": "110199198506151017"}
    assert id_card(["有效期限 2016.05.01-2036.05.01"]) == {
        "id_valid_from": "2016-05-01",
        "id_valid_to": "2036-05-01",
    }
    assert id_card(["有效期限 2016.05.01-长期"])["id_valid_to"] is None


@pytest.mark.parametrize(
    "misread", ["车辆识别代号 L9TESTAA8MA000001", "公民身份号码 110199198506151018"]
)
def test_what_is_misread_is_left_out(misread):
    assert vehicle_licence([misread]) == {}
    assert id_card([misread]) == {}


@given(
    st.lists(st.text("京Z1L9X.-年长期姓名品牌型号有效期限注册日期 :：", max_size=30), max_size=8)
)
def test_no_lines_are_too_strange(lines):
    assert isinstance(vehicle_licence(lines), dict)
    assert isinstance(id_card(lines), dict)


def stand_in(tmp_path, monkeypatch, text):
    """Put a reader where the child finds it first."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "rapidocr.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))


def test_a_child_reads_the_picture(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, READER.format(said="公民身份号码 110199198506151017"))
    lines = ChildTextReader().lines(PNG)
    assert id_card(lines) == {"name": "测试甲", "id_no": "110199198506151017"}


def test_a_reader_that_fails_stops_nobody(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "raise SystemExit(3)")
    with pytest.raises(TextReaderOutage, match="请直接填写"):
        ChildTextReader().lines(PNG)


@pytest.mark.parametrize("upload", [b"", b"GIF89a", b"%PDF-1.7", PNG + bytes(8 * 1024 * 1024)])
def test_only_pictures_of_a_sensible_size_are_read(upload):
    with pytest.raises(PictureRefused):
        ChildTextReader().lines(upload)


def test_without_the_extra_nothing_is_offered():
    assert ocr.is_available() is (ocr.find_spec("rapidocr") is not None)
