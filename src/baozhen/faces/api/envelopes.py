"""Signing tasks by REST: start a flow, see how far it is, act on it, take the documents."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status

from baozhen.faces.api.auth import Bearer, actor_of
from baozhen.faces.api.conventions import (
    REPEATABLE,
    BusinessNumber,
    Cursor,
    Limit,
    Made,
    PageInfo,
    PublicId,
    client_name,
    idempotent,
    page_of,
)
from baozhen.faces.api.documents import PDF_RESPONSES, PROBLEMS
from baozhen.faces.errors import NotFound
from baozhen.faces.limits import BULK, LIVE, QUERY
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.clock import now
from baozhen.signing.envelopes import forms
from baozhen.signing.envelopes.models import BatchRow, Envelope, EnvelopeBatch
from baozhen.signing.envelopes.queries import (
    batch_counts,
    document_bytes,
    envelope_of,
    envelopes_of_client,
)
from baozhen.signing.envelopes.services.acts import recall
from baozhen.signing.envelopes.services.batches import BatchOrder, create_batch
from baozhen.signing.envelopes.services.links import issue_link
from baozhen.signing.envelopes.services.scenarios import FlowOrder, PartyFacts, start_flow
from baozhen.signing.envelopes.services.telling import link_address, remind
from baozhen.signing.envelopes.services.voiding import request_void
from baozhen.signing.identity.services.subjects import SubjectFacts
from baozhen.signing.organizations.queries import root_unit, unit_of
from baozhen.signing.organizations.services import Scope

router = Router(tags=["签署任务"])


class PartyIn(Schema):
    """Who fills a role: a person's identity facts, or the unit of a company."""

    name: str = Field("", max_length=64, description="姓名；单位填 unit")
    id_type: str = Field("id_card", max_length=32, description="证件类型")
    id_no: str = Field("", max_length=32, description="证件号码，只用于核验，加密保存")
    mobile: str = Field("", max_length=11, description="手机号，接收签署链接和验证码")
    email: str = Field("", max_length=254, description="邮箱")
    unit: str = Field("", max_length=40, description="单位方的机构编号 org_…")


class EnvelopeIn(Schema):
    """The wish to start a ready-made flow."""

    flow: str = Field(
        max_length=48, description="流程代码，见 GET /flows", examples=["claim_application"]
    )
    unit: str = Field("", max_length=40, description="发起机构编号 org_…；空为总公司")
    values: dict[str, Any] = Field(default_factory=dict, description="文件的填写内容")
    parties: dict[str, PartyIn] = Field(default_factory=dict, description="各角色的签署方")
    biz_no: BusinessNumber | None = None
    message: str = Field("", max_length=500, description="给签署方的留言")


class BatchIn(Schema):
    """The wish to start a flow for many rows."""

    flow: str = Field(max_length=48, description="流程代码")
    unit: str = Field("", max_length=40, description="发起机构编号；空为总公司")
    biz_no: BusinessNumber | None = None
    rows: list[dict[str, Any]] = Field(
        max_length=100_000, description="每行：values、parties、biz_no，最多 100,000 行"
    )


class ReasonIn(Schema):
    """Why."""

    reason: str = Field(min_length=1, max_length=500, description="原因")


class EnvelopeOut(Schema):
    """A signing task."""

    id: PublicId
    biz_no: str | None
    flow: str
    title: str
    document_type: str
    state: str = Field(
        description="draft in_progress sealing completed declined recalled expired …"
    )
    content_sha256: str = Field(description="内容指纹，各方签署的是同一内容")
    created_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None
    reason: str
    attempts: int = Field(description="封签尝试次数")
    last_error: str
    signatories: list[dict[str, Any]]
    documents: list[dict[str, Any]]


class EnvelopePage(PageInfo):
    """A page of signing tasks."""

    items: list[EnvelopeOut]


class BatchOut(Schema):
    """A batch and how far it is."""

    id: PublicId
    flow: str
    state: str
    total: int
    started: int
    failed: int
    waiting: int


class RowOut(Schema):
    """One row of a batch."""

    line: int
    status: str
    envelope: str | None
    code: str
    problem: str


class RowPage(PageInfo):
    """A page of rows."""

    items: list[RowOut]


class AuditOut(Schema):
    """What happened, hash-chained."""

    items: list[dict[str, Any]]


class LinkOut(Schema):
    """A one-person link to the signing page."""

    url: str
    expires_at: datetime | None


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
            "roles": [
                {"role": r.role, "label": r.label, "kind": r.kind, "own": r.own} for r in flow.roles
            ],
        }
        for flow in forms.flows().values()
    ]


