"""Apply for certificates: make a key, ask an authority, bind what comes back (S2-L160.m4, L512a).

The key and the request are stored before anybody is asked; an authority that is down, or reviews,
is asked again with the same request until it answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from baozhen.foundation.ids import new_id
from baozhen.foundation.jobs import defer
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.sealing.enrolment import make_key, request_certificate
from baozhen.foundation.states import enter, move
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.certificates.authorities.port import (
    AuthorityOutage,
    AuthorityPending,
    AuthorityRefused,
    IssuedCertificate,
    Profile,
)
from baozhen.signing.certificates.authorities.registry import authority, event_authority
from baozhen.signing.certificates.errors import ApplicationNotFound, ReasonMissing
from baozhen.signing.certificates.models import CertificateApplication, CertificateBinding
from baozhen.signing.certificates.services.bindings import (
    BindingRequest,
    activate_binding,
    bind_certificate,
)
from baozhen.signing.certificates.states import ApplicationState, BindingState
from baozhen.signing.certificates.trust import authority_anchors
from baozhen.signing.identity.models import IdentityCheck, Subject
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.x509.names import build_name
from baozhen.trust.x509.parse import parse_certificate, to_pem

SYSTEM = "system"
ASK_JOB = "ask_certificate_authority"
_FIRST_RETRY = timedelta(seconds=30)
_ALGORITHMS = (Algorithm.SM2_SM3, Algorithm.RSA_SHA256)


@dataclass(frozen=True, kw_only=True)
class ApplicationRequest:
    """A company's wish for a certificate, or for a new one in the place of `renews`."""

    organization: str
    algorithm: Algorithm | str
    authority: str = ""
    reason: str = ""
    renews: CertificateBinding | None = None


def apply_for_certificate(
    request: ApplicationRequest, *, actor: str, at: datetime
) -> CertificateApplication:
    """Make a key and ask the authority; the answer may come later (`reviewing`).

    Raises AuthorityUnknown, ReasonMissing, and the refusals of the key store.
    """
    refuse_inside_transaction("a certificate request")
    if not request.reason.strip():
        raise ReasonMissing(path="reason")
    application = CertificateApplication(
        organization=request.organization,
        algorithm=Algorithm(request.algorithm),
        authority=authority(request.authority).name,
        renews=request.renews,
        reason=request.reason,
    )
    subject = build_name(common_name=request.organization, organization=request.organization)
    return _apply(application, subject, actor=actor, at=at)


def renew_binding(
    binding: CertificateBinding, *, authority_name: str = "", reason: str, actor: str, at: datetime
) -> CertificateApplication:
    """Apply for the successor of a binding: a fresh key, the same company and algorithm.

    When it is issued, the new binding takes over and the old one is suspended.
    """
    request = ApplicationRequest(
        organization=binding.organization,
        algorithm=binding.algorithm,
        authority=authority_name,
        reason=reason,
        renews=binding,
    )
    return apply_for_certificate(request, actor=actor, at=at)


def apply_for_subject(check: IdentityCheck, *, at: datetime) -> CertificateApplication | None:
    """Ask for a person's certificate after the insurer's own system has passed them; once a check.

    Nothing happens unless `BAOZHEN_SUBJECT_CERTIFICATES` names the algorithm: most installations
    give event certificates at the moment of signing instead.
    """
    wanted = configured("BAOZHEN_SUBJECT_CERTIFICATES")
    if not wanted or CertificateApplication.objects.filter(identity_check=check).exists():
        return None
    subject: Subject = check.subject
    application = CertificateApplication(
        subject=subject,
        identity_check=check,
        algorithm=Algorithm(wanted),
        authority=event_authority().name,
        reason="实名认证通过",
    )
    name = build_name(common_name=subject.name, organization=subject.name)
    return _apply(application, name, actor=SYSTEM, at=at)


