"""Seals by REST: the library, uses, blast radius; asking for a seal, freezing one.

Approving, granting and setting rules are acts of people in the console: a program can never give
itself the use of a seal.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema, Status

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
from baozhen.signing.organizations.queries import unit_of
from baozhen.signing.organizations.services import Scope
from baozhen.signing.seals.errors import SealUnknown
from baozhen.signing.seals.models import Seal, SealUse
from baozhen.signing.seals.queries import blast_radius, current_version, seal_of, version_picture
from baozhen.signing.seals.services import Look, SealDraft, freeze_seal, request_seal
from baozhen.signing.seals.states import Category, SealKind, SealState, UseState

router = Router(tags=["印章"])
_SINCE = timedelta(days=30)


def _file_of(media_type: str) -> dict[str, Any]:
    """Describe an answer that is a file."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"responses": {200: {"description": "文件", "content": content}}}


class SealInfo(Schema):
    """A seal."""

    id: PublicId
    kind: str = Field(description="electronic、ukey、physical、legal_rep 或 personal")
    category: str
    name: str
    state: str = Field(description="making、active、suspended 或 abolished")
    unit: str = Field(description="所属机构编号")
    company: str = Field(description="印文单位")
    version: int
    state_reason: str
    created_at: datetime


class SealPage(PageInfo):
    """A page of seals."""

    items: list[SealInfo]


class UseInfo(Schema):
    """One use of a seal."""

    id: str
    seal: PublicId
    state: str = Field(description="reserved、done、released 或 refused")
    unit: str
    actor: str
    is_silent: bool
    document_type: str
    flow: str
    reference: str = Field(description="签署任务编号")
    batch: str
    document_sha256: str
    signed_sha256: str
    refusal: str
    at: datetime


class UsePage(PageInfo):
    """A page of uses."""

    items: list[UseInfo]


class Counted(Schema):
    """How many uses fall under one label."""

    label: str
    count: int


class RadiusInfo(Schema):
    """Every document a seal was used on, in figures; the documents themselves by /seal-uses."""

    seal: PublicId
    since: datetime
    total: int
    open: int
    by_unit: list[Counted]
    by_flow: list[Counted]
    by_document_type: list[Counted]
    by_day: list[Counted]
    batches: list[Counted]


class SealIn(Schema):
    """A company seal to be drawn, which a person then approves in the console."""

    unit: PublicId
    category: Category = Category.POLICY
    name: str = Field(min_length=1, max_length=128, examples=["电子保单专用章"])
    layout: str = Field(default="round_40", max_length=32)
    text: str = Field(max_length=44, description="印文：沿弧线的单位名称")
    purpose: str = Field(default="", max_length=20, description="中间文字")
    note: str = Field(default="", max_length=20)
    code_no: str = Field(default="", max_length=13, pattern=r"^([0-9]{13})?$")
    reason: str = Field(min_length=1, max_length=200)


class Asked(Schema):
    """A request that waits for a person."""

    id: str = Field(description="申请编号")
    seal: SealInfo


class SealReasonIn(Schema):
    """Why."""

    reason: str = Field(min_length=1, max_length=200)


