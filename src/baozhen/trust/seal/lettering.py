"""Letters as outlines, from the project's prepared fonts: in lines, along arcs, in squares."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

from baozhen.trust.errors import SigningError
from baozhen.trust.seal.shapes import Command, Shape, placed

# The bold face first; the rare characters of names come from the second.
FONT_FILES: Final = ("NotoSansSC_700Bold.ttf", "HanaMinB.ttf")
_MIDDLE = 0.38  # the height of a Chinese character's centre above the baseline, in em
_SQUEEZE_MIN = 0.5
_ARC_STEPS = 720


@dataclass(frozen=True)
class Letter:
    """One character's outline in em, y upwards, and how wide it is."""

    commands: tuple[Command, ...]
    advance: float


@dataclass(frozen=True)
class Arc:
    """The part of an ellipse around (x, y) that letters stand on, `span` radians wide.

    The letters' centres lie on the ellipse of half axes a and b. `is_lower` letters stand upright
    at the foot of the seal; the others at its top.
    """

    x: float
    y: float
    a: float
    b: float
    span: float
    is_lower: bool = False


class _Pen(BasePen):  # type: ignore[misc]  # the library has no types
    """Collects an outline; quadratic curves come as cubic ones."""

    def __init__(self, glyphs: Any, em: int) -> None:
        super().__init__(glyphs)
        self.em = em
        self.commands: list[Command] = []

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 -- the pen protocol's name
        self._add("M", pt)

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 -- the pen protocol's name
        self._add("L", pt)

    def _curveToOne(  # noqa: N802 -- the pen protocol's name
        self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]
    ) -> None:
        self._add("C", pt1, pt2, pt3)

    def _closePath(self) -> None:  # noqa: N802 -- the pen protocol's name
        self._add("Z")

    def _add(self, verb: str, *points: tuple[float, float]) -> None:
        numbers = tuple(value / self.em for point in points for value in point)
        self.commands.append((verb, numbers))


def line(
    text: str, fonts: Path, *, centre: tuple[float, float], size: float, width_max: float
) -> list[Shape]:
    """Return a centred line of letters `size` high, squeezed and then shrunk to `width_max`."""
    letters = [letter_of(character, fonts) for character in text]
    natural = sum(letter.advance for letter in letters) * size
    squeeze = min(1.0, width_max / natural) if natural else 1.0
    if squeeze < _SQUEEZE_MIN:
        size *= squeeze / _SQUEEZE_MIN
        squeeze = _SQUEEZE_MIN
    x = centre[0] - sum(letter.advance for letter in letters) * size * squeeze / 2
    y = centre[1] + _MIDDLE * size
    shapes = []
    for letter in letters:
        matrix = (size * squeeze, 0.0, 0.0, -size, x, y)
        shapes.append(Shape(placed(letter.commands, matrix)))
        x += letter.advance * size * squeeze
    return shapes


def along(text: str, fonts: Path, arc: Arc, *, size: float, size_min: float) -> list[Shape]:
    """Return letters along an arc: spread when there are few, squeezed when there are many.

    Raises SigningError when they would be smaller than `size_min`.
    """
    letters = [letter_of(character, fonts) for character in text]
    ems = sum(letter.advance for letter in letters)
    lengths, place = _measure(arc)
    room = lengths[-1]
    squeeze = min(1.0, room / (ems * size))
    if squeeze < _SQUEEZE_MIN:
        size *= squeeze / _SQUEEZE_MIN
        squeeze = _SQUEEZE_MIN
    if size < size_min:
        raise SigningError("名称太长，印章上放不下")
    gaps = max(len(letters) - 1, 1)
    # A short name does not run around the whole ring: letters stay one letter apart at most.
    gap = min((room - ems * size * squeeze) / gaps, size * 0.9)
    position = (room - ems * size * squeeze - gap * (len(letters) - 1)) / 2
    shapes = []
    for letter in letters:
        wide = letter.advance * size * squeeze
        x, y, turn = place(position + wide / 2)
        shapes.append(_turned(letter, (x, y), turn, (size * squeeze, size)))
        position += wide + gap
    return shapes


def in_box(text: str, fonts: Path, box: tuple[float, float, float, float]) -> Shape:
    """Return one character that fills a box (x, y, width, height) as far as its em does."""
    x, y, width, height = box
    letter = letter_of(text, fonts)
    points = [number for _, numbers in letter.commands for number in numbers]
    xs, ys = points[0::2], points[1::2]
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    a, d = width / max(wide, 0.5), height / max(high, 0.5)
    e = x + width / 2 - a * (min(xs) + max(xs)) / 2
    f = y + height / 2 + d * (min(ys) + max(ys)) / 2
    return Shape(placed(letter.commands, (a, 0.0, 0.0, -d, e, f)))


@lru_cache(maxsize=2048)
def letter_of(character: str, fonts: Path) -> Letter:
    """Return the outline of a character; SigningError when no font has it."""
    for name in FONT_FILES:
        found = _outline(fonts / name, character)
        if found is not None:
            return found
    raise SigningError(f"字库中没有“{character}”字，印章不能制作")


def _outline(path: Path, character: str) -> Letter | None:
    font, names, glyphs = _font(path)
    name = names.get(ord(character))
    if name is None:
        return None
    em = int(font["head"].unitsPerEm)
    pen = _Pen(glyphs, em)
    glyphs[name].draw(pen)
    return Letter(tuple(pen.commands), glyphs[name].width / em)


@lru_cache(maxsize=4)
def _font(path: Path) -> tuple[TTFont, dict[int, str], Any]:
    font = TTFont(path, lazy=True)
    return font, font.getBestCmap(), font.getGlyphSet()


def _measure(
    arc: Arc,
) -> tuple[Sequence[float], Callable[[float], tuple[float, float, float]]]:
    """Return running lengths along the arc, and what gives point and turn at a length."""
    points, lengths = [], [0.0]
    for step in range(_ARC_STEPS + 1):
        share = step / _ARC_STEPS - 0.5
        angle = share * arc.span
        sign = -1.0 if not arc.is_lower else 1.0
        points.append((arc.x + arc.a * math.sin(angle), arc.y + sign * arc.b * math.cos(angle)))
    for before, after in pairwise(points):
        lengths.append(lengths[-1] + math.dist(before, after))

    def place(length: float) -> tuple[float, float, float]:
        index = min(range(len(lengths)), key=lambda i: abs(lengths[i] - length))
        low, high = max(index - 1, 0), min(index + 1, len(points) - 1)
        turn = math.atan2(points[high][1] - points[low][1], points[high][0] - points[low][0])
        return *points[index], turn

    return lengths, place


def _turned(
    letter: Letter, centre: tuple[float, float], turn: float, scale: tuple[float, float]
) -> Shape:
    """Return the letter with its middle at `centre`, turned clockwise by `turn` radians."""
    wide, high = scale
    cos, sin = math.cos(turn), math.sin(turn)
    # First to the letter's own middle, then scaled with y downwards, turned, moved.
    e = centre[0] - letter.advance / 2 * wide * cos - _MIDDLE * high * sin
    f = centre[1] - letter.advance / 2 * wide * sin + _MIDDLE * high * cos
    matrix = (wide * cos, wide * sin, high * sin, -high * cos, e, f)
    return Shape(placed(letter.commands, matrix))
