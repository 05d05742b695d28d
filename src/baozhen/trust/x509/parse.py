"""X.509 certificates read strictly: every field checked, unknown critical extensions remembered."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha1
from typing import Final

from baozhen.trust.crypto.digests import sha256
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import ParseError
from baozhen.trust.x509 import der, oids
from baozhen.trust.x509.names import Name, read_name

CERTIFICATE_BYTES_MAX: Final = 65_536
PEM_BYTES_MAX: Final = 8_388_608
_EXTENSIONS_MAX = 64
_CERTIFICATES_CACHED = 256
_VERSION_3 = 2  # the number of the name v3

# RFC 5280 §4.2.1.3: the bits of keyUsage by number.
KEY_USAGE_BITS: Final = (
    "digital_signature",
    "non_repudiation",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_PEM_PATTERN = re.compile(
    rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\s+([A-Za-z0-9+/=\s]+?)-----END \1-----"
)


@dataclass(frozen=True)
class Extensions:
    """What the known extensions of a certificate say; an absent one is None or empty."""

    is_ca: bool = False
    path_length: int | None = None
    key_usage: frozenset[str] | None = None
    extended_key_usage: frozenset[str] | None = None
    is_extended_key_usage_critical: bool = False
    subject_key_id: bytes | None = None
    authority_key_id: bytes | None = None
    has_basic_constraints: bool = False
    has_ocsp_no_check: bool = False
    unknown_critical: tuple[str, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """One certificate; two are equal when their bytes are."""

    der: bytes
    tbs: bytes = field(compare=False, repr=False)  # what the issuer signed
    subject: Name = field(compare=False)
    issuer: Name = field(compare=False)
    serial: int = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    public_key: bytes = field(compare=False, repr=False)  # DER SubjectPublicKeyInfo
    algorithm: Algorithm | None = field(compare=False)  # of the key; None: not one of ours
    signature_algorithm: Algorithm | None = field(compare=False)
    signature: bytes = field(compare=False, repr=False)
    extensions: Extensions = field(compare=False)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 fingerprint in hexadecimal."""
        return sha256(self.der).hex()

    @property
    def common_name(self) -> str:
        """The subject's common name, or an empty string."""
        return self.subject.first(oids.COMMON_NAME)

    @property
    def organization(self) -> str:
        """The subject's organization, or an empty string."""
        return self.subject.first(oids.ORGANIZATION)

    @property
    def key_usage(self) -> frozenset[str] | None:
        """The names of KEY_USAGE_BITS that are set; None when the extension is absent."""
        return self.extensions.key_usage

    @property
    def is_ca(self) -> bool:
        """Whether basicConstraints say so."""
        return self.extensions.is_ca

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name."""
        return self.subject.der == self.issuer.der

    def is_valid_at(self, at: datetime) -> bool:
        """Whether `at` lies between notBefore and notAfter, both included (RFC 5280 §4.1.2.5)."""
        return self.not_before <= at <= self.not_after


@lru_cache(maxsize=_CERTIFICATES_CACHED)
def parse_certificate(data: bytes) -> Certificate:
    """Read one DER certificate; raise ParseError for anything else. The last 256 are kept."""
    if len(data) > CERTIFICATE_BYTES_MAX:
        raise ParseError("证书过大")
    outer = der.Reader(data)
    body = outer.enter(der.SEQUENCE)
    outer.finish()
    tbs = body.whole(der.SEQUENCE)
    signature_identifier = body.whole(der.SEQUENCE)
    signature = body.bits()
    body.finish()
    return _read_tbs(data, tbs, signature_identifier, signature)


def _read_tbs(data: bytes, tbs: bytes, identifier: bytes, signature: bytes) -> Certificate:
    """Read the fields in the order of RFC 5280 §4.1."""
    reader = der.Reader(tbs).enter(der.SEQUENCE)
    version = reader.enter(0xA0)
    if version.integer() != _VERSION_3:
        raise ParseError("只接受 X.509 第三版证书")
    version.finish()
    serial = reader.integer()
    # RFC 5280 §4.1.1.2: the identifier inside equals the one outside, which nobody signs.
    reader.expect(identifier)
    issuer = read_name(reader)
    validity = reader.enter(der.SEQUENCE)
    not_before, not_after = validity.time(), validity.time()
    validity.finish()
    subject = read_name(reader)
    public_key = reader.whole(der.SEQUENCE)
    for unique_id in (0x81, 0x82):  # issuerUniqueID, subjectUniqueID: read over
        if reader.next_tag() == unique_id:
            reader.content(unique_id)
    extensions = _read_extensions(reader)
    reader.finish()
    return Certificate(
        der=data,
        tbs=tbs,
        subject=subject,
        issuer=issuer,
        serial=serial,
        not_before=not_before,
        not_after=not_after,
        public_key=public_key,
        algorithm=_key_algorithm(public_key),
        signature_algorithm=oids.SIGNATURE_IDENTIFIERS.get(identifier),
        signature=signature,
        extensions=extensions,
    )


def _key_algorithm(public_key: bytes) -> Algorithm | None:
    reader = der.Reader(public_key).enter(der.SEQUENCE)
    algorithm = oids.KEY_IDENTIFIERS.get(reader.whole(der.SEQUENCE))
    reader.bits()
    reader.finish()
    return algorithm


def read_extension_list(reader: der.Reader) -> dict[str, tuple[bool, bytes]]:
    """Take SEQUENCE OF Extension; return type -> (critical, value). No type comes twice."""
    found: dict[str, tuple[bool, bytes]] = {}
    items = reader.enter(der.SEQUENCE)
    while not items.is_at_end:
        item = items.enter(der.SEQUENCE)
        kind = item.oid()
        is_critical = item.boolean() if item.next_tag() == der.BOOLEAN else False
        value = item.content(der.OCTET_STRING)
        item.finish()
        if kind in found or len(found) >= _EXTENSIONS_MAX:
            raise ParseError("扩展项重复或过多")
        found[kind] = (is_critical, value)
    return found


def _read_extensions(reader: der.Reader) -> Extensions:
    if reader.is_at_end:
        return Extensions()
    outer = reader.enter(0xA3)
    found = read_extension_list(outer)
    outer.finish()
    facts: dict[str, object] = {}
    for kind, (is_critical, value) in found.items():
        if kind in _READERS:
            content = der.Reader(value)
            facts.update(_READERS[kind](content))
            content.finish()
            if kind == oids.EXTENDED_KEY_USAGE:
                facts["is_extended_key_usage_critical"] = is_critical
    unknown = tuple(k for k, (is_critical, _) in found.items() if is_critical and k not in _KNOWN)
    return Extensions(**facts, unknown_critical=unknown)  # type: ignore[arg-type]


def _basic_constraints(reader: der.Reader) -> dict[str, object]:
    inner = reader.enter(der.SEQUENCE)
    is_ca = inner.boolean() if inner.next_tag() == der.BOOLEAN else False
    path_length = None if inner.is_at_end else inner.integer()
    inner.finish()
    if path_length is not None and (path_length < 0 or not is_ca):
        raise ParseError("基本约束中的路径长度有误")
    return {"is_ca": is_ca, "path_length": path_length, "has_basic_constraints": True}


def _key_usage(reader: der.Reader) -> dict[str, object]:
    numbers = reader.named_bits()
    names = frozenset(KEY_USAGE_BITS[i] for i in numbers if i < len(KEY_USAGE_BITS))
    return {"key_usage": names}


def _extended_key_usage(reader: der.Reader) -> dict[str, object]:
    inner, found = reader.enter(der.SEQUENCE), set()
    while not inner.is_at_end:
        found.add(inner.oid())
    return {"extended_key_usage": frozenset(found)}


def _subject_key_id(reader: der.Reader) -> dict[str, object]:
    return {"subject_key_id": reader.content(der.OCTET_STRING)}


def _authority_key_id(reader: der.Reader) -> dict[str, object]:
    inner = reader.enter(der.SEQUENCE)
    key_id = inner.content(0x80) if inner.next_tag() == 0x80 else None  # noqa: PLR2004
    while not inner.is_at_end:  # authorityCertIssuer and its serial: a hint that we do not need
        inner.whole()
    return {"authority_key_id": key_id}


def _ocsp_no_check(reader: der.Reader) -> dict[str, object]:
    reader.expect(der.NULL_ELEMENT)
    return {"has_ocsp_no_check": True}


_READERS: dict[str, Callable[[der.Reader], dict[str, object]]] = {
    oids.BASIC_CONSTRAINTS: _basic_constraints,
    oids.KEY_USAGE: _key_usage,
    oids.EXTENDED_KEY_USAGE: _extended_key_usage,
    oids.SUBJECT_KEY_ID: _subject_key_id,
    oids.AUTHORITY_KEY_ID: _authority_key_id,
    oids.OCSP_NO_CHECK: _ocsp_no_check,
}
# Policies may be critical: with any-policy as the wish they refuse nothing (RFC 5280 §6.1.1 c).
_KNOWN = frozenset(_READERS) | {oids.CERTIFICATE_POLICIES, oids.CRL_DISTRIBUTION_POINTS}


def key_id(public_key: bytes) -> bytes:
    """Return the key identifier of a SubjectPublicKeyInfo (RFC 5280 §4.2.1.2 method 1)."""
    reader = der.Reader(public_key).enter(der.SEQUENCE)
    reader.whole(der.SEQUENCE)
    return sha1(reader.bits(), usedforsecurity=False).digest()


def parse_pem(data: bytes, *, label: str = "CERTIFICATE") -> list[bytes]:
    """Return the DER bytes of every PEM block with this label; ParseError when there is none."""
    if len(data) > PEM_BYTES_MAX:
        raise ParseError("PEM 文件过大")
    blocks = [body for kind, body in _PEM_PATTERN.findall(data) if kind == label.encode()]
    if not blocks:
        raise ParseError(f"文件中没有 PEM 块 {label}")
    try:
        return [base64.b64decode(b"".join(body.split()), validate=True) for body in blocks]
    except binascii.Error:
        raise ParseError("PEM 块的 Base64 编码有误") from None


def parse_pem_bundle(data: bytes) -> list[Certificate]:
    """Read every certificate of a PEM file, or the one of a DER file."""
    if data[:1] == bytes((der.SEQUENCE,)):
        return [parse_certificate(data)]
    return [parse_certificate(block) for block in parse_pem(data)]


def to_pem(blocks: Iterable[bytes], *, label: str = "CERTIFICATE") -> bytes:
    """Return DER blocks as one PEM file."""
    lines: list[str] = []
    for block in blocks:
        text = base64.b64encode(block).decode()
        lines.append(f"-----BEGIN {label}-----")
        lines.extend(text[i : i + 64] for i in range(0, len(text), 64))
        lines.append(f"-----END {label}-----")
    return ("\n".join(lines) + "\n").encode()
