"""A PDF as our producer writes it, taken apart into objects by its one cross-reference table.

The table partitions the file: each object begins where the table says and the next one begins where
it ends, so no byte hides between them. Everything else is a ParseError.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from baozhen.trust.errors import ParseError
from baozhen.trust.pdf.objects import ObjectParser, Ref, Value

PAGE_TREE_DEPTH_MAX = 16
_TAIL = re.compile(rb"startxref\n(\d{1,10})\n%%EOF\n?")
_TABLE = re.compile(rb"xref\n0 (\d{1,6})\n")
_TRAILER_KEYS = frozenset({"Size", "Root", "Info", "ID"})
_LENGTH = re.compile(rb"/Length (\d{1,10})")
_TAIL_WINDOW = 48
_ENTRY_BYTES, _OFFSET_DIGITS, _KIND_COLUMN, _IN_USE = 20, 10, 17, ord("n")
_ROWS = re.compile(rb"(?:\d{10} (?:00000 n|\d{5} f)\r\n)++")
_CLOSING = b"\nendobj\n"
_STREAM, _END_STREAM = b"\nstream\n", b"\nendstream\nendobj\n"


class Part(NamedTuple):
    """One object: its text (for a stream its dictionary's), and a stream's bytes."""

    head: bytes
    stream: bytes | None


class Page(NamedTuple):
    """What signing needs to know of a page."""

    number: int
    body: bytes
    box: tuple[float, float, float, float]
    contents: tuple[int, ...]


@dataclass(frozen=True)
class Parts:
    """The objects of a file and the facts of its trailer."""

    objects: dict[int, Part]
    skeleton: bytes
    pages: tuple[Page, ...]
    metadata: bytes
    table_position: int
    size: int
    root: int
    trailer_tail: bytes

    def body(self, number: int) -> bytes:
        """Return the text of an object (for a stream its dictionary)."""
        return self.objects[number].head


def split_parts(data: bytes) -> Parts:
    """Take the file apart; ParseError when it is not of our producer's plain structure."""
    if not data.startswith(b"%PDF-1."):
        raise ParseError("没有 %PDF-1. 开头")
    tail = _TAIL.search(data, max(0, len(data) - _TAIL_WINDOW))
    if tail is None or tail.end() != len(data):
        raise ParseError("没有正常结尾")
    position = int(tail[1])
    table = _TABLE.match(data, position)
    if table is None:
        raise ParseError("不是单一的交叉引用表")
    size = int(table[1])
    objects = _read_objects(data, table.end(), size, position)
    trailer_start = table.end() + _ENTRY_BYTES * size
    root, trailer_tail = _read_trailer(data[trailer_start : tail.start()], size)
    catalog = _dictionary(objects, root)
    return Parts(
        objects=objects,
        skeleton=b"\n".join([part.head for part in objects.values()]),
        pages=tuple(_read_pages(objects, catalog)),
        metadata=_metadata(objects, catalog),
        table_position=position,
        size=size,
        root=root,
        trailer_tail=trailer_tail,
    )


def _read_objects(data: bytes, start: int, size: int, table_position: int) -> dict[int, Part]:
    """Cut the file at the offsets of the table; this loop is the hot path of lint."""
    rows = data[start : start + size * _ENTRY_BYTES]
    if len(rows) != size * _ENTRY_BYTES or _ROWS.fullmatch(rows) is None:
        raise ParseError("交叉引用表不完整")
    kinds = rows[_KIND_COLUMN::_ENTRY_BYTES]
    begins = sorted(
        (int(rows[number * _ENTRY_BYTES : number * _ENTRY_BYTES + _OFFSET_DIGITS]), number)
        for number in range(size)
        if kinds[number] == _IN_USE
    )
    ends = [offset for offset, _ in begins[1:]] + [table_position]
    objects: dict[int, Part] = {}
    for (offset, number), end in zip(begins, ends, strict=True):
        opening = b"%d 0 obj\n" % number
        if not data.startswith(opening, offset):
            raise ParseError(f"对象 {number} 不在交叉引用表所说的位置")
        text = data[offset + len(opening) : end]
        if text.endswith(_END_STREAM):
            objects[number] = _read_stream(text, number)
        elif text.endswith(_CLOSING):
            objects[number] = Part(text[: -len(_CLOSING)], None)
        else:
            raise ParseError(f"对象 {number} 没有正常结束")
    return objects


def _read_stream(text: bytes, number: int) -> Part:
    head, keyword, body = text.partition(_STREAM)
    length = _LENGTH.search(head)
    stream = body[: -len(_END_STREAM)]
    if not keyword or length is None or int(length[1]) != len(stream):
        raise ParseError(f"流 {number} 的长度与内容不符")
    return Part(head, stream)


def _read_trailer(text: bytes, size: int) -> tuple[int, bytes]:
    """Return the catalog's number, and /Info and /ID as an increment's trailer repeats them."""
    if not text.startswith(b"trailer\n"):
        raise ParseError("没有 trailer")
    parser = ObjectParser(text, len(b"trailer\n"))
    trailer = parser.dictionary(with_spans=True)
    root = trailer.get("Root")
    if not isinstance(root, Ref) or trailer.get("Size") != size or trailer.keys() - _TRAILER_KEYS:
        raise ParseError("trailer 不是预期的样子")
    kept = [
        b"/%b %b" % (key.encode(), text[slice(*parser.spans[key])])
        for key in ("Info", "ID")
        if key in trailer
    ]
    return root.number, b"".join(kept)


def _read_pages(objects: dict[int, Part], catalog: dict[str, Value]) -> Iterator[Page]:
    yield from _walk_pages(objects, _number(catalog.get("Pages")), 0)


def _walk_pages(objects: dict[int, Part], number: int, depth: int) -> Iterator[Page]:
    node = _dictionary(objects, number)
    if depth > PAGE_TREE_DEPTH_MAX:
        raise ParseError("页面树过深")
    if node.get("Type") == "Page":
        yield _page(objects, number, node)
        return
    kids = node.get("Kids")
    if not isinstance(kids, list):
        raise ParseError("页面树不规范")
    for kid in kids:
        yield from _walk_pages(objects, _number(kid), depth + 1)


def _page(objects: dict[int, Part], number: int, node: dict[str, Value]) -> Page:
    if "Rotate" in node or "CropBox" in node or "UserUnit" in node:
        raise ParseError("页面带有旋转或裁切，不是本平台排版的样子")
    box = node.get("MediaBox")
    sides = box if isinstance(box, list) else []
    numbers = [side for side in sides if isinstance(side, int | float)]
    if len(numbers) != 4:  # noqa: PLR2004 - four sides
        raise ParseError("页面没有自己的 MediaBox")
    contents = node.get("Contents")
    listed = contents if isinstance(contents, list) else [contents] if contents else []
    left, bottom, right, top = map(float, numbers)
    return Page(
        number=number,
        body=objects[number].head,
        box=(left, bottom, right, top),
        contents=tuple(_stream_number(objects, item) for item in listed),
    )


def _stream_number(objects: dict[int, Part], value: Value) -> int:
    number = _number(value)
    if objects[number].stream is None:
        raise ParseError("页面内容不是流")
    return number


def _metadata(objects: dict[int, Part], catalog: dict[str, Value]) -> bytes:
    value = catalog.get("Metadata")
    if not isinstance(value, Ref) or value.number not in objects:
        return b""
    return objects[value.number].stream or b""


def _dictionary(objects: dict[int, Part], number: int) -> dict[str, Value]:
    if number not in objects:
        raise ParseError(f"对象 {number} 不存在")
    return ObjectParser(objects[number].head).dictionary()


def _number(value: Value) -> int:
    if isinstance(value, Ref):
        return value.number
    raise ParseError("此处应为间接引用")
