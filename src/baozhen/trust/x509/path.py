"""Validates the path from a certificate to a trust anchor at a given time (RFC 5280 §6).

Strict and small: names compared byte for byte, no policy mapping, no name constraints (a critical
one is refused as unknown). docs/decisions/0003 says why this is not left to a library.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

from baozhen.trust.errors import TrustError, VerificationError
from baozhen.trust.x509 import oids
from baozhen.trust.x509.issue import Reason
from baozhen.trust.x509.ocsp import Status
from baozhen.trust.x509.parse import Certificate, parse_certificate
from baozhen.trust.x509.revocation import (
    UNKNOWN,
    Finding,
    RevocationEvidence,
    check_certificate_signature,
    find_status,
)

__all__ = ["PathResult", "RevocationEvidence", "Status", "Usage", "validate_path"]

PATH_LENGTH_MAX: Final = 6
_ATTEMPTS_MAX = 32  # signature checks a stranger's certificates can make us do


class Usage(StrEnum):
    """What the certificate at the end of the path is used for."""

    DOCUMENT = "document"
    TIMESTAMP = "timestamp"
    OCSP = "ocsp"
    CA = "ca"


# Usage -> (key usages of which one is needed, extended usages of which one is needed).
_KEY_USAGES = {
    Usage.DOCUMENT: {"digital_signature", "non_repudiation"},
    Usage.TIMESTAMP: {"digital_signature", "non_repudiation"},
    Usage.OCSP: {"digital_signature"},
    Usage.CA: {"key_cert_sign"},
}
_DOCUMENT_USAGES = {
    oids.ANY_USAGE,
    oids.EMAIL_PROTECTION,
    oids.DOCUMENT_SIGNING,
    oids.ADOBE_DOCUMENT_SIGNING,
    oids.MICROSOFT_DOCUMENT_SIGNING,
}


@dataclass(frozen=True)
class PathResult:
    """A path that holds; what is known of revocation stands beside it."""

    chain: tuple[Certificate, ...]  # the certificate first, the anchor last
    revocation_status: Status
    revoked_at: datetime | None
    revocation_reason: Reason | None
    findings: tuple[Finding, ...]  # one for each certificate but the anchor

    @property
    def anchor(self) -> Certificate:
        """The trust anchor that the path ends in."""
        return self.chain[-1]

    def accounts_for(self, certificates: Iterable[bytes]) -> bool:
        """Whether each of these certificates is part of the path: nobody's byte is unchecked."""
        known = {certificate.der for certificate in self.chain}
        return all(certificate in known for certificate in certificates)


@dataclass(frozen=True)
class _Search:
    anchors: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...]
    at: datetime


def validate_path(
    certificate: bytes,
    *,
    intermediates: Iterable[bytes],
    anchors: Iterable[bytes],
    at: datetime,
    revocation: RevocationEvidence = RevocationEvidence(),  # noqa: B008 - frozen
    usage: Usage = Usage.DOCUMENT,
) -> PathResult:
    """Return the path of `certificate` to one of the `anchors`, everything DER.

    `at` is when the certificate was used. Raises VerificationError when there is no path, with
    the reason of the attempt that came furthest; ParseError for bytes that are no certificate.
    A revocation does not raise: the result says so.
    """
    leaf = parse_certificate(certificate)
    check_usage(leaf, usage)
    _check_validity(leaf, at)
    search = _Search(
        anchors=tuple(map(parse_certificate, anchors)),
        intermediates=tuple(_parsed(intermediates)),
        at=at,
    )
    chain = _find_chain(leaf, search)
    findings = tuple(
        find_status(subject, issuer, at=at, evidence=revocation)
        for subject, issuer in pairwise(chain)
    )
    verdict = _gravest(findings)
    return PathResult(chain, verdict.status, verdict.revoked_at, verdict.reason, findings)