@router.post(
    "/envelopes",
    response={201: EnvelopeOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="发起签署任务",
    openapi_extra=REPEATABLE,
)
def create(request: HttpRequest, body: EnvelopeIn) -> Status[Any]:
    """Start a flow; the same `biz_no` and content give the same task."""

    def act() -> Made:
        order = FlowOrder(
            flow=body.flow,
            client=client_name(request),
            unit=unit_of(body.unit) if body.unit else root_unit(),
            values=body.values,
            parties={role: _party(party) for role, party in body.parties.items()},
            biz_no=body.biz_no,
            message=body.message,
        )
        envelope = start_flow(order, actor=_actor(request), at=now())
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
    return describe(_own(request, envelope_id))


@router.get(
    "/envelopes/{envelope_id}/documents/{int:position}",
    response={200: None, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_READ, QUERY),
    summary="下载签署文件",
    openapi_extra=PDF_RESPONSES,
)
def document(request: HttpRequest, envelope_id: str, position: int) -> HttpResponse:
    """Send the document as it stands, byte for byte."""
    envelope = _own(request, envelope_id)
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
    envelope = _own(request, envelope_id)
    return {
        "items": [
            {"action": e.action, "at": e.at, "actor": e.actor, "digest": bytes(e.digest).hex()}
            for e in entries_of("envelope", envelope.pk)
        ]
    }


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
        envelope = _own(request, envelope_id)
        done = recall(envelope.pk, reason=body.reason, actor=_actor(request), at=now())
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
        envelope = _own(request, envelope_id)
        remind(envelope.pk, actor=_actor(request), at=now())
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
        envelope = _own(request, envelope_id)
        request_void(envelope.pk, by=None, reason=body.reason, actor=_actor(request), at=now())
        return Made(200, describe(_own(request, envelope_id)), envelope.public_id)

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
        envelope = _own(request, envelope_id)
        signatory = envelope.signatories.filter(role=role, subject__isnull=False).first()
        if signatory is None:
            raise NotFound(what="这个签署方")
        token = issue_link(signatory, actor=_actor(request), at=now())
        answer = {"url": link_address(token), "expires_at": envelope.expires_at}
        return Made(201, answer, envelope.public_id)

    return idempotent(request, act)


@router.post(
    "/envelope-batches",
    response={202: BatchOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, BULK),
    summary="批量发起",
    openapi_extra=REPEATABLE,
)
def submit_batch(request: HttpRequest, body: BatchIn) -> Status[Any]:
    """Take the rows in and promise their work; each row has its own result."""

    def act() -> Made:
        order = BatchOrder(
            flow=body.flow,
            client=client_name(request),
            unit=unit_of(body.unit) if body.unit else root_unit(),
            biz_no=body.biz_no,
        )
        batch = create_batch(order, body.rows, actor=_actor(request), at=now())
        return Made(202, describe_batch(batch), batch.public_id)

    return idempotent(request, act)


@router.get(
    "/envelope-batches/{batch_id}",
    response={200: BatchOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_READ, QUERY),
    summary="批次进度",
)
def show_batch(request: HttpRequest, batch_id: str) -> dict[str, Any]:
    """Say how far the batch is."""
    return describe_batch(_own_batch(request, batch_id))


@router.get(
    "/envelope-batches/{batch_id}/rows",
    response={200: RowPage, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_READ, QUERY),
    summary="批次明细",
)
def list_rows(
    request: HttpRequest, batch_id: str, cursor: Cursor = "", limit: Limit = 50, status: str = ""
) -> dict[str, Any]:
    """List the rows of a batch, those that failed with their problems."""
    rows = BatchRow.objects.filter(batch=_own_batch(request, batch_id)).select_related("envelope")
    if status:
        rows = rows.filter(status=status)
    return page_of(rows, cursor=cursor, limit=limit, key="line").answer(
        lambda row: {
            "line": row.line,
            "status": row.status,
            "envelope": row.envelope.public_id if row.envelope else None,
            "code": row.code,
            "problem": row.problem,
        }
    )


def describe(envelope: Envelope) -> dict[str, Any]:
    """Return the task as the API says it; no personal data."""
    parties = envelope.signatories.prefetch_related("actions").order_by("pk")
    return {
        "id": envelope.public_id,
        "biz_no": envelope.biz_no,
        "flow": envelope.flow,
        "title": envelope.title,
        "document_type": envelope.document_type,
        "state": envelope.state,
        "content_sha256": envelope.content_sha256,
        "created_at": envelope.created_at,
        "expires_at": envelope.expires_at,
        "ended_at": envelope.ended_at,
        "reason": envelope.reason,
        "attempts": envelope.attempts,
        "last_error": envelope.last_error,
        "signatories": [
            {
                "id": party.public_id,
                "role": party.role,
                "kind": party.kind,
                "actions": [
                    {"id": a.public_id, "type": a.type, "order": a.order, "state": a.state}
                    for a in party.actions.all()
                ],
            }
            for party in parties
        ],
        "documents": [
            {
                "id": entry.public_id,
                "position": entry.position,
                "title": entry.title,
                "pages": entry.pages,
                "sha256": entry.head_sha256,
            }
            for entry in envelope.documents.order_by("position")
        ],
    }


def describe_batch(batch: EnvelopeBatch) -> dict[str, Any]:
    """Return the batch as the API says it."""
    counts = batch_counts(batch)
    return {
        "id": batch.public_id,
        "flow": batch.flow,
        "state": batch.state,
        "total": counts.total,
        "started": counts.started,
        "failed": counts.failed,
        "waiting": counts.waiting,
    }


def _party(party: PartyIn) -> PartyFacts:
    if party.unit:
        return PartyFacts(unit=unit_of(party.unit))
    return PartyFacts(
        subject=SubjectFacts(
            kind="person",
            name=party.name,
            id_type=party.id_type,
            id_no=party.id_no,
            mobile=party.mobile,
            email=party.email,
        )
    )


def _own(request: HttpRequest, envelope_id: str) -> Envelope:
    return envelope_of(envelope_id, client=client_name(request))


def _own_batch(request: HttpRequest, batch_id: str) -> EnvelopeBatch:
    found = EnvelopeBatch.objects.filter(public_id=batch_id, client=client_name(request)).first()
    if found is None:
        raise NotFound(what="这个批次")
    return found


def _actor(request: HttpRequest) -> str:
    return actor_of(request.auth)  # type: ignore[attr-defined]
