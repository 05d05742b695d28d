"""The development authority: issues from the demonstration hierarchy, and says so in every name."""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.keys.configuration import is_production
from baozhen.signing.certificates.authorities.port import (
    AuthorityRefused,
    IssuedCertificate,
    Profile,
)
from baozhen.signing.certificates.demonstration import DemonstrationFolder, demonstration_folder
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import TrustError
from baozhen.trust.x509 import oids
from baozhen.trust.x509.csr import parse_csr
from baozhen.trust.x509.hierarchy import DEMO_MARK, DEMO_WARNING, Identity
from baozhen.trust.x509.issue import CertificateRequest, Role, issue_certificate
from baozhen.trust.x509.names import build_name
from baozhen.trust.x509.parse import parse_certificate

logger = logging.getLogger(__name__)

TWIN: Final = "演示认证机构"
# Who certifies which keys: as with real authorities, an RSA authority certifies ECDSA keys too.
_FAMILIES = {
    Algorithm.SM2_SM3: "sm2",
    Algorithm.RSA_SHA256: "rsa",
    Algorithm.ECDSA_P256_SHA256: "rsa",
}
_LIFETIMES = {Profile.LONG_TERM: timedelta(days=365), Profile.EVENT: timedelta(days=1)}
_CLOCK_SKEW = timedelta(minutes=5)
_SERIAL_BYTES = 16


@dataclass(frozen=True)
class DevelopmentAuthority:
    """Signs with the issuing keys of the demonstration hierarchy: worth nothing as evidence."""

    folder: DemonstrationFolder
    name: str = "development"

    def __post_init__(self) -> None:
        """Refuse production."""
        if is_production():
            raise DevelopmentOnly(twin=TWIN)
        logger.warning("%s：签发的证书没有法律效力", TWIN)

    def request(self, csr: bytes, *, profile: Profile | str, at: datetime) -> IssuedCertificate:
        """Return a certificate for the request; raises AuthorityRefused for a request in disorder.

        The subject keeps the organization and name asked for; the unit says that it is a
        demonstration, whatever the request wrote there.
        """
        try:
            asked = parse_csr(csr)
        except TrustError as error:
            raise AuthorityRefused(authority=self.name, reason=error) from error
        if asked.algorithm not in _FAMILIES:
            raise AuthorityRefused(authority=self.name, reason="只签发 SM2、RSA 和 ECDSA 证书")
        issuing = _issuing(self.folder.directory.as_posix(), _FAMILIES[asked.algorithm])
        name = asked.subject
        subject = build_name(
            common_name=f"{name.first(oids.COMMON_NAME)} ({DEMO_WARNING})",
            organization=name.first(oids.ORGANIZATION) or name.first(oids.COMMON_NAME),
            unit=DEMO_MARK,
        )
        not_before = at - _CLOCK_SKEW
        certificate = issue_certificate(
            CertificateRequest(
                subject=subject,
                public_key=asked.public_key,
                role=Role.DOCUMENT_SIGNER,
                serial=_serial(),
                not_before=not_before,
                not_after=at + _LIFETIMES[Profile(profile)],
            ),
            signer=issuing.signer,
            issuer=issuing.certificate,
        )
        return IssuedCertificate(certificate=certificate, chain=(issuing.certificate,))


def development_authority() -> DevelopmentAuthority:
    """Return the authority of this installation's demonstration hierarchy."""
    return DevelopmentAuthority(demonstration_folder())


@lru_cache(maxsize=8)
def _issuing(_directory: str, family: str) -> Identity:
    """Open an issuing key once a process: a batch asks for thousands of certificates."""
    return demonstration_folder().identity(family, "issuing")


def _serial() -> int:
    # RFC 5280 §4.1.2.2: positive; the top bit is cleared, the next set, so it has full length.
    drawn = bytearray(secrets.token_bytes(_SERIAL_BYTES))
    drawn[0] = drawn[0] & 0x7F | 0x40
    return int.from_bytes(drawn, "big")


def is_development_issue(certificate: bytes) -> bool:
    """Whether a DER certificate says that it is a demonstration's."""
    return DEMO_MARK in str(parse_certificate(certificate).subject)
