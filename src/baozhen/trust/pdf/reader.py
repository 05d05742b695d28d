"""A PDF file as its cross-reference chain describes it, with objects read when asked for."""

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from baozhen.trust.errors import ParseError, UnsupportedError
from baozhen.trust.pdf.objects import (
    ObjectParser,
    Ref,
    Stream,
    Value,
    expect_end_object,
    read_header,
    skip_white,
    stream_start,
)
from baozhen.trust.pdf.xref import (
    DECODED_BYTES_MAX,
    ENTRIES_MAX,
    SECTIONS_MAX,
    Entry,
    Section,
    decode_stream,
    read_section,
    read_stream_bytes,
)

FILE_BYTES_MAX = 100 * 1024 * 1024
REFERENCE_HOPS_MAX = 8
MEMBERS_MAX = 100_000  # of one object stream
END_MARKS_TRIED_MAX = 64
_END = re.compile(rb"startxref[\x00\t\n\x0c\r ]+(\d{1,12})[\x00\t\n\x0c\r ]+%%EOF(?:\r\n|\r|\n)?")
_END_WINDOW = 64


@dataclass(frozen=True)
class PdfFile:
    """The whole file, or the file as it was when its first `len(data)` bytes were all.

    `sections` run from newest to oldest; `end` is one past the last %%EOF line.
    """

    data: bytes
    sections: tuple[Section, ...]
    end: int
    _objects: dict[int, Value] = field(default_factory=dict)
    _containers: dict[int, "_Container"] = field(default_factory=dict)

    @property
    def trailer(self) -> dict[str, Value]:
        """The newest trailer dictionary."""
        return self.sections[0].trailer

    @property
    def root(self) -> Ref:
        """The reference of the catalog."""
        root = self.trailer.get("Root")
        if not isinstance(root, Ref):
            raise ParseError("PDF 没有目录对象（/Root）")
        return root

    @property
    def catalog(self) -> dict[str, Value]:
        """The catalog dictionary."""
        return self.dictionary(self.root, "目录对象")

    def entry(self, number: int) -> Entry | None:
        """Return where object `number` is, or None when it is free or unknown."""
        for section in self.sections:
            entry = section.entries.get(number)
            if entry is not None:
                return None if entry.free else entry
        return None

    def object(self, number: int) -> Value:
        """Return object `number`; null when there is none (§7.3.10)."""
        if number not in self._objects:
            entry = self.entry(number)
            if entry is None:
                self._objects[number] = None
            elif entry.container is None:
                self._objects[number] = self._read_at(entry.offset, number)
            else:
                self._objects[number] = self._read_compressed(entry, number)
        return self._objects[number]

    def resolve(self, value: Value) -> Value:
        """Follow references to the value behind them."""
        for _ in range(REFERENCE_HOPS_MAX):
            if not isinstance(value, Ref):
                return value
            value = self.object(value.number)
        raise ParseError("PDF 引用没有尽头")

    def dictionary(self, value: Value, what: str) -> dict[str, Value]:
        """Return the dictionary behind `value`; ParseError naming `what` for anything else."""
        resolved = self.resolve(value)
        if isinstance(resolved, dict):
            return resolved
        raise ParseError(f"PDF 中的{what}不是字典")

    def array(self, value: Value, what: str) -> list[Value]:
        """Return the array behind `value`; ParseError naming `what` for anything else."""
        resolved = self.resolve(value)
        if isinstance(resolved, list):
            return resolved
        raise ParseError(f"PDF 中的{what}不是数组")

    def end_of(self, number: int) -> int:
        """Return the position one past the `endobj` of an object that is not compressed."""
        entry = self.entry(number)
        if entry is None or entry.container is not None:
            raise ParseError(f"对象 {number} 没有自己的位置")
        return self._parse_at(entry.offset, number)[1]

    def _read_at(self, offset: int, number: int) -> Value:
        return self._parse_at(offset, number)[0]

    def _parse_at(self, offset: int, number: int) -> tuple[Value, int]:
        reference, body = read_header(self.data, offset)
        if reference.number != number:
            raise ParseError(f"交叉引用指向的不是对象 {number}")
        parser = ObjectParser(self.data, body)
        value = parser.value()
        if isinstance(value, dict) and stream_start(self.data, parser.position) is not None:
            length = self._stream_length(value.get("Length"), number)
            raw, end = read_stream_bytes(self.data, parser.position, length)
            return Stream(value, raw), end
        return value, expect_end_object(self.data, parser.position)

    def _stream_length(self, value: Value, number: int) -> int:
        if isinstance(value, Ref):
            # Marked as null meanwhile, a length that leads back to its own stream ends here.
            known = {number: self._objects[number]} if number in self._objects else {}
            self._objects[number] = None
            value = self.resolve(value)
            del self._objects[number]
            self._objects.update(known)
        if not isinstance(value, int):
            raise ParseError(f"PDF 流 {number} 没有长度")
        return value

    def _read_compressed(self, entry: Entry, number: int) -> Value:
        container = entry.container or 0
        if container not in self._containers:
            self._containers[container] = self._open_container(container)
        decoded, members = self._containers[container]
        if entry.place >= len(members) or members[entry.place][0] != number:
            raise ParseError(f"对象流 {container} 中没有对象 {number}")
        return ObjectParser(decoded, members[entry.place][1]).value()

    def _open_container(self, number: int) -> "_Container":
        """Read the table of contents of an object stream (§7.5.7)."""
        entry = self.entry(number)
        if entry is None or entry.container is not None:
            raise ParseError(f"对象流 {number} 不存在")
        stream = self.object(number)
        if not isinstance(stream, Stream) or stream.dictionary.get("Type") != "ObjStm":
            raise ParseError(f"对象 {number} 不是对象流")
        decoded = decode_stream(stream.dictionary, stream.raw)
        self._limit_decoded(len(decoded))
        count, first = stream.dictionary.get("N"), stream.dictionary.get("First")
        if not isinstance(count, int) or not isinstance(first, int) or count > MEMBERS_MAX:
            raise ParseError(f"对象流 {number} 的 /N 或 /First 不规范")
        head = ObjectParser(decoded)
        pairs = [(head.value(), head.value()) for _ in range(count)]
        members: list[tuple[int, int]] = []
        for member, offset in pairs:
            if not isinstance(member, int) or not isinstance(offset, int):
                raise ParseError(f"对象流 {number} 的目录不规范")
            members.append((member, first + offset))
        return decoded, members

    def _limit_decoded(self, size: int) -> None:
        """Keep the sum of all decoded object streams below the limit of one."""
        total = self._objects.get(_DECODED_TOTAL, 0)
        total = size + (total if isinstance(total, int) else 0)
        if total > DECODED_BYTES_MAX:
            raise ParseError("对象流解压后总量过大")
        self._objects[_DECODED_TOTAL] = total


