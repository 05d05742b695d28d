"""Certificates by REST: bindings, applications, and the roots that are trusted."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import (
    REPEATABLE,
    Cursor,
    Limit,
    Made,
    PageInfo,
    PublicId,
    client_name,
    idempotent,
    page_of,
)
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.limits import LIVE, QUERY
from baozhen.foundation.clock import now
from baozhen.signing.certificates.errors import ApplicationNotFound
from baozhen.signing.certificates.models import (
    CertificateApplication,
    CertificateBinding,
    TrustAnchor,
)
from baozhen.signing.certificates.queries import binding_of
from baozhen.signing.certificates.services import (
    activate_binding,
    probe_binding,
    revoke_binding,
    suspend_binding,
)
from baozhen.signing.certificates.services.applications import (
    ApplicationRequest,
    apply_for_certificate,
    renew_binding,
)
from baozhen.signing.certificates.states import AnchorState, ApplicationState, BindingState
from baozhen.signing.organizations.services import Scope
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.x509.issue import Reason
from baozhen.trust.x509.parse import to_pem

router = Router(tags=["证书"])
Fingerprint = Annotated[
    str, Field(pattern=r"^[0-9a-f]{64}$", description="证书的 SHA-256 指纹，小写十六进制")
]
Why = Annotated[str, Field(min_length=1, max_length=200)]


class CertificateInfo(Schema):
    """A company's certificate and whether it signs; `id` is the fingerprint."""

    id: Fingerprint
    organization: str
    algorithm: Algorithm
    state: BindingState
    serial: str
    issuer: str
    not_before: datetime
    not_after: datetime
    device_approval_no: str
    is_demonstration: bool
    probed_at: datetime | None
    probe_error: str
    revoked_at: datetime | None
    revocation_reason: str


class CertificatePage(PageInfo):
    """A page of certificates, the last bound first."""

    items: list[CertificateInfo]


class AuthorityReasonIn(Schema):
    """Why."""

    reason: Why


class RevocationIn(Schema):
    """Why, in the words of RFC 5280 and in people's."""

    kind: Reason = Reason.UNSPECIFIED
    reason: Why


class ApplicationIn(Schema):
    """A company's wish for a certificate."""

    organization: Annotated[str, Field(min_length=1, max_length=128)]
    algorithm: Algorithm
    authority: Annotated[str, Field(max_length=64, description="签发机构名称；空为默认")] = ""
    reason: Why


class RenewalIn(Schema):
    """Why a successor is wanted, and of whom."""

    authority: Annotated[str, Field(max_length=64, description="签发机构名称；空为默认")] = ""
    reason: Why


class ApplicationInfo(Schema):
    """An application; `certificate_pem` is there when it was issued."""

    id: PublicId
    organization: str
    algorithm: Algorithm
    authority: str
    state: ApplicationState
    certificate_id: str
    certificate_pem: str
    failure: str
    requested_at: datetime


class AnchorInfo(Schema):
    """A root of the trust list."""

    id: PublicId
    subject: str
    fingerprint: Fingerprint
    use: str
    state: AnchorState
    effective_from: datetime
    effective_until: datetime | None
    certificate_pem: str


class AnchorPage(PageInfo):
    """A page of roots."""

    items: list[AnchorInfo]


