"""Pre-stamps of a company by REST: to be read, and to be taken back by its own system.

Giving one stays an act of a person, whose will is confirmed by a code (docs/decisions/0012): a
program can stop what a person has begun, never begin it.
"""

from datetime import datetime
from typing import Annotated, Any

from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest
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
from baozhen.faces.api.template_reach import own_units
from baozhen.faces.limits import LIVE, QUERY
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.errors import PreStampNotFound
from baozhen.signing.envelopes.models import Action, PreStamp
from baozhen.signing.envelopes.services.pre_stamping import revoke_by_program, standing
from baozhen.signing.envelopes.states import ActionState, PreStampState
from baozhen.signing.organizations.services import Scope

router = Router(tags=["签署任务"])


class PreStampInfo(Schema):
    """A company's word that its seal goes on when its turn comes, without being asked again."""

    id: PublicId
    state: PreStampState = Field(description="active 有效、revoked 已收回、ended 已用完或到期")
    unit: PublicId = Field(description="授权的单位")
    seal: PublicId = Field(description="印章编号")
    kind: str = Field(description="任务种类：流程代码，或模版编号加版本")
    kind_title: str = Field(description="种类名称")
    count_max: int = Field(description="最多几份")
    used: int = Field(description="已用几份")
    until: datetime = Field(description="有效期至，不含这一刻")
    statement: str = Field(description="授权书，逐字")
    statement_sha256: str = Field(description="授权书的摘要，意愿确认的就是它")
    consent: PublicId = Field(description="意愿认证编号")
    given_by: str = Field(description="授权人")
    given_at: datetime = Field(description="授权时间")
    ended_by: str = Field(description="收回人；空为没有收回")
    ended_at: datetime | None = Field(description="结束时间")
    reason: str = Field(description="收回原因")


class PreStampPage(PageInfo):
    """A page of pre-stamps."""

    items: list[PreStampInfo]


class PreStampUseInfo(Schema):
    """A task that was decided by a pre-stamp."""

    envelope: PublicId = Field(description="签署任务编号")
    title: str = Field(description="签署任务的标题")
    action: PublicId = Field(description="步骤编号")
    state: ActionState = Field(description="步骤状态：performing 正在盖章、done 已盖章……")
    at: datetime | None = Field(description="轮到本单位、按授权决定的时间")


class PreStampUsePage(PageInfo):
    """A page of tasks."""

    items: list[PreStampUseInfo]


class PreStampReasonIn(Schema):
    """Why."""

    reason: str = Field(min_length=1, max_length=200, description="收回原因")


@router.get(
    "/pre-stamps",
    response={200: PreStampPage, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_READ, QUERY),
    summary="本单位的预盖章授权",
)
def list_pre_stamps(
    request: HttpRequest,
    state: PreStampState | None = None,
    kind: Annotated[str, Query(max_length=64, description="任务种类")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return the pre-stamps of the program's own company, the newest first."""
    rows = _own(request)
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(_standing_is(state)) if state is not None else rows
    return page_of(rows, cursor=cursor, limit=limit).answer(_pre_stamp)


@router.get(
    "/pre-stamps/{pre_stamp_id}",
    response={200: PreStampInfo, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_READ, QUERY),
    summary="预盖章授权",
)
def show_pre_stamp(request: HttpRequest, pre_stamp_id: PublicId) -> dict[str, Any]:
    """Return one: its limits, how much of it is used, and until when it holds."""
    return _pre_stamp(_one(request, pre_stamp_id))


@router.get(
    "/pre-stamps/{pre_stamp_id}/uses",
    response={200: PreStampUsePage, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_READ, QUERY),
    summary="按授权盖章的签署任务",
)
def list_pre_stamp_uses(
    request: HttpRequest, pre_stamp_id: PublicId, cursor: Cursor = "", limit: Limit = 50
) -> dict[str, Any]:
    """Return the tasks that it decided, the newest first."""
    rows = _one(request, pre_stamp_id).actions.select_related("envelope")
    return page_of(rows, cursor=cursor, limit=limit).answer(_use)


@router.post(
    "/pre-stamps/{pre_stamp_id}/actions/revoke",
    response={200: PreStampInfo, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="收回预盖章授权",
    openapi_extra=REPEATABLE,
)
def revoke_pre_stamp(
    request: HttpRequest, pre_stamp_id: PublicId, body: PreStampReasonIn
) -> Status[Any]:
    """Take it back at once; what has begun to be sealed before ends in peace."""

    def act() -> Made:
        revoke_by_program(
            own_units(request),
            pre_stamp_id,
            reason=body.reason,
            actor=client_name(request),
            at=now(),
        )
        return Made(200, _pre_stamp(_one(request, pre_stamp_id)), pre_stamp_id)

    return idempotent(request, act)


def _own(request: HttpRequest) -> QuerySet[PreStamp]:
    """A program sees those of the company whose system it connects, and nobody else's."""
    rows = PreStamp.objects.filter(unit__in=own_units(request))
    return rows.select_related("unit", "seal", "consent").annotate(times=Count("actions"))


def _one(request: HttpRequest, public_id: str) -> PreStamp:
    row = _own(request).filter(public_id=public_id).first()
    if row is None:
        raise PreStampNotFound
    return row


def _standing_is(state: PreStampState) -> Q:
    """Return what `standing` says, as a condition on rows with their `times`."""
    over = Q(until__lte=now()) | Q(times__gte=F("count_max"))
    if state is PreStampState.ENDED:
        return Q(state=state) | (Q(state=PreStampState.ACTIVE) & over)
    return Q(state=state) & ~over if state is PreStampState.ACTIVE else Q(state=state)


def _pre_stamp(row: PreStamp) -> dict[str, Any]:
    times = int(getattr(row, "times", 0))
    return {
        "id": row.public_id,
        "state": standing(row, used_count=times, at=now()),
        "unit": row.unit.public_id,
        "seal": row.seal.public_id,
        "kind": row.kind,
        "kind_title": row.kind_title,
        "count_max": row.count_max,
        "used": times,
        "until": row.until,
        "statement": row.statement,
        "statement_sha256": row.statement_sha256,
        "consent": row.consent.public_id,
        "given_by": row.given_by,
        "given_at": row.given_at,
        "ended_by": row.ended_by,
        "ended_at": row.ended_at,
        "reason": row.reason,
    }


def _use(action: Action) -> dict[str, Any]:
    return {
        "envelope": action.envelope.public_id,
        "title": action.envelope.title,
        "action": action.public_id,
        "state": action.state,
        "at": action.acted_at,
    }
