"""Distinguished names: built for the demonstration hierarchy, read for people."""

from dataclasses import dataclass

from baozhen.trust.errors import ParseError
from baozhen.trust.x509 import der, oids

_LABELS = {
    oids.COMMON_NAME: "CN",
    oids.COUNTRY: "C",
    oids.ORGANIZATION: "O",
    oids.ORGANIZATIONAL_UNIT: "OU",
}
# Character strings of RFC 5280 §4.1.2.4 that directories really use.
_ENCODINGS = {
    der.UTF8_STRING: "utf-8",
    der.PRINTABLE_STRING: "ascii",
    der.IA5_STRING: "ascii",
    0x1E: "utf-16-be",  # BMPString
    0x14: "latin-1",  # TeletexString, as every implementation reads it
}


@dataclass(frozen=True)
class Name:
    """A distinguished name; two are the same only when their DER is."""

    der: bytes
    parts: tuple[tuple[str, str], ...]  # (object identifier, text), in the order written

    def first(self, dotted: str) -> str:
        """Return the first text of an attribute type, or an empty string."""
        return next((text for kind, text in self.parts if kind == dotted), "")

    def __str__(self) -> str:
        return ", ".join(f"{_LABELS.get(kind, kind)}={text}" for kind, text in self.parts)


def build_name(
    *, common_name: str, organization: str, unit: str = "", country: str = "CN"
) -> bytes:
    """Return the DER of a name: C, O, OU when given, CN."""
    attributes = [
        (oids.COUNTRY, der.text(country, tag=der.PRINTABLE_STRING)),
        (oids.ORGANIZATION, der.text(organization)),
        *([(oids.ORGANIZATIONAL_UNIT, der.text(unit))] if unit else []),
        (oids.COMMON_NAME, der.text(common_name)),
    ]
    return der.sequence(
        *(der.set_of([der.sequence(der.oid(kind), value)]) for kind, value in attributes)
    )


def read_name(reader: der.Reader) -> Name:
    """Take a Name from a reader."""
    whole = reader.whole(der.SEQUENCE)
    relative_names, parts = der.Reader(whole).enter(der.SEQUENCE), []
    while not relative_names.is_at_end:
        for attribute in relative_names.set_of():
            inner = der.Reader(attribute).enter(der.SEQUENCE)
            kind = inner.oid()
            parts.append((kind, _text(inner)))
            inner.finish()
    return Name(whole, tuple(parts))


def _text(reader: der.Reader) -> str:
    tag = reader.next_tag()
    if tag not in _ENCODINGS:
        return reader.whole().hex()
    try:
        return reader.content(tag).decode(_ENCODINGS[tag])
    except UnicodeDecodeError:
        raise ParseError("证书名称的文字编码有误") from None
