"""Batches of signing tasks by REST: rows in, a result a row, ended as a whole."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Status

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.bodies import NDJSON_TYPE, chunks_of, idempotency_key, require_type
from baozhen.faces.api.conventions import (
    REPEATABLE,
    Cursor,
    Limit,
    Made,
    client_name,
    idempotent,
    page_of,
)
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.api.envelope_schemas import BatchIn, BatchOut, ReasonIn, RowPage
from baozhen.faces.api.template_reach import template_seen
from baozhen.faces.errors import NotFound
from baozhen.faces.limits import BULK, LIVE, QUERY
from baozhen.faces.lines import lines_of
from baozhen.foundation.clock import now
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.signing.envelopes.errors import RowsInvalid
from baozhen.signing.envelopes.models import BatchRow, EnvelopeBatch
from baozhen.signing.envelopes.queries import batch_counts
from baozhen.signing.envelopes.services.batches import (
    BatchOrder,
    create_batch,
    end_batch,
    retry_failed,
)
from baozhen.signing.envelopes.services.from_templates import is_template
from baozhen.signing.organizations.queries import root_unit, unit_of
from baozhen.signing.organizations.services import Scope

router = Router(tags=["签署任务"])
_KEYS_START = "key:"
_LINES = {
    "required": True,
    "description": "每行一个 JSON 对象：values、parties、biz_no，"
    "用模版时还有 silent，最多 100,000 行",
    "content": {NDJSON_TYPE: {"schema": {"type": "string"}}},
}


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
            flow=_flow(request, body.flow),
            client=client_name(request),
            unit=unit_of(body.unit) if body.unit else root_unit(),
            biz_no=body.biz_no,
            timestamp=body.timestamp,
        )
        batch = create_batch(order, body.rows, actor=client_name(request), at=now())
        return Made(202, describe_batch(batch), batch.public_id)

    return idempotent(request, act)


@router.post(
    "/envelope-batches/stream",
    response={202: BatchOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, BULK),
    summary="批量发起（NDJSON）",
    openapi_extra=REPEATABLE | {"requestBody": _LINES},
)
def stream_batch(
    request: HttpRequest,
    flow: Annotated[str, Field(max_length=48, description="流程代码，或模版编号 tpl_…")],
    unit: Annotated[str, Field(max_length=40, description="发起机构；空为总公司")] = "",
    timestamp: TimestampMode = TimestampMode.AGGREGATED,
) -> Status[Any]:
    """Take a long table line by line; the same Idempotency-Key gives the same batch."""
    require_type(request, NDJSON_TYPE)
    order = BatchOrder(
        flow=_flow(request, flow),
        client=client_name(request),
        unit=unit_of(unit) if unit else root_unit(),
        biz_no=f"{_KEYS_START}{idempotency_key(request)}"[:64],
        timestamp=timestamp,
    )
    rows = _rows(lines_of(chunks_of(request)))
    return Status(202, describe_batch(create_batch(order, rows, actor=order.client, at=now())))


@router.post(
    "/envelope-batches/{batch_id}/actions/end",
    response={200: BatchOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, BULK),
    summary="批量终止",
    openapi_extra=REPEATABLE,
)
def end(request: HttpRequest, batch_id: str, body: ReasonIn) -> Status[Any]:
    """Take back what runs and ask the parties to void what is complete."""

    def act() -> Made:
        batch = _own_batch(request, batch_id)
        done = end_batch(batch.pk, reason=body.reason, actor=client_name(request), at=now())
        return Made(200, describe_batch(done), done.public_id)

    return idempotent(request, act)


@router.post(
    "/envelope-batches/{batch_id}/actions/resume",
    response={200: BatchOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="重试有误的行",
    openapi_extra=REPEATABLE,
)
def resume(request: HttpRequest, batch_id: str) -> Status[Any]:
    """Put the failed rows back to work, after their cause is mended."""

    def act() -> Made:
        batch = _own_batch(request, batch_id)
        retry_failed(batch.pk)
        return Made(200, describe_batch(_own_batch(request, batch_id)), batch.public_id)

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


def describe_batch(batch: EnvelopeBatch) -> dict[str, Any]:
    """Return the batch as the API says it."""
    counts = batch_counts(batch)
    return {
        "id": batch.public_id,
        "flow": batch.flow,
        "state": batch.state,
        "timestamp": batch.timestamp_mode,
        "total": counts.total,
        "started": counts.started,
        "failed": counts.failed,
        "waiting": counts.waiting,
    }


def _flow(request: HttpRequest, flow: str) -> str:
    """Return the flow; a template must be one that the program may see."""
    return template_seen(request, flow).public_id if is_template(flow) else flow


def _own_batch(request: HttpRequest, batch_id: str) -> EnvelopeBatch:
    found = EnvelopeBatch.objects.filter(public_id=batch_id, client=client_name(request)).first()
    if found is None:
        raise NotFound(what="这个批次")
    return found


def _rows(lines: Iterator[bytes]) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RowsInvalid(path=f"{number}", reason=f"第 {number} 行不是 JSON") from error
        if not isinstance(row, dict):
            raise RowsInvalid(path=f"{number}", reason=f"第 {number} 行不是对象")
        yield row
