"""Tries a key: is it the certificate's, does it sign, which device holds it."""

from datetime import datetime
from typing import Final

from baozhen.foundation.keys.access import device_info
from baozhen.foundation.keys.devices import DeviceInfo
from baozhen.foundation.sealing.errors import ProbeFailed
from baozhen.foundation.sealing.opening import open_key
from baozhen.trust.crypto.keys import verify_signature_independently
from baozhen.trust.errors import TrustError
from baozhen.trust.x509.parse import Certificate

_PROBE: Final = "保真试签 Baozhen probe".encode()


def check_pair(reference: str, certificate: Certificate) -> None:
    """Raise KeyMismatch unless the key that `reference` names is the certificate's."""
    open_key(reference, certificate)


def sign_probe(reference: str, certificate: Certificate, *, at: datetime) -> None:
    """Sign a probe and verify it with the certificate, SM2 by the second implementation.

    Raises ProbeFailed, also for a certificate out of its validity at `at`, or KeyMismatch.
    """
    if not certificate.is_valid_at(at):
        raise ProbeFailed(reference=reference, reason="证书不在有效期内")
    signer = open_key(reference, certificate)
    try:
        signature = signer.sign(_PROBE)
        verify_signature_independently(
            certificate.public_key, _PROBE, signature, algorithm=signer.algorithm
        )
    except TrustError as error:
        raise ProbeFailed(reference=reference, reason=error) from error


def device_of(reference: str) -> DeviceInfo | None:
    """Return the device that holds a key; None for a key in a file."""
    return device_info(reference)
