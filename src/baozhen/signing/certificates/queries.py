"""What signing, verifying and the console ask of the certificates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

from baozhen.foundation.sealing.identities import BoundCertificate
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.states import BindingState
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.x509.parse import parse_pem
from baozhen.trust.x509.path import RevocationEvidence

# Days before the end at which a certificate is announced, from the first word to the last.
WARNING_DAYS: Final = (90, 30, 7)


@dataclass(frozen=True)
class ExpiryNotice:
    """A certificate that ends soon; `warning_days` is the nearest of WARNING_DAYS passed."""

    binding: CertificateBinding
    days_left: int
    warning_days: int


def active_certificates(at: datetime) -> dict[Algorithm, BoundCertificate]:
    """Return what may sign at `at`, by algorithm; the sealing module opens the keys.

    Where several companies have bindings, the one bound last counts for its algorithm.
    """
    usable = CertificateBinding.objects.filter(
        state=BindingState.ACTIVE, not_before__lte=at, not_after__gte=at
    ).order_by("bound_at", "pk")
    newest = {Algorithm(binding.algorithm): binding for binding in usable}
    return {algorithm: _bound(binding) for algorithm, binding in newest.items()}


def certificates_ever() -> tuple[bytes, ...]:
    """Return the DER certificates of every binding that was ever put to use."""
    rows = CertificateBinding.objects.exclude(state=BindingState.PENDING)
    return tuple(map(bytes, rows.values_list("certificate", flat=True)))


def trust_anchors() -> tuple[bytes, ...]:
    """Return the DER roots of every binding that ever signed: the platform's own trust."""
    pages = CertificateBinding.objects.exclude(state=BindingState.PENDING).values_list(
        "anchors_pem", flat=True
    )
    return tuple(dict.fromkeys(anchor for page in pages for anchor in _blocks(page)))


def organizations() -> tuple[str, ...]:
    """Return the companies whose certificates may have signed."""
    rows = CertificateBinding.objects.exclude(state=BindingState.PENDING)
    return tuple(rows.order_by("organization").values_list("organization", flat=True).distinct())


def revocation_evidence(data_directory: Path | None = None) -> RevocationEvidence:
    """Return the CRLs that lie in the folders of `<data>/trust`."""
    folder = (data_directory or Path(settings.BAOZHEN_DATA)) / "trust"
    return RevocationEvidence(
        crls=tuple(path.read_bytes() for path in sorted(folder.glob("[!.]*/[!.]*.crl")))
    )


def expiring_bindings(at: datetime) -> list[ExpiryNotice]:
    """Return the bindings in use that end within 90, 30 or 7 days, the nearest first."""
    rows = CertificateBinding.objects.filter(
        state__in=[BindingState.PENDING, BindingState.ACTIVE, BindingState.SUSPENDED],
        not_after__lte=at + timedelta(days=max(WARNING_DAYS)),
    ).order_by("not_after")
    return [_notice(binding, at) for binding in rows]


def _notice(binding: CertificateBinding, at: datetime) -> ExpiryNotice:
    left = binding.not_after - at
    passed = [days for days in WARNING_DAYS if left <= timedelta(days=days)]
    return ExpiryNotice(binding, max(left.days, 0), min(passed))


def _bound(binding: CertificateBinding) -> BoundCertificate:
    return BoundCertificate(
        organization=binding.organization,
        algorithm=Algorithm(binding.algorithm),
        certificate=bytes(binding.certificate),
        chain=tuple(_blocks(binding.chain_pem)),
        key_reference=binding.key_reference,
        not_after=binding.not_after,
    )


def _blocks(pem: str) -> Sequence[bytes]:
    return parse_pem(pem.encode()) if pem else ()
