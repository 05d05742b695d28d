"""What a party shows on paper: seals, riding seals and handwriting, as pieces on seen pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from baozhen.trust.pdf.appearance import number_text, riding_strips
from baozhen.trust.pdf.pages import Rect, SeenPage


@dataclass(frozen=True)
class Mark:
    """A picture on a page: where, in points of the page as it is seen, origin lower left.

    The picture is a PNG, or the SVG of a drawing of ours (`trust.seal.shapes`).

    A riding mark (骑缝章) is cut into strips over the right edges of all pages; its rectangle gives
    the size of the whole seal.
    """

    picture: bytes
    rect: Rect
    page: int = 0
    is_riding: bool = False


@dataclass(frozen=True)
class Piece:
    """A picture, or a part of its width, in a rectangle of the page as it is seen."""

    picture: bytes
    rect: Rect
    start: float = 0.0
    end: float = 1.0

    def operators(self, name: bytes, origin: tuple[float, float]) -> bytes:
        """Return what draws the piece, counted from `origin`."""
        x, y = self.rect[0] - origin[0], self.rect[1] - origin[1]
        width, height = self.rect[2] - self.rect[0], self.rect[3] - self.rect[1]
        whole = width / (self.end - self.start)
        numbers = (x, y, width, height, whole, height, x - self.start * whole, y)
        return b"q %b %b %b %b re W n %b 0 0 %b %b %b cm/%b Do Q" % (
            *map(number_text, numbers),
            name,
        )


@dataclass(frozen=True)
class Look:
    """What one page shows of a party: where, and the form that draws it."""

    index: int
    rect: Rect
    form: int


def pieces_by_page(marks: Sequence[Mark], pages: Sequence[SeenPage]) -> dict[int, list[Piece]]:
    """Return the pieces of all marks by the index of their page, in the order of the marks."""
    found: dict[int, list[Piece]] = {}
    for mark in marks:
        if not mark.is_riding:
            found.setdefault(mark.page, []).append(Piece(mark.picture, mark.rect))
            continue
        width, height = mark.rect[2] - mark.rect[0], mark.rect[3] - mark.rect[1]
        for strip in riding_strips(len(pages)):
            page = pages[strip.page]
            wide, low = (strip.end - strip.start) * width, (page.height - height) / 2
            rect = (page.width - wide, low, page.width, low + height)
            piece = Piece(mark.picture, rect, strip.start, strip.end)
            found.setdefault(strip.page, []).append(piece)
    return found
