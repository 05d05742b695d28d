"""Compares two documents: what was added to and taken out of the text, and where the pages differ.

Pages are paired by their text, so that an inserted page is one difference and not all that follow.
The text is compared word by word and character by character in Chinese; the pictures of paired
pages are compared as they are seen, seals and drawings included.
"""

import difflib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from PIL import Image, ImageChops, ImageDraw

from baozhen.trust.errors import LintError, ParseError, TrustError
from baozhen.trust.pdf.pages import Rect, SeenPage
from baozhen.trust.pdf.rendering import POINTS_PER_INCH, Glyph, page_glyphs, page_pictures

DOTS_PER_INCH: Final = 100
PAGES_MAX: Final = 100
CHARACTERS_MAX: Final = 200_000
_WORDS_EXACT_MAX: Final = 10_000
_TILE: Final = 10  # pixels
_CONTRAST: Final = 60
_GAP: Final = 2  # tiles between parts of one region
_TOKEN: Final = re.compile(r"[0-9A-Za-z_.,%\-]+|.", re.DOTALL)
_ADDED: Final = (0, 140, 60)
_REMOVED: Final = (210, 30, 30)
_CHANGED: Final = (40, 90, 220)
_FRAME: Final = 3
_GUTTER: Final = 24


class NotComparable(ParseError):
    """One of the two cannot be compared; `which` is 0 for the one before, 1 for the one after."""

    def __init__(self, which: int, reason: str) -> None:
        """Keep which one it is; the reason is a Chinese sentence."""
        super().__init__(reason)
        self.which = which

    def __reduce__(self) -> tuple[type["NotComparable"], tuple[int, str]]:
        """Rebuild from both when the error crosses a process border."""
        return type(self), (self.which, str(self))


@dataclass(frozen=True)
class TextDifference:
    """One change of the text: what stood before and what stands now, and where (points, page)."""

    before: str
    after: str
    before_page: int | None
    after_page: int | None
    before_rects: tuple[Rect, ...]
    after_rects: tuple[Rect, ...]


@dataclass(frozen=True)
class PictureDifference:
    """One pair of pages, one of them perhaps None, and the regions in which they look different."""

    before_page: int | None
    after_page: int | None
    regions: tuple[Rect, ...]


@dataclass(frozen=True)
class Comparison:
    """All differences; `pictures` has an entry for each pair of pages that is not alike.

    `pairs` are all pairs in order, as they were compared; a page without its like has None.
    """

    text: tuple[TextDifference, ...]
    pictures: tuple[PictureDifference, ...]
    pairs: tuple[tuple[int | None, int | None], ...]
    before_pages: int
    after_pages: int

    @property
    def is_alike(self) -> bool:
        """Tell whether neither the text nor the look of any page differs."""
        return not self.text and not self.pictures

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "is_alike": self.is_alike}


@dataclass(frozen=True)
class _Document:
    pages: tuple[SeenPage, ...]
    glyphs: tuple[tuple[Glyph, ...], ...]
    pictures: tuple[Image.Image, ...]

    @property
    def texts(self) -> list[str]:
        return ["".join(glyph.text for glyph in page) for page in self.glyphs]


def compare(before: bytes, after: bytes) -> Comparison:
    """Return the differences of two documents; NotComparable for what is none or too much."""
    return _compare(_read(before, 0), _read(after, 1))


def side_by_side(before: bytes, after: bytes) -> tuple[Comparison, tuple[bytes, ...]]:
    """Return the differences, and a PNG for each pair of pages with the differences framed.

    Left is before, right after; red was taken out, green added, blue looks different.
    """
    old, new = _read(before, 0), _read(after, 1)
    comparison = _compare(old, new)
    sheets = []
    for left, right in comparison.pairs:
        sheets.append(_sheet(_framed(old, left, comparison, 0), _framed(new, right, comparison, 1)))
    return comparison, tuple(sheets)


def _read(pdf: bytes, which: int) -> _Document:
    try:
        return _seen(pdf)
    except TrustError as error:
        raise NotComparable(which, str(error)) from error


