"""Filled shapes in millimetres, origin top left: written as SVG, and as a picture by PDFium."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image

from baozhen.trust.pdf.rendering import page_pictures
from baozhen.trust.seal.inks import PIXELS_A_MM, Ink, ink_png

_POINTS_A_MM = 72 / 25.4
# A quarter of a circle as one cubic curve: the usual distance of the handles.
_HANDLE = 0.5522847498

_RED = Ink()

Command = tuple[str, tuple[float, ...]]  # M x y, L x y, C six numbers, Z


@dataclass(frozen=True)
class Shape:
    """Contours that are filled together; `is_even_odd` lets inner ones be holes."""

    commands: tuple[Command, ...]
    is_even_odd: bool = False


@dataclass(frozen=True)
class Drawing:
    """Shapes on a sheet of some millimetres, all in one ink."""

    width_mm: float
    height_mm: float
    shapes: tuple[Shape, ...]
    ink: Ink = _RED

    @property
    def svg(self) -> str:
        """The drawing as SVG 1.1, without script, style or outside reference."""
        paths = "".join(
            f'<path fill-rule="{_rule(shape)}" d="{_data(shape)}"/>' for shape in self.shapes
        )
        size = f"{self.width_mm:g}", f"{self.height_mm:g}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}mm" height="{size[1]}mm"'
            f' viewBox="0 0 {size[0]} {size[1]}"><g fill="#{self.ink.colour}"'
            f' fill-opacity="{self.ink.opacity:g}">{paths}</g></svg>'
        )

    @property
    def png(self) -> bytes:
        """The drawing as a PNG with a palette, ten pixels a millimetre."""
        width, height = (round(side * PIXELS_A_MM) for side in (self.width_mm, self.height_mm))
        seen = next(iter(page_pictures(self._pdf(), dots_per_inch=round(25.4 * PIXELS_A_MM * 2))))
        grey = seen.convert("L").resize((width, height), Image.Resampling.BOX)
        return ink_png(bytes(255 - value for value in grey.tobytes()), width, height, self.ink)

    def _pdf(self) -> bytes:
        """Return a page of the drawing's size with the shapes in black."""
        content = b"%f 0 0 -%f 0 %f cm 0 g\n" % (
            _POINTS_A_MM,
            _POINTS_A_MM,
            self.height_mm * _POINTS_A_MM,
        )
        content += b"\n".join(_operators(shape) for shape in self.shapes)
        box = b"[0 0 %f %f]" % (self.width_mm * _POINTS_A_MM, self.height_mm * _POINTS_A_MM)
        return _file(
            [
                b"<</Type/Catalog/Pages 2 0 R>>",
                b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
                b"<</Type/Page/Parent 2 0 R/MediaBox%b/Contents 4 0 R/Resources<<>>>>" % box,
                b"<</Length %d>>stream\n%b\nendstream" % (len(content), content),
            ]
        )


def ellipse(x: float, y: float, a: float, b: float) -> list[Command]:
    """Return a closed ellipse around (x, y) with half axes a and b."""
    h, v = a * _HANDLE, b * _HANDLE
    return [
        ("M", (x + a, y)),
        ("C", (x + a, y + v, x + h, y + b, x, y + b)),
        ("C", (x - h, y + b, x - a, y + v, x - a, y)),
        ("C", (x - a, y - v, x - h, y - b, x, y - b)),
        ("C", (x + h, y - b, x + a, y - v, x + a, y)),
        ("Z", ()),
    ]


def ring(x: float, y: float, a: float, b: float, width: float) -> Shape:
    """Return an elliptic ring whose outer half axes are a and b."""
    inner = ellipse(x, y, a - width, b - width)
    return Shape((*ellipse(x, y, a, b), *inner), is_even_odd=True)


def rectangle(x: float, y: float, width: float, height: float) -> list[Command]:
    """Return a closed rectangle with its upper left corner at (x, y)."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return polygon(corners)


def polygon(points: Sequence[tuple[float, float]]) -> list[Command]:
    """Return a closed polygon."""
    first, *rest = points
    return [("M", first), *(("L", point) for point in rest), ("Z", ())]


def star(x: float, y: float, radius: float) -> Shape:
    """Return a five-pointed star that stands on two points."""
    # The inner corners lie at this share of the outer ones.
    inner = math.sin(math.radians(18)) / math.sin(math.radians(54))
    points = []
    for corner in range(10):
        length = radius * (inner if corner % 2 else 1)
        angle = math.radians(36 * corner - 90)
        points.append((x + length * math.cos(angle), y + length * math.sin(angle)))
    return Shape(tuple(polygon(points)))


def placed(
    commands: Iterable[Command], matrix: tuple[float, float, float, float, float, float]
) -> tuple[Command, ...]:
    """Return the commands with every point (x, y) at (ax + cy + e, bx + dy + f)."""
    a, b, c, d, e, f = matrix
    found = []
    for verb, numbers in commands:
        points = zip(numbers[0::2], numbers[1::2], strict=True)
        moved = [value for x, y in points for value in (a * x + c * y + e, b * x + d * y + f)]
        found.append((verb, tuple(moved)))
    return tuple(found)


def _rule(shape: Shape) -> str:
    return "evenodd" if shape.is_even_odd else "nonzero"


def _data(shape: Shape) -> str:
    return "".join(
        verb + " ".join(f"{number:.3f}".rstrip("0").rstrip(".") for number in numbers)
        for verb, numbers in shape.commands
    )


_OPERATORS = {"M": b"m", "L": b"l", "C": b"c", "Z": b"h"}


def _operators(shape: Shape) -> bytes:
    parts = [
        b" ".join([*(b"%.4f" % number for number in numbers), _OPERATORS[verb]])
        for verb, numbers in shape.commands
    ]
    return b"\n".join([*parts, b"f*" if shape.is_even_odd else b"f"])


def _file(objects: Sequence[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
