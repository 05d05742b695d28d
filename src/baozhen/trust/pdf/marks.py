"""Copies for showing, not for relying on: black seals, hidden data, a mark that names who got it.

Every page becomes a picture in grey. What was coloured, seals above all, is dark grey cut by white
hatching, so that nothing can be cut out and used; hidden places are black and gone from the file.
The page, a little smaller, lies on paper that repeats recipient, time and number in words, with QR
codes of the same along both edges and wherever a page is empty inside. `read_mark` finds these in
the file, in a picture of it, and in a scan.

What the codes survive, held by tests: printing and scanning again at 100 dots per inch or more,
JPEG of quality 30, a turn of a few degrees, and the loss of any half of the page. Cut away both
edges and all empty places, and only the words remain, for people to read.
"""

import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pikepdf
import typst
from PIL import Image, ImageChops, ImageDraw, UnidentifiedImageError

from baozhen.trust.errors import LintError, ParseError, SigningError
from baozhen.trust.pdf.pages import seen_pages
from baozhen.trust.pdf.positions import Found
from baozhen.trust.pdf.prepare import save_plainly
from baozhen.trust.pdf.qr import qr_png
from baozhen.trust.pdf.reader import open_pdf
from baozhen.trust.pdf.render import explain_failure
from baozhen.trust.pdf.rendering import PIXELS_MAX, POINTS_PER_INCH, page_pictures

DOTS_PER_INCH: Final = 150
PAGES_MAX: Final = 300
_JPEG_QUALITY: Final = 60
_SHANGHAI: Final = timezone(timedelta(hours=8))
_SCALE: Final = 0.82
_MODULE: Final = 3  # pixels
_CODE_BYTES: Final = 62  # QR version 4: 33 modules, 17 mm
_QUIET: Final = 6
_START: Final = "B1"
_NUMBER: Final = re.compile(r"[0-9A-Za-z_.-]{1,40}")
_TIME_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_SATURATED: Final = 60
_VISIBLE: Final = 40
_HATCH: Final = 10  # pixels from line to line
_INK: Final = 245
_PAPER: Final = (Path(__file__).parent / "marks.typ").read_bytes()
_READ_AT: Final = (150, 220, 300)


class MarkMissing(ParseError):
    """No mark of ours could be read."""


@dataclass(frozen=True)
class CopyMark:
    """Who got a copy, when, and the number of that download (ASCII, at most 40 characters)."""

    recipient: str
    at: datetime
    number: str