@router.get(
    "/certificates",
    response={200: CertificatePage, **PROBLEMS},
    auth=Bearer(Scope.CERTIFICATES_READ, QUERY),
    summary="证书绑定列表",
)
def list_certificates(
    request: HttpRequest,
    organization: Annotated[str, Field(max_length=128)] = "",
    state: BindingState | None = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return the bindings, of one company or one state if wanted."""
    rows = CertificateBinding.objects.all()
    if organization:
        rows = rows.filter(organization=organization)
    if state is not None:
        rows = rows.filter(state=state)
    return page_of(rows, cursor=cursor, limit=limit).answer(_binding)


@router.get(
    "/certificates/{certificate_id}",
    response={200: CertificateInfo, **PROBLEMS},
    auth=Bearer(Scope.CERTIFICATES_READ, QUERY),
    summary="证书绑定",
)
def show_certificate(request: HttpRequest, certificate_id: Fingerprint) -> dict[str, Any]:
    """Return one binding."""
    return _binding(binding_of(certificate_id))


@router.post(
    "/certificates/{certificate_id}/actions/activate",
    response={200: CertificateInfo, **PROBLEMS},
    auth=Bearer(Scope.CERTIFICATES_WRITE, LIVE),
    summary="启用证书",
)
def activate(request: HttpRequest, certificate_id: Fingerprint) -> dict[str, Any]:
    """Put a certificate to use; the one in use before is suspended."""
    row = binding_of(certificate_id)
    return _binding(activate_binding(row.pk, actor=client_name(request), at=now()))


@router.post(
    "/certificates/{certificate_id}/actions/probe",
    response={200: CertificateInfo, **PROBLEMS},
    auth=Bearer(Scope.CERTIFICATES_WRITE, LIVE),
    summary="试签并验证",
)
def probe(request: HttpRequest, certificate_id: Fingerprint) -> dict[str, Any]:
    """Let the key sign a probe."""
    row = binding_of(certificate_id)
    probe_binding(row.pk, actor=client_name(request), at=now())
    return _binding(binding_of(certificate_id))


@router.post(
    "/certificates/{certificate_id}/actions/suspend",
    response={200: CertificateInfo, **PROBLEMS},
    auth=Bearer(Scope.CERTIFICATES_WRITE, LIVE),
    summary="停用证书",
)
def suspend(
    request: HttpRequest, certificate_id: Fingerprint, body: AuthorityReasonIn
) -> dict[str, Any]:
    """Take a certificate out of use; it may come back."""
    row = binding_of(certificate_id)
    suspend_binding(row.pk, actor=client_name(request), at=now(), reason=body.reason)
    return _binding(binding_of(certificate_id))


@router.post(
    "/certificates/{certificate_id}/actions/revoke",
    response={200: CertificateInfo, **PROBLEMS},
    auth=Bearer(Scope.CERTIFICATES_WRITE, LIVE),
    summary="登记吊销",
)
def revoke(request: HttpRequest, certificate_id: Fingerprint, body: RevocationIn) -> dict[str, Any]:
    """Note a revocation: the certificate never signs again, and seals that rest on it stop."""
    row = binding_of(certificate_id)
    revoke_binding(
        row.pk,
        actor=client_name(request),
        at=now(),
        reason=body.kind,
        explanation=body.reason,
    )
    return _binding(binding_of(certificate_id))


@router.post(
    "/certificates/{certificate_id}/actions/renew",
    response={201: ApplicationInfo, **PROBLEMS},
    auth=Bearer(Scope.CERTIFICATES_WRITE, LIVE),
    summary="续期",
    openapi_extra=REPEATABLE,
)
def renew(request: HttpRequest, certificate_id: Fingerprint, body: RenewalIn) -> Status[Any]:
    """Apply for the successor with a fresh key; once issued it takes over by itself."""

    def act() -> Made:
        made = renew_binding(
            binding_of(certificate_id),
            authority_name=body.authority,
            reason=body.reason,
            actor=client_name(request),
            at=now(),
        )
        return Made(201, _application(made), made.public_id)

    return idempotent(request, act)


@router.post(
    "/certificate-applications",
    response={201: ApplicationInfo, **PROBLEMS},
    auth=Bearer(Scope.CERTIFICATES_WRITE, LIVE),
    summary="申请证书",
    openapi_extra=REPEATABLE,
)
def apply(request: HttpRequest, body: ApplicationIn) -> Status[Any]:
    """Make a key in the key store and ask an authority for its certificate."""

    def act() -> Made:
        made = apply_for_certificate(
            ApplicationRequest(**body.dict()), actor=client_name(request), at=now()
        )
        return Made(201, _application(made), made.public_id)

    return idempotent(request, act)


@router.get(
    "/certificate-applications/{application_id}",
    response={200: ApplicationInfo, **PROBLEMS},
    auth=Bearer(Scope.CERTIFICATES_READ, QUERY),
    summary="证书申请",
)
def show_application(request: HttpRequest, application_id: PublicId) -> dict[str, Any]:
    """Return an application that this client made."""
    found = CertificateApplication.objects.filter(
        public_id=application_id, requested_by=client_name(request)
    ).first()
    if found is None:
        raise ApplicationNotFound(application=application_id)
    return _application(found)


@router.get(
    "/trust-anchors",
    response={200: AnchorPage, **PROBLEMS},
    auth=Bearer(Scope.CERTIFICATES_READ, QUERY),
    summary="信任列表",
)
def list_anchors(request: HttpRequest, cursor: Cursor = "", limit: Limit = 50) -> dict[str, Any]:
    """Return the roots that are trusted for strangers' signatures, U-keys and timestamps."""
    rows = TrustAnchor.objects.filter(state__in=[AnchorState.LISTED, AnchorState.REMOVAL_PROPOSED])
    return page_of(rows, cursor=cursor, limit=limit).answer(_anchor)


def _binding(row: CertificateBinding) -> dict[str, Any]:
    return {
        "id": row.fingerprint,
        "organization": row.organization,
        "algorithm": row.algorithm,
        "state": row.state,
        "serial": row.serial,
        "issuer": row.issuer,
        "not_before": row.not_before,
        "not_after": row.not_after,
        "device_approval_no": row.device_approval_no,
        "is_demonstration": row.is_demonstration,
        "probed_at": row.probed_at,
        "probe_error": row.probe_error,
        "revoked_at": row.revoked_at,
        "revocation_reason": row.revocation_reason,
    }


def _application(row: CertificateApplication) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "organization": row.organization,
        "algorithm": row.algorithm,
        "authority": row.authority,
        "state": row.state,
        "certificate_id": row.fingerprint,
        "certificate_pem": to_pem([bytes(row.certificate)]).decode() if row.certificate else "",
        "failure": row.failure or row.last_error,
        "requested_at": row.requested_at,
    }


def _anchor(row: TrustAnchor) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "subject": row.subject,
        "fingerprint": row.fingerprint,
        "use": row.use,
        "state": row.state,
        "effective_from": row.effective_from,
        "effective_until": row.effective_until,
        "certificate_pem": to_pem([bytes(row.certificate)]).decode(),
    }
