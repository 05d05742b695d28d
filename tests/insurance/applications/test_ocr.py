"""The child that reads a picture: what it takes, what it refuses, and the real library in it."""

import zlib
from hashlib import shake_128
from io import BytesIO

import pytest
from PIL import Image

from baozhen.foundation.errors import Refusal
from baozhen.insurance.applications import ocr
from baozhen.insurance.applications.ocr import ChildTextReader, PictureRefused, TextReaderOutage
from baozhen.insurance.applications.ocr_worker import PIXELS_MAX, Unusable, opened
from baozhen.insurance.applications.papers import id_card, vehicle_licence
from tests.insurance.applications.pictures import CARD, LICENCE, photo
from tests.insurance.applications.test_papers import LICENCE as READ

READER = """
import socket


class Read:
    txts = ("姓名", "测试甲")
    boxes = [[[0, 0], [60, 0], [60, 30], [0, 30]], [[80, 0], [180, 0], [180, 30], [80, 30]]]


class RapidOCR:
    def __init__(self, params):
        print("a library that prints")

    def __call__(self, picture):
        assert picture.size == (400, 300)
        return Read()
"""


def encoded(picture, kind="PNG", **options):
    result = BytesIO()
    picture.save(result, kind, **options)
    return result.getvalue()


PNG = encoded(Image.new("RGB", (400, 300), "white"))


def bomb(width, height):
    """A PNG of a few bytes that says to be huge."""
    head = b"IHDR" + width.to_bytes(4) + height.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    start = PNG[:8] + (13).to_bytes(4) + head + zlib.crc32(head).to_bytes(4)
    return start + PNG[33:]


def stand_in(tmp_path, monkeypatch, text):
    """Put a reader where the child finds it first."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "rapidocr.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))


def test_a_child_reads_the_picture(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, READER)
    assert id_card(ChildTextReader().read(PNG)) == {"name": "测试甲"}


@pytest.mark.parametrize("faulty", ["raise SystemExit(3)", READER.replace("[60, 0], ", "")])
def test_a_reader_that_fails_stops_nobody(tmp_path, monkeypatch, faulty):
    stand_in(tmp_path, monkeypatch, faulty)
    with pytest.raises(TextReaderOutage, match="请直接填写"):
        ChildTextReader().read(PNG)


def test_too_many_at_once_are_sent_to_typing(monkeypatch):
    monkeypatch.setattr(ocr, "_WAIT_SECONDS_MAX", 0.01)
    with ocr._a_place(), ocr._a_place(), pytest.raises(TextReaderOutage):
        ChildTextReader().read(PNG)


@pytest.mark.parametrize(
    ("upload", "why"),
    [
        (b"", "kind"),
        (b"GIF89a", "kind"),
        (b"%PDF-1.7", "kind"),
        (PNG + bytes(8 * 1024 * 1024), "bytes"),
        (bomb(60000, 60000), "pixels"),
    ],
)
def test_only_pictures_of_a_sensible_size_are_read(upload, why):
    with pytest.raises(PictureRefused, match=r"请重拍，或直接填写") as refused:
        ChildTextReader().read(upload)
    assert refused.value.facts == {"why": why, "reason": ocr.REASONS[why]}
    assert isinstance(refused.value, Refusal)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (bomb(10_000, PIXELS_MAX // 10_000 + 1), "pixels"),
        (bomb(100_000, 100_000), "pixels"),
        (PNG[:-40], "damaged"),
        (PNG[:20], "damaged"),
        (b"\xff\xd8\xff" + bytes(100), "damaged"),
        (encoded(Image.new("RGB", (400, 200))), "small"),
        (encoded(Image.new("RGB", (300, 1300))), "narrow"),
    ],
)
def test_the_child_refuses_what_harms_it_or_says_nothing(data, why):
    with pytest.raises(Unusable, match=f"^{why}$"):
        opened(data)
    assert why in ocr.REASONS


def test_a_picture_becomes_upright_plain_and_small():
    marks = Image.Exif()
    marks[0x0112] = 6
    large = encoded(Image.new("CMYK", (3200, 2400)), "JPEG", exif=marks)
    assert (opened(large).mode, opened(large).size) == ("RGB", (1200, 1600))
    assert opened(encoded(Image.new("P", (400, 300)))).mode == "RGB"


def test_without_the_extra_nothing_is_offered(monkeypatch):
    ocr.is_available.cache_clear()
    try:
        for missing in ("rapidocr", "onnxruntime"):
            monkeypatch.setattr(ocr, "find_spec", lambda name, gone=missing: name != gone or None)
            assert not ocr.is_available()
            ocr.is_available.cache_clear()
    finally:
        ocr.is_available.cache_clear()


@pytest.fixture
def real():
    """The adapter with the real library, where it is installed."""
    ocr.is_available.cache_clear()
    if not ocr.is_available():
        pytest.skip("the extra [ocr] is not installed: pip install 'baozhen[ocr]'")
    return ChildTextReader()


def test_the_real_library_reads_a_photo_of_either_paper(real, fonts):
    font = fonts.folder / "NotoSansSC_400Regular.ttf"
    assert vehicle_licence(real.read(photo(LICENCE, font, orientation=6))) == READ
    assert id_card(real.read(photo(CARD, font, degrees=-3))) == {
        "name": "测试甲",
        "id_no": "110199198506151017",
    }


def test_the_real_library_finds_nothing_in_grain(real):
    grain = Image.frombytes("L", (640, 480), shake_128(b"grain").digest(640 * 480))
    assert vehicle_licence(real.read(encoded(grain))) == {}
