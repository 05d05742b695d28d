"""OCSP (RFC 6960): requests, answers of the development authority, and responses read strictly."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha1
from typing import Final

from baozhen.trust.crypto.keys import Signer
from baozhen.trust.errors import ParseError
from baozhen.trust.x509 import der, oids
from baozhen.trust.x509.crl import read_reason
from baozhen.trust.x509.issue import (
    REASON_CODES,
    Reason,
    Revocation,
    sign_body,
)
from baozhen.trust.x509.parse import (
    Certificate,
    key_id,
    parse_certificate,
    read_extension_list,
)

RESPONSE_BYTES_MAX: Final = 262_144
_ITEMS_CACHED = 256


class Status(StrEnum):
    """What the evidence says of one certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SingleResponse:
    """What an OCSP responder says of one certificate."""

    certificate_id: bytes  # DER CertID
    status: Status
    revoked_at: datetime | None
    reason: Reason | None
    this_update: datetime
    next_update: datetime | None


@dataclass(frozen=True)
class OCSPResponse:
    """A successful basic response (RFC 6960 §4.2.1)."""

    tbs: bytes
    responder_name: bytes | None
    responder_key_hash: bytes | None
    produced_at: datetime
    responses: tuple[SingleResponse, ...]
    signature_identifier: bytes
    signature: bytes
    certificates: tuple[bytes, ...]
    nonce: bytes | None
    unknown_critical: tuple[str, ...]


def certificate_id(certificate: Certificate, issuer: Certificate) -> bytes:
    """Return the CertID of a certificate, named by SHA-1 as every responder knows it."""
    return der.sequence(
        oids.identifier(oids.SHA1, der.NULL_ELEMENT),
        der.octets(sha1(issuer.subject.der, usedforsecurity=False).digest()),
        der.octets(key_id(issuer.public_key)),
        der.integer(certificate.serial),
    )


def build_ocsp_request(certificate: bytes, *, issuer: bytes) -> bytes:
    """Return a DER OCSPRequest that asks about one certificate (RFC 6960 §4.1)."""
    name = certificate_id(parse_certificate(certificate), parse_certificate(issuer))
    return der.sequence(der.sequence(der.sequence(der.sequence(name))))


@dataclass(frozen=True)
class Responder:
    """Who answers: the delegated signer and the authority it speaks for."""

    certificate: bytes
    signer: Signer
    issuer: bytes


def answer_ocsp(
    certificate: bytes,
    *,
    responder: Responder,
    this_update: datetime,
    next_update: datetime,
    revoked: Mapping[int, Revocation] | None = None,
) -> bytes:
    """Return a DER OCSPResponse about one certificate; `revoked` is by serial number."""
    subject, issuer = parse_certificate(certificate), parse_certificate(responder.issuer)
    revocation = (revoked or {}).get(subject.serial)
    single = der.sequence(
        certificate_id(subject, issuer),
        _status(revocation),
        der.generalized_time(this_update),
        der.explicit(0, der.generalized_time(next_update)),
    )
    tbs = der.sequence(
        der.explicit(1, parse_certificate(responder.certificate).subject.der),
        der.generalized_time(this_update),
        der.sequence(single),
    )
    signed = sign_body(tbs, signer=responder.signer)
    content = der.Reader(signed).content(der.SEQUENCE)
    basic = der.sequence(content, der.explicit(0, der.sequence(responder.certificate)))
    body = der.sequence(der.oid(oids.OCSP_BASIC), der.octets(basic))
    return der.sequence(der.integer(0, tag=der.ENUMERATED), der.explicit(0, body))


def _status(revocation: Revocation | None) -> bytes:
    if revocation is None:
        return der.implicit(0, b"")
    parts = [der.generalized_time(revocation.revoked_at)]
    if revocation.reason is not Reason.UNSPECIFIED:
        code = der.integer(REASON_CODES[revocation.reason], tag=der.ENUMERATED)
        parts.append(der.explicit(0, code))
    return der.explicit(1, *parts)


