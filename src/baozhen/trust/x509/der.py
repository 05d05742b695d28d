"""Distinguished encoding rules, written and read strictly (ITU-T X.690 §8 to §11).

A general ASN.1 library accepts BER and skips what it does not look at. Here every byte must be
accounted for, because a byte that nobody looks at is a byte that anybody may change.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from baozhen.trust.errors import ParseError, UnsupportedError

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
ENUMERATED, UTF8_STRING, PRINTABLE_STRING, IA5_STRING = 0x0A, 0x0C, 0x13, 0x16
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31

NULL_ELEMENT = b"\x05\x00"

_TAG_NUMBER_MASK = 0x1F  # all ones announce a tag number in further octets
_LENGTH_BYTES_MAX = 4
_SHORT_LENGTH_MAX = 0x7F
_UTC_TIME_PATTERN = re.compile(rb"[0-9]{12}Z")
_GENERALIZED_TIME_PATTERN = re.compile(rb"[0-9]{14}(\.[0-9]{0,5}[1-9])?Z")
_UTC_TIME_YEARS = range(1950, 2050)


def length(size: int) -> bytes:
    """Return the shortest definite length octets of `size`."""
    if size <= _SHORT_LENGTH_MAX:
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def element(tag: int, *contents: bytes) -> bytes:
    """Return one element of `tag` around the joined contents."""
    content = b"".join(contents)
    return bytes((tag,)) + length(len(content)) + content


def sequence(*elements: bytes) -> bytes:
    """Return a SEQUENCE of encoded elements."""
    return element(SEQUENCE, *elements)


def set_of(elements: Iterable[bytes]) -> bytes:
    """Return a SET OF with its elements in the canonical order (X.690 §11.6)."""
    return element(SET, *sorted(elements))


def explicit(number: int, *contents: bytes) -> bytes:
    """Return a constructed context-specific element [number]."""
    return element(0xA0 | number, *contents)


def implicit(number: int, content: bytes) -> bytes:
    """Return a primitive context-specific element [number]."""
    return element(0x80 | number, content)


def integer(value: int, *, tag: int = INTEGER) -> bytes:
    """Return an INTEGER in the fewest octets (X.690 §8.3.2)."""
    size = (value + (value < 0)).bit_length() // 8 + 1
    return element(tag, value.to_bytes(size, "big", signed=True))


def boolean(value: bool) -> bytes:
    """Return a BOOLEAN; true is FF (X.690 §11.1)."""
    return element(BOOLEAN, b"\xff" if value else b"\x00")


@lru_cache(maxsize=512)
def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER from its dotted form."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    out = bytearray()
    for arc in (first * 40 + second, *rest):
        octets = [arc & 0x7F]
        while arc := arc >> 7:
            octets.append(arc & 0x7F | 0x80)
        out += bytes(reversed(octets))
    return element(OID, bytes(out))


def octets(content: bytes) -> bytes:
    """Return an OCTET STRING."""
    return element(OCTET_STRING, content)


def bits(content: bytes, *, unused: int = 0) -> bytes:
    """Return a BIT STRING whose last octet has `unused` unused bits."""
    return element(BIT_STRING, bytes((unused,)), content)


def named_bits(numbers: Iterable[int]) -> bytes:
    """Return a named bit list without trailing zero bits (X.690 §11.2.2)."""
    wanted = sorted(numbers)
    if not wanted:
        return bits(b"")
    size = wanted[-1] // 8 + 1
    content = bytearray(size)
    for number in wanted:
        content[number // 8] |= 0x80 >> number % 8
    return bits(bytes(content), unused=7 - wanted[-1] % 8)


def text(value: str, *, tag: int = UTF8_STRING) -> bytes:
    """Return a UTF8String, or another character string of ASCII text."""
    return element(tag, value.encode("utf-8" if tag == UTF8_STRING else "ascii"))


def time(value: datetime) -> bytes:
    """Return a certificate's Time: UTCTime to 2049, GeneralizedTime after (RFC 5280 §4.1.2.5)."""
    moment = value.astimezone(UTC)
    if moment.year in _UTC_TIME_YEARS:
        return element(UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
    return generalized_time(moment)


def generalized_time(value: datetime) -> bytes:
    """Return a GeneralizedTime in UTC, whole seconds."""
    return element(GENERALIZED_TIME, value.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


class Reader:
    """A cursor over DER bytes: each call takes the next element or raises ParseError."""

    __slots__ = ("data", "end", "position")

    def __init__(self, data: bytes, start: int = 0, end: int | None = None) -> None:
        self.data = data
        self.position = start
        self.end = len(data) if end is None else end

    @property
    def is_at_end(self) -> bool:
        """Whether everything has been read."""
        return self.position >= self.end

    def next_tag(self) -> int | None:
        """Return the tag of the next element, or None at the end."""
        return self.data[self.position] if self.position < self.end else None

    def _bounds(self, tag: int | None) -> tuple[int, int]:
        """Check the next header; return where its content begins and ends."""
        start, data = self.position, self.data
        if start + 2 > self.end:
            raise ParseError("DER 数据提前结束")
        if tag is not None and data[start] != tag:
            raise ParseError(f"DER 标签应为 {tag:#04x}，实为 {data[start]:#04x}")
        if data[start] & _TAG_NUMBER_MASK == _TAG_NUMBER_MASK:
            raise UnsupportedError("多字节 DER 标签")
        size, body = data[start + 1], start + 2
        if size > _SHORT_LENGTH_MAX:
            size, body = self._long_length(size & 0x7F, body)
        if body + size > self.end:
            raise ParseError("DER 长度超出数据")
        return body, body + size

    def _long_length(self, count: int, body: int) -> tuple[int, int]:
        if count == 0:
            raise UnsupportedError("BER 不定长编码")
        if count > _LENGTH_BYTES_MAX or body + count > self.end:
            raise ParseError("DER 长度字节过多")
        size = int.from_bytes(self.data[body : body + count], "big")
        # X.690 §10.1: the definite form in the minimum number of octets.
        if size <= _SHORT_LENGTH_MAX or size >> 8 * (count - 1) == 0:
            raise ParseError("DER 长度不是最短形式")
        return size, body + count

    def content(self, tag: int) -> bytes:
        """Take the next element, which must have `tag`; return its content."""
        start, end = self._bounds(tag)
        self.position = end
        return self.data[start:end]

    def enter(self, tag: int) -> "Reader":
        """Take the next element, which must have `tag`; return a cursor over its content."""
        start, end = self._bounds(tag)
        self.position = end
        return Reader(self.data, start, end)

    def whole(self, tag: int | None = None) -> bytes:
        """Take the next element, of `tag` when given; return it with its header."""
        begin = self.position
        _, self.position = self._bounds(tag)
        return self.data[begin : self.position]

    def expect(self, encoded: bytes) -> None:
        """Take the next element, which must be exactly `encoded`."""
        if self.whole() != encoded:
            raise ParseError("DER 元素与预期不符")

    def finish(self) -> None:
        """Raise ParseError unless everything has been read."""
        if self.position != self.end:
            raise ParseError("DER 元素之后有多余数据")

    def integer(self, tag: int = INTEGER) -> int:
        """Take an INTEGER in its shortest form."""
        content = self.content(tag)
        if not content or (len(content) > 1 and _has_needless_octet(content)):
            raise ParseError("DER 整数不是最短形式")
        return int.from_bytes(content, "big", signed=True)

    def boolean(self) -> bool:
        """Take a BOOLEAN: 00 or FF only."""
        content = self.content(BOOLEAN)
        if content not in (b"\x00", b"\xff"):
            raise ParseError("DER 布尔值只能是 00 或 FF")
        return content == b"\xff"

    def oid(self) -> str:
        """Take an OBJECT IDENTIFIER; return its dotted form."""
        return _dotted(self.content(OID))

    def bits(self) -> bytes:
        """Take a BIT STRING of whole octets."""
        content = self.content(BIT_STRING)
        if not content or content[0] != 0:
            raise ParseError("DER 位串应为整字节")
        return content[1:]

    def named_bits(self) -> frozenset[int]:
        """Take a named bit list; return the numbers of its one bits."""
        content = self.content(BIT_STRING)
        if not content or content[0] > 7 or (len(content) == 1 and content[0]):  # noqa: PLR2004
            raise ParseError("DER 位串的未用位数有误")
        body = content[1:]
        if body and (body[-1] & -body[-1]).bit_length() - 1 != content[0]:
            raise ParseError("DER 命名位串有多余的零位")
        return frozenset(i for i in range(8 * len(body)) if body[i // 8] & 0x80 >> i % 8)

    def time(self) -> datetime:
        """Take a UTCTime or GeneralizedTime in UTC (RFC 5280 §4.1.2.5)."""
        if self.next_tag() == UTC_TIME:
            return _utc_time(self.content(UTC_TIME))
        return _generalized_time(self.content(GENERALIZED_TIME))

    def generalized_time(self) -> datetime:
        """Take a GeneralizedTime in UTC; a fraction has no trailing zero (X.690 §11.7)."""
        return _generalized_time(self.content(GENERALIZED_TIME))

    def set_of(self, tag: int = SET) -> tuple[bytes, ...]:
        """Take a SET OF in canonical order; return its elements with their headers."""
        inner, found = self.enter(tag), []
        while not inner.is_at_end:
            found.append(inner.whole())
        if found != sorted(found):
            raise ParseError("DER 集合元素次序有误")
        return tuple(found)


def _has_needless_octet(content: bytes) -> bool:
    return (content[0] == 0 and content[1] < 0x80) or (content[0] == 0xFF and content[1] >= 0x80)  # noqa: PLR2004


@lru_cache(maxsize=1024)
def _dotted(content: bytes) -> str:
    if not content or content[-1] & 0x80:
        raise ParseError("DER 对象标识不完整")
    arcs, value, is_first_octet = [], 0, True
    for octet in content:
        if is_first_octet and octet == 0x80:  # noqa: PLR2004
            raise ParseError("DER 对象标识不是最短形式")
        value = value << 7 | octet & 0x7F
        is_first_octet = not octet & 0x80
        if is_first_octet:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def _utc_time(content: bytes) -> datetime:
    if not _UTC_TIME_PATTERN.fullmatch(content):
        raise ParseError("UTCTime 格式有误")
    year = int(content[:2])
    century = b"19" if year >= _UTC_TIME_YEARS.start % 100 else b"20"
    return _moment(century + content[:12], 0)


def _generalized_time(content: bytes) -> datetime:
    if not _GENERALIZED_TIME_PATTERN.fullmatch(content):
        raise ParseError("GeneralizedTime 格式有误")
    return _moment(content[:14], int(content[15:-1].ljust(6, b"0") or b"0"))


def _moment(digits: bytes, microsecond: int) -> datetime:
    year, *rest = (int(digits[:4]), *(int(digits[i : i + 2]) for i in range(4, 14, 2)))
    month, day, hour, minute, second = rest
    try:
        return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)
    except ValueError:
        raise ParseError("时间数值有误") from None
