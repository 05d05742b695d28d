"""Values are drawn where their fields are seen, and nothing is cut off or blank."""

import io
from functools import lru_cache

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from baozhen.trust.errors import LintError, SigningError, UnsupportedError
from baozhen.trust.pdf.overlay import (
    CodeItem,
    Item,
    Overlay,
    PictureItem,
    TableItem,
    TextItem,
    TickItem,
)
from baozhen.trust.pdf.parties import signable
from baozhen.trust.pdf.positions import find_keyword
from baozhen.trust.pdf.prepare import prepare
from baozhen.trust.pdf.rendering import page_pictures
from tests.pdfs import FONTS, plain, seal_png
from tests.pki import NOW

BOX = (60.0, 200.0, 260.0, 240.0)


@lru_cache(maxsize=1)
def overlay() -> Overlay:
    return Overlay(FONTS)


def empty(rotation: int = 0, crop: tuple[int, ...] | None = None, pages: int = 1) -> bytes:
    with pikepdf.open(io.BytesIO(plain(pages))) as document:
        for page in document.pages:
            page.obj.Contents = document.make_stream(b"0.5 0 0 0.5 9 9 cm 1 0 0 rg")
            page.obj.Rotate = rotation
            if crop:
                page.obj.CropBox = pikepdf.Array(crop)
        out = io.BytesIO()
        document.save(out)
        return prepare(out.getvalue()).data


def draw(*items: Item, on: bytes | None = None) -> bytes:
    return overlay().draw(on or empty(), items, at=NOW).data


def ink(data: bytes, page: int = 0) -> tuple[float, float, float, float] | None:
    """The box of all that is not white, in points of the seen page."""
    picture = list(page_pictures(data, dots_per_inch=72))[page].convert("L")
    box = picture.point(lambda grey: 255 if grey < 200 else 0).getbbox()
    return box and (box[0], picture.height - box[3], box[2], picture.height - box[1])


def text_of(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    text = document[0].get_textpage().get_text_range()
    document.close()
    return text


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (30, 40, 500, 700)])
def test_text_lands_in_its_field_and_reads_upright(rotation, crop):
    data = draw(TextItem(0, BOX, "投保人：测试伟", size=14), on=empty(rotation, crop))
    left, bottom, right, top = ink(data)
    assert BOX[0] - 1 <= left < BOX[0] + 5
    assert bottom >= BOX[1]
    assert top <= BOX[3]
    assert right - left > 3 * (top - bottom)
    place = find_keyword(data, "投保人：测试伟")
    assert abs(place.rect[0] - BOX[0]) < 2


def test_the_same_input_gives_the_same_bytes_and_may_be_signed():
    items = (TextItem(0, BOX, "甲"), TickItem(0, (300, 300, 320, 320), True))
    assert draw(*items) == draw(*items)
    signable(draw(*items))


def test_a_second_layer_keeps_the_first():
    first = draw(TextItem(0, BOX, "第一层"))
    second = draw(TextItem(0, (60, 300, 260, 340), "第二层"), on=first)
    assert "第一层" in text_of(second)
    assert "第二层" in text_of(second)


def test_long_text_wraps_and_shrinks_but_is_never_cut_off():
    text = "被保险人应当按照合同约定的期限如实告知，" * 6
    data = draw(TextItem(0, BOX, text))
    left, bottom, right, top = ink(data)
    assert BOX[0] - 1 <= left < right <= BOX[2] + 1
    assert BOX[1] - 1 <= bottom < top <= BOX[3] + 1
    assert "".join(text_of(data).split()) == text
    with pytest.raises(LintError, match="域“告知”的内容放不进预留的位置"):
        draw(TextItem(0, BOX, text * 9, name="告知"))


def test_a_number_that_cannot_be_broken_shrinks_or_is_refused():
    narrow = (60.0, 200.0, 120.0, 215.0)
    left, _, right, _ = ink(draw(TextItem(0, narrow, "990101199001011234")))
    assert narrow[0] - 1 <= left < right <= narrow[2] + 1
    with pytest.raises(LintError, match="放不进"):
        draw(TextItem(0, (60.0, 200.0, 80.0, 215.0), "990101199001011234"))


def test_a_character_without_a_glyph_is_named():
    with pytest.raises(LintError, match="U\\+1F600"):
        draw(TextItem(0, BOX, "好😀"))


def test_amounts_stand_at_the_right():
    _, _, right, _ = ink(draw(TextItem(0, BOX, "4,235.67", align="right", is_single_line=True)))
    assert abs(right - BOX[2]) < 2


def test_ticks_with_and_without_frame():
    place = (300.0, 300.0, 320.0, 320.0)
    assert ink(draw(TickItem(0, place, False))) is None
    assert ink(draw(TickItem(0, place, True))) is not None
    frame = ink(draw(TickItem(0, place, False, has_frame=True)))
    assert all(abs(a - b) <= 1 for a, b in zip(frame, place, strict=True))


def test_pictures_keep_their_shape():
    left, bottom, right, top = ink(draw(PictureItem(0, BOX, seal_png("RGBA"))))
    assert abs((right - left) - (top - bottom)) <= 2
    assert abs((left + right) / 2 - 160) <= 2
    jpeg = io.BytesIO()
    Image.new("RGB", (40, 20), (0, 0, 0)).save(jpeg, "JPEG")
    left, bottom, right, top = ink(draw(PictureItem(0, BOX, jpeg.getvalue())))
    assert abs((right - left) - 80) <= 2
    assert abs((top - bottom) - 40) <= 2
    with pytest.raises(SigningError):
        draw(PictureItem(0, BOX, b"no picture"))


def test_a_code_is_read_back():
    import zxingcpp

    data = draw(CodeItem(0, (60, 300, 160, 400), "https://verify.example.cn/v/甲"))
    (picture,) = page_pictures(data, dots_per_inch=144)
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [
        "https://verify.example.cn/v/甲"
    ]
    with pytest.raises(UnsupportedError, match="二维码内容过长"):
        draw(CodeItem(0, BOX, "长" * 99))


def test_tables_shrink_into_their_field():
    rows = [["姓名", "证件号码", "与投保人关系"], *([f"测试{i}", "9901", "本人"] for i in range(6))]
    place = (60.0, 100.0, 400.0, 220.0)
    data = draw(TableItem(0, place, rows, widths=(1, 2, 1)))
    left, bottom, right, top = ink(data)
    assert abs(left - 60) <= 1
    assert abs(right - 400) <= 1
    assert 99 <= bottom < top <= 221
    with pytest.raises(LintError, match="域“名单”的内容放不进"):
        draw(TableItem(0, place, rows * 9, name="名单"))
    with pytest.raises(SigningError, match="列数不同"):
        draw(TableItem(0, place, [["一"], ["一", "二"]]))


def test_only_the_pages_with_items_change():
    before = empty(pages=3)
    after = draw(TextItem(2, BOX, "末页"), on=before)
    assert ink(after, 0) is None
    assert ink(after, 2) is not None


@pytest.mark.parametrize("page", [-1, 1])
def test_places_outside_are_refused(page):
    with pytest.raises(SigningError, match="不存在"):
        draw(TextItem(page, BOX, "甲", name="姓名"))
    with pytest.raises(SigningError, match="域“姓名”的位置不在第 1 页之内"):
        draw(TextItem(0, (500, 200, 700, 240), "甲", name="姓名"))
