"""Evaluates CRLs and OCSP responses from bytes: whether a certificate was good at some time.

Evidence can only speak when it is signed by the right authority, understood completely and fresh;
anything else is set aside, and a certificate without evidence is `unknown`, never `good`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha1
from typing import Final

from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.crypto.keys import Algorithm, verify_signature
from baozhen.trust.errors import TrustError, UnsupportedError, VerificationError
from baozhen.trust.x509 import der, oids
from baozhen.trust.x509.crl import parse_crl
from baozhen.trust.x509.issue import Reason
from baozhen.trust.x509.ocsp import OCSPResponse, SingleResponse, Status, parse_ocsp
from baozhen.trust.x509.parse import Certificate, key_id, parse_certificate

_SIGNATURES_CACHED = 1024
# RFC 6960 §4.1.1: the hash only names the authority, nothing is trusted for it.
_NAME_HASHES: dict[str, Callable[[bytes], bytes]] = {
    oids.SHA1: lambda data: sha1(data, usedforsecurity=False).digest(),
    oids.SHA256: sha256,
    oids.SM3: sm3,
}


@dataclass(frozen=True)
class RevocationEvidence:
    """CRLs and OCSP responses as fetched by somebody above the core (DER)."""

    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Finding:
    """The word on one certificate; `revoked_at` stands whenever a revocation is known."""

    status: Status
    revoked_at: datetime | None = None
    reason: Reason | None = None
    source: str = ""


UNKNOWN: Final = Finding(Status.UNKNOWN)


def find_status(
    certificate: Certificate, issuer: Certificate, *, at: datetime, evidence: RevocationEvidence
) -> Finding:
    """Return the gravest word of all evidence: revoked before good before unknown."""
    findings = list(_findings(certificate, issuer, at=at, evidence=evidence))
    for status in (Status.REVOKED, Status.GOOD):
        matching = [finding for finding in findings if finding.status is status]
        if matching:
            # Among the good ones the one that knows of a later revocation says more.
            return max(matching, key=lambda finding: finding.revoked_at is not None)
    return UNKNOWN


def _findings(
    certificate: Certificate, issuer: Certificate, *, at: datetime, evidence: RevocationEvidence
) -> Iterator[Finding]:
    judges = [(judge_by_ocsp, data) for data in evidence.ocsps]
    judges += [(judge_by_crl, data) for data in evidence.crls]
    for judge, data in judges:
        try:
            yield judge(data, certificate, issuer, at=at)
        except TrustError:
            # Broken or foreign evidence says nothing: the status stays unknown, not good.
            yield UNKNOWN


def judge_by_crl(
    data: bytes, certificate: Certificate, issuer: Certificate, *, at: datetime
) -> Finding:
    """Return what one CRL says of `certificate` at `at`; UNKNOWN when it cannot speak."""
    crl = parse_crl(data)
    if crl.issuer != issuer.subject.der or not may_sign(issuer, "crl_sign"):
        return UNKNOWN
    if crl.unknown_critical:  # RFC 5280 §5.2: such a list must not be used
        return UNKNOWN
    check_signed_by(crl.tbs, crl.signature_identifier, crl.signature, issuer)
    entry = crl.entries.get(certificate.serial)
    if entry is not None and entry[1] is not Reason.REMOVE_FROM_CRL:
        return _revoked(entry[0], entry[1], at, source="crl")
    if not is_fresh(crl.this_update, crl.next_update, at=at):
        return UNKNOWN
    # A list made after the certificate ended need not name it any more (RFC 5280 §3.3).
    if crl.this_update > certificate.not_after:
        return UNKNOWN
    return Finding(Status.GOOD, source="crl")


def is_fresh(this_update: datetime, next_update: datetime | None, *, at: datetime) -> bool:
    """Whether evidence speaks of the time `at`: it may be younger, it may not have run out."""
    return this_update > at or (next_update is not None and at <= next_update)


def may_sign(certificate: Certificate, usage: str) -> bool:
    """Whether keyUsage is absent or contains `usage`."""
    return certificate.key_usage is None or usage in certificate.key_usage


def check_signed_by(tbs: bytes, identifier: bytes, signature: bytes, signer: Certificate) -> None:
    """Raise a TrustError unless `signature` over `tbs` is of the signer's key and algorithm."""
    algorithm = oids.SIGNATURE_IDENTIFIERS.get(identifier)
    if algorithm is None or algorithm is not signer.algorithm:
        raise VerificationError(0, "签名算法与签发者公钥不符")
    _verify_cached(signer.public_key, tbs, signature, algorithm)


