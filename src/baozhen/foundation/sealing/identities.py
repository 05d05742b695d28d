"""Who signs: certificates as plain facts, told by the floor that keeps them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from baozhen.trust.crypto.keys import Algorithm


@dataclass(frozen=True, kw_only=True)
class BoundCertificate:
    """What a certificate binding gives; `key_reference` says where the key is."""

    organization: str
    algorithm: Algorithm
    certificate: bytes  # DER
    chain: tuple[bytes, ...]  # DER, the authorities to embed, root left out
    key_reference: str
    not_after: datetime


CertificateSource = Callable[[datetime], Mapping[Algorithm, BoundCertificate]]
_installed: list[CertificateSource] = []


def install_certificates(source: CertificateSource) -> None:
    """Install what gives the certificates that may sign at an instant; called at start-up."""
    _installed[:] = [source]


def certificates_at(at: datetime) -> Mapping[Algorithm, BoundCertificate]:
    """Return the certificates that may sign at `at`; RuntimeError when no source is installed."""
    if not _installed:
        raise RuntimeError("no source of certificates is installed")
    return _installed[0](at)
