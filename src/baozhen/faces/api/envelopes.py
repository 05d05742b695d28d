"""Signing tasks by REST: start a flow or a free task, see how far it is, take the documents."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from baozhen.faces.api import envelope_acts, envelope_batches
from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import (
    REPEATABLE,
    Cursor,
    Limit,
    Made,
    client_name,
    idempotent,
    page_of,
)
from baozhen.faces.api.documents import PDF_RESPONSES, PROBLEMS
from baozhen.faces.api.envelope_answers import describe, own
from baozhen.faces.api.envelope_drafts import draft_of
from baozhen.faces.api.envelope_schemas import (
    AnswerOut,
    AuditOut,
    EnvelopeIn,
    EnvelopeOut,
    EnvelopePage,
    FreeIn,
    PartyIn,
)
from baozhen.faces.api.template_reach import template_seen, unit_given
from baozhen.faces.errors import NotFound
from baozhen.faces.limits import LIVE, QUERY
from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.clock import now
from baozhen.signing.envelopes import forms
from baozhen.signing.envelopes.errors import DraftInvalid
from baozhen.signing.envelopes.models import Envelope, Question
from baozhen.signing.envelopes.queries import document_bytes, envelopes_of_client
from baozhen.signing.envelopes.services.create import create_envelope
from baozhen.signing.envelopes.services.from_templates import TemplateOrder, start_from_template
from baozhen.signing.envelopes.services.scenarios import FlowOrder, PartyFacts, start_flow
from baozhen.signing.identity.services.subjects import SubjectFacts
from baozhen.signing.organizations.queries import root_unit, unit_of
from baozhen.signing.organizations.services import Scope

router = Router(tags=["签署任务"])
router.add_router("", envelope_acts.router)
router.add_router("", envelope_batches.router)


@router.get(
    "/flows",
    response={200: list[dict[str, Any]], **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_READ, QUERY),
    summary="现成流程",
)
def list_flows(request: HttpRequest) -> list[dict[str, Any]]:
    """Say which flows there are, what they want filled in, and who takes part."""
    return [
        {
            "code": flow.code,
            "title": flow.title,
            "document_type": flow.document_type,
            "note": flow.note,
            "fields": [
                {"name": f.name, "label": f.label, "kind": f.kind, "required": f.required}
                for f in flow.fields
            ],
            "questions": [
                {
                    "name": f.name,
                    "label": f.label,
                    "kind": f.kind.value,
                    "role": f.role,
                    "options": list(f.options),
                }
                for f in flow.questions
            ],
            "roles": [
                {"role": r.role, "label": r.label, "kind": r.kind, "own": r.own} for r in flow.roles
            ],
        }
        for flow in forms.flows().values()
    ]


@router.get(
    "/envelopes/{envelope_id}/answers",
    response={200: list[AnswerOut], **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_READ, QUERY),
    summary="签署方逐项的回答",
)
def list_answers(request: HttpRequest, envelope_id: str) -> list[dict[str, Any]]:
    """Say what the parties were asked and how they answered; that they were read is on record."""
    envelope = own(request, envelope_id)
    audit.record(
        "envelope.answers_read", subject_id=envelope.pk, actor=client_name(request), at=now()
    )
    rows = Question.objects.filter(signatory__envelope=envelope).select_related("signatory")
    return [
        {
            "role": row.signatory.role,
            "name": row.key,
            "question": row.asked.shown_label,
            "options": list(row.asked.options),
            "answer": row.answer,
            "answered_at": row.answered_at,
        }
        for row in rows
    ]


@router.post(
    "/envelopes",
    response={201: EnvelopeOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="发起签署任务",
    openapi_extra=REPEATABLE,
)
def create(request: HttpRequest, body: EnvelopeIn) -> Status[Any]:
    """Start a flow or a template; the same `biz_no` and content give the same task."""

    def act() -> Made:
        start = _start_template if body.template else _start_flow
        envelope = start(request, body)
        return Made(201, describe(envelope), envelope.public_id)

    return idempotent(request, act)


def _start_flow(request: HttpRequest, body: EnvelopeIn) -> Envelope:
    for name in ("silent", "steps", "title"):
        if getattr(body, name):
            raise DraftInvalid(path=name, reason=f"{name} 只用于模版，现成流程自有规定")
    if not body.flow:
        raise DraftInvalid(path="flow", reason="请填写 flow 或 template")
    order = FlowOrder(
        flow=body.flow,
        client=client_name(request),
        unit=unit_of(body.unit) if body.unit else root_unit(),
        values=body.values,
        parties={role: _party(party) for role, party in body.parties.items()},
        biz_no=body.biz_no,
        message=body.message,
    )
    return start_flow(order, actor=client_name(request), at=now())


def _start_template(request: HttpRequest, body: EnvelopeIn) -> Envelope:
    if body.flow:
        raise DraftInvalid(path="flow", reason="flow 和 template 只能填写一个")
    order = TemplateOrder(
        template=template_seen(request, body.template).code,
        client=client_name(request),
        unit=unit_given(request, body.unit),
        values=body.values,
        parties={role: _party(party) for role, party in body.parties.items()},
        silent=frozenset(body.silent),
        steps=body.steps,
        biz_no=body.biz_no,
        title=body.title,
        message=body.message,
    )
    return start_from_template(order, actor=client_name(request), at=now())


@router.post(
    "/envelopes/free",
    response={201: EnvelopeOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="用自己的 PDF 发起签署任务",
    openapi_extra=REPEATABLE,
)
def create_free(request: HttpRequest, body: FreeIn) -> Status[Any]:
    """Start a task with one's own files, parties and steps; repeatable by `biz_no`."""

    def act() -> Made:
        draft = draft_of(body, client=client_name(request), at=now())
        envelope = create_envelope(draft, actor=client_name(request), at=now())
        return Made(201, describe(envelope), envelope.public_id)

    return idempotent(request, act)


