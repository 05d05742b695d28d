"""Runs of text that a reader found on a photo, levelled: what stands beside what. Pure."""

import cmath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

Corner = tuple[float, float]
Found = tuple[str, Sequence[Corner]]  # a text, and the four corners around it, in order

# A value stands right of its label and may stand half a line lower, between the label's two
# languages: this share of the taller one's height is still the same line.
_SAME_LINE = 0.75


@dataclass(frozen=True)
class Piece:
    """A run of text without spaces, and the upright box around it."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """How tall it is."""
        return self.bottom - self.top

    def is_right_of(self, other: Self) -> bool:
        """Tell whether it begins where the other ends, or further right, on the same line."""
        apart = abs(self.top + self.bottom - other.top - other.bottom) / 2
        is_level = apart <= _SAME_LINE * max(self.height, other.height)
        return is_level and self.left >= other.right - other.height / 2


def levelled(found: Sequence[Found]) -> tuple[Piece, ...]:
    """Turn what was found so that its lines are level; the paper may then be upside down."""
    turn = _direction(found).conjugate()
    pieces = []
    for text, corners in found:
        points = [complex(x, y) * turn for x, y in corners]
        across, down = [point.real for point in points], [point.imag for point in points]
        word = "".join(text.split())
        pieces.append(Piece(word, min(across), min(down), max(across), max(down)))
    return tuple(pieces)


def ways_up(pieces: Sequence[Piece]) -> Iterator[tuple[Piece, ...]]:
    """Yield the paper as it lies, and turned by half."""
    yield tuple(pieces)
    yield tuple(
        Piece(piece.text, -piece.right, -piece.bottom, -piece.left, -piece.top) for piece in pieces
    )


def right_of(piece: Piece, pieces: Sequence[Piece]) -> Piece | None:
    """Return what stands next on the same line."""
    beside = [other for other in pieces if other is not piece and other.is_right_of(piece)]
    return min(beside, key=lambda other: other.left, default=None)


def _direction(found: Sequence[Found]) -> complex:
    """Return the direction of the lines: long runs of text tell it best.

    A line and the same line read backwards have one square, so squares are added up.
    """
    total = sum((_longer_side(corners) ** 2 for _, corners in found), 0j)
    return cmath.rect(1, cmath.phase(total) / 2) if total else 1 + 0j


def _longer_side(corners: Sequence[Corner]) -> complex:
    first, second, _, last = (complex(x, y) for x, y in corners)
    return max(second - first, last - first, key=abs)