_Container: TypeAlias = tuple[bytes, list[tuple[int, int]]]  # decoded; (number, position) of each
_DECODED_TOTAL = -1  # no object has this number


def open_pdf(data: bytes, *, end: int | None = None, other: PdfFile | None = None) -> PdfFile:
    """Open the file, or its first `end` bytes, which then must end with a %%EOF line.

    `other` is the same file opened with more bytes or fewer, equal as far as both go: the tables
    that it has read already are not read again.
    """
    if len(data) > FILE_BYTES_MAX:
        raise ParseError(f"文件超过 {FILE_BYTES_MAX // 1024 // 1024} MB")
    if not data.startswith(b"%PDF-"):
        raise ParseError("不是 PDF 文件（没有 %PDF- 开头）")
    match = _find_end(data) if end is None else _end_at(data, end)
    whole = data if end is None or end == len(data) else data[:end]
    known = {section.position: section for section in other.sections} if other else {}
    return PdfFile(whole, _read_chain(whole, int(match[1]), known), match.end())


def _find_end(data: bytes) -> re.Match[bytes]:
    """Find the last end of file mark; what stands behind it is for the coverage check to judge."""
    position = len(data)
    for _ in range(END_MARKS_TRIED_MAX):
        position = data.rfind(b"startxref", 0, position)
        match = _END.match(data, position) if position >= 0 else None
        if match is not None:
            return match
    raise ParseError("PDF 没有正常结尾（startxref … %%EOF）")


def _end_at(data: bytes, end: int) -> re.Match[bytes]:
    start = data.rfind(b"startxref", max(0, end - _END_WINDOW), end)
    match = _END.match(data, start, end) if start >= 0 else None
    if match is None or match.end() != end:
        raise ParseError("签名所覆盖的版本没有正常结尾（startxref … %%EOF）")
    return match


def _read_chain(data: bytes, position: int, known: dict[int, Section]) -> tuple[Section, ...]:
    sections: list[Section] = []
    seen: set[int] = set()
    entries = 0
    while True:
        if position in seen or len(sections) >= SECTIONS_MAX:
            raise ParseError("交叉引用链成环或过长")
        seen.add(position)
        section = known.get(position)
        if section is None or section.end > len(data):
            section = read_section(data, position)
        sections.append(section)
        entries += len(section.entries)
        if entries > ENTRIES_MAX:
            raise ParseError("交叉引用的条目总数过多")
        previous = section.trailer.get("Prev")
        if previous is None:
            return tuple(sections)
        if not isinstance(previous, int):
            raise ParseError("交叉引用链的 /Prev 不规范")
        position = previous


def object_span(file: PdfFile, number: int) -> tuple[int, int]:
    """Return first byte and end of an uncompressed object; UnsupportedError if it is compressed."""
    entry = file.entry(number)
    if entry is None:
        raise ParseError(f"对象 {number} 不存在")
    if entry.container is not None:
        raise UnsupportedError("放在对象流里的签名")
    _, body = read_header(file.data, entry.offset)
    return skip_white(file.data, entry.offset), body
