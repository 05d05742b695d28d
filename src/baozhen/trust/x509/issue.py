"""Issues certificates and revocation lists: the mathematics of the development authority."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from baozhen.trust.crypto.keys import Signer
from baozhen.trust.errors import SigningError
from baozhen.trust.x509 import der, oids
from baozhen.trust.x509.parse import KEY_USAGE_BITS, key_id, parse_certificate

SERIAL_BYTES_MAX: Final = 20  # RFC 5280 §4.1.2.2


class Role(StrEnum):
    """What a certificate is for; the role decides its extensions."""

    AUTHORITY = "authority"
    DOCUMENT_SIGNER = "document_signer"
    TIMESTAMP_AUTHORITY = "timestamp_authority"
    OCSP_SIGNER = "ocsp_signer"


# Role -> (key usages, extended key usages, whether these are critical).
_USAGES: dict[Role, tuple[tuple[str, ...], tuple[str, ...], bool]] = {
    Role.AUTHORITY: (("key_cert_sign", "crl_sign"), (), False),
    Role.DOCUMENT_SIGNER: (
        ("digital_signature", "non_repudiation"),
        # Readers ask for mail protection where they do not know RFC 9336 yet.
        (oids.EMAIL_PROTECTION, oids.DOCUMENT_SIGNING),
        False,
    ),
    # RFC 3161 §2.3: one extended usage only, and critical.
    Role.TIMESTAMP_AUTHORITY: (("digital_signature",), (oids.TIME_STAMPING,), True),
    Role.OCSP_SIGNER: (("digital_signature",), (oids.OCSP_SIGNING,), False),
}


@dataclass(frozen=True)
class CertificateRequest:
    """What is to be certified; names are DER."""

    subject: bytes
    public_key: bytes  # DER SubjectPublicKeyInfo
    role: Role
    serial: int
    not_before: datetime
    not_after: datetime
    path_length: int | None = None  # of an authority
    crl_urls: tuple[str, ...] = ()
    ocsp_urls: tuple[str, ...] = ()


def issue_certificate(
    request: CertificateRequest, *, signer: Signer, issuer: bytes | None = None
) -> bytes:
    """Return a DER certificate signed by `signer`; without `issuer` it is self-signed.

    `issuer` is the DER certificate of the authority that `signer` belongs to.
    """
    _check_request(request)
    issuer_name = request.subject if issuer is None else parse_certificate(issuer).subject.der
    identifier = oids.SUITES[signer.algorithm].signature_identifier
    tbs = der.sequence(
        der.explicit(0, der.integer(2)),  # v3
        der.integer(request.serial),
        identifier,
        issuer_name,
        der.sequence(der.time(request.not_before), der.time(request.not_after)),
        request.subject,
        request.public_key,
        der.explicit(3, _extensions(request, signer.public_key)),
    )
    return sign_body(tbs, signer=signer)


def sign_body(tbs: bytes, *, signer: Signer) -> bytes:
    """Return SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING }, the shape of all X.509 objects."""
    identifier = oids.SUITES[signer.algorithm].signature_identifier
    return der.sequence(tbs, identifier, der.bits(signer.sign(tbs)))


def _check_request(request: CertificateRequest) -> None:
    if not 0 < request.serial < 1 << 8 * SERIAL_BYTES_MAX - 1:
        raise SigningError("证书序列号应为不超过 20 字节的正整数")
    if request.not_after <= request.not_before:
        raise SigningError("证书有效期的终点应晚于起点")


def extension(kind: str, value: bytes, *, critical: bool = False) -> bytes:
    """Return one Extension; `critical` is left out when false, as DER demands of defaults."""
    return der.sequence(
        der.oid(kind), *([der.boolean(True)] if critical else []), der.octets(value)
    )


def _extensions(request: CertificateRequest, issuer_key: bytes) -> bytes:
    key_usages, extended, is_extended_critical = _USAGES[request.role]
    is_ca = request.role is Role.AUTHORITY
    constraints = [der.boolean(True)] if is_ca else []
    if is_ca and request.path_length is not None:
        constraints.append(der.integer(request.path_length))
    usage_bits = der.named_bits(KEY_USAGE_BITS.index(name) for name in key_usages)
    found = [
        extension(oids.BASIC_CONSTRAINTS, der.sequence(*constraints), critical=True),
        extension(oids.KEY_USAGE, usage_bits, critical=True),
        extension(oids.SUBJECT_KEY_ID, der.octets(key_id(request.public_key))),
        extension(oids.AUTHORITY_KEY_ID, authority_key_id(issuer_key)),
    ]
    if extended:
        usages = der.sequence(*(der.oid(usage) for usage in extended))
        found.append(extension(oids.EXTENDED_KEY_USAGE, usages, critical=is_extended_critical))
    if request.role is Role.OCSP_SIGNER:
        found.append(extension(oids.OCSP_NO_CHECK, der.NULL_ELEMENT))  # RFC 6960 §4.2.2.2.1
    if request.crl_urls:
        found.append(extension(oids.CRL_DISTRIBUTION_POINTS, _distribution(request.crl_urls)))
    if request.ocsp_urls:
        found.append(extension(oids.AUTHORITY_INFO_ACCESS, _access(request.ocsp_urls)))
    return der.sequence(*found)


def authority_key_id(public_key: bytes) -> bytes:
    """Return the AuthorityKeyIdentifier that names this key (RFC 5280 §4.2.1.1)."""
    return der.sequence(der.implicit(0, key_id(public_key)))


def _distribution(urls: Iterable[str]) -> bytes:
    """Return CRLDistributionPoints, one point with every address (RFC 5280 §4.2.1.13)."""
    names = b"".join(der.implicit(6, url.encode("ascii")) for url in urls)
    return der.sequence(der.sequence(der.explicit(0, der.explicit(0, names))))


def _access(urls: Iterable[str]) -> bytes:
    """Return AuthorityInfoAccess with OCSP responders (RFC 5280 §4.2.2.1)."""
    method = der.oid(oids.ACCESS_OCSP)
    return der.sequence(
        *(der.sequence(method, der.implicit(6, url.encode("ascii"))) for url in urls)
    )


class Reason(StrEnum):
    """Why a certificate was revoked (RFC 5280 §5.3.1)."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key_compromise"
    CA_COMPROMISE = "ca_compromise"
    AFFILIATION_CHANGED = "affiliation_changed"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessation_of_operation"
    CERTIFICATE_HOLD = "certificate_hold"
    REMOVE_FROM_CRL = "remove_from_crl"
    PRIVILEGE_WITHDRAWN = "privilege_withdrawn"
    AA_COMPROMISE = "aa_compromise"


