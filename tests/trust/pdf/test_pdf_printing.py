"""Prints are numbered, counted, patterned and can be checked; they carry no signature."""

import io
from datetime import timedelta
from functools import lru_cache

import pikepdf
import pytest
import zxingcpp
from PIL import ImageChops

from baozhen.trust.errors import ParseError, SigningError
from baozhen.trust.pdf.overlay import Overlay
from baozhen.trust.pdf.positions import find_keywords
from baozhen.trust.pdf.printing import PrintFacts, flatten, print_copy
from baozhen.trust.pdf.rendering import page_pictures
from baozhen.trust.report import Verdict
from baozhen.trust.verify import inspect
from tests.pdfs import FONTS, anchors, plain, signed
from tests.pki import NOW

LINK = "https://verify.example.cn/p/P2026000001"


@lru_cache(maxsize=1)
def overlay() -> Overlay:
    return Overlay(FONTS)


def printed(pdf: bytes, number: str = "P2026000001", count: int = 2) -> bytes:
    facts = PrintFacts(number, count, "测试伟", NOW, LINK)
    return print_copy(pdf, facts, overlay=overlay())


@pytest.mark.requirement("S2-L160.d4")
def test_a_print_says_what_it_is_and_can_be_checked():
    data = printed(signed(pages=3))
    assert [place.page for place in find_keywords(data, "打印编号P2026000001")] == [0, 1, 2]
    assert len(find_keywords(data, "第2次打印")) == 3
    assert len(find_keywords(data, "2026-06-0112:00")) == 3
    for picture in page_pictures(data, dots_per_inch=150):
        assert {code.text for code in zxingcpp.read_barcodes(picture)} == {LINK}


def test_the_seal_stays_and_the_signature_does_not():
    data = printed(signed())
    report = inspect(data, anchors=anchors(), at=NOW + timedelta(hours=1))
    assert report.verdict is Verdict.NOT_SIGNED
    red, green, _ = next(iter(page_pictures(data, dots_per_inch=72))).split()
    seal = ImageChops.subtract(red, green).point(lambda level: 255 if level > 120 else 0).getbbox()
    assert seal is not None
    assert abs(seal[0] - 400) < 8


def test_every_number_has_a_pattern_of_its_own():
    (one,), (same,), (other,) = (
        page_pictures(printed(plain(), number), dots_per_inch=100) for number in ("A1", "A1", "A2")
    )
    assert ImageChops.difference(one, same).getbbox() is None
    changed = ImageChops.difference(one, other).convert("L").point(lambda v: 255 if v > 10 else 0)
    left, top, right, bottom = changed.getbbox()
    assert right - left > one.width * 0.8
    assert bottom - top > one.height * 0.8


def test_turned_pages_are_printed_upright():
    with pikepdf.open(io.BytesIO(plain())) as document:
        document.pages[0].obj.Rotate = 90
        out = io.BytesIO()
        document.save(out)
    (place,) = find_keywords(printed(out.getvalue()), "打印编号")
    assert place.rect[0] < 30
    assert place.rect[1] < 60


def test_flattening_keeps_nothing_that_acts():
    assert b"/Sig" not in flatten(signed())
    assert b"/Widget" not in flatten(signed())


def test_what_is_refused():
    with pytest.raises(ParseError):
        printed(b"nothing")
    with pytest.raises(SigningError, match="编号"):
        printed(plain(), "编号")
    with pytest.raises(SigningError, match="次数"):
        printed(plain(), count=0)
