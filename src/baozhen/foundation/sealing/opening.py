"""Opens signing keys, each held against its certificate before it is used."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from baozhen.foundation.keys.access import KeyAccess, open_signer
from baozhen.foundation.sealing.errors import KeyMismatch
from baozhen.foundation.sealing.identities import BoundCertificate
from baozhen.trust.crypto.keys import Algorithm, Signer
from baozhen.trust.errors import SigningError
from baozhen.trust.pdf.sign import SigningIdentity
from baozhen.trust.x509.parse import Certificate, parse_certificate


@dataclass(frozen=True)
class SealingKeys:
    """Both identities of one company, and until when they may be used."""

    organization: str
    sm2: SigningIdentity
    rsa: SigningIdentity
    not_after: datetime

    @classmethod
    def open(
        cls,
        certificates: Mapping[Algorithm, BoundCertificate],
        *,
        access: KeyAccess | None = None,
    ) -> "SealingKeys":
        """Open the SM2 and the RSA key.

        Raises SigningError when a certificate is missing, KeyMismatch, or the errors of the store.
        """
        try:
            sm2, rsa = certificates[Algorithm.SM2_SM3], certificates[Algorithm.RSA_SHA256]
        except KeyError as error:
            raise SigningError(f"没有可用的 {error.args[0]} 签名证书") from error
        if sm2.organization != rsa.organization:
            raise SigningError("SM2 和 RSA 证书不属于同一家公司")
        return cls(
            organization=sm2.organization,
            sm2=_identity(sm2, access),
            rsa=_identity(rsa, access),
            not_after=min(sm2.not_after, rsa.not_after),
        )


def open_key(
    reference: str, certificate: Certificate, *, access: KeyAccess | None = None
) -> Signer:
    """Open the key that a reference names; KeyMismatch unless it is the certificate's."""
    signer = open_signer(reference, access=access)
    if signer.public_key != certificate.public_key:
        raise KeyMismatch(reference=reference)
    return signer


def _identity(bound: BoundCertificate, access: KeyAccess | None) -> SigningIdentity:
    certificate = parse_certificate(bound.certificate)
    signer = open_key(bound.key_reference, certificate, access=access)
    return SigningIdentity(bound.certificate, bound.chain, signer)
