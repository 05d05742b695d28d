"""Where on the pages something goes: by a keyword of the text, or by fractions of a page.

Keywords are found across the pieces in which text is set, whatever white space stands between the
characters, and whether they are written in full or half width.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from baozhen.trust.errors import ParseError
from baozhen.trust.pdf.pages import Rect, SeenPage
from baozhen.trust.pdf.rendering import Glyph, page_glyphs

KEYWORD_CHARACTERS_MAX = 64
OCCURRENCES_MAX = 1_000
_GAP_MAX = 3.0  # widths of a character


class KeywordMissing(ParseError):
    """The keyword that a place is bound to is not in the text, or not so often."""


@dataclass(frozen=True)
class Found:
    """One occurrence: its page, from 0, and its box; origin at the lower left of what is seen."""

    page: int
    rect: Rect


def find_keyword(pdf: bytes, keyword: str, *, occurrence: int = 1) -> Found:
    """Return the n-th occurrence of the keyword, the last one for -1; KeywordMissing when absent.

    A keyword that runs over a line end has the box of its first line.
    """
    found = find_keywords(pdf, keyword)
    index = occurrence - 1 if occurrence > 0 else len(found) + occurrence
    if not 0 <= index < len(found):
        raise KeywordMissing(f"关键字“{keyword}”出现 {len(found)} 次，没有第 {occurrence} 次")
    return found[index]


def find_keywords(pdf: bytes, keyword: str) -> list[Found]:
    """Return every occurrence in reading order; ParseError for a file that cannot be read."""
    wanted = _folded(keyword)
    if not 0 < len(wanted) <= KEYWORD_CHARACTERS_MAX:
        raise KeywordMissing(f"关键字应为 1 至 {KEYWORD_CHARACTERS_MAX} 个字")
    return [
        Found(number, rect)
        for number, (page, glyphs) in enumerate(page_glyphs(pdf))
        for rect in _found_on(page, glyphs, wanted)
    ][:OCCURRENCES_MAX]


def from_fractions(page: SeenPage, fractions: Rect) -> Rect:
    """Turn fractions (0 to 1, origin at the top left, as fields have them) into points."""
    left, top, right, bottom = fractions
    return (
        left * page.width,
        (1 - bottom) * page.height,
        right * page.width,
        (1 - top) * page.height,
    )


def to_fractions(page: SeenPage, rect: Rect) -> Rect:
    """Turn points of the seen page into fractions with their origin at the top left."""
    left, bottom, right, top = rect
    return (
        left / page.width,
        1 - top / page.height,
        right / page.width,
        1 - bottom / page.height,
    )


def around(found: Found, page: SeenPage, size: tuple[float, float]) -> Rect:
    """Return a rectangle of `size` centred on a place, moved back onto the page if need be."""
    width, height = min(size[0], page.width), min(size[1], page.height)
    left = (found.rect[0] + found.rect[2] - width) / 2
    bottom = (found.rect[1] + found.rect[3] - height) / 2
    left = min(max(left, 0.0), page.width - width)
    bottom = min(max(bottom, 0.0), page.height - height)
    return (left, bottom, left + width, bottom + height)


def _found_on(page: SeenPage, glyphs: Sequence[Glyph], wanted: str) -> list[Rect]:
    """Return the matches in reading order.

    A page is read as its text is stored, in lines as they are seen, and in lines as they stand in
    the file: a scanner's or a printer's rotation may turn the one into the other.
    """
    orders: list[tuple[Sequence[Glyph], float | None]] = [(glyphs, None)]
    for place in (lambda rect: rect, page.to_user_space):
        lines = _lines(glyphs, place)
        orders.append(([glyph for line in lines for glyph in line], _GAP_MAX))
    found: list[Rect] = []
    for ordered, gap in orders:
        for rect in _matches(ordered, wanted, gap=gap):
            if not any(_overlap(rect, other) for other in found):
                found.append(rect)
    return sorted(found, key=lambda rect: (-round(rect[3]), rect[0]))


def _lines(glyphs: Sequence[Glyph], place: Callable[[Rect], Rect]) -> list[list[Glyph]]:
    placed = sorted(((place(glyph.rect), glyph) for glyph in glyphs), key=lambda p: -_middle(p[0]))
    lines: list[list[tuple[Rect, Glyph]]] = []
    for rect, glyph in placed:
        if lines and _middle(lines[-1][0][0]) - _middle(rect) < (rect[3] - rect[1]) / 2:
            lines[-1].append((rect, glyph))
        else:
            lines.append([(rect, glyph)])
    return [[glyph for _, glyph in sorted(line, key=lambda p: p[0][0])] for line in lines]


def _middle(rect: Rect) -> float:
    return (rect[1] + rect[3]) / 2


def _overlap(one: Rect, other: Rect) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    return across > 0 and min(one[3], other[3]) - max(one[1], other[1]) > 0


def _matches(glyphs: Sequence[Glyph], wanted: str, *, gap: float | None) -> Iterator[Rect]:
    """Yield the boxes of the matches; with a `gap` only of those whose characters stand close."""
    text, owners = "", []
    for index, glyph in enumerate(glyphs):
        folded = _folded(glyph.text)
        text += folded
        owners += [index] * len(folded)
    start = text.find(wanted)
    while start >= 0:
        found = glyphs[owners[start] : owners[start + len(wanted) - 1] + 1]
        box, count = _first_line(found, gap or 1.0)
        if gap is None or count == len(found):
            yield box
        start = text.find(wanted, start + 1)


def _first_line(glyphs: Sequence[Glyph], gap: float) -> tuple[Rect, int]:
    """Return the box of the characters of the first line, and how many they are."""
    box = glyphs[0].rect
    for count, glyph in enumerate(glyphs[1:], 1):
        if not _continues(box, glyph.rect, gap):
            return box, count
        box = (
            min(box[0], glyph.rect[0]),
            min(box[1], glyph.rect[1]),
            max(box[2], glyph.rect[2]),
            max(box[3], glyph.rect[3]),
        )
    return box, len(glyphs)


def _continues(box: Rect, rect: Rect, gap: float) -> bool:
    """Tell whether a character stands close behind a line, be it across or down the seen page."""
    size = max(rect[2] - rect[0], rect[3] - rect[1])
    across = max(rect[0] - box[2], box[0] - rect[2])
    down = max(rect[1] - box[3], box[1] - rect[3])
    return min(across, down) < 0 and max(across, down) < size * gap


def _folded(text: str) -> str:
    """Return the text without white space, full width made half width, in lower case."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())
