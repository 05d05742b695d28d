"""Cross-reference sections of a PDF (ISO 32000-1 §7.5.4, §7.5.8): tables and streams, no repair.

A program that repairs a broken file shows something else than one that does not: such files are
refused, and hybrid ones (a table and a stream side by side) are called unsupported.
"""

import re
import zlib
from dataclasses import dataclass
from typing import NamedTuple

from baozhen.trust.errors import ParseError, UnsupportedError
from baozhen.trust.pdf.objects import (
    ObjectParser,
    Ref,
    Value,
    expect_end_object,
    read_header,
    skip_white,
    stream_start,
)

OBJECTS_MAX = 500_000
SECTIONS_MAX = 256
ENTRIES_MAX = 1_000_000  # over all sections
WIDTH_MAX = 8
DECODED_BYTES_MAX = 32 * 1024 * 1024
PREDICTED_BYTES_MAX = 8 * 1024 * 1024
_ENTRY_BYTES = 20
_TABLE = re.compile(rb"xref[\x00\t\x0c ]*(?:\r\n|\r|\n)")
_SUBSECTION = re.compile(rb"[\x00\t\n\x0c\r ]*(\d{1,10}) (\d{1,10})[\x00\t\x0c ]*(?:\r\n|\r|\n)")
_TRAILER = re.compile(rb"[\x00\t\n\x0c\r ]*trailer")
_ROW = re.compile(rb"(\d{10}) (\d{5}) ([fn])(?: \r| \n|\r\n)")
_PNG_PREDICTORS = range(10, 16)


class Entry(NamedTuple):
    """Where an object is: at `offset`, or the `place`th of the object stream `container`."""

    offset: int
    generation: int
    container: int | None = None
    place: int = 0
    free: bool = False


@dataclass(frozen=True)
class Section:
    """One cross-reference section with its trailer dictionary; `end` is one past what was read."""

    position: int
    entries: dict[int, Entry]
    trailer: dict[str, Value]
    end: int


def read_section(data: bytes, position: int) -> Section:
    """Return the section at `position`."""
    if not 0 <= position < len(data):
        raise ParseError("交叉引用表的位置在文件之外")
    start = skip_white(data, position)
    match = _TABLE.match(data, start)
    section = _read_table(data, start, match.end()) if match else _read_stream(data, start)
    if "XRefStm" in section.trailer:
        raise UnsupportedError("混合交叉引用（表与流并存）的 PDF")
    if "Encrypt" in section.trailer:
        raise UnsupportedError("加密的 PDF")
    return section


def _read_table(data: bytes, start: int, position: int) -> Section:
    entries: dict[int, Entry] = {}
    while (match := _SUBSECTION.match(data, position)) is not None:
        first, count, body = int(match[1]), int(match[2]), match.end()
        if len(entries) + count > OBJECTS_MAX or body + count * _ENTRY_BYTES > len(data):
            raise ParseError("交叉引用表的条目过多")
        position = body + count * _ENTRY_BYTES
        rows = _ROW.findall(data, body, position)
        if len(rows) != count:
            raise ParseError("交叉引用表的条目不规范")
        for number, (offset, generation, kind) in enumerate(rows, first):
            _add(entries, number, Entry(int(offset), int(generation), free=kind == b"f"))
    trailer = _TRAILER.match(data, position)
    if trailer is None:
        raise ParseError("交叉引用表之后没有 trailer")
    parser = ObjectParser(data, trailer.end())
    return Section(start, entries, parser.dictionary(), parser.position)


def _add(entries: dict[int, Entry], number: int, entry: Entry) -> None:
    if number in entries:
        raise ParseError(f"交叉引用中对象 {number} 重复")
    entries[number] = entry


def _read_stream(data: bytes, start: int) -> Section:
    """Read a cross-reference stream (§7.5.8.2, §7.5.8.3)."""
    dictionary, raw, end = read_direct_stream(data, start)
    if dictionary.get("Type") != "XRef":
        raise ParseError("startxref 没有指向交叉引用")
    decoded = decode_stream(dictionary, raw, limit=PREDICTED_BYTES_MAX)
    widths = _integers(dictionary.get("W"))
    size = dictionary.get("Size")
    if len(widths) != 3 or not isinstance(size, int):  # noqa: PLR2004 - type and two fields
        raise ParseError("交叉引用流缺少 /W 或 /Size")
    ranges = _integers(dictionary.get("Index", [0, size]))
    return Section(start, _stream_entries(decoded, widths, ranges), dictionary, end)


def _stream_entries(decoded: bytes, widths: list[int], ranges: list[int]) -> dict[int, Entry]:
    w1, w2, w3 = widths
    row = w1 + w2 + w3
    total = sum(ranges[1::2])
    # Few rows in many bytes would be work without an end for nothing.
    fits = row > 0 and max(widths) <= WIDTH_MAX and 0 <= len(decoded) - total * row < row
    if len(ranges) % 2 or total > OBJECTS_MAX or not fits:
        raise ParseError("交叉引用流的大小与内容不符")
    entries: dict[int, Entry] = {}
    position = 0
    for first, count in zip(ranges[::2], ranges[1::2], strict=True):
        for number in range(first, first + count):
            cells = decoded[position : position + row]
            kind = int.from_bytes(cells[:w1], "big") if w1 else 1
            second = int.from_bytes(cells[w1 : w1 + w2], "big")
            third = int.from_bytes(cells[w1 + w2 :], "big")
            _add(entries, number, _stream_entry(kind, second, third))
            position += row
    return entries