@lru_cache(maxsize=_SIGNATURES_CACHED)
def _verify_cached(public_key: bytes, tbs: bytes, signature: bytes, algorithm: Algorithm) -> None:
    """Remember good signatures: the same authorities stand above every document."""
    verify_signature(public_key, tbs, signature, algorithm=algorithm)


def _revoked(revoked_at: datetime, reason: Reason, at: datetime, *, source: str) -> Finding:
    """A revocation counts from its own instant; before that the certificate was good."""
    status = Status.REVOKED if revoked_at <= at else Status.GOOD
    return Finding(status, revoked_at, reason, source)


def judge_by_ocsp(
    data: bytes, certificate: Certificate, issuer: Certificate, *, at: datetime
) -> Finding:
    """Return what one OCSP response says of `certificate` at `at`; UNKNOWN when it cannot speak."""
    response = parse_ocsp(data)
    single = next((r for r in response.responses if _is_about(r, certificate, issuer)), None)
    if single is None or response.unknown_critical:
        return UNKNOWN
    signer = _responder(response, issuer)
    if signer is None:
        return UNKNOWN
    check_signed_by(response.tbs, response.signature_identifier, response.signature, signer)
    if single.revoked_at is not None:
        reason = single.reason or Reason.UNSPECIFIED
        return _revoked(single.revoked_at, reason, at, source="ocsp")
    is_good = single.status is Status.GOOD
    if is_good and is_fresh(single.this_update, single.next_update, at=at):
        return Finding(Status.GOOD, source="ocsp")
    return UNKNOWN


def _is_about(response: SingleResponse, certificate: Certificate, issuer: Certificate) -> bool:
    reader = der.Reader(response.certificate_id).enter(der.SEQUENCE)
    algorithm = reader.enter(der.SEQUENCE).oid()
    name_hash, key_hash = reader.content(der.OCTET_STRING), reader.content(der.OCTET_STRING)
    serial = reader.integer()
    reader.finish()
    if algorithm not in _NAME_HASHES:
        return False
    digest = _NAME_HASHES[algorithm]
    return (name_hash, key_hash, serial) == (
        digest(issuer.subject.der),
        digest(_key_bits(issuer.public_key)),
        certificate.serial,
    )


def _key_bits(public_key: bytes) -> bytes:
    reader = der.Reader(public_key).enter(der.SEQUENCE)
    reader.whole(der.SEQUENCE)
    return reader.bits()


def _responder(response: OCSPResponse, issuer: Certificate) -> Certificate | None:
    """Return who may have signed: the issuer itself, or one it delegated (RFC 6960 §4.2.2.2)."""
    if _is_named(response, issuer):
        return issuer
    for candidate in map(parse_certificate, response.certificates):
        if _is_named(response, candidate) and _is_delegated(candidate, issuer, response):
            return candidate
    return None


def _is_named(response: OCSPResponse, certificate: Certificate) -> bool:
    if response.responder_name is not None:
        return response.responder_name == certificate.subject.der
    return response.responder_key_hash == key_id(certificate.public_key)


def _is_delegated(candidate: Certificate, issuer: Certificate, response: OCSPResponse) -> bool:
    """Whether `issuer` itself made `candidate` an OCSP signer that needs no revocation check."""
    extensions = candidate.extensions
    if oids.OCSP_SIGNING not in (extensions.extended_key_usage or ()):
        return False
    if candidate.issuer.der != issuer.subject.der or extensions.unknown_critical:
        return False
    # Without id-pkix-ocsp-nocheck the responder itself would have to be checked in turn.
    if not extensions.has_ocsp_no_check or not candidate.is_valid_at(response.produced_at):
        return False
    check_certificate_signature(candidate, issuer)
    return may_sign(candidate, "digital_signature")


def check_certificate_signature(certificate: Certificate, issuer: Certificate) -> None:
    """Raise a TrustError unless the key of `issuer` signed `certificate`."""
    algorithm = certificate.signature_algorithm
    if algorithm is None:
        raise UnsupportedError("证书的签名算法")
    if algorithm is not issuer.algorithm:
        raise VerificationError(0, "证书的签名算法与签发者公钥不符")
    _verify_cached(issuer.public_key, certificate.tbs, certificate.signature, algorithm)