@router.get(
    "/seals",
    response={200: SealPage, **PROBLEMS},
    auth=Bearer(Scope.SEALS_READ, QUERY),
    summary="印章列表",
)
def list_seals(
    request: HttpRequest,
    state: SealState | None = None,
    kind: SealKind | None = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return seals, the newest first."""
    found = Seal.objects.select_related("unit")
    found = found.filter(state=state) if state is not None else found
    found = found.filter(kind=kind) if kind is not None else found
    return page_of(found, cursor=cursor, limit=limit).answer(_seal)


@router.post(
    "/seals",
    response={201: Asked, **PROBLEMS},
    auth=Bearer(Scope.SEALS_WRITE, LIVE),
    summary="申请制作电子印章",
    openapi_extra=REPEATABLE,
)
def ask_for_seal(request: HttpRequest, body: SealIn) -> Status[Any]:
    """Ask for an electronic seal; it is made when a person has approved it."""

    def act() -> Made:
        look = Look(
            layout=body.layout,
            name=body.text,
            purpose=body.purpose,
            code=body.code_no,
            note=body.note,
        )
        change = request_seal(
            SealDraft(
                kind=SealKind.ELECTRONIC,
                category=body.category.value,
                name=body.name,
                unit=unit_of(body.unit),
                look=look,
                code_no=body.code_no,
                reason=body.reason,
            ),
            actor=client_name(request),
            at=now(),
        )
        answer = {"id": change.public_id, "seal": _seal(change.seal)}
        return Made(201, answer, change.seal.public_id)

    return idempotent(request, act)


@router.get(
    "/seals/{seal_id}",
    response={200: SealInfo, **PROBLEMS},
    auth=Bearer(Scope.SEALS_READ, QUERY),
    summary="印章",
)
def show_seal(request: HttpRequest, seal_id: PublicId) -> Mapping[str, Any]:
    """Return one seal."""
    return _seal(seal_of(seal_id))


@router.get(
    "/seals/{seal_id}/picture",
    response={200: None, **PROBLEMS},
    auth=Bearer(Scope.SEALS_READ, QUERY),
    summary="印模图片（PNG）",
    openapi_extra=_file_of("image/png"),
)
def show_picture(request: HttpRequest, seal_id: PublicId) -> HttpResponse:
    """Return the seal's picture; handwriting of persons is not given out."""
    seal = seal_of(seal_id)
    if seal.kind == SealKind.PERSONAL:
        raise SealUnknown(seal=seal_id)
    return HttpResponse(version_picture(current_version(seal)), content_type="image/png")


@router.get(
    "/seals/{seal_id}/structure",
    response={200: None, **PROBLEMS},
    auth=Bearer(Scope.SEALS_READ, QUERY),
    summary="印章结构（GB/T 38540，DER）",
    openapi_extra=_file_of("application/octet-stream"),
)
def show_structure(request: HttpRequest, seal_id: PublicId) -> HttpResponse:
    """Return the seal structure that the seal maker signed."""
    version = current_version(seal_of(seal_id))
    if version.ses is None:
        raise SealUnknown(seal=seal_id)
    return HttpResponse(bytes(version.ses), content_type="application/octet-stream")


@router.get(
    "/seals/{seal_id}/blast-radius",
    response={200: RadiusInfo, **PROBLEMS},
    auth=Bearer(Scope.SEALS_READ, QUERY),
    summary="影响范围：自某时起用过该印章的文件",
)
def show_radius(
    request: HttpRequest, seal_id: PublicId, since: datetime | None = None
) -> dict[str, Any]:
    """Count what the seal was used on since an instant (30 days ago when left out)."""
    seal = seal_of(seal_id)
    begin = since or now() - _SINCE
    found = blast_radius(seal=seal, since=begin)
    return {
        "seal": seal.public_id,
        "since": begin,
        "total": found.total,
        "open": found.open,
        "by_unit": _counted(found.by_unit),
        "by_flow": _counted(found.by_flow),
        "by_document_type": _counted(found.by_type),
        "by_day": _counted(found.by_day),
        "batches": _counted(found.batches),
    }


@router.post(
    "/seals/{seal_id}/actions/freeze",
    response={200: SealInfo, **PROBLEMS},
    auth=Bearer(Scope.SEALS_WRITE, LIVE),
    summary="紧急冻结印章",
    openapi_extra=REPEATABLE,
)
def freeze(request: HttpRequest, seal_id: PublicId, body: SealReasonIn) -> Status[Any]:
    """Suspend the seal at once; resuming it takes people. A frozen seal stays frozen."""

    def act() -> Made:
        seal = seal_of(seal_id)
        freeze_seal(seal.pk, reason=body.reason, actor=client_name(request), at=now())
        return Made(200, _seal(seal_of(seal_id)), seal_id)

    return idempotent(request, act)


@router.get(
    "/seal-uses",
    response={200: UsePage, **PROBLEMS},
    auth=Bearer(Scope.SEALS_READ, QUERY),
    summary="用印记录",
)
def list_uses(
    request: HttpRequest,
    seal: Annotated[str, Query(max_length=40, description="印章编号")] = "",
    reference: Annotated[str, Query(max_length=40, description="签署任务编号")] = "",
    state: UseState | None = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return uses, the newest first."""
    found = SealUse.objects.select_related("seal", "unit")
    found = found.filter(seal__public_id=seal) if seal else found
    found = found.filter(reference=reference) if reference else found
    found = found.filter(state=state) if state is not None else found
    return page_of(found, cursor=cursor, limit=limit).answer(_use)


def _seal(seal: Seal) -> dict[str, Any]:
    return {
        "id": seal.public_id,
        "kind": seal.kind,
        "category": seal.category,
        "name": seal.name,
        "state": seal.state,
        "unit": seal.unit.public_id,
        "company": seal.company,
        "version": seal.version,
        "state_reason": seal.state_reason,
        "created_at": seal.created_at,
    }


def _use(use: SealUse) -> dict[str, Any]:
    return {
        "id": use.public_id,
        "seal": use.seal.public_id,
        "state": use.state,
        "unit": use.unit.public_id,
        "actor": use.actor,
        "is_silent": use.is_silent,
        "document_type": use.document_type,
        "flow": use.flow,
        "reference": use.reference,
        "batch": use.batch,
        "document_sha256": use.document_sha256,
        "signed_sha256": use.signed_sha256,
        "refusal": use.refusal,
        "at": use.at,
    }


def _counted(rows: Any) -> list[dict[str, Any]]:
    return [{"label": str(row["label"]), "count": row["n"]} for row in rows]