@router.get(
    "/envelopes",
    response={200: EnvelopePage, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_READ, QUERY),
    summary="签署任务列表",
)
def list_envelopes(
    request: HttpRequest, cursor: Cursor = "", limit: Limit = 50, state: str = "", biz_no: str = ""
) -> dict[str, Any]:
    """List one's own tasks, the newest first."""
    rows = envelopes_of_client(client_name(request))
    if state:
        rows = rows.filter(state=state)
    if biz_no:
        rows = rows.filter(biz_no=biz_no)
    return page_of(rows, cursor=cursor, limit=limit).answer(describe)


@router.get(
    "/envelopes/{envelope_id}",
    response={200: EnvelopeOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_READ, QUERY),
    summary="签署任务",
)
def show(request: HttpRequest, envelope_id: str) -> dict[str, Any]:
    """Say how far the task is."""
    return describe(own(request, envelope_id))


@router.get(
    "/envelopes/{envelope_id}/documents/{int:position}",
    response={200: None, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_READ, QUERY),
    summary="下载签署文件",
    openapi_extra=PDF_RESPONSES,
)
def document(request: HttpRequest, envelope_id: str, position: int) -> HttpResponse:
    """Send the document as it stands, byte for byte."""
    envelope = own(request, envelope_id)
    found = envelope.documents.filter(position=position).first()
    if found is None:
        raise NotFound(what="这份文件")
    response = HttpResponse(document_bytes(found), content_type="application/pdf")
    response.headers["ETag"] = f'"{found.head_sha256}"'
    return response


@router.get(
    "/envelopes/{envelope_id}/audit",
    response={200: AuditOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_READ, QUERY),
    summary="签署任务的审计记录",
)
def audit_trail(request: HttpRequest, envelope_id: str) -> dict[str, Any]:
    """Tell everything that happened to the task, in order, with the digests of the chain."""
    envelope = own(request, envelope_id)
    return {
        "items": [
            {"action": e.action, "at": e.at, "actor": e.actor, "digest": bytes(e.digest).hex()}
            for e in entries_of("envelope", envelope.pk)
        ]
    }


def _party(party: PartyIn) -> PartyFacts:
    if party.unit:
        return PartyFacts(
            unit=unit_of(party.unit), channel=party.channel, channel_id=party.channel_id
        )
    return PartyFacts(
        channel=party.channel,
        channel_id=party.channel_id,
        subject=SubjectFacts(
            kind="person",
            name=party.name,
            id_type=party.id_type,
            id_no=party.id_no,
            mobile=party.mobile,
            email=party.email,
        ),
    )
