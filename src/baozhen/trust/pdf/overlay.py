"""Draws values onto the pages of a PDF before it is signed: text, ticks, pictures, codes, tables.

The values are laid out by the typesetter with our own fonts, embedded as subsets, on transparent
pages of the size that is seen; these come over the document's own pages, whatever their rotation
and crop box are. What does not fit its field, or has no glyph, is an error that names it, never a
blank and never cut off. The same input gives the same bytes.
"""

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import pikepdf
import typst

from baozhen.trust.errors import LintError, SigningError, TrustError
from baozhen.trust.pdf.pages import Rect, SeenPage, seen_pages
from baozhen.trust.pdf.prepare import PreparedPdf, recognize, save_plainly
from baozhen.trust.pdf.qr import qr_png
from baozhen.trust.pdf.reader import open_pdf
from baozhen.trust.pdf.render import explain_failure

Align = Literal["left", "center", "right"]
SIZE: Final = 10.5  # points: 五号
SIZE_MIN: Final = 5.0
ITEMS_MAX: Final = 2_000
_STANDARD: Final = "a-2b"
_QR_PIXELS: Final = 8
_TOO_MUCH = re.compile(r"does-not-fit:(?P<index>\d+)")
_LAYOUT: Final = (Path(__file__).parent / "overlay.typ").read_bytes()


@dataclass(frozen=True)
class Item:
    """Something in a rectangle of a page as it is seen (points, origin lower left, pages from 0).

    `name` is the field's, for messages.
    """

    page: int
    rect: Rect
    name: str = field(default="", kw_only=True)

    def facts(self) -> dict[str, Any]:
        """Return what the typesetter needs to know."""
        raise TypeError("an item is one of its kinds")


@dataclass(frozen=True)
class TextItem(Item):
    """Text that wraps and, if need be, shrinks from `size` to `size_min` until it fits."""

    text: str
    size: float = SIZE
    size_min: float = SIZE_MIN
    align: Align = "left"
    is_bold: bool = False
    is_single_line: bool = False
    colour: str = "#000000"

    def facts(self) -> dict[str, Any]:
        """Return the text and how it is set."""
        return {
            "kind": "text",
            "text": self.text,
            "size": self.size,
            "size_min": min(self.size, self.size_min),
            "align": self.align,
            "weight": "bold" if self.is_bold else "regular",
            "single": self.is_single_line,
            "colour": self.colour,
        }


@dataclass(frozen=True)
class TickItem(Item):
    """A box of the largest square in the rectangle, ticked or not."""

    is_ticked: bool
    has_frame: bool = False

    def facts(self) -> dict[str, Any]:
        """Return whether it is ticked."""
        return {"kind": "tick", "ticked": self.is_ticked, "frame": self.has_frame}


@dataclass(frozen=True)
class PictureItem(Item):
    """A PNG or JPEG, as large as the rectangle allows without distortion."""

    picture: bytes

    def facts(self) -> dict[str, Any]:
        """Return the picture."""
        return {"kind": "picture", "picture": list(self.picture)}


@dataclass(frozen=True)
class CodeItem(Item):
    """A QR code, as large as the rectangle allows."""

    text: str

    def facts(self) -> dict[str, Any]:
        """Return the code as a picture; UnsupportedError when the text is too long."""
        return {"kind": "picture", "picture": list(qr_png(self.text, pixels_per_module=_QR_PIXELS))}


@dataclass(frozen=True)
class TableItem(Item):
    """A table with ruled cells; `widths` are shares of the width, all equal by default."""

    rows: Sequence[Sequence[str]]
    widths: Sequence[float] = ()
    has_header: bool = True
    size: float = SIZE
    size_min: float = SIZE_MIN

    def facts(self) -> dict[str, Any]:
        """Return the cells; SigningError when the rows are not of one length."""
        columns = len(self.rows[0]) if self.rows else 0
        widths = list(self.widths) or [1.0] * columns
        if not columns or any(len(row) != columns for row in self.rows) or len(widths) != columns:
            raise SigningError(f"表格{_quoted(self.name)}的各行列数不同")
        return {
            "kind": "table",
            "rows": [list(row) for row in self.rows],
            "widths": widths,
            "header": self.has_header,
            "size": self.size,
            "size_min": min(self.size, self.size_min),
        }


