"""Looks at PDF pages through PDFium: their pictures and their text, placed as a person sees them.

PDFium keeps global state and must not be entered by two threads at once, hence the lock. Bytes of
strangers belong into a process with limits (foundation.workbench); here nothing limits them.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2
from PIL import Image

from baozhen.trust.errors import ParseError
from baozhen.trust.pdf.pages import Rect, SeenPage, seen_pages
from baozhen.trust.pdf.reader import open_pdf

POINTS_PER_INCH: Final = 72
PIXELS_MAX: Final = 40_000_000
_LOCK = threading.RLock()


@dataclass(frozen=True)
class Glyph:
    """One character with its box on the seen page, in points from the lower left."""

    text: str
    rect: Rect


@contextmanager
def opened(pdf: bytes) -> Iterator[Any]:
    """Open a document for the time of the block; ParseError when PDFium cannot read it."""
    with _LOCK:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise ParseError("PDF 无法显示") from error
        try:
            yield document
        except pypdfium2.PdfiumError as error:
            raise ParseError("PDF 的页面无法显示") from error
        finally:
            document.close()


def page_pictures(pdf: bytes, *, dots_per_inch: int) -> Iterator[Image.Image]:
    """Yield every page as a person sees it, in colour; ParseError for a page beyond all measure."""
    with opened(pdf) as document:
        # Filled fields and seals are annotations of a form: without it they would not show.
        document.init_forms()
        for index in range(len(document)):
            yield _picture(document[index], dots_per_inch)


def _picture(page: Any, dots_per_inch: int) -> Image.Image:
    scale = dots_per_inch / POINTS_PER_INCH
    if page.get_width() * page.get_height() * scale * scale > PIXELS_MAX:
        raise ParseError("页面过大，无法显示")
    picture: Image.Image = page.render(scale=scale).to_pil().convert("RGB")
    return picture


def page_glyphs(pdf: bytes) -> Iterator[tuple[SeenPage, tuple[Glyph, ...]]]:
    """Yield every page with its characters in the order in which they are read, white space out."""
    pages = seen_pages(open_pdf(pdf))
    with opened(pdf) as document:
        if len(document) != len(pages):
            raise ParseError("两个程序读出的页数不同")
        for index, page in enumerate(pages):
            yield page, tuple(_glyphs(document[index].get_textpage(), page))


def page_lines(pdf: bytes) -> Iterator[list[str]]:
    """Yield the lines of every page, without those that hold only white space."""
    with opened(pdf) as document:
        for index in range(len(document)):
            text = document[index].get_textpage().get_text_bounded()
            yield [line.strip() for line in text.splitlines() if line.strip()]


def page_texts(pdf: bytes) -> Iterator[str]:
    """Yield the text of every page in the order in which it is read, white space out.

    Ten times as fast as the characters with their places.
    """
    with opened(pdf) as document:
        for index in range(len(document)):
            text = document[index].get_textpage().get_text_bounded()
            yield "".join(c for c in text if not c.isspace() and c not in _INVISIBLE)


def _glyphs(text_page: Any, page: SeenPage) -> Iterator[Glyph]:
    for index in range(text_page.count_chars()):
        character = text_page.get_text_range(index, 1)
        if not character or character.isspace() or character in _INVISIBLE:
            continue
        left, bottom, right, top = text_page.get_charbox(index, loose=True)
        yield Glyph(character, page.from_user_space((left, bottom, right, top)))


# Soft hyphens, byte order marks and what PDFium puts where a word is broken.
_INVISIBLE: Final = frozenset("\u00ad\u200b\ufeff\ufffe\x02")
