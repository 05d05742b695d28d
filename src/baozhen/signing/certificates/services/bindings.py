"""Bind a certificate, try its key, put it to use, renew it, retire it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction

from baozhen.foundation.audit.services import record
from baozhen.foundation.errors import BaozhenError
from baozhen.foundation.keys.configuration import is_production
from baozhen.foundation.sealing.probes import check_pair, device_of, sign_probe
from baozhen.foundation.states import enter, move
from baozhen.foundation.trust_folder import add_trust
from baozhen.signing.certificates.demonstration import (
    DemonstrationFolder,
    demonstration_folder,
    make_or_renew,
)
from baozhen.signing.certificates.errors import (
    AlreadyBound,
    CertificateUnreadable,
    CertificateUntrusted,
    DemonstrationCertificate,
    WrongOrganization,
)
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.states import BindingState
from baozhen.signing.organizations.insurer import get_insurer
from baozhen.signing.risks.services import raise_risk
from baozhen.signing.risks.states import Severity
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import ParseError, TrustError
from baozhen.trust.x509.hierarchy import DEMO_MARK
from baozhen.trust.x509.issue import Reason
from baozhen.trust.x509.parse import (
    Certificate,
    parse_certificate,
    parse_pem,
    parse_pem_bundle,
    to_pem,
)
from baozhen.trust.x509.path import Usage, validate_path

SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class BindingRequest:
    """A company's certificate, applied for anywhere, and the key it belongs to."""

    organization: str
    certificates: bytes  # PEM bundle, the signer's first; or one DER certificate
    anchors: bytes  # PEM bundle of the roots it must lead to
    key_reference: str
    device_approval_no: str = ""
    authority: str = ""
    renews: int | None = None


def bind_certificate(request: BindingRequest, *, actor: str, at: datetime) -> CertificateBinding:
    """Import a certificate, `pending` until it is activated.

    Any authority will do that the anchors name. Raises the refusals of this app.
    """
    certificates, anchors = _read(request.certificates), _read(request.anchors)
    certificate = certificates[0]
    _check_certificate(request, certificates, anchors, at=at)
    check_pair(request.key_reference, certificate)
    device = device_of(request.key_reference)
    binding = CertificateBinding(
        organization=request.organization,
        algorithm=_algorithm_of(certificate),
        key_reference=request.key_reference,
        certificate=certificate.der,
        chain_pem=to_pem(item.der for item in certificates[1:]).decode().strip(),
        anchors_pem=to_pem(item.der for item in anchors).decode(),
        fingerprint=certificate.sha256,
        serial=f"{certificate.serial:x}",
        subject=str(certificate.subject),
        issuer=str(certificate.issuer),
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        device_name=device.device if device else "",
        device_approval_no=request.device_approval_no or (device.approval_no if device else ""),
        is_demonstration=is_demonstration(certificate),
        bound_at=at,
        authority=request.authority,
        renews_id=request.renews,
    )
    return _save(binding, actor=actor, at=at)


def _save(binding: CertificateBinding, *, actor: str, at: datetime) -> CertificateBinding:
    try:
        with transaction.atomic(durable=True):
            binding.save(force_insert=True)
            enter(binding, actor=actor, at=at)
    except IntegrityError as error:
        raise AlreadyBound(fingerprint=binding.fingerprint) from error
    return binding


def activate_binding(binding_id: int, *, actor: str, at: datetime) -> CertificateBinding:
    """Put a binding to use after its key passed the probe; the one in use before is suspended.

    Its anchors join `<data>/trust`, so that files are verified without the database too. A binding
    whose trust cannot be written does not become active.
    """
    probe_binding(binding_id, actor=actor, at=at)
    with transaction.atomic(durable=True):
        binding = CertificateBinding.objects.select_for_update().get(pk=binding_id)
        rivals = CertificateBinding.objects.select_for_update().filter(
            organization=binding.organization,
            algorithm=binding.algorithm,
            state__in=[BindingState.ACTIVE, BindingState.FAILING],
        )
        for rival in rivals.exclude(pk=binding.pk):
            move(rival, BindingState.SUSPENDED, actor=actor, at=at)
        if binding.state != BindingState.ACTIVE:
            move(binding, BindingState.ACTIVE, actor=actor, at=at)
        _publish_trust(binding)
    return binding