REASON_CODES: Final = dict(zip(Reason, (0, 1, 2, 3, 4, 5, 6, 8, 9, 10), strict=True))


@dataclass(frozen=True)
class Revocation:
    """One revoked certificate."""

    serial: int
    revoked_at: datetime
    reason: Reason = Reason.UNSPECIFIED


def issue_crl(
    *,
    issuer: bytes,
    signer: Signer,
    number: int,
    this_update: datetime,
    next_update: datetime,
    revoked: Iterable[Revocation] = (),
) -> bytes:
    """Return a DER revocation list, version 2, of the authority `issuer` (RFC 5280 §5.1)."""
    entries = [_crl_entry(item) for item in sorted(revoked, key=lambda item: item.serial)]
    crl_extensions = der.sequence(
        extension(oids.AUTHORITY_KEY_ID, authority_key_id(signer.public_key)),
        extension(oids.CRL_NUMBER, der.integer(number)),
    )
    tbs = der.sequence(
        der.integer(1),  # v2
        oids.SUITES[signer.algorithm].signature_identifier,
        parse_certificate(issuer).subject.der,
        der.time(this_update),
        der.time(next_update),
        *([der.sequence(*entries)] if entries else []),
        der.explicit(0, crl_extensions),
    )
    return sign_body(tbs, signer=signer)


def _crl_entry(item: Revocation) -> bytes:
    # RFC 5280 §5.3.1: the reason "unspecified" is left out.
    parts = [der.integer(item.serial), der.time(item.revoked_at)]
    if item.reason is not Reason.UNSPECIFIED:
        code = der.integer(REASON_CODES[item.reason], tag=der.ENUMERATED)
        parts.append(der.sequence(extension(oids.CRL_REASON, code)))
    return der.sequence(*parts)
