"""The pages of a PDF as they are seen: crop box and rotation applied, origin at the lower left.

A place on a page is given in points of the page that a person sees. `to_user_space` turns it into
the coordinates of the file (ISO 32000-1 §8.3.2, §14.11.2), whatever the page's rotation is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from baozhen.trust.errors import ParseError
from baozhen.trust.pdf.objects import Ref, Value
from baozhen.trust.pdf.reader import PdfFile

PAGES_MAX = 2_000
_TREE_DEPTH_MAX = 32
_SIDES = 4

Rect = tuple[float, float, float, float]


@dataclass(frozen=True)
class SeenPage:
    """One page: its object, its dictionary, the box that shows, and how it is turned."""

    number: int
    dictionary: dict[str, Value]
    box: Rect
    rotation: int

    @property
    def width(self) -> float:
        """The width that a person sees, in points."""
        return self._size[1] if self._is_turned else self._size[0]

    @property
    def height(self) -> float:
        """The height that a person sees, in points."""
        return self._size[0] if self._is_turned else self._size[1]

    @property
    def matrix(self) -> tuple[int, int, int, int, int, int]:
        """The turn that makes an appearance stand upright on this page."""
        return {
            0: (1, 0, 0, 1, 0, 0),
            90: (0, 1, -1, 0, 0, 0),
            180: (-1, 0, 0, -1, 0, 0),
            270: (0, -1, 1, 0, 0, 0),
        }[self.rotation]

    def to_user_space(self, rect: Rect) -> Rect:
        """Return where a seen rectangle lies in the coordinates of the file."""
        first, second = self._point(rect[0], rect[1]), self._point(rect[2], rect[3])
        left, right = sorted((first[0], second[0]))
        bottom, top = sorted((first[1], second[1]))
        return (left, bottom, right, top)

    def from_user_space(self, rect: Rect) -> Rect:
        """Return where a rectangle in the coordinates of the file is seen."""
        first, second = self._seen(rect[0], rect[1]), self._seen(rect[2], rect[3])
        left, right = sorted((first[0], second[0]))
        bottom, top = sorted((first[1], second[1]))
        return (left, bottom, right, top)

    def contains(self, rect: Rect) -> bool:
        """Tell whether a seen rectangle has an area and lies on the page (a point of slack)."""
        left, bottom, right, top = rect
        across = -1 <= left < right <= self.width + 1
        return across and -1 <= bottom < top <= self.height + 1

    @property
    def _size(self) -> tuple[float, float]:
        return self.box[2] - self.box[0], self.box[3] - self.box[1]

    @property
    def _is_turned(self) -> bool:
        return self.rotation in {90, 270}

    def _point(self, x: float, y: float) -> tuple[float, float]:
        width, height = self._size
        dx, dy = {
            0: (x, y),
            90: (width - y, x),
            180: (width - x, height - y),
            270: (y, height - x),
        }[self.rotation]
        return self.box[0] + dx, self.box[1] + dy

    def _seen(self, x: float, y: float) -> tuple[float, float]:
        width, height = self._size
        dx, dy = x - self.box[0], y - self.box[1]
        return {
            0: (dx, dy),
            90: (dy, width - dx),
            180: (width - dx, height - dy),
            270: (height - dy, dx),
        }[self.rotation]


def seen_pages(file: PdfFile) -> tuple[SeenPage, ...]:
    """Return the pages in order; ParseError for a page tree that is none."""
    pages = tuple(_walk(file, file.catalog.get("Pages"), {}, 0))
    if not pages:
        raise ParseError("文件没有页")
    return pages


_INHERITED = ("MediaBox", "CropBox", "Rotate")


def _walk(
    file: PdfFile, item: Value, inherited: dict[str, Value], depth: int
) -> Iterator[SeenPage]:
    if depth > _TREE_DEPTH_MAX or not isinstance(item, Ref):
        raise ParseError("页面树过深或不规范")
    node = file.dictionary(item, "页面")
    facts = inherited | {key: node[key] for key in _INHERITED if key in node}
    if node.get("Type") == "Page":
        yield _page(file, item.number, node, facts)
        return
    for count, kid in enumerate(file.array(node.get("Kids"), "页面清单")):
        if count >= PAGES_MAX:
            raise ParseError("页数过多")
        yield from _walk(file, kid, facts, depth + 1)


def _page(file: PdfFile, number: int, node: dict[str, Value], facts: dict[str, Value]) -> SeenPage:
    media = _box(file, facts.get("MediaBox"))
    if media is None:
        raise ParseError("页面没有 MediaBox")
    crop = _box(file, facts.get("CropBox")) or media
    shown = (
        max(media[0], crop[0]),
        max(media[1], crop[1]),
        min(media[2], crop[2]),
        min(media[3], crop[3]),
    )
    if shown[0] >= shown[2] or shown[1] >= shown[3]:
        raise ParseError("页面的裁切框不在页面之内")
    rotation = file.resolve(facts.get("Rotate")) or 0
    if not isinstance(rotation, int) or rotation % 90:
        raise ParseError("页面的旋转角度不规范")
    return SeenPage(number, node, shown, rotation % 360)


def _box(file: PdfFile, value: Value) -> Rect | None:
    sides = file.resolve(value)
    if not isinstance(sides, list) or len(sides) != _SIDES:
        return None
    numbers = [side for side in map(file.resolve, sides) if isinstance(side, int | float)]
    if len(numbers) != _SIDES:
        return None
    a, b, c, d = map(float, numbers)
    return (min(a, c), min(b, d), max(a, c), max(b, d))