class MarkedCopies:
    """Makes copies. Build it once a process; `fonts` is the folder that holds only our fonts."""

    def __init__(self, fonts: Path) -> None:
        """Take the folder."""
        self._fonts = fonts
        self._compiler: typst.Compiler | None = None

    def black_seal_copy(self, pdf: bytes, mark: CopyMark, *, hidden: Sequence[Found] = ()) -> bytes:
        """Return a copy of a file that our reader accepts; `hidden` places are blackened.

        Raises LintError for a name without glyphs, SigningError or ParseError otherwise.
        """
        code = _code_picture(mark)
        sizes = [(page.width, page.height) for page in seen_pages(open_pdf(pdf))]
        if len(sizes) > PAGES_MAX:
            raise LintError([f"页数超过 {PAGES_MAX}"])
        papers = {size: self._paper(size, mark) for size in dict.fromkeys(sizes)}
        pictures = []
        for number, picture in enumerate(page_pictures(pdf, dots_per_inch=DOTS_PER_INCH)):
            page = _hatched(picture)
            _hide(page, [place for place in hidden if place.page == number])
            pictures.append(_jpeg(_marked(page, papers[sizes[number]], code)))
        return _bound(pictures, sizes, mark)

    def _paper(self, size: tuple[float, float], mark: CopyMark) -> Image.Image:
        at = mark.at.astimezone(_SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
        data = {
            "width": size[0],
            "height": size[1],
            "margin": size[1] * (1 - _SCALE) / 2,
            "words": f"副本 {mark.recipient} {at} {mark.number}",
            "heading": f"副本（黑色章）：仅供参考，不是签署原件。由 {mark.recipient} 于 {at} 下载，"
            f"编号 {mark.number}",
        }
        files: Any = {
            "main.typ": _PAPER,
            "data.json": json.dumps(data, ensure_ascii=False).encode(),
        }
        compiler = self._compiler or self._start(files)
        try:
            # Laid out as PDF/A first, for which a missing glyph is an error and not a blank.
            compiler.compile(input=files, format="pdf", pdf_standards="a-2b", timestamp=mark.at)
            drawn = compiler.compile(input=files, format="png", ppi=DOTS_PER_INCH)
        except typst.TypstError as error:
            raise explain_failure(error) from error
        if not isinstance(drawn, bytes):
            raise SigningError("排版引擎没有返回单张图片")
        return Image.open(io.BytesIO(drawn)).convert("L")

    def _start(self, files: Any) -> typst.Compiler:
        self._compiler = typst.Compiler(
            input=files, font_paths=[str(self._fonts)], ignore_system_fonts=True
        )
        return self._compiler


def read_mark(data: bytes) -> CopyMark:
    """Return the mark in a PDF or in a picture (PNG, JPEG) of one page; MarkMissing when none is.

    Where several can be read, the one that is read most often.
    """
    # Loaded here alone: the library writes notes to the error stream when a process ends.
    reader = import_module("zxingcpp")
    found: Counter[CopyMark] = Counter()
    for picture in _views(data):
        for code in reader.read_barcodes(picture, formats=reader.BarcodeFormat.QRCode):
            mark = _parse(code.text)
            if mark is not None:
                found[mark] += 1
        if found:
            return found.most_common(1)[0][0]
    raise MarkMissing("没有读到下载标记")


def _views(data: bytes) -> Iterator[Image.Image]:
    """Yield pictures to look at, the likeliest first."""
    if data.startswith(b"%PDF"):
        for dots_per_inch in _READ_AT:
            for page in page_pictures(data, dots_per_inch=dots_per_inch):
                yield page.convert("L")
        return
    try:
        picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > PIXELS_MAX:
            raise ParseError("图片过大")
        grey = picture.convert("L")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ParseError("不是可以读取的图片或 PDF") from error
    yield grey
    # Small modules are read better when blown up.
    for factor in (2, 3):
        size = (grey.width * factor, grey.height * factor)
        if size[0] * size[1] <= PIXELS_MAX:
            yield grey.resize(size, Image.Resampling.BICUBIC)


def _code_picture(mark: CopyMark) -> Image.Image:
    """Return the QR code of a mark with its quiet zone; a long name is cut, the number never."""
    if not _NUMBER.fullmatch(mark.number):
        raise SigningError("下载编号应为不超过 40 个字符的字母和数字")
    if mark.at.tzinfo is None:
        raise SigningError("下载时间必须带时区")
    start = f"{_START}{mark.number}|{_to_digits(int(mark.at.timestamp()))}|".encode()
    room = _CODE_BYTES - len(start)
    name = mark.recipient.encode()[:room].decode(errors="ignore")
    picture = Image.open(
        io.BytesIO(qr_png(start.decode() + name, pixels_per_module=_MODULE))
    ).convert("L")
    framed = Image.new("L", (picture.width + 2 * _QUIET, picture.height + 2 * _QUIET), 255)
    framed.paste(picture, (_QUIET, _QUIET))
    return framed


def _parse(text: str) -> CopyMark | None:
    number, _, rest = text.partition("|")
    digits, bar, recipient = rest.partition("|")
    if not number.startswith(_START) or not bar or not digits or set(digits) - set(_TIME_DIGITS):
        return None
    try:
        at = datetime.fromtimestamp(int(digits, len(_TIME_DIGITS)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return CopyMark(recipient, at, number.removeprefix(_START))


def _to_digits(value: int) -> str:
    text = ""
    while value:
        value, digit = divmod(value, len(_TIME_DIGITS))
        text = _TIME_DIGITS[digit] + text
    return text or "0"


def _hatched(picture: Image.Image) -> Image.Image:
    """Return a page in grey; what was coloured is cut by white lines."""
    _, saturation, value = picture.convert("HSV").split()
    coloured = ImageChops.multiply(
        saturation.point(lambda level: 255 if level > _SATURATED else 0),
        value.point(lambda level: 255 if level > _VISIBLE else 0),
    )
    grey = picture.convert("L")
    # Darker than the colour was, else a pale seal would fade into the paper.
    grey.paste(grey.point(lambda level: level // 2), mask=coloured)
    grey.paste(255, mask=ImageChops.multiply(coloured, _hatching(picture.size)))
    return grey


@lru_cache(maxsize=4)
def _hatching(size: tuple[int, int]) -> Image.Image:
    lines = Image.new("L", size, 0)
    draw = ImageDraw.Draw(lines)
    for start in range(-size[1], size[0], _HATCH):
        draw.line((start, size[1], start + size[1], 0), fill=255, width=3)
    return lines


def _hide(page: Image.Image, places: Sequence[Found]) -> None:
    scale = DOTS_PER_INCH / POINTS_PER_INCH
    draw = ImageDraw.Draw(page)
    for place in places:
        left, bottom, right, top = (side * scale for side in place.rect)
        box = (left - 1, page.height - top - 1, right + 1, page.height - bottom + 1)
        draw.rectangle(box, fill=0)


def _marked(page: Image.Image, paper: Image.Image, code: Image.Image) -> Image.Image:
    """Lay the page, made smaller, on the paper and put the codes where they hide nothing."""
    sheet = Image.new("L", page.size, 255)
    small = page.resize(
        (round(page.width * _SCALE), round(page.height * _SCALE)), Image.Resampling.LANCZOS
    )
    sheet.paste(small, ((sheet.width - small.width) // 2, (sheet.height - small.height) // 2))
    spots = [*_edges(sheet, code), *_empty_spots(sheet, code)]
    sheet = ImageChops.multiply(sheet, paper.resize(sheet.size))
    for spot in spots:
        sheet.paste(code, spot)
    return sheet


def _edges(sheet: Image.Image, code: Image.Image) -> list[tuple[int, int]]:
    """Return places along the left and right edges, at least four on each."""
    top, bottom = code.height // 2, sheet.height - code.height * 3 // 2
    count = max(4, (bottom - top) // (code.height * 2))
    rows = [top + (bottom - top) * row // (count - 1) for row in range(count)]
    right = sheet.width - code.width
    return [(column, row) for row in rows for column in (0, right)]


def _empty_spots(sheet: Image.Image, code: Image.Image) -> list[tuple[int, int]]:
    """Return one empty place of a code's size in each of the inner fields that has one."""
    inked = sheet.point(lambda level: 255 if level < _INK else 0)
    columns = _shares(code.width, sheet.width - code.width, 3)
    margin = round(sheet.height * (1 - _SCALE) / 2)
    rows = _shares(margin, sheet.height - margin, 4)
    fields = [(*column, *row) for row in rows for column in columns]
    spots = (_empty_spot(inked, field, code.size) for field in fields)
    return [spot for spot in spots if spot is not None]


def _empty_spot(
    inked: Image.Image, field: tuple[int, int, int, int], size: tuple[int, int]
) -> tuple[int, int] | None:
    left, right, top, bottom = field
    width, height = size
    for y in range(top, bottom - height, height // 4):
        for x in range(left, right - width, width // 4):
            if inked.crop((x, y, x + width, y + height)).getbbox() is None:
                return (x, y)
    return None


def _shares(start: int, end: int, count: int) -> list[tuple[int, int]]:
    edges = [start + (end - start) * number // count for number in range(count + 1)]
    return list(pairwise(edges))


def _jpeg(picture: Image.Image) -> tuple[bytes, tuple[int, int]]:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return out.getvalue(), picture.size


def _bound(
    pictures: Sequence[tuple[bytes, tuple[int, int]]],
    sizes: Sequence[tuple[float, float]],
    mark: CopyMark,
) -> bytes:
    """Return a PDF of one picture a page."""
    with pikepdf.new() as document:
        for (data, (wide, high)), (width, height) in zip(pictures, sizes, strict=True):
            image = document.make_stream(
                data,
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=wide,
                Height=high,
                ColorSpace=pikepdf.Name.DeviceGray,
                BitsPerComponent=8,
                Filter=pikepdf.Name.DCTDecode,
            )
            page = document.add_blank_page(page_size=(width, height))
            page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Page=image))
            page.obj.Contents = document.make_stream(
                f"q {width:.4f} 0 0 {height:.4f} 0 0 cm /Page Do Q".encode()
            )
        document.docinfo["/Title"] = f"副本 {mark.number}"
        target = io.BytesIO()
        save_plainly(document, target)
        return target.getvalue()