class Overlay:
    """Draws items onto documents. Build it once a process: it keeps the fonts.

    `fonts` is the folder that holds nothing but our fonts.
    """

    def __init__(self, fonts: Path) -> None:
        """Take the folder; the fonts are read when the first document comes."""
        self._fonts = fonts
        self._compiler: typst.Compiler | None = None

    def draw(self, pdf: bytes, items: Sequence[Item], *, at: datetime) -> PreparedPdf:
        """Return a prepared document with the items over its pages, fit to be signed.

        Raises LintError naming a character without a glyph or a field whose value does not fit,
        SigningError for a place that is not on its page.
        """
        if not items:
            return recognize(pdf)
        pages = seen_pages(open_pdf(pdf))
        _check(items, pages)
        used = sorted({item.page for item in items})
        drawn = self.lay_out(items, [(page, pages[page]) for page in used], at=at)
        return recognize(lay_over(pdf, drawn, [(page, pages[page]) for page in used]))

    def lay_out(
        self, items: Sequence[Item], pages: Sequence[tuple[int, SeenPage]], *, at: datetime
    ) -> bytes:
        """Return a PDF of transparent pages, one for each of `pages`, with their items."""
        data = {
            "pages": [
                {
                    "width": page.width,
                    "height": page.height,
                    "items": [
                        {**_place(item, page), **item.facts(), "index": place}
                        for place, item in enumerate(items)
                        if item.page == number
                    ],
                }
                for number, page in pages
            ]
        }
        # (Typed Any: the stubs of typst do not know yet that several files may be given.)
        files: Any = {
            "main.typ": _LAYOUT,
            "data.json": json.dumps(data, ensure_ascii=False).encode(),
        }
        compiler = self._compiler or self._start(files)
        try:
            drawn = compiler.compile(
                input=files, format="pdf", pdf_standards=_STANDARD, timestamp=at
            )
        except typst.TypstError as error:
            raise _explain(error, items) from error
        if not isinstance(drawn, bytes):
            raise SigningError("排版引擎没有返回单个 PDF 文件")
        return drawn

    def _start(self, files: Any) -> typst.Compiler:
        self._compiler = typst.Compiler(
            input=files, font_paths=[str(self._fonts)], ignore_system_fonts=True
        )
        return self._compiler


def lay_over(pdf: bytes, drawn: bytes, pages: Sequence[tuple[int, SeenPage]]) -> bytes:
    """Put the pages of `drawn` over the given pages of `pdf`, upright as those are seen."""
    try:
        with pikepdf.open(io.BytesIO(pdf)) as document, pikepdf.open(io.BytesIO(drawn)) as source:
            for sheet, (number, page) in zip(source.pages, pages, strict=True):
                form = document.copy_foreign(sheet.as_form_xobject())
                _put(document.pages[number], form, page)
            target = io.BytesIO()
            save_plainly(document, target)
            return target.getvalue()
    except (pikepdf.PdfError, ValueError) as error:
        raise SigningError("文件的页面无法叠加内容") from error


def _put(target: pikepdf.Page, form: Any, page: SeenPage) -> None:
    resources: Any = target.obj.get("/Resources", pikepdf.Dictionary())
    taken: Any = resources.get("/XObject", pikepdf.Dictionary())
    number = next(n for n in range(len(taken) + 1) if f"/BaozhenOverlay{n}" not in taken)
    name = pikepdf.Name(f"/BaozhenOverlay{number}")
    # Pages may share one dictionary of resources: each that is drawn upon gets its own.
    own = pikepdf.Dictionary(resources)
    own.XObject = pikepdf.Dictionary(taken)
    own.XObject[name] = form
    target.obj.Resources = own
    matrix = " ".join(f"{value:g}" for value in page.matrix)
    left, bottom = _origin(page)
    # Whatever state the page's own content leaves behind must not move or colour ours.
    target.contents_add(b"q\n", prepend=True)
    target.contents_add(f"\nQ q {matrix[:-4]} {left:.4f} {bottom:.4f} cm {name} Do Q\n".encode())


def _origin(page: SeenPage) -> tuple[float, float]:
    """Return where the lower left corner of the seen page lies in the coordinates of the file."""
    return {
        0: (page.box[0], page.box[1]),
        90: (page.box[2], page.box[1]),
        180: (page.box[2], page.box[3]),
        270: (page.box[0], page.box[3]),
    }[page.rotation]


def _check(items: Sequence[Item], pages: Sequence[SeenPage]) -> None:
    if len(items) > ITEMS_MAX:
        raise SigningError(f"一份文件上的内容超过 {ITEMS_MAX} 处")
    for item in items:
        if not 0 <= item.page < len(pages):
            raise SigningError(f"域{_quoted(item.name)}所在的第 {item.page + 1} 页不存在")
        if not pages[item.page].contains(item.rect):
            raise SigningError(f"域{_quoted(item.name)}的位置不在第 {item.page + 1} 页之内")


def _place(item: Item, page: SeenPage) -> Mapping[str, float]:
    left, bottom, right, top = item.rect
    return {"x": left, "y": page.height - top, "width": right - left, "height": top - bottom}


def _explain(error: typst.TypstError, items: Sequence[Item]) -> TrustError:
    found = _TOO_MUCH.search(str(error))
    if found is None:
        return explain_failure(error)
    item = items[int(found["index"])]
    return LintError([f"域{_quoted(item.name)}的内容放不进预留的位置，请缩短内容或放大域"])


def _quoted(name: str) -> str:
    return f"“{name}”" if name else ""
