"""Reads certificate revocation lists strictly (RFC 5280 §5)."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from baozhen.trust.errors import ParseError
from baozhen.trust.x509 import der, oids
from baozhen.trust.x509.issue import REASON_CODES, Reason
from baozhen.trust.x509.parse import read_extension_list

CRL_BYTES_MAX: Final = 16_777_216
_ITEMS_CACHED = 64
_REASONS = {code: reason for reason, code in REASON_CODES.items()}


@dataclass(frozen=True)
class RevocationList:
    """One CRL; `entries` is serial -> (revoked at, reason)."""

    tbs: bytes
    issuer: bytes
    signature_identifier: bytes
    signature: bytes
    this_update: datetime
    next_update: datetime | None
    number: int | None
    authority_key_id: bytes | None
    entries: dict[int, tuple[datetime, Reason]]
    unknown_critical: tuple[str, ...]


@lru_cache(maxsize=_ITEMS_CACHED)
def parse_crl(data: bytes) -> RevocationList:
    """Read one DER CertificateList, version 2 (RFC 5280 §5.1); raise ParseError otherwise."""
    if len(data) > CRL_BYTES_MAX:
        raise ParseError("吊销列表过大")
    outer = der.Reader(data)
    body = outer.enter(der.SEQUENCE)
    outer.finish()
    tbs, identifier = body.whole(der.SEQUENCE), body.whole(der.SEQUENCE)
    signature = body.bits()
    body.finish()
    reader = der.Reader(tbs).enter(der.SEQUENCE)
    if reader.integer() != 1:
        raise ParseError("只接受第二版吊销列表")
    reader.expect(identifier)
    issuer = reader.whole(der.SEQUENCE)
    this_update = reader.time()
    has_next = reader.next_tag() in (der.UTC_TIME, der.GENERALIZED_TIME)
    next_update = reader.time() if has_next else None
    unknown: list[str] = []
    entries = {}
    if reader.next_tag() == der.SEQUENCE:
        entries = _read_entries(reader.enter(der.SEQUENCE), unknown)
    number, key_id = _read_crl_extensions(reader, unknown)
    reader.finish()
    return RevocationList(
        tbs=tbs,
        issuer=issuer,
        signature_identifier=identifier,
        signature=signature,
        this_update=this_update,
        next_update=next_update,
        number=number,
        authority_key_id=key_id,
        entries=entries,
        unknown_critical=tuple(unknown),
    )


def _read_entries(reader: der.Reader, unknown: list[str]) -> dict[int, tuple[datetime, Reason]]:
    entries: dict[int, tuple[datetime, Reason]] = {}
    while not reader.is_at_end:
        item = reader.enter(der.SEQUENCE)
        serial, revoked_at, reason = item.integer(), item.time(), Reason.UNSPECIFIED
        if not item.is_at_end:
            for kind, (is_critical, value) in read_extension_list(item).items():
                if kind == oids.CRL_REASON:
                    reason = read_reason(der.Reader(value).integer(der.ENUMERATED))
                elif is_critical:
                    unknown.append(kind)
        item.finish()
        entries[serial] = (revoked_at, reason)
    return entries


def _read_crl_extensions(reader: der.Reader, unknown: list[str]) -> tuple[int | None, bytes | None]:
    if reader.is_at_end:
        return None, None
    outer = reader.enter(0xA0)
    found = read_extension_list(outer)
    outer.finish()
    known = (oids.CRL_NUMBER, oids.AUTHORITY_KEY_ID)
    unknown += [k for k, (is_critical, _) in found.items() if is_critical and k not in known]
    number = found.get(oids.CRL_NUMBER)
    key_id = None
    if oids.AUTHORITY_KEY_ID in found:
        inner = der.Reader(found[oids.AUTHORITY_KEY_ID][1]).enter(der.SEQUENCE)
        key_id = inner.content(0x80) if inner.next_tag() == 0x80 else None  # noqa: PLR2004
    return der.Reader(number[1]).integer() if number else None, key_id


def read_reason(code: int) -> Reason:
    """Return the reason of a CRLReason code; ParseError for one that does not exist."""
    if code not in _REASONS:
        raise ParseError("吊销原因代码有误")
    return _REASONS[code]
