"""Writes PDF values as bytes: the reverse of `objects`, for objects that an update states anew."""

from baozhen.trust.errors import SigningError
from baozhen.trust.pdf.appearance import number_text
from baozhen.trust.pdf.objects import Ref, Stream, Value

_PLAIN = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_.:;@!$&*,='^`|~?\""
)


def write_value(value: Value) -> bytes:
    """Return the value as PDF text (ISO 32000-1 §7.3); streams are not values of this kind."""
    if isinstance(value, dict):
        return b"<<%b>>" % b"".join(
            name(key) + b" " + write_value(item) for key, item in value.items()
        )
    if isinstance(value, Ref):
        return b"%d %d R" % value
    if isinstance(value, list):
        return b"[%b]" % b" ".join(map(write_value, value))
    return _write_simple(value)


def name(text: str) -> bytes:
    """Return a name with its slash, odd characters escaped (§7.3.5)."""
    raw = text.encode("latin-1")
    return b"/" + b"".join(bytes([octet]) if octet in _PLAIN else b"#%02X" % octet for octet in raw)


def _write_simple(value: Value) -> bytes:
    if value is None:
        return b"null"
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, str):
        return name(value)
    if isinstance(value, bytes):
        return b"<%b>" % value.hex().upper().encode("ascii")
    if isinstance(value, Stream):
        raise SigningError("流不能写在别的对象里")
    raise SigningError("不认识的 PDF 值")
