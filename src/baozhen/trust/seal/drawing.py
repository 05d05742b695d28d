"""Draws seals to the national layouts: round, oval, square name seals.

国发〔1999〕25 号 for the round seals of companies and their sizes; 国税发〔2011〕7 号 for the
40 by 30 oval of tax matters; the code line of thirteen digits is that of GA/T 1282. Lengths are
millimetres.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from baozhen.trust.errors import SigningError
from baozhen.trust.seal.inks import Ink
from baozhen.trust.seal.lettering import Arc, along, in_box, line
from baozhen.trust.seal.shapes import Drawing, Shape, rectangle, ring, star

NAME_LENGTH_MAX: Final = 44
PURPOSE_LENGTH_MAX: Final = 20
PERSON_LENGTH_MAX: Final = 6
_LETTER_MIN = 1.7  # smaller letters cannot be read on paper


@dataclass(frozen=True)
class Layout:
    """One form of seal. `star` and `name` are a star's radius and the height of name letters."""

    label: str
    width: float
    height: float
    border: float
    star: float
    name: float
    purpose: float
    is_square: bool = False


LAYOUTS: Final[dict[str, Layout]] = {
    "round_38": Layout("圆形 38 毫米", 38, 38, 1.0, 5.5, 4.6, 3.4),
    "round_40": Layout("圆形 40 毫米", 40, 40, 1.2, 6.5, 5.0, 3.6),
    "round_42": Layout("圆形 42 毫米", 42, 42, 1.2, 7.0, 5.2, 3.8),
    "round_45": Layout("圆形 45 毫米", 45, 45, 1.2, 7.0, 5.4, 4.0),
    "round_58": Layout("圆形 58 毫米", 58, 58, 1.5, 9.0, 6.8, 5.0),
    "oval_45x30": Layout("椭圆形 45×30 毫米", 45, 30, 1.0, 0, 4.2, 4.2),
    "oval_40x30": Layout("椭圆形 40×30 毫米", 40, 30, 1.0, 0, 4.0, 4.0),
    "square_20": Layout("方形 20 毫米（名章）", 20, 20, 1.2, 0, 0, 0, is_square=True),
    "square_18": Layout("方形 18 毫米（名章）", 18, 18, 1.0, 0, 0, 0, is_square=True),
}


@dataclass(frozen=True)
class SealDesign:
    """What stands on a seal: whose it is, what it is for, its code, a note for demonstrations."""

    layout: str
    name: str
    purpose: str = ""
    code: str = ""
    note: str = ""


def draw(design: SealDesign, fonts: Path) -> Drawing:
    """Return the seal; `fonts` is the folder of prepared fonts.

    Raises SigningError when something does not fit or has no glyph.
    """
    layout = LAYOUTS.get(design.layout)
    if layout is None:
        raise SigningError(f"没有印章版式 {design.layout}")
    _check(design, layout)
    if layout.is_square:
        return _name_seal(design, layout, fonts)
    return _company_seal(design, layout, fonts)


def _check(design: SealDesign, layout: Layout) -> None:
    longest = PERSON_LENGTH_MAX if layout.is_square else NAME_LENGTH_MAX
    if not 0 < len(design.name) <= longest:
        raise SigningError(f"印章上的名称须为 1 至 {longest} 个字")
    if len(design.purpose) > PURPOSE_LENGTH_MAX or len(design.note) > PURPOSE_LENGTH_MAX:
        raise SigningError(f"印章中间的文字不能超过 {PURPOSE_LENGTH_MAX} 个字")
    if design.code and not (design.code.isascii() and design.code.isdigit()):
        raise SigningError("印章编码只能是数字")
    if len(design.code) not in (0, 13):
        raise SigningError("印章编码为 13 位数字")


def _company_seal(design: SealDesign, layout: Layout, fonts: Path) -> Drawing:
    x, y = layout.width / 2, layout.height / 2
    # The name stands one letter's half and a small margin inside the ring.
    inset = layout.border + 0.9 + layout.name / 2
    arc = Arc(x, y, x - inset, y - inset, math.radians(236 if layout.star else 220))
    shapes: list[Shape] = [ring(x, y, x, y, layout.border)]
    shapes += along(design.name, fonts, arc, size=layout.name, size_min=_LETTER_MIN)
    if layout.star:
        shapes.append(star(x, y * 0.98, layout.star))
    shapes += _lines(design, layout, fonts)
    if design.code:
        inner = layout.border + 1.6
        lower = Arc(x, y, x - inner, y - inner, math.radians(84), is_lower=True)
        shapes += along(design.code, fonts, lower, size=layout.width * 0.042, size_min=1.0)
    return Drawing(layout.width, layout.height, tuple(shapes))


def _lines(design: SealDesign, layout: Layout, fonts: Path) -> list[Shape]:
    """Return the line of purpose, under the star or in the middle of an oval, and the note."""
    x, y = layout.width / 2, layout.height / 2
    at = 1.5 if layout.star else 1.12
    shapes = []
    if design.purpose:
        room = layout.width * (0.56 if layout.star else 0.66)
        shapes += line(
            design.purpose, fonts, centre=(x, y * at), size=layout.purpose, width_max=room
        )
    if design.note:
        # Above a code line when there is one: the note must never be covered.
        below = y * at + layout.purpose * 0.5 + layout.height * 0.035
        shapes += line(
            design.note,
            fonts,
            centre=(x, below),
            size=layout.height * 0.048,
            width_max=layout.width * 0.46,
        )
    return shapes


def _name_seal(design: SealDesign, layout: Layout, fonts: Path) -> Drawing:
    """A square of two columns, read downwards and from right to left: 张三之印, 欧阳某某."""
    text = _name_text(design.name)
    outer = rectangle(0, 0, layout.width, layout.height)
    side = layout.width - 2 * layout.border
    inner = rectangle(layout.border, layout.border, side, side)
    shapes = [Shape((*outer, *inner), is_even_odd=True)]
    margin = layout.border + 0.7
    room = layout.width - 2 * margin
    half = (len(text) + 1) // 2
    columns = [text[:half], text[half:]] if len(text) > 1 else [text]
    wide = room / len(columns)
    for number, column in enumerate(columns):
        x = margin + room - (number + 1) * wide
        high = room / len(column)
        for row, character in enumerate(column):
            box = (x + 0.35, margin + row * high + 0.35, wide - 0.7, high - 0.7)
            shapes.append(in_box(character, fonts, box))
    return Drawing(layout.width, layout.height, tuple(shapes), Ink())


def _name_text(name: str) -> str:
    """Fill a name up to a square of four: 张三 becomes 张三之印, 张三丰 becomes 张三丰印."""
    return name + {2: "之印", 3: "印"}.get(len(name), "")