def _seen(pdf: bytes) -> _Document:
    found = list(page_glyphs(pdf))
    if len(found) > PAGES_MAX or sum(len(glyphs) for _, glyphs in found) > CHARACTERS_MAX:
        raise LintError([f"比对的文件超过 {PAGES_MAX} 页或 {CHARACTERS_MAX} 字"])
    pictures = tuple(page_pictures(pdf, dots_per_inch=DOTS_PER_INCH))
    return _Document(tuple(page for page, _ in found), tuple(g for _, g in found), pictures)


def _compare(old: _Document, new: _Document) -> Comparison:
    pairs = list(_pairs(old, new))
    pictures = [_picture_difference(old, new, pair) for pair in pairs]
    return Comparison(
        tuple(_text_differences(old, new)),
        tuple(difference for difference in pictures if difference is not None),
        tuple(pairs),
        len(old.pages),
        len(new.pages),
    )


def _pairs(old: _Document, new: _Document) -> Iterator[tuple[int | None, int | None]]:
    """Pair the pages: those with the same text first, the others between them in order."""
    for _, left, right in _runs(old, new):
        for step in range(max(len(left), len(right))):
            yield (
                left[step] if step < len(left) else None,
                right[step] if step < len(right) else None,
            )


def _runs(old: _Document, new: _Document) -> Iterator[tuple[bool, range, range]]:
    """Yield runs of pages of the two documents, and whether their texts are the same."""
    matcher = difflib.SequenceMatcher(None, old.texts, new.texts, autojunk=False)
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        yield kind == "equal", range(old_start, old_end), range(new_start, new_end)


@dataclass(frozen=True)
class _Word:
    text: str
    page: int
    glyphs: tuple[Glyph, ...]


def _words(document: _Document, pages: range) -> list[_Word]:
    words: list[_Word] = []
    for number in pages:
        glyphs = document.glyphs[number]
        owners = [glyph for glyph in glyphs for _ in glyph.text]
        text = "".join(glyph.text for glyph in glyphs)
        for found in _TOKEN.finditer(text):
            words.append(_Word(found[0], number, tuple(owners[found.start() : found.end()])))
    return words


def _text_differences(old: _Document, new: _Document) -> Iterator[TextDifference]:
    for is_same, old_pages, new_pages in _runs(old, new):
        if is_same:
            continue
        left, right = _words(old, old_pages), _words(new, new_pages)
        # Beyond so many words frequent ones no longer count as anchors: time would run away.
        matcher = difflib.SequenceMatcher(
            None,
            [word.text for word in left],
            [word.text for word in right],
            autojunk=len(right) > _WORDS_EXACT_MAX,
        )
        for kind, left_start, left_end, right_start, right_end in matcher.get_opcodes():
            if kind != "equal":
                yield _difference(left[left_start:left_end], right[right_start:right_end])


def _difference(before: Sequence[_Word], after: Sequence[_Word]) -> TextDifference:
    return TextDifference(
        "".join(word.text for word in before),
        "".join(word.text for word in after),
        before[0].page if before else None,
        after[0].page if after else None,
        tuple(_line_boxes(before)),
        tuple(_line_boxes(after)),
    )


def _line_boxes(words: Sequence[_Word]) -> Iterator[Rect]:
    """Yield one box a line, on the page of the first word."""
    box: Rect | None = None
    for glyph in (g for word in words if word.page == words[0].page for g in word.glyphs):
        rect = glyph.rect
        if box is not None and box[1] < (rect[1] + rect[3]) / 2 < box[3] and rect[0] >= box[0]:
            box = (box[0], min(box[1], rect[1]), max(box[2], rect[2]), max(box[3], rect[3]))
            continue
        if box is not None:
            yield box
        box = rect
    if box is not None:
        yield box


def _picture_difference(
    old: _Document, new: _Document, pair: tuple[int | None, int | None]
) -> PictureDifference | None:
    left, right = pair
    if left is None or right is None:
        return PictureDifference(left, right, ())
    before, after = old.pictures[left].convert("L"), new.pictures[right].convert("L")
    if before.size != after.size:
        page = new.pages[right]
        return PictureDifference(left, right, ((0.0, 0.0, page.width, page.height),))
    different = ImageChops.difference(old.pictures[left], new.pictures[right])
    strongest = ImageChops.lighter(ImageChops.lighter(*different.split()[:2]), different.split()[2])
    regions = tuple(_regions(strongest, new.pages[right]))
    return PictureDifference(left, right, regions) if regions else None


