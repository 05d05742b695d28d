"""What signing, verifying and the console ask of the certificates."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.models import QuerySet

from baozhen.foundation.clock import SHANGHAI, now
from baozhen.foundation.sealing.identities import BoundCertificate
from baozhen.signing.certificates.errors import (
    BindingNotFound,
    BindingsFailing,
    RevocationStale,
)
from baozhen.signing.certificates.models import (
    CertificateApplication,
    CertificateBinding,
    KeyRecord,
    RevocationSource,
)
from baozhen.signing.certificates.states import ApplicationState, BindingState, KeyState
from baozhen.signing.identity.models import Subject
from baozhen.signing.organizations.insurer import get_insurer
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import legal_entity_of
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
    """Return what the insurer may sign with at `at`, by algorithm; the sealing module opens keys.

    Other companies' bindings never count while the insurer has one; where it has none (its name in
    the certificates differs from the configured one) the company bound last is meant.
    """
    usable = list(_usable(at))
    name = get_insurer().name
    own = [binding for binding in usable if binding.organization == name]
    newest = {Algorithm(binding.algorithm): binding for binding in own or usable}
    return {algorithm: _bound(binding) for algorithm, binding in newest.items()}


def bound_certificates(
    organization: OrgUnit | str, at: datetime
) -> dict[Algorithm, BoundCertificate]:
    """Return what a company may sign with at `at`, by algorithm; a branch signs as its company."""
    name = organization
    if isinstance(organization, OrgUnit):
        name = legal_entity_of(organization).name
    found = {Algorithm(row.algorithm): row for row in _usable(at).filter(organization=name)}
    return {algorithm: _bound(binding) for algorithm, binding in found.items()}


def subject_certificate(
    subject: Subject, algorithm: Algorithm, at: datetime
) -> BoundCertificate | None:
    """Return a person's own long-term certificate, where one was issued after their identity."""
    row = (
        CertificateApplication.objects.filter(
            subject=subject,
            algorithm=algorithm,
            state=ApplicationState.ISSUED,
            not_after__gt=at,
        )
        .order_by("-ended_at")
        .first()
    )
    if row is None or row.not_after is None or row.certificate is None:
        return None
    return BoundCertificate(
        organization=subject.name,
        algorithm=algorithm,
        certificate=bytes(row.certificate),
        chain=tuple(_blocks(row.chain_pem)),
        key_reference=row.key_reference,
        not_after=row.not_after,
    )


def binding_of(fingerprint: str) -> CertificateBinding:
    """Return the binding of a certificate, or raise BindingNotFound."""
    try:
        return CertificateBinding.objects.get(fingerprint=fingerprint)
    except CertificateBinding.DoesNotExist:
        raise BindingNotFound(binding=fingerprint) from None


def bindings_usable(fingerprints: Collection[str], at: datetime) -> frozenset[str]:
    """Return those of the certificates that may sign at `at`: what seals ask before sealing."""
    rows = _usable(at).filter(fingerprint__in=list(fingerprints))
    return frozenset(rows.values_list("fingerprint", flat=True))


def check_bindings() -> tuple[str, ...]:
    """Health: say which bindings answer; BindingsFailing names those that do not."""
    failing = CertificateBinding.objects.filter(state=BindingState.FAILING)
    if failing:
        names = "、".join(
            f"{row.organization} {row.algorithm}（{row.probe_error}）" for row in failing
        )
        raise BindingsFailing(bindings=names)
    active = CertificateBinding.objects.filter(state=BindingState.ACTIVE)
    return tuple(
        f"{row.organization} {row.algorithm}：{_probe_word(row)}"
        for row in active.order_by("organization", "algorithm")
    )


def check_revocation(at: datetime | None = None) -> tuple[str, ...]:
    """Health: say how fresh the revocation news is; RevocationStale names sources that ended."""
    moment = at or now()
    stale = RevocationSource.objects.filter(next_update__lt=moment)
    if stale:
        raise RevocationStale(urls="、".join(stale.values_list("url", flat=True)[:5]))
    return (f"吊销信息来源 {RevocationSource.objects.count()} 个，均在有效期内",)


def _usable(at: datetime) -> QuerySet[CertificateBinding]:
    return CertificateBinding.objects.filter(
        state=BindingState.ACTIVE, not_before__lte=at, not_after__gte=at
    ).order_by("bound_at", "pk")


def _probe_word(binding: CertificateBinding) -> str:
    if binding.probed_at is None:
        return "尚未自检"
    return f"{binding.probed_at.astimezone(SHANGHAI):%m-%d %H:%M} 自检通过"


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
    """Return the CRLs that lie in the folders of `<data>/trust`, and the OCSP answers at hand."""
    folder = (data_directory or Path(settings.BAOZHEN_DATA)) / "trust"
    answers = RevocationSource.objects.filter(kind="ocsp", content__isnull=False)
    return RevocationEvidence(
        crls=tuple(path.read_bytes() for path in sorted(folder.glob("[!.]*/[!.]*.crl"))),
        ocsps=tuple(
            bytes(content) for content in answers.values_list("content", flat=True) if content
        ),
    )


def expiring_bindings(at: datetime) -> list[ExpiryNotice]:
    """Return the bindings in use that end within 90, 30 or 7 days, the nearest first."""
    rows = CertificateBinding.objects.filter(
        state__in=[
            BindingState.PENDING,
            BindingState.ACTIVE,
            BindingState.FAILING,
            BindingState.SUSPENDED,
        ],
        not_after__lte=at + timedelta(days=max(WARNING_DAYS)),
    ).order_by("not_after")
    return [_notice(binding, at) for binding in rows]


def expiring_keys(at: datetime) -> list[tuple[KeyRecord, int]]:
    """Return the U-keys in use whose certificate ends soon, with the nearest warning day."""
    rows = KeyRecord.objects.filter(
        state=KeyState.ISSUED, not_after__lte=at + timedelta(days=max(WARNING_DAYS))
    ).order_by("not_after")
    return [(row, _warning_day(row.not_after - at)) for row in rows if row.not_after is not None]


def _notice(binding: CertificateBinding, at: datetime) -> ExpiryNotice:
    left = binding.not_after - at
    return ExpiryNotice(binding, max(left.days, 0), _warning_day(left))


def _warning_day(left: timedelta) -> int:
    return min(days for days in WARNING_DAYS if left <= timedelta(days=days))


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
