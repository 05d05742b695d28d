"""PDF objects from bytes (ISO 32000-1 §7.3), read strictly and within limits.

Values: names are `str`, strings `bytes`, numbers `int` or `float`, references `Ref`, arrays `list`,
dictionaries `dict`, null `None`. A strict reader refuses what two programs might read differently:
duplicate keys, unbalanced brackets, nesting without end.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from baozhen.trust.errors import ParseError

DEPTH_MAX = 64
DIGITS_MAX = 20


class Ref(NamedTuple):
    """An indirect reference."""

    number: int
    generation: int


class Span(NamedTuple):
    """Where a value stands in the data: first byte, and one past the last."""

    start: int
    end: int


@dataclass(frozen=True)
class Stream:
    """A stream object: its dictionary and its bytes as stored."""

    dictionary: dict[str, "Value"]
    raw: bytes


Value: TypeAlias = (
    "bool | int | float | str | bytes | Ref | list[Value] | dict[str, Value] | Stream | None"
)

# Possessive quantifiers (++, *+) keep the time linear whatever the bytes are.
WHITE = rb"(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)*+"
_REGULAR = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
_SKIP = re.compile(WHITE)
_TOKEN = re.compile(
    WHITE
    + rb"""(?:
      (?P<reference>
        (?P<target>\d{1,10})[\x00\t\n\x0c\r\ ]++(?P<generation>\d{1,5})[\x00\t\n\x0c\r\ ]++R(?!"""
    + _REGULAR
    + rb"""))
    | (?P<number>[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?!"""
    + _REGULAR
    + rb"""))
    | /(?P<name>"""
    + _REGULAR
    + rb"""*+)
    | (?P<open><<) | (?P<close>>>) | (?P<array>\[) | (?P<end>\])
    | <(?P<hex>[0-9A-Fa-f\x00\t\n\x0c\r\ ]*+)>
    | (?P<string>\()
    | (?P<word>true|false|null)(?!"""
    + _REGULAR
    + rb""")
    )""",
    re.VERBOSE,
)
_STRING_STOP = re.compile(rb"[()\\]")
_NAME_ESCAPE = re.compile(r"#([0-9A-Fa-f]{2})")
_STRING_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|[\s\S]))|\r\n?")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_WORDS: dict[bytes, Value] = {b"true": True, b"false": False, b"null": None}
_HEADER = re.compile(WHITE + rb"(\d{1,10})" + WHITE + rb"(\d{1,5})" + WHITE + rb"obj")
_STREAM = re.compile(WHITE + rb"stream(?:\r\n|\n)")
_END_OBJECT = re.compile(WHITE + rb"endobj")


class ObjectParser:
    """Reads values from `data`; `position` is where the next one begins."""

    __slots__ = ("data", "position", "spans")

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position
        self.spans: dict[str, Span] = {}

    def value(self, depth: int = 0) -> Value:
        """Return the next value; ParseError when there is none."""
        match = _TOKEN.match(self.data, self.position)
        if match is None:
            raise ParseError(f"PDF 对象语法错误（偏移 {self.position}）")
        self.position = match.end()
        return self._value_of(match, depth)

    def dictionary(self, *, with_spans: bool = False) -> dict[str, Value]:
        """Return the next value, which must be a dictionary; optionally note its values' spans."""
        match = _TOKEN.match(self.data, self.position)
        if match is None or match.lastgroup != "open":
            raise ParseError(f"此处应为 PDF 字典（偏移 {self.position}）")
        self.position = match.end()
        return self._dictionary(0, self.spans if with_spans else None)

    def _value_of(self, match: re.Match[bytes], depth: int) -> Value:
        kind = match.lastgroup
        if kind in _SIMPLE:
            return _SIMPLE[kind](match)
        if kind == "string":
            return self._string()
        if depth >= DEPTH_MAX:
            raise ParseError("PDF 对象嵌套过深")
        if kind == "open":
            return self._dictionary(depth, None)
        if kind == "array":
            return self._array(depth)
        raise ParseError(f"PDF 括号不配对（偏移 {match.start()}）")

    def _array(self, depth: int) -> list[Value]:
        items: list[Value] = []
        while True:
            match = _TOKEN.match(self.data, self.position)
            if match is None:
                raise ParseError(f"PDF 数组没有结束（偏移 {self.position}）")
            self.position = match.end()
            if match.lastgroup == "end":
                return items
            items.append(self._value_of(match, depth + 1))

    def _dictionary(self, depth: int, spans: dict[str, Span] | None) -> dict[str, Value]:
        items: dict[str, Value] = {}
        while True:
            match = _TOKEN.match(self.data, self.position)
            if match is None or match.lastgroup not in {"name", "close"}:
                raise ParseError(f"PDF 字典的键应为名称（偏移 {self.position}）")
            self.position = match.end()
            if match.lastgroup == "close":
                return items
            key = read_name(match["name"])
            if key in items:
                raise ParseError(f"PDF 字典的键重复：/{key}")
            start = skip_white(self.data, self.position)
            items[key] = self.value(depth + 1)
            if spans is not None:
                spans[key] = Span(start, self.position)

    def _string(self) -> bytes:
        """Read a literal string from behind its opening bracket (§7.3.4.2)."""
        start = self.position
        depth, position = 1, start
        while depth:
            match = _STRING_STOP.search(self.data, position)
            if match is None:
                raise ParseError("PDF 字符串没有结束")
            position = match.end()
            if match[0] == b"\\":
                position += 1
            else:
                depth += 1 if match[0] == b"(" else -1
        self.position = position
        return _STRING_ESCAPE.sub(_unescape, self.data[start : position - 1])


def skip_white(data: bytes, position: int) -> int:
    """Return the position of the next byte that is neither white space nor comment."""
    match = _SKIP.match(data, position)
    return match.end() if match else position


def read_header(data: bytes, position: int) -> tuple[Ref, int]:
    """Return the reference in `N G obj` and the position behind it."""
    match = _HEADER.match(data, position)
    if match is None:
        raise ParseError(f"此处应为 PDF 对象头（偏移 {position}）")
    return Ref(int(match[1]), int(match[2])), match.end()


def stream_start(data: bytes, position: int) -> int | None:
    """Return where the bytes of a stream begin if `position` stands before the word stream."""
    match = _STREAM.match(data, position)
    return match.end() if match else None


def expect_end_object(data: bytes, position: int) -> int:
    """Return the position behind `endobj`; ParseError when something else stands there."""
    match = _END_OBJECT.match(data, position)
    if match is None:
        raise ParseError(f"PDF 对象没有以 endobj 结束（偏移 {position}）")
    return match.end()


def read_name(raw: bytes) -> str:
    """Return a name without its slash, its #xx escapes resolved (§7.3.5)."""
    text = raw.decode("latin-1")
    if "#" not in text:
        return text
    return _NAME_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def read_text(value: Value) -> str:
    """Return a text string's text (§7.9.2.2); empty for anything else."""
    if not isinstance(value, bytes):
        return ""
    if value.startswith(b"\xfe\xff"):
        return value[2:].decode("utf-16-be", "replace")
    if value.startswith(b"\xef\xbb\xbf"):
        return value[3:].decode("utf-8", "replace")
    return value.decode("latin-1")


def _reference(match: re.Match[bytes]) -> Value:
    return Ref(int(match["target"]), int(match["generation"]))


def _number(match: re.Match[bytes]) -> Value:
    text = match["number"]
    if b"." in text:
        return float(text)
    if len(text) > DIGITS_MAX:
        raise ParseError("PDF 数字过长")
    return int(text)


def _hex_string(match: re.Match[bytes]) -> Value:
    digits = match["hex"].translate(None, b"\x00\t\n\x0c\r ")
    return bytes.fromhex((digits + b"0" if len(digits) % 2 else digits).decode("ascii"))


def _unescape(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes((int(match[1], 8) & 0xFF,))
    if match[2] is None:
        return b"\n"  # a bare end of line reads as one line feed
    if match[2] in {b"\n", b"\r", b"\r\n"}:
        return b""
    return _ESCAPED.get(match[2], match[2])


_SIMPLE: dict[str | None, Callable[[re.Match[bytes]], Value]] = {
    "reference": _reference,
    "number": _number,
    "name": lambda match: read_name(match["name"]),
    "hex": _hex_string,
    "word": lambda match: _WORDS[match["word"]],
}