def check_usage(certificate: Certificate, usage: Usage) -> None:
    """Raise VerificationError unless the certificate may be used this way."""
    extensions = certificate.extensions
    if extensions.unknown_critical:
        raise VerificationError(
            0, f"证书含有无法理解的关键扩展 {', '.join(extensions.unknown_critical)}"
        )
    if certificate.key_usage is not None and not certificate.key_usage & _KEY_USAGES[usage]:
        raise VerificationError(0, "证书的密钥用途不符")
    if usage is Usage.CA:
        _check_authority(certificate)
    elif not _has_extended_usage(certificate, usage):
        raise VerificationError(0, "证书的扩展密钥用途不符")


def _has_extended_usage(certificate: Certificate, usage: Usage) -> bool:
    extensions = certificate.extensions
    found = extensions.extended_key_usage
    if usage is Usage.DOCUMENT:
        return found is None or bool(found & _DOCUMENT_USAGES)
    if usage is Usage.OCSP:
        return oids.OCSP_SIGNING in (found or ())
    # RFC 3161 §2.3: time stamping alone, and critical.
    return found == frozenset({oids.TIME_STAMPING}) and extensions.is_extended_key_usage_critical


def _check_authority(certificate: Certificate) -> None:
    if not certificate.is_ca:
        raise VerificationError(0, "签发者证书不是认证机构证书")
    if certificate.key_usage is None or "key_cert_sign" not in certificate.key_usage:
        raise VerificationError(0, "签发者证书不得签发证书")


def _check_validity(certificate: Certificate, at: datetime) -> None:
    if at < certificate.not_before:
        raise VerificationError(0, f"证书尚未生效：{certificate.common_name}")
    if at > certificate.not_after:
        raise VerificationError(0, f"证书已过期：{certificate.common_name}")


def _parsed(certificates: Iterable[bytes]) -> Iterator[Certificate]:
    """Yield what can be read: a stranger's useless certificate does not hide a good path."""
    for data in certificates:
        try:
            yield parse_certificate(data)
        except TrustError:
            continue


def _find_chain(leaf: Certificate, search: _Search) -> tuple[Certificate, ...]:
    """Search depth first, anchors before intermediates, with bounded work."""
    failure = VerificationError(0, "找不到通往受信任根证书的路径")
    stack: list[tuple[Certificate, ...]] = [(leaf,)]
    attempts = 0
    while stack:
        chain = stack.pop()
        for issuer, is_anchor in _issuers(chain[-1], search):
            attempts += 1
            if attempts > _ATTEMPTS_MAX:
                raise VerificationError(0, "证书路径过于复杂")
            try:
                _check_step(chain, issuer, search.at)
            except TrustError as error:
                failure = VerificationError(0, getattr(error, "reason", str(error)))
                continue
            if is_anchor:
                return (*chain, issuer)
            if len(chain) + 1 < PATH_LENGTH_MAX and issuer not in chain:
                stack.append((*chain, issuer))
    raise failure


def _issuers(subject: Certificate, search: _Search) -> Iterator[tuple[Certificate, bool]]:
    wanted = subject.extensions.authority_key_id
    for pool, is_anchor in ((search.anchors, True), (search.intermediates, False)):
        for candidate in pool:
            found = candidate.extensions.subject_key_id
            is_other_key = wanted is not None and found is not None and wanted != found
            if candidate.subject.der == subject.issuer.der and not is_other_key:
                yield candidate, is_anchor


def _check_step(chain: tuple[Certificate, ...], issuer: Certificate, at: datetime) -> None:
    """RFC 5280 §6.1.3 and §6.1.4 for one issuer above what has been found."""
    check_usage(issuer, Usage.CA)
    _check_validity(issuer, at)
    # RFC 5280 §4.2.1.9: self-issued certificates do not count; the leaf never does.
    below = sum(1 for certificate in chain[1:] if not certificate.is_self_issued)
    limit = issuer.extensions.path_length
    if limit is not None and below > limit:
        raise VerificationError(0, "证书路径超过签发者允许的长度")
    check_certificate_signature(chain[-1], issuer)


def _gravest(findings: tuple[Finding, ...]) -> Finding:
    """One revoked certificate revokes the path; one unknown leaves it unknown."""
    for status in (Status.REVOKED, Status.UNKNOWN):
        for finding in findings:
            if finding.status is status:
                return finding
    later = [finding for finding in findings if finding.revoked_at is not None]
    return later[0] if later else next(iter(findings), UNKNOWN)
