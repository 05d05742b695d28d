"""How the seal looks on paper: one picture, shown whole on a page and in strips over all edges."""

from collections.abc import Sequence
from dataclasses import dataclass

from baozhen.trust.errors import SigningError
from baozhen.trust.pdf.parts import Page
from baozhen.trust.pdf.pictures import Picture, read_png

RIDING_PAGES_MAX = 20  # a narrower strip than a twentieth of a seal shows nothing
_FLAGS = 4 | 128  # Print and Locked (ISO 32000-1 table 165); ISO 19005-2 §6.3.2 demands Print


@dataclass(frozen=True)
class SealAppearance:
    """The seal's picture (PNG) and its place on a page, in points from the lower left corner.

    With `riding` the seal is also cut into strips along the right edges of all pages (骑缝章).
    """

    picture: bytes
    rect: tuple[float, float, float, float]
    page: int = 0
    riding: bool = False

    @property
    def width(self) -> float:
        """Width in points."""
        return self.rect[2] - self.rect[0]

    @property
    def height(self) -> float:
        """Height in points."""
        return self.rect[3] - self.rect[1]


@dataclass(frozen=True)
class Strip:
    """One piece of the riding seal: from `start` to `end` of its width, on `page`."""

    page: int
    start: float
    end: float


def riding_strips(pages: int) -> list[Strip]:
    """Return the strips of a riding seal over `pages` pages, one a page; none for a single page."""
    if pages < 2:  # noqa: PLR2004 - one page has no joint
        return []
    groups = -(-pages // RIDING_PAGES_MAX)
    strips: list[Strip] = []
    for group in range(groups):
        first, last = pages * group // groups, pages * (group + 1) // groups
        count = last - first
        strips += [Strip(first + i, i / count, (i + 1) / count) for i in range(count)]
    return strips


def number_text(value: float) -> bytes:
    """Return a number as PDF writes it: no exponent, no needless zeros."""
    # Adding zero turns a negative zero into a plain one.
    return f"{round(value, 4) + 0.0:.4f}".rstrip("0").rstrip(".").encode("ascii")


def rectangle(sides: Sequence[float]) -> bytes:
    """Return a PDF rectangle."""
    return b"[%b]" % b" ".join(map(number_text, sides))


class SealObjects:
    """The objects of one seal; their numbers begin at `first`."""

    def __init__(self, appearance: SealAppearance, pages: Sequence[Page], first: int) -> None:
        self.appearance = appearance
        self._pages = pages
        self._next = first
        self.objects: dict[int, bytes] = {}
        self.annotations: dict[int, list[int]] = {}
        self._check()
        self._picture = self._add_picture(read_png(appearance.picture))
        self.form = self._add_form(0.0, 1.0)
        if appearance.riding:
            for strip in riding_strips(len(pages)):
                self._add_strip(strip)

    @property
    def next_number(self) -> int:
        """The first number that is free behind the seal's objects."""
        return self._next

    def _check(self) -> None:
        appearance = self.appearance
        if not 0 <= appearance.page < len(self._pages):
            raise SigningError("印章所在的页不存在")
        left, bottom, right, top = appearance.rect
        box = self._pages[appearance.page].box
        if not (box[0] <= left < right <= box[2] and box[1] <= bottom < top <= box[3]):
            raise SigningError("印章的位置不在页面之内")

    def _add(self, body: bytes) -> int:
        number = self._next
        self._next += 1
        self.objects[number] = body
        return number

    def _add_picture(self, picture: Picture) -> int:
        alpha = None if picture.alpha is None else self._add(picture.alpha.body())
        return self._add(picture.colours.body(alpha_number=alpha))

    def _add_form(self, start: float, end: float) -> int:
        """Add a form that shows the picture from `start` to `end` of its width."""
        width, height = self.appearance.width, self.appearance.height
        content = b"q %b 0 0 %b %b 0 cm/Seal Do Q" % (
            number_text(width),
            number_text(height),
            number_text(-start * width),
        )
        body = (
            b"<</Type/XObject/Subtype/Form/BBox%b/Resources<</XObject<</Seal %d 0 R>>>>"
            b"/Length %d>>\nstream\n%b\nendstream"
        ) % (rectangle((0, 0, (end - start) * width, height)), self._picture, len(content), content)
        return self._add(body)

    def _add_strip(self, strip: Strip) -> None:
        page = self._pages[strip.page]
        form = self._add_form(strip.start, strip.end)
        width = (strip.end - strip.start) * self.appearance.width
        middle = (page.box[1] + page.box[3]) / 2
        half = self.appearance.height / 2
        place = (page.box[2] - width, middle - half, page.box[2], middle + half)
        annotation = self._add(
            b"<</Type/Annot/Subtype/Stamp/Rect%b/F %d/P %d 0 R/AP<</N %d 0 R>>/Contents%b>>"
            % (rectangle(place), _FLAGS, page.number, form, text_string("骑缝章"))
        )
        self.annotations.setdefault(strip.page, []).append(annotation)


def widget(name: bytes, page: Page, place: bytes, extra: Sequence[bytes]) -> bytes:
    """Return a signature field merged with its only widget (ISO 32000-1 §12.7.4.5)."""
    return b"<</Type/Annot/Subtype/Widget/FT/Sig/T(%b)/F %d/Rect%b/P %d 0 R%b>>" % (
        name,
        _FLAGS,
        place,
        page.number,
        b"".join(extra),
    )


def text_string(text: str) -> bytes:
    """Return a text string in UTF-16 with its byte order mark (§7.9.2.2)."""
    return b"<FEFF%b>" % text.encode("utf-16-be").hex().upper().encode("ascii")
