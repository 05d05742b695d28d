"""What programs do with a signing task: act for their own company, recall, remind, void, link."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import REPEATABLE, Made, client_name, idempotent
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.api.envelope_answers import describe, own
from baozhen.faces.api.envelope_schemas import (
    EmbedIn,
    EnvelopeOut,
    LinkOut,
    ReasonIn,
    StepActIn,
)
from baozhen.faces.errors import NotFound
from baozhen.faces.limits import LIVE
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.models import Action
from baozhen.signing.envelopes.services.acts import approve, decline, recall, seal
from baozhen.signing.envelopes.services.embedding import OPEN_WITHIN, issue_embed_link
from baozhen.signing.envelopes.services.links import issue_link
from baozhen.signing.envelopes.services.telling import link_address, remind
from baozhen.signing.envelopes.services.voiding import request_void
from baozhen.signing.organizations.queries import legal_entity_of
from baozhen.signing.organizations.services import Scope
from baozhen.signing.organizations.states import OUTSIDE_KINDS
from baozhen.signing.seals.queries import seal_of

router = Router(tags=["签署任务"])


@router.post(
    "/envelopes/{envelope_id}/actions/recall",
    response={200: EnvelopeOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="撤回",
    openapi_extra=REPEATABLE,
)
def recall_envelope(request: HttpRequest, envelope_id: str, body: ReasonIn) -> Status[Any]:
    """Take a task back that is not complete."""

    def act() -> Made:
        envelope = own(request, envelope_id)
        done = recall(envelope.pk, reason=body.reason, actor=client_name(request), at=now())
        return Made(200, describe(done), done.public_id)

    return idempotent(request, act)


@router.post(
    "/envelopes/{envelope_id}/actions/remind",
    response={200: EnvelopeOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="催签",
    openapi_extra=REPEATABLE,
)
def remind_signatories(request: HttpRequest, envelope_id: str) -> Status[Any]:
    """Remind everybody whose turn it is."""

    def act() -> Made:
        envelope = own(request, envelope_id)
        remind(envelope.pk, actor=client_name(request), at=now())
        return Made(200, describe(envelope), envelope.public_id)

    return idempotent(request, act)


@router.post(
    "/envelopes/{envelope_id}/actions/void",
    response={200: EnvelopeOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="申请作废",
    openapi_extra=REPEATABLE,
)
def void_envelope(request: HttpRequest, envelope_id: str, body: ReasonIn) -> Status[Any]:
    """Ask all parties to void a completed task; it is void when all have agreed."""

    def act() -> Made:
        envelope = own(request, envelope_id)
        company = envelope.signatories.filter(unit=envelope.unit).first()
        request_void(
            envelope.pk, by=company, reason=body.reason, actor=client_name(request), at=now()
        )
        return Made(200, describe(own(request, envelope_id)), envelope.public_id)

    return idempotent(request, act)


@router.post(
    "/envelopes/{envelope_id}/signatories/{role}/link",
    response={201: LinkOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="签署页链接",
    openapi_extra=REPEATABLE,
)
def signing_link(request: HttpRequest, envelope_id: str, role: str) -> Status[Any]:
    """Give a fresh link for one signatory, for an app or an embedded page; the old one ends."""

    def act() -> Made:
        envelope = own(request, envelope_id)
        signatory = envelope.signatories.filter(role=role, subject__isnull=False).first()
        if signatory is None:
            raise NotFound(what="这个签署方")
        token = issue_link(signatory, actor=client_name(request), at=now())
        answer = {"url": link_address(token), "expires_at": envelope.expires_at}
        return Made(201, answer, envelope.public_id)

    return idempotent(request, act)


@router.post(
    "/envelopes/{envelope_id}/signatories/{role}/embed-link",
    response={201: LinkOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="嵌入页链接",
    openapi_extra=REPEATABLE,
)
def embed_link(request: HttpRequest, envelope_id: str, role: str, body: EmbedIn) -> Status[Any]:
    """Give a link that opens once, within ten minutes, in a frame of a page of this origin."""

    def act() -> Made:
        envelope = own(request, envelope_id)
        signatory = envelope.signatories.filter(role=role, subject__isnull=False).first()
        if signatory is None:
            raise NotFound(what="这个签署方")
        client, at = client_name(request), now()
        token = issue_embed_link(signatory, body.origin, actor=client, at=at)
        answer = {"url": link_address(f"embed/{token}"), "expires_at": at + OPEN_WITHIN}
        return Made(201, answer, envelope.public_id)

    return idempotent(request, act)


@router.post(
    "/envelopes/{envelope_id}/actions/approve",
    response={200: EnvelopeOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="审批通过",
    openapi_extra=REPEATABLE,
)
def approve_step(request: HttpRequest, envelope_id: str, body: StepActIn) -> Status[Any]:
    """Record that one's own approval system has approved."""

    def act() -> Made:
        step = _own_step(request, envelope_id, body.action)
        approve(step.pk, actor=client_name(request), at=now(), opinion=body.reason)
        return _answer(request, envelope_id)

    return idempotent(request, act)


@router.post(
    "/envelopes/{envelope_id}/actions/seal",
    response={200: EnvelopeOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="本单位盖章",
    openapi_extra=REPEATABLE,
)
def seal_step(request: HttpRequest, envelope_id: str, body: StepActIn) -> Status[Any]:
    """Decide to seal for one's own company; the grant is checked when the seal is used."""

    def act() -> Made:
        step = _own_step(request, envelope_id, body.action)
        chosen = seal_of(body.seal) if body.seal else None
        seal(step.pk, actor=client_name(request), at=now(), chosen=chosen)
        return _answer(request, envelope_id)

    return idempotent(request, act)


@router.post(
    "/envelopes/{envelope_id}/actions/decline",
    response={200: EnvelopeOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="退回",
    openapi_extra=REPEATABLE,
)
def decline_step(request: HttpRequest, envelope_id: str, body: StepActIn) -> Status[Any]:
    """Decline for one's own company, with the reason."""

    def act() -> Made:
        step = _own_step(request, envelope_id, body.action)
        decline(step.pk, reason=body.reason, actor=client_name(request), at=now())
        return _answer(request, envelope_id)

    return idempotent(request, act)


def _answer(request: HttpRequest, envelope_id: str) -> Made:
    return Made(200, describe(own(request, envelope_id)), envelope_id)


def _own_step(request: HttpRequest, envelope_id: str, action_id: str) -> Action:
    """Return a step of the insurer's own people: a program decides for nobody else."""
    envelope = own(request, envelope_id)
    found = envelope.actions.select_related("signatory__unit").filter(public_id=action_id).first()
    unit = found.signatory.unit if found is not None else None
    if found is None or unit is None or legal_entity_of(unit).kind in OUTSIDE_KINDS:
        raise NotFound(what="这一步")
    return found
