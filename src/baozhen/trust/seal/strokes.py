"""Handwriting as data: strokes of points with time and pressure, redrawn as a vector and a PNG.

The shape is the signing page's: {"width": …, "height": …, "strokes": [[[x, y, ms, pressure], …]]}.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from baozhen.trust.errors import ParseError
from baozhen.trust.seal.inks import PEN_BLACK, Ink
from baozhen.trust.seal.shapes import Command, Drawing, Shape, ellipse, polygon

STROKES_MAX: Final = 400
POINTS_MAX: Final = 20_000
_SIDE_MAX = 10_000
_POINT_NUMBERS = (2, 3, 4)
# A signature on paper is about this big; the pen draws lines of this width.
WIDTH_MM: Final = 40.0
HEIGHT_MM: Final = 20.0
_PEN_MM = 0.75
_MARGIN_MM = 1.0
_DOT_STEP_MM = 0.05


@dataclass(frozen=True)
class Point:
    """Where the pen was, after how many milliseconds, how hard it pressed (0 to 1)."""

    x: float
    y: float
    milliseconds: int
    pressure: float


@dataclass(frozen=True)
class Handwriting:
    """Strokes in the order in which they were written."""

    strokes: tuple[tuple[Point, ...], ...]

    @property
    def seconds(self) -> float:
        """How long the writing took."""
        times = [point.milliseconds for stroke in self.strokes for point in stroke]
        return (max(times) - min(times)) / 1000


def strokes_from_json(data: Any) -> Handwriting:
    """Read what a signing page sent; ParseError for anything that is no handwriting."""
    strokes = data.get("strokes") if isinstance(data, dict) else None
    if not isinstance(strokes, list) or not 0 < len(strokes) <= STROKES_MAX:
        raise ParseError("没有笔迹，或笔画过多")
    found = tuple(tuple(map(_point, stroke)) for stroke in strokes if _is_stroke(stroke))
    if len(found) != len(strokes) or sum(map(len, found)) > POINTS_MAX:
        raise ParseError("笔迹数据格式不对")
    writing = Handwriting(found)
    if _extent(writing)[2] == 0 and _extent(writing)[3] == 0:
        raise ParseError("只有一个点，不是签名")
    return writing


def strokes_to_json(writing: Handwriting) -> dict[str, Any]:
    """Return the same shape again, for the encrypted column."""
    strokes = [
        [[point.x, point.y, point.milliseconds, point.pressure] for point in stroke]
        for stroke in writing.strokes
    ]
    return {"strokes": strokes}


def draw_strokes(writing: Handwriting, *, colour: str = PEN_BLACK) -> Drawing:
    """Return the handwriting fitted into the size of a signature on paper."""
    left, top, width, height = _extent(writing)
    room = WIDTH_MM - 2 * _MARGIN_MM, HEIGHT_MM - 2 * _MARGIN_MM
    scale = min(room[0] / max(width, 1e-6), room[1] / max(height, 1e-6))
    dx = (WIDTH_MM - width * scale) / 2 - left * scale
    dy = (HEIGHT_MM - height * scale) / 2 - top * scale
    shapes = []
    for stroke in writing.strokes:
        points = [
            (point.x * scale + dx, point.y * scale + dy, _PEN_MM * (0.45 + point.pressure))
            for point in stroke
        ]
        shapes += _inked(points)
    return Drawing(WIDTH_MM, HEIGHT_MM, tuple(shapes), Ink(colour, 1.0))


def _inked(points: Sequence[tuple[float, float, float]]) -> list[Shape]:
    """Return round dots joined by bands that are as wide as the dots."""
    shapes, last = [], None
    for x, y, width in points:
        commands: list[Command] = ellipse(x, y, width / 2, width / 2)
        shapes.append(Shape(tuple(commands)))
        if last is not None:
            band = _band(last, (x, y, width))
            shapes += [Shape(tuple(band))] if band else []
        last = (x, y, width)
    return shapes


def _band(start: tuple[float, float, float], end: tuple[float, float, float]) -> list[Command]:
    length = math.dist(start[:2], end[:2])
    if length < _DOT_STEP_MM:
        return []
    nx, ny = -(end[1] - start[1]) / length / 2, (end[0] - start[0]) / length / 2
    return polygon(
        [
            (start[0] + nx * start[2], start[1] + ny * start[2]),
            (end[0] + nx * end[2], end[1] + ny * end[2]),
            (end[0] - nx * end[2], end[1] - ny * end[2]),
            (start[0] - nx * start[2], start[1] - ny * start[2]),
        ]
    )


def _is_stroke(stroke: Any) -> bool:
    return isinstance(stroke, list) and bool(stroke)


def _point(numbers: Any) -> Point:
    if not isinstance(numbers, list) or len(numbers) not in _POINT_NUMBERS:
        raise ParseError("笔迹数据格式不对")
    if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
        raise ParseError("笔迹数据格式不对")
    x, y, *more = (float(number) for number in numbers)
    moment = more[0] if more else 0.0
    pressure = more[1] if len(more) > 1 else 0.5
    if not all(math.isfinite(value) for value in (x, y, moment, pressure)):
        raise ParseError("笔迹数据格式不对")
    if max(abs(x), abs(y)) > _SIDE_MAX or not 0 <= moment < 1e9:  # noqa: PLR2004
        raise ParseError("笔迹数据超出范围")
    return Point(x, y, int(moment), min(max(pressure, 0.0), 1.0))


def _extent(writing: Handwriting) -> tuple[float, float, float, float]:
    xs = [point.x for stroke in writing.strokes for point in stroke]
    ys = [point.y for stroke in writing.strokes for point in stroke]
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
