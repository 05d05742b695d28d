"""What of a request goes on to the core, and what of the answer comes back."""

from collections.abc import Iterable, Sequence
from typing import Final

from baozhen.faces.fronting import HEADER, front_header

RawHeaders = Sequence[tuple[bytes, bytes]]

# RFC 9110 §7.6.1 and what only the hop itself may say.
_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# A visitor's own claims about the way here are dropped; the front server says them.
_OURS: Final = frozenset(
    {
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-real-ip",
        b"expect",
        HEADER.lower().encode(),
    }
)
_HEADERS_MAX: Final = 100


def header(headers: RawHeaders, name: bytes) -> bytes | None:
    """Return the first header of a name."""
    return next((value for key, value in headers if key.lower() == name), None)


def is_well_formed(headers: RawHeaders) -> bool:
    """Tell whether the request leaves no doubt where it ends (RFC 9112 §6.3)."""
    names = [name.lower() for name, _value in headers]
    once = (b"host", b"content-length", b"transfer-encoding")
    if any(names.count(name) > 1 for name in once) or len(names) > _HEADERS_MAX:
        return False
    if b"content-length" in names and b"transfer-encoding" in names:
        return False
    length = header(headers, b"content-length")
    return length is None or length.isdigit()


def onward(
    headers: RawHeaders, *, method: str, target: str, address: str, key: bytes, at: float
) -> list[tuple[bytes, bytes]]:
    """Return the headers that go to the core, with the front server's signed word."""
    kept = [
        (name, value)
        for name, value in headers
        if name.lower() not in _HOP | _OURS | _named(headers)
    ]
    kept.append((b"x-forwarded-for", address.encode()))
    kept.append((b"x-forwarded-proto", b"https"))
    if key:
        word = front_header(key, method=method, target=target, address=address, at=at)
        kept.append((HEADER.lower().encode(), word.encode()))
    return kept


def back(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers that go back to the visitor."""
    found = list(headers)
    named = _named(found)
    return [
        (name.lower(), value)
        for name, value in found
        if name.lower() not in _HOP | named | {b"server", b"date"}
    ]


def _named(headers: RawHeaders) -> set[bytes]:
    """Return the headers that Connection names: they end at this hop too."""
    names = header(headers, b"connection") or b""
    return {name.strip().lower() for name in names.split(b",") if name.strip()}