def ask_authority(key: int, *, at: datetime) -> None:
    """Ask the authority of an open application; raises AuthorityOutage or AuthorityPending."""
    application = CertificateApplication.objects.get(pk=key)
    if application.state not in {ApplicationState.REQUESTED, ApplicationState.REVIEWING}:
        return
    try:
        issued = authority(application.authority).request(
            bytes(application.csr), profile=Profile.LONG_TERM, at=at
        )
    except AuthorityPending as waiting:
        _note(application, str(waiting), at=at)
        raise
    except AuthorityOutage as outage:
        CertificateApplication.objects.filter(pk=key).update(last_error=str(outage)[:255])
        raise
    except AuthorityRefused as refusal:
        _end(application, ApplicationState.REFUSED, at=at, failure=str(refusal)[:255])
        return
    _take(application, issued, at=at)


def cancel_application(
    public_id: str, *, reason: str, actor: str, at: datetime
) -> CertificateApplication:
    """Stop asking; raises ApplicationNotFound, ReasonMissing or IllegalMove."""
    if not reason.strip():
        raise ReasonMissing(path="reason")
    with transaction.atomic(durable=True):
        application = (
            CertificateApplication.objects.select_for_update().filter(public_id=public_id).first()
        )
        if application is None:
            raise ApplicationNotFound(application=public_id)
        columns: Mapping[str, object] = {"ended_at": at, "failure": reason[:255]}
        move(application, ApplicationState.CANCELLED, actor=actor, at=at, **columns)
    return application


def _apply(
    application: CertificateApplication, subject: bytes, *, actor: str, at: datetime
) -> CertificateApplication:
    application.public_id = new_id("capp", at=at)
    name = application.public_id.replace("_", "-")
    application.key_reference = make_key(name, Algorithm(application.algorithm))
    application.csr = request_certificate(application.key_reference, subject)
    application.requested_by, application.requested_at = actor, at
    with transaction.atomic(durable=True):
        application.save(force_insert=True)
        enter(application, actor=actor, at=at)
        defer(ASK_JOB, key=application.pk, not_before=at + _FIRST_RETRY)
    try:
        ask_authority(application.pk, at=at)
    except (AuthorityOutage, AuthorityPending):
        application.refresh_from_db()
        return application
    application.refresh_from_db()
    return application


def _note(application: CertificateApplication, word: str, *, at: datetime) -> None:
    with transaction.atomic(durable=True):
        if application.state == ApplicationState.REQUESTED:
            move(
                application, ApplicationState.REVIEWING, actor=SYSTEM, at=at, last_error=word[:255]
            )


def _end(
    application: CertificateApplication, to: ApplicationState, *, at: datetime, **columns: object
) -> None:
    with transaction.atomic(durable=True):
        move(application, to, actor=SYSTEM, at=at, ended_at=at, last_error="", **columns)


def _take(application: CertificateApplication, issued: IssuedCertificate, *, at: datetime) -> None:
    """Bind a company's certificate, keep a person's, and let a renewal take over."""
    parsed = parse_certificate(issued.certificate)
    columns: dict[str, object] = {
        "certificate": issued.certificate,
        "chain_pem": to_pem(issued.chain).decode().strip(),
        "fingerprint": parsed.sha256,
        "not_after": parsed.not_after,
    }
    binding = None
    if application.organization:
        known = CertificateBinding.objects.filter(fingerprint=parsed.sha256).first()
        binding = known or _bind(application, issued, at=at)
        columns["binding"] = binding
    _end(application, ApplicationState.ISSUED, at=at, **columns)
    if binding is not None and application.renews_id and binding.state == BindingState.PENDING:
        activate_binding(binding.pk, actor=application.requested_by, at=at)


def _bind(
    application: CertificateApplication, issued: IssuedCertificate, *, at: datetime
) -> CertificateBinding:
    request = BindingRequest(
        organization=application.organization,
        certificates=to_pem([issued.certificate, *issued.chain]),
        anchors=to_pem(authority_anchors(issued.chain or (issued.certificate,))),
        key_reference=application.key_reference,
        authority=application.authority,
        renews=application.renews_id,
    )
    return bind_certificate(request, actor=application.requested_by, at=at)