def _regions(difference: Image.Image, page: SeenPage) -> Iterator[Rect]:
    """Yield the boxes of connected tiles that differ, in points of the page."""
    marks = difference.point(lambda level: 255 if level > _CONTRAST else 0)
    columns, rows = -(-marks.width // _TILE), -(-marks.height // _TILE)
    whole = Image.new("L", (columns * _TILE, rows * _TILE))
    whole.paste(marks)
    tiles = whole.reduce(_TILE).tobytes()
    waiting = {(n % columns, n // columns) for n, level in enumerate(tiles) if level}
    scale = POINTS_PER_INCH / DOTS_PER_INCH * _TILE
    groups: list[_Box] = []
    while waiting:
        groups = _joined(groups, _grow(waiting))
    for left, top, right, bottom in groups:
        yield (
            left * scale,
            max(page.height - (bottom + 1) * scale, 0.0),
            min((right + 1) * scale, page.width),
            page.height - top * scale,
        )


_Box = tuple[int, int, int, int]


def _joined(groups: Sequence[_Box], box: _Box) -> list[_Box]:
    """Add a box to boxes that do not overlap; those that it overlaps become one with it."""
    apart = []
    for other in groups:
        if box[0] <= other[2] and other[0] <= box[2] and box[1] <= other[3] and other[1] <= box[3]:
            box = (
                min(box[0], other[0]),
                min(box[1], other[1]),
                max(box[2], other[2]),
                max(box[3], other[3]),
            )
        else:
            apart.append(other)
    return [*apart, box] if len(apart) == len(groups) else _joined(apart, box)


def _grow(waiting: set[tuple[int, int]]) -> _Box:
    """Take one connected group of tiles out of `waiting` and return its box."""
    start = min(waiting, key=lambda tile: (tile[1], tile[0]))
    waiting.remove(start)
    group, fresh = [start], [start]
    reach = range(-_GAP, _GAP + 1)
    while fresh:
        x, y = fresh.pop()
        near = {(x + dx, y + dy) for dx in reach for dy in reach} & waiting
        waiting -= near
        group += near
        fresh += near
    columns, rows = [tile[0] for tile in group], [tile[1] for tile in group]
    return min(columns), min(rows), max(columns), max(rows)


def _framed(
    document: _Document, number: int | None, comparison: Comparison, side: int
) -> Image.Image | None:
    if number is None:
        return None
    picture, page = document.pictures[number].copy(), document.pages[number]
    draw = ImageDraw.Draw(picture)
    for difference in comparison.pictures:
        if (difference.before_page, difference.after_page)[side] == number:
            for region in difference.regions:
                draw.rectangle(_pixels(region, page, _FRAME), outline=_CHANGED, width=2)
    colour = (_REMOVED, _ADDED)[side]
    for change in comparison.text:
        if (change.before_page, change.after_page)[side] == number:
            for rect in (change.before_rects, change.after_rects)[side]:
                draw.rectangle(_pixels(rect, page, 1), outline=colour, width=2)
    return picture


def _pixels(rect: Rect, page: SeenPage, slack: int) -> tuple[float, float, float, float]:
    scale = DOTS_PER_INCH / POINTS_PER_INCH
    return (
        rect[0] * scale - slack,
        (page.height - rect[3]) * scale - slack,
        rect[2] * scale + slack,
        (page.height - rect[1]) * scale + slack,
    )


def _sheet(left: Image.Image | None, right: Image.Image | None) -> bytes:
    """Return two pages beside each other; a missing one leaves a grey field."""
    known = [picture for picture in (left, right) if picture is not None]
    width, height = (max(p.width for p in known), max(p.height for p in known))
    sheet = Image.new("RGB", (2 * width + _GUTTER, height), (225, 225, 225))
    for picture, x in ((left, 0), (right, width + _GUTTER)):
        if picture is not None:
            sheet.paste(picture, (x, 0))
    out = io.BytesIO()
    sheet.save(out, "PNG", optimize=True)
    return out.getvalue()