@lru_cache(maxsize=_ITEMS_CACHED)
def parse_ocsp(data: bytes) -> OCSPResponse:
    """Read a DER OCSPResponse with status successful and a basic response."""
    if len(data) > RESPONSE_BYTES_MAX:
        raise ParseError("OCSP 应答过大")
    outer = der.Reader(data)
    body = outer.enter(der.SEQUENCE)
    outer.finish()
    if body.integer(der.ENUMERATED) != 0:
        raise ParseError("OCSP 应答不是成功状态")
    wrapper = body.enter(0xA0)
    body.finish()
    response_bytes = wrapper.enter(der.SEQUENCE)
    wrapper.finish()
    response_bytes.expect(der.oid(oids.OCSP_BASIC))
    basic = der.Reader(response_bytes.content(der.OCTET_STRING))
    response_bytes.finish()
    return _read_basic(basic)


def _read_basic(outer: der.Reader) -> OCSPResponse:
    body = outer.enter(der.SEQUENCE)
    outer.finish()
    tbs, identifier, signature = body.whole(der.SEQUENCE), body.whole(der.SEQUENCE), body.bits()
    certificates: list[bytes] = []
    if not body.is_at_end:
        wrapper = body.enter(0xA0)
        items = wrapper.enter(der.SEQUENCE)
        wrapper.finish()
        while not items.is_at_end:
            certificates.append(items.whole(der.SEQUENCE))
    body.finish()
    reader = der.Reader(tbs).enter(der.SEQUENCE)
    name, key_hash = _read_responder(reader)
    produced_at = reader.generalized_time()
    items = reader.enter(der.SEQUENCE)
    responses: list[SingleResponse] = []
    unknown: list[str] = []
    while not items.is_at_end:
        responses.append(_read_single(items.enter(der.SEQUENCE), unknown))
    nonce = _read_response_extensions(reader, unknown)
    reader.finish()
    return OCSPResponse(
        tbs=tbs,
        responder_name=name,
        responder_key_hash=key_hash,
        produced_at=produced_at,
        responses=tuple(responses),
        signature_identifier=identifier,
        signature=signature,
        certificates=tuple(certificates),
        nonce=nonce,
        unknown_critical=tuple(unknown),
    )


def _read_responder(reader: der.Reader) -> tuple[bytes | None, bytes | None]:
    is_by_name = reader.next_tag() == 0xA1  # noqa: PLR2004
    inner = reader.enter(0xA1 if is_by_name else 0xA2)
    name = inner.whole(der.SEQUENCE) if is_by_name else None
    key_hash = None if is_by_name else inner.content(der.OCTET_STRING)
    inner.finish()
    return name, key_hash


def _read_single(reader: der.Reader, unknown: list[str]) -> SingleResponse:
    certificate_id = reader.whole(der.SEQUENCE)
    status, revoked_at, reason = _read_status(reader)
    this_update, next_update = reader.generalized_time(), None
    if reader.next_tag() == 0xA0:  # noqa: PLR2004
        wrapper = reader.enter(0xA0)
        next_update = wrapper.generalized_time()
        wrapper.finish()
    if not reader.is_at_end:
        wrapper = reader.enter(0xA1)
        found = read_extension_list(wrapper)
        wrapper.finish()
        unknown += [kind for kind, (is_critical, _) in found.items() if is_critical]
    reader.finish()
    return SingleResponse(certificate_id, status, revoked_at, reason, this_update, next_update)


def _read_status(reader: der.Reader) -> tuple[Status, datetime | None, Reason | None]:
    tag = reader.next_tag()
    if tag != 0xA1:  # noqa: PLR2004
        known = {0x80: Status.GOOD, 0x82: Status.UNKNOWN}
        if tag not in known or reader.content(tag):
            raise ParseError("OCSP 证书状态有误")
        return known[tag], None, None
    inner = reader.enter(0xA1)
    revoked_at, reason = inner.generalized_time(), Reason.UNSPECIFIED
    if not inner.is_at_end:
        wrapper = inner.enter(0xA0)
        reason = read_reason(wrapper.integer(der.ENUMERATED))
        wrapper.finish()
    inner.finish()
    return Status.REVOKED, revoked_at, reason


def _read_response_extensions(reader: der.Reader, unknown: list[str]) -> bytes | None:
    if reader.is_at_end:
        return None
    wrapper = reader.enter(0xA1)
    found = read_extension_list(wrapper)
    wrapper.finish()
    unknown += [k for k, (is_critical, _) in found.items() if is_critical and k != oids.OCSP_NONCE]
    return found[oids.OCSP_NONCE][1] if oids.OCSP_NONCE in found else None
