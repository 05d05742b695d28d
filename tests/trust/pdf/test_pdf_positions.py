"""Places by keyword and by fractions, on pages of every turn and crop."""

import io

import pikepdf
import pytest

from baozhen.trust.errors import ParseError
from baozhen.trust.pdf.pages import seen_pages
from baozhen.trust.pdf.positions import (
    Found,
    KeywordMissing,
    around,
    find_keyword,
    find_keywords,
    from_fractions,
    to_fractions,
)
from baozhen.trust.pdf.prepare import prepare
from baozhen.trust.pdf.reader import open_pdf
from baozhen.trust.pdf.rendering import page_pictures
from tests.pdfs import lay_out

SOURCE = """
#set text(font: "Noto Sans SC", size: 12pt)
#set page(width: 400pt, height: 600pt, margin: 0pt)
#place(dx: 100pt, dy: 200pt)[#text(fill: red)[投保人#strong[签]章]：]
#place(dx: 250pt, dy: 500pt)[投保人签章（ＡＢ 12）]
#pagebreak()
#place(dx: 30pt, dy: 40pt)[投保人签章]
"""


def turned(rotation: int, crop: tuple[int, int, int, int] | None) -> bytes:
    with pikepdf.open(io.BytesIO(lay_out(SOURCE))) as document:
        for page in document.pages:
            page.obj.Rotate = rotation
            if crop:
                page.obj.CropBox = pikepdf.Array(crop)
        out = io.BytesIO()
        document.save(out)
        return prepare(out.getvalue()).data


@pytest.mark.requirement("S2-L420b")
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (50, 60, 390, 580)])
def test_a_keyword_is_found_where_it_is_seen(rotation, crop):
    """The red keyword's box, and the box of all that is red in the picture of the page."""
    data = turned(rotation, crop)
    places = [place.rect for place in find_keywords(data, "投保人签章") if place.page == 0]
    picture = next(iter(page_pictures(data, dots_per_inch=72)))
    red, green, _ = picture.split()
    mask = green.point(lambda value: 255 if value < 120 else 0)
    bright = red.point(lambda value: 255 if value > 180 else 0)
    mask.paste(0, mask=bright.point(lambda value: 255 - value))
    left, top, right, bottom = mask.getbbox()
    seen = (left, picture.height - bottom, right, picture.height - top)
    assert len(places) == 2
    assert [
        rect for rect in places if all(abs(a - b) < 8 for a, b in zip(rect, seen, strict=True))
    ], (places, seen)


def test_occurrences_run_over_all_pages():
    data = turned(0, None)
    assert [place.page for place in find_keywords(data, "投保人签章")] == [0, 0, 1]
    third = find_keyword(data, "投保人 签章", occurrence=3)
    assert third == find_keyword(data, "投保人签章", occurrence=-1)
    assert third.page == 1
    assert abs(third.rect[0] - 30) < 2


def test_full_and_half_width_are_one():
    assert find_keyword(turned(0, None), "(AB12)").page == 0


@pytest.mark.parametrize("keyword", ["没有这句话", "", " ", "字" * 65])
def test_a_missing_keyword_is_an_error(keyword):
    with pytest.raises(KeywordMissing):
        find_keyword(turned(0, None), keyword)
    with pytest.raises(KeywordMissing, match="出现 3 次"):
        find_keyword(turned(0, None), "投保人签章", occurrence=4)


def test_what_is_no_pdf_is_an_error():
    with pytest.raises(ParseError):
        find_keyword(b"nothing", "签")


def test_fractions_and_points_are_inverse():
    page = seen_pages(open_pdf(turned(90, (50, 60, 390, 580))))[0]
    rect = (10.0, 20.0, 110.0, 70.0)
    assert from_fractions(page, to_fractions(page, rect)) == pytest.approx(rect)
    assert from_fractions(page, (0, 0, 1, 1)) == (0, 0, page.width, page.height)
    assert page.from_user_space(page.to_user_space(rect)) == pytest.approx(rect)


def test_a_seal_beside_a_keyword_stays_on_the_page():
    page = seen_pages(open_pdf(turned(0, None)))[0]
    assert around(Found(0, (0, 0, 10, 10)), page, (100, 100)) == (0, 0, 100, 100)
    assert around(Found(0, (195, 295, 205, 305)), page, (100, 50)) == (150, 275, 250, 325)
