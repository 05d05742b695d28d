"""On pages of any size, turn, crop and origin a mark is seen exactly where it was put."""

import io
from functools import lru_cache

import pikepdf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from baozhen.trust.pdf.overlay import Overlay, TickItem
from baozhen.trust.pdf.pages import Rect, seen_pages
from baozhen.trust.pdf.parties import Mark, Party, PartyOrder, sign_for_party, signable
from baozhen.trust.pdf.positions import from_fractions
from baozhen.trust.pdf.prepare import prepare
from baozhen.trust.pdf.reader import open_pdf
from baozhen.trust.pdf.rendering import page_pictures
from tests import pdfs
from tests.pki import NOW, ORGANIZATION

SIDES = st.integers(min_value=100, max_value=1500)
SHARES = st.integers(min_value=0, max_value=20)


@lru_cache(maxsize=1)
def overlay() -> Overlay:
    return Overlay(pdfs.FONTS)


@lru_cache(maxsize=1)
def block() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 0, 0)).save(out, "PNG")
    return out.getvalue()


@st.composite
def blank_pages(draw: st.DrawFn) -> bytes:
    """One empty page: media box anywhere, perhaps cropped, turned, written upside down."""
    left, bottom = draw(st.integers(-300, 300)), draw(st.integers(-300, 300))
    width, height = draw(SIDES), draw(SIDES)
    media = (left, bottom, left + width, bottom + height)
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(width, height))
        page.obj.MediaBox = pikepdf.Array(
            media if draw(st.booleans()) else (media[2], media[3], media[0], media[1])
        )
        page.obj.Rotate = draw(st.sampled_from([0, 90, 180, 270, -90, 450]))
        if draw(st.booleans()):
            cut = [draw(st.integers(-10, 40)) for _ in range(4)]
            page.obj.CropBox = pikepdf.Array(
                (media[0] + cut[0], media[1] + cut[1], media[2] - cut[2], media[3] - cut[3])
            )
        out = io.BytesIO()
        document.save(out)
    return prepare(out.getvalue()).data


def seen(data: bytes) -> tuple[Rect, tuple[int, int]]:
    """The box of everything dark, and the size of the page, in points."""
    (picture,) = page_pictures(data, dots_per_inch=72)
    mask = picture.split()[1].point(lambda level: 255 if level < 128 else 0)
    left, top, right, bottom = mask.getbbox()
    return (left, picture.height - bottom, right, picture.height - top), picture.size


def place(data: bytes, shares: tuple[int, int]) -> tuple[Rect, Rect]:
    """A rectangle of a third of the page, as fractions and as points."""
    (page,) = seen_pages(open_pdf(data))
    left, top = shares[0] / 30, shares[1] / 30
    fractions = (left, top, left + 1 / 3, top + 1 / 3)
    return fractions, from_fractions(page, fractions)


@settings(max_examples=40, deadline=None)
@given(data=blank_pages(), shares=st.tuples(SHARES, SHARES))
def test_a_seal_is_seen_where_it_was_put(data, shares):
    (page,) = seen_pages(open_pdf(data))
    fractions, rect = place(data, shares)
    party = Party(ORGANIZATION, None, pdfs.identities()["rsa"])
    order = PartyOrder("P1", NOW, "签署", (Mark(block(), rect),))
    found, size = seen(sign_for_party(signable(data), party, order))
    assert abs(size[0] - page.width) <= 1
    assert abs(size[1] - page.height) <= 1
    assert all(abs(a - b) <= 2 for a, b in zip(found, rect, strict=True)), (found, rect)
    assert abs(found[0] - fractions[0] * size[0]) <= 2
    assert abs(size[1] - found[3] - fractions[1] * size[1]) <= 2


@settings(max_examples=20, deadline=None)
@given(data=blank_pages(), shares=st.tuples(SHARES, SHARES))
def test_a_value_is_drawn_where_its_field_is(data, shares):
    _, rect = place(data, shares)
    frame = TickItem(0, rect, False, has_frame=True)
    found, _ = seen(overlay().draw(data, [frame], at=NOW).data)
    middle = ((rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2)
    assert abs((found[0] + found[2]) / 2 - middle[0]) <= 2
    assert abs((found[1] + found[3]) / 2 - middle[1]) <= 2
    side = min(rect[2] - rect[0], rect[3] - rect[1])
    assert abs((found[2] - found[0]) - side) <= 3
