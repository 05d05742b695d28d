"""The file that goes to a printer: numbered, counted, over a fine pattern, with a code to check.

A copier or a scanner blurs hair lines and tiny letters, so that a copy of the print differs from
the print: the pattern of each number is another one, computed from the number, and the border is
the number itself in letters of a third of a millimetre. What only special paper can do (hidden
words that appear when copied) is not attempted. The print carries the seals as pictures; the
signatures are in the original file alone, and the print says so.
"""

import hashlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

import pikepdf

from baozhen.trust.errors import ParseError, SigningError
from baozhen.trust.pdf.overlay import CodeItem, Item, Overlay, PictureItem, TextItem
from baozhen.trust.pdf.pages import SeenPage, seen_pages
from baozhen.trust.pdf.prepare import save_plainly, strip
from baozhen.trust.pdf.reader import open_pdf

_SHANGHAI: Final = timezone(timedelta(hours=8))
_BANDS: Final = 7
_LINES: Final = 9
_STEP: Final = 5.0  # points
_COLOURS: Final = ("#b9cfe8", "#e3c6c6", "#c4dcc4")
_LINE: Final = 0.2
_CODE: Final = 44.0
_EDGE: Final = 9.0
_TINY: Final = 1.0
_TINY_WIDTH: Final = 0.62  # of the size, for a capital or a digit of our font


@dataclass(frozen=True)
class PrintFacts:
    """What a print says: its number, which print of the document it is, for whom, and a link."""

    number: str
    count: int
    printed_by: str
    at: datetime
    link: str


def print_copy(pdf: bytes, facts: PrintFacts, *, overlay: Overlay) -> bytes:
    """Return the file to print of a document, signed or not.

    Raises ParseError for a file that cannot be read, SigningError for facts that cannot be shown.
    """
    if facts.at.tzinfo is None or facts.count < 1:
        raise SigningError("打印时间必须带时区，打印次数从 1 起")
    if not (facts.number.isascii() and facts.number.isalnum()):
        raise SigningError("打印编号只能用字母和数字")
    plain = flatten(pdf)
    pages = seen_pages(open_pdf(plain))
    items: list[Item] = []
    for number, page in enumerate(pages):
        items += _items(number, page, facts, len(pages))
    return overlay.draw(plain, items, at=facts.at).data


def flatten(pdf: bytes) -> bytes:
    """Return the document with everything that shows drawn into its pages, and no signatures."""
    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            strip(document)
            target = io.BytesIO()
            save_plainly(document, target)
            return target.getvalue()
    except (pikepdf.PdfError, ValueError, TypeError) as error:
        raise ParseError("不是可以读取的 PDF 文件") from error


def _items(number: int, page: SeenPage, facts: PrintFacts, pages: int) -> Iterator[Item]:
    width, height = page.width, page.height
    whole = (0.0, 0.0, width, height)
    yield PictureItem(number, whole, _pattern(facts.number, number, (width, height)))
    yield from _border(number, page, facts.number)
    code = (width - _CODE - 2 * _EDGE, 2 * _EDGE, width - 2 * _EDGE, 2 * _EDGE + _CODE)
    yield CodeItem(number, code, facts.link, name="验真码")
    at = facts.at.astimezone(_SHANGHAI).strftime("%Y-%m-%d %H:%M")
    words = (
        f"打印编号 {facts.number}　第 {facts.count} 次打印　{at}　{facts.printed_by}　"
        f"第 {number + 1}/{pages} 页\n本页为打印件，电子签名以原电子文件为准；扫右侧二维码核对"
    )
    place = (2 * _EDGE, 2 * _EDGE, width - _CODE - 3 * _EDGE, 2 * _EDGE + 20)
    yield TextItem(number, place, words, size=7, size_min=4, colour="#404040", name="打印说明")


def _border(number: int, page: SeenPage, text: str) -> Iterator[Item]:
    """Yield a line of tiny letters along the upper and the lower edge."""
    wide = page.width - 2 * _EDGE
    times = max(1, int(wide / (_TINY * _TINY_WIDTH * len(text))))
    for bottom in (_EDGE, page.height - _EDGE - 3 * _TINY):
        yield TextItem(
            number,
            (_EDGE, bottom, page.width - _EDGE, bottom + 3 * _TINY),
            text * times,
            size=_TINY,
            size_min=_TINY / 2,
            is_single_line=True,
            name="微缩文字",
        )


def _pattern(number: str, page: int, size: tuple[float, float]) -> bytes:
    """Return bands of interlaced hair lines as SVG; their shapes come from number and page."""
    width, height = size
    seed = hashlib.sha256(f"{number}/{page}".encode()).digest()
    lines = []
    for band in range(_BANDS):
        shape = _Band(*(seed[(4 * band + place) % len(seed)] / 255 for place in range(4)))
        colour = _COLOURS[band % len(_COLOURS)]
        for line in range(_LINES):
            points = " ".join(
                f"{x:.1f},{shape.height(x / width, line / _LINES, band) * height:.2f}"
                for x in _steps(width)
            )
            lines.append(f'<polyline points="{points}" stroke="{colour}"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.2f}pt" height="{height:.2f}pt" '
        f'viewBox="0 0 {width:.2f} {height:.2f}"><g fill="none" stroke-width="{_LINE}">'
        f"{''.join(lines)}</g></svg>"
    ).encode()


def _steps(width: float) -> Iterator[float]:
    for step in range(math.ceil(width / _STEP) + 1):
        yield min(step * _STEP, width)


@dataclass(frozen=True)
class _Band:
    """The shape of one band; all four between 0 and 1."""

    phase: float
    swing: float
    twist: float
    turns: float

    def height(self, x: float, line: float, band: int) -> float:
        """Return where a line of the band runs at `x`, as a share of the page's height."""
        turn = 2 * math.pi
        wave = math.sin(turn * (x * (1 + 2 * self.turns) + self.phase))
        # The lines of a band swing apart and cross each other again: that makes the weave.
        weave = math.sin(turn * (x * (3 + 3 * self.twist) + line))
        middle = (band + 0.5 + 0.35 * wave + (0.2 + 0.15 * self.swing) * weave) / _BANDS
        return min(max(middle, 0.0), 1.0)
