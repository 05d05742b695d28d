"""Drawn seals, seals from pictures, handwriting: what they show, and what is refused."""

import io
from xml.etree import ElementTree as ET

import pytest
from PIL import Image, ImageDraw

from baozhen.trust.errors import ParseError, SigningError
from baozhen.trust.pdf.pictures import read_png
from baozhen.trust.seal.background import remove_background
from baozhen.trust.seal.drawing import LAYOUTS, SealDesign, draw
from baozhen.trust.seal.strokes import draw_strokes, strokes_from_json, strokes_to_json

NAME = "演示财产保险股份有限公司"
STROKES = {
    "width": 300,
    "height": 150,
    "strokes": [
        [[10 + n, 40 + n % 7, n * 8, 0.5] for n in range(80)],
        [[50, 10, 700], [52, 90, 800]],
    ],
}


def alpha(png):
    return Image.open(io.BytesIO(png)).convert("RGBA").getchannel("A")


def ink(png, box):
    """How much ink lies in a part of the picture, given in shares of its sides."""
    whole = alpha(png)
    left, top, right, bottom = box
    part = whole.crop(
        (
            round(left * whole.width),
            round(top * whole.height),
            round(right * whole.width),
            round(bottom * whole.height),
        )
    )
    return sum(level * count for level, count in enumerate(part.histogram())) / (
        255 * part.width * part.height
    )


@pytest.mark.requirement("S2-L160.f1", "S2-L160.f4")
@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_every_layout_is_drawn_at_its_size(fonts, layout):
    is_square = LAYOUTS[layout].is_square
    drawing = draw(SealDesign(layout, "测试欣" if is_square else NAME, "合同专用章"), fonts.folder)
    picture = Image.open(io.BytesIO(drawing.png))
    assert picture.size == (LAYOUTS[layout].width * 10, LAYOUTS[layout].height * 10)
    assert picture.mode == "P"
    assert len(drawing.png) < 25_000
    assert read_png(drawing.png).alpha is not None  # what the PDF writer takes
    root = ET.fromstring(drawing.svg)  # noqa: S314 -- our own
    assert root.attrib["width"] == f"{LAYOUTS[layout].width:g}mm"
    assert (
        drawing.png
        == draw(SealDesign(layout, "测试欣" if is_square else NAME, "合同专用章"), fonts.folder).png
    )


def test_the_parts_stand_where_they_belong(fonts):
    plain = draw(SealDesign("round_42", NAME), fonts.folder).png
    full = draw(
        SealDesign("round_42", NAME, "理赔专用章", "1100000000017", "演示 DEMO"), fonts.folder
    ).png
    star = (0.4, 0.38, 0.6, 0.55)
    line = (0.25, 0.7, 0.75, 0.8)
    code = (0.3, 0.9, 0.7, 0.965)
    name = (0.3, 0.05, 0.7, 0.17)
    assert ink(plain, star) > 0.3
    assert ink(plain, name) > 0.2
    assert ink(plain, line) == 0
    assert ink(full, line) > 0.2
    assert ink(plain, code) < ink(full, code)


@pytest.mark.parametrize("length", [1, 4, 12, 28, 44])
def test_names_of_any_length_stay_inside_the_ring(fonts, length):
    name = (NAME * 4)[:length]
    png = draw(SealDesign("round_42", name), fonts.folder).png
    # Between the ring (1.2 mm) and the letters there is paper all around the top.
    assert ink(png, (0.47, 0.035, 0.53, 0.045)) < 0.02


@pytest.mark.parametrize(
    "design",
    [
        SealDesign("round_42", ""),
        SealDesign("round_42", "长" * 45),
        SealDesign("round_42", NAME, code="12"),
        SealDesign("round_42", NAME, code="１１００００００００１７"),
        SealDesign("round_42", NAME, "长" * 21),
        SealDesign("square_20", "七个字的姓名太长"),
        SealDesign("round_41", NAME),
        SealDesign("round_42", "\U0010ffff"),
    ],
)
def test_what_cannot_be_drawn_is_refused(fonts, design):
    with pytest.raises(SigningError):
        draw(design, fonts.folder)


def photo(colour, *, text=False, format="PNG", shade=True):
    """A stamp on grey paper with a shadow, perhaps with black print across."""
    image = Image.new("RGB", (600, 600), (236, 233, 226))
    pen = ImageDraw.Draw(image)
    if shade:
        for x in range(600):
            pen.line([(x, 0), (x, 600)], fill=(236 - x // 8, 233 - x // 8, 226 - x // 8))
    if text:
        pen.rectangle([(80, 290), (520, 310)], fill=(20, 20, 20))
    pen.ellipse([(150, 150), (450, 450)], outline=colour, width=14)
    out = io.BytesIO()
    image.save(out, format)
    return out.getvalue()


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_the_ink_stays_and_the_paper_goes(format):
    clean = remove_background(
        photo((200, 30, 45), text=True, format=format), is_red=True, width_mm=42, height_mm=42
    )
    assert (clean.width_mm, clean.height_mm) == (42, 42)
    assert ink(clean.png, (0.4, 0.4, 0.6, 0.6)) == 0  # inside the ring: paper and black print
    assert ink(clean.png, (0.45, 0.0, 0.55, 0.04)) > 0.5  # the ring itself


def test_handwriting_on_paper_is_found_in_the_shade():
    clean = remove_background(photo((30, 30, 40)), is_red=False, width_mm=40, height_mm=20)
    assert ink(clean.png, (0.45, 0.3, 0.55, 0.7)) < 0.05


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, photo((236, 233, 226), shade=False)]
)
def test_no_picture_or_no_ink_is_refused(data):
    with pytest.raises(ParseError):
        remove_background(data, is_red=True, width_mm=42, height_mm=42)


@pytest.mark.requirement("S2-L160.f4", "S2-L311")
def test_handwriting_is_kept_as_data_and_redrawn():
    writing = strokes_from_json(STROKES)
    again = strokes_from_json(strokes_to_json(writing))
    assert again == writing
    assert writing.seconds == pytest.approx(0.8)
    drawing = draw_strokes(writing)
    assert drawing.png == draw_strokes(again).png
    assert 0.005 < ink(drawing.png, (0, 0, 1, 1)) < 0.4
    assert "<path" in drawing.svg


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"strokes": []},
        {"strokes": [[]]},
        {"strokes": [[[1]]]},
        {"strokes": [[[1, 2, 3, 4, 5]]]},
        {"strokes": [[["1", 2]]]},
        {"strokes": [[[float("nan"), 2], [3, 4]]]},
        {"strokes": [[[1e9, 2], [3, 4]]]},
        {"strokes": [[[5, 5], [5, 5]]]},
        {"strokes": [[[1, 2], [3, 4]]] * 401},
    ],
)
def test_what_is_no_handwriting_is_refused(data):
    with pytest.raises(ParseError):
        strokes_from_json(data)