def probe_binding(binding_id: int, *, actor: str, at: datetime) -> None:
    """Let the key sign a probe, and record `binding.probed`; a failing binding is well again.

    Raises ProbeFailed, also for a certificate out of its validity, or KeyMismatch.
    """
    binding = CertificateBinding.objects.get(pk=binding_id)
    sign_probe(binding.key_reference, parse_certificate(bytes(binding.certificate)), at=at)
    with transaction.atomic(durable=True):
        record(
            "binding.probed",
            subject_type=binding.NOUN,
            subject_id=binding.pk,
            actor=actor,
            at=at,
            facts={"fingerprint": binding.fingerprint},
        )
        found = CertificateBinding.objects.filter(pk=binding_id)
        found.update(probed_at=at, probe_error="")
        if binding.state == BindingState.FAILING and not _has_successor(binding):
            move(binding, BindingState.ACTIVE, actor=actor, at=at)


def watch_binding(binding_id: int, *, at: datetime) -> bool:
    """Try one binding; a binding that fails becomes `failing` and signs nothing until it is well.

    Returns whether it passed. Whatever goes wrong with a key is a failure of its binding.
    """
    try:
        probe_binding(binding_id, actor=SYSTEM, at=at)
    except (BaozhenError, TrustError, OSError) as failure:
        with transaction.atomic(durable=True):
            binding = CertificateBinding.objects.select_for_update().get(pk=binding_id)
            reason = (str(failure) or type(failure).__name__)[:255]
            found = CertificateBinding.objects.filter(pk=binding_id)
            found.update(probed_at=at, probe_error=reason)
            if binding.state == BindingState.ACTIVE:
                move(binding, BindingState.FAILING, actor=SYSTEM, at=at)
                raise_risk(
                    kind="certificates.failing",
                    severity=Severity.SEVERE,
                    subject_type=binding.NOUN,
                    subject_id=binding.pk,
                    facts={"organization": binding.organization, "reason": reason},
                    at=at,
                )
        return False
    return True


def suspend_binding(binding_id: int, *, actor: str, at: datetime, reason: str = "") -> None:
    """Take a binding out of use; it may come back."""
    with transaction.atomic(durable=True):
        binding = CertificateBinding.objects.select_for_update().get(pk=binding_id)
        move(binding, BindingState.SUSPENDED, actor=actor, at=at)
        _note_reason(binding, "binding.suspension_explained", reason, actor=actor, at=at)


def revoke_binding(
    binding_id: int,
    *,
    actor: str,
    at: datetime,
    reason: Reason | str = Reason.UNSPECIFIED,
    explanation: str = "",
) -> None:
    """Note that the authority has revoked the certificate; it never signs again.

    The fact `binding.revoked` tells those above, who suspend the seals that rest on it.
    """
    with transaction.atomic(durable=True):
        binding = CertificateBinding.objects.select_for_update().get(pk=binding_id)
        move(
            binding,
            BindingState.REVOKED,
            actor=actor,
            at=at,
            revoked_at=at,
            revocation_reason=Reason(reason).value,
        )
        _note_reason(binding, "binding.revocation_explained", explanation, actor=actor, at=at)


def _note_reason(
    binding: CertificateBinding, action: str, reason: str, *, actor: str, at: datetime
) -> None:
    if reason:
        record(
            action,
            subject_type=binding.NOUN,
            subject_id=binding.pk,
            actor=actor,
            at=at,
            facts={"reason": reason},
        )