def _stream_entry(kind: int, second: int, third: int) -> Entry:
    if kind == 0:
        return Entry(second, third, free=True)
    if kind == 1:
        return Entry(second, third)
    if kind == 2:  # noqa: PLR2004 - §7.5.8.3, table 18
        return Entry(0, 0, container=second, place=third)
    raise UnsupportedError(f"交叉引用流条目类型 {kind}")


def read_direct_stream(data: bytes, position: int) -> tuple[dict[str, Value], bytes, int]:
    """Return dictionary, raw bytes and end of a stream object whose /Length is direct."""
    _, body = read_header(data, position)
    parser = ObjectParser(data, body)
    dictionary = parser.dictionary()
    length = dictionary.get("Length")
    if isinstance(length, Ref) or not isinstance(length, int):
        raise ParseError("交叉引用流的 /Length 应为直接数字")
    return dictionary, *read_stream_bytes(data, parser.position, length)


def read_stream_bytes(data: bytes, position: int, length: int) -> tuple[bytes, int]:
    """Return `length` bytes of the stream whose keyword stands at `position`, and its end."""
    start = stream_start(data, position)
    if start is None or length < 0 or start + length > len(data):
        raise ParseError(f"PDF 流不完整（偏移 {position}）")
    end = skip_white(data, start + length)
    if not data.startswith(b"endstream", end):
        raise ParseError(f"PDF 流的长度与内容不符（偏移 {position}）")
    return data[start : start + length], expect_end_object(data, end + len(b"endstream"))


def decode_stream(
    dictionary: dict[str, Value], raw: bytes, *, limit: int = DECODED_BYTES_MAX
) -> bytes:
    """Return the decoded bytes of a structural stream: none or FlateDecode, with PNG predictors."""
    filters = dictionary.get("Filter")
    if isinstance(filters, list) and len(filters) == 1:
        filters = filters[0]
    if filters is None or filters == []:
        return raw
    if filters != "FlateDecode":
        raise UnsupportedError(f"结构流的过滤器 {filters!r}")
    parameters = dictionary.get("DecodeParms")
    if isinstance(parameters, list) and len(parameters) == 1:
        parameters = parameters[0]
    return _unpredict(inflate(raw, limit=limit), parameters if isinstance(parameters, dict) else {})


def inflate(raw: bytes, *, limit: int = DECODED_BYTES_MAX) -> bytes:
    """Return zlib data decompressed; ParseError beyond `limit` bytes (a decompression bomb)."""
    engine = zlib.decompressobj()
    try:
        decoded = engine.decompress(raw, limit + 1)
    except zlib.error as error:
        raise ParseError("PDF 压缩流已损坏") from error
    if len(decoded) > limit:
        raise ParseError("PDF 压缩流解压后过大")
    if not engine.eof:
        raise ParseError("PDF 压缩流不完整")
    return decoded


def _unpredict(data: bytes, parameters: dict[str, Value]) -> bytes:
    predictor = parameters.get("Predictor", 1)
    if predictor == 1:
        return data
    columns = parameters.get("Columns", 1)
    if predictor not in _PNG_PREDICTORS or not isinstance(columns, int) or columns < 1:
        raise UnsupportedError(f"结构流的预测器 {predictor!r}")
    if parameters.get("Colors", 1) != 1 or parameters.get("BitsPerComponent", 8) != 8:  # noqa: PLR2004
        raise UnsupportedError("结构流的预测器参数")
    return undo_png_filters(data, columns, 1)


def undo_png_filters(data: bytes, row_bytes: int, pixel_bytes: int) -> bytes:
    """Return rows of pixels without their PNG filters (PNG, ISO 15948 §9.2)."""
    if len(data) > PREDICTED_BYTES_MAX:
        raise ParseError("带预测器的数据过大")
    if len(data) % (row_bytes + 1):
        raise ParseError("带预测器的数据行不完整")
    out = bytearray()
    previous = bytes(row_bytes)
    for start in range(0, len(data), row_bytes + 1):
        row = bytearray(data[start + 1 : start + 1 + row_bytes])
        _undo_row(data[start], row, previous, pixel_bytes)
        previous = bytes(row)
        out += row
    return bytes(out)


def _undo_row(kind: int, row: bytearray, above: bytes, step: int) -> None:
    if kind == 0:
        return
    if kind == 2:  # noqa: PLR2004 - up, by far the commonest, without a loop of our own
        row[:] = bytes(value + up & 0xFF for value, up in zip(row, above, strict=True))
        return
    if kind > 4:  # noqa: PLR2004 - five filter types
        raise ParseError("未知的 PNG 行过滤器")
    for index in range(len(row)):
        left = row[index - step] if index >= step else 0
        corner = above[index - step] if index >= step else 0
        row[index] = row[index] + _prediction(kind, left, above[index], corner) & 0xFF


def _prediction(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 1:
        return left
    if kind == 3:  # noqa: PLR2004
        return (left + up) // 2
    estimate = left + up - corner
    return min((left, up, corner), key=lambda value: abs(estimate - value))


def _integers(value: Value) -> list[int]:
    if not isinstance(value, list):
        raise ParseError("交叉引用流的数组不规范")
    numbers = [item for item in value if isinstance(item, int) and item >= 0]
    if len(numbers) != len(value):
        raise ParseError("交叉引用流的数组不规范")
    return numbers