def _has_successor(binding: CertificateBinding) -> bool:
    return CertificateBinding.objects.filter(
        organization=binding.organization,
        algorithm=binding.algorithm,
        state=BindingState.ACTIVE,
    ).exists()


def expire_bindings(*, at: datetime) -> int:
    """Retire every binding whose certificate has ended; return how many."""
    ended = CertificateBinding.objects.filter(
        not_after__lt=at,
        state__in=[
            BindingState.PENDING,
            BindingState.ACTIVE,
            BindingState.FAILING,
            BindingState.SUSPENDED,
        ],
    )
    with transaction.atomic(durable=True):
        rows = list(ended.select_for_update())
        for binding in rows:
            move(binding, BindingState.EXPIRED, actor=SYSTEM, at=at)
    return len(rows)


def set_up_development_hierarchy(
    data_directory: Path | None = None,
    *,
    at: datetime,
    organization: str = "",
) -> tuple[CertificateBinding, ...]:
    """Make the demonstration hierarchy, bind and activate its signers. Safe to repeat.

    Without `organization` it is the configured insurer's.

    Raises DevelopmentOnly in production.
    """
    folder = demonstration_folder(data_directory)
    company = organization or get_insurer().name
    make_or_renew(folder, organization=company, at=at)
    return tuple(
        _bind_demonstration(folder, family, organization=company, at=at)
        for family in ("sm2", "rsa")
    )


def _bind_demonstration(
    folder: DemonstrationFolder, family: str, *, organization: str, at: datetime
) -> CertificateBinding:
    certificates = folder.certificates(family, "signer")
    fingerprint = parse_certificate(certificates[0]).sha256
    known = CertificateBinding.objects.filter(fingerprint=fingerprint).first()
    if known is None:
        request = BindingRequest(
            organization=organization,
            certificates=to_pem(certificates),
            anchors=to_pem(folder.roots),
            key_reference=f"file:{folder.key_name(family, 'signer')}",
        )
        try:
            known = bind_certificate(request, actor=SYSTEM, at=at)
        except AlreadyBound:  # another process started at the same moment
            known = CertificateBinding.objects.get(fingerprint=fingerprint)
    if known.state == BindingState.PENDING:
        return activate_binding(known.pk, actor=SYSTEM, at=at)
    return known


def is_demonstration(certificate: Certificate) -> bool:
    """Whether a certificate says that it is for demonstration only."""
    return DEMO_MARK in str(certificate.subject) or DEMO_MARK in str(certificate.issuer)


def _read(data: bytes) -> list[Certificate]:
    try:
        return parse_pem_bundle(data)
    except ParseError as error:
        raise CertificateUnreadable(reason=error) from error


def _algorithm_of(certificate: Certificate) -> Algorithm:
    if certificate.algorithm is None:
        raise CertificateUnreadable(reason="公钥不是 SM2、RSA 或 ECDSA P-256")
    return certificate.algorithm


def _check_certificate(
    request: BindingRequest,
    certificates: list[Certificate],
    anchors: list[Certificate],
    *,
    at: datetime,
) -> None:
    certificate = certificates[0]
    if certificate.organization != request.organization:
        raise WrongOrganization(found=certificate.organization, expected=request.organization)
    if is_production() and is_demonstration(certificate):
        raise DemonstrationCertificate
    try:
        validate_path(
            certificate.der,
            intermediates=[item.der for item in certificates[1:]],
            anchors=[item.der for item in anchors],
            at=at,
            usage=Usage.DOCUMENT,
        )
    except TrustError as error:
        raise CertificateUntrusted(reason=error) from error


def _publish_trust(binding: CertificateBinding) -> None:
    if binding.is_demonstration:  # its folder is read as it is, and never in production
        return
    add_trust(
        Path(settings.BAOZHEN_DATA) / "trust",
        roots=parse_pem(binding.anchors_pem.encode()),
        organization=binding.organization,
    )
