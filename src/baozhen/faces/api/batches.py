"""Batches: an NDJSON stream in, a result a line out; a broken stream is simply sent again."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Status

from baozhen.faces.api.auth import Bearer, actor_of
from baozhen.faces.api.bodies import NDJSON_TYPE, chunks_of, idempotency_key, require_type
from baozhen.faces.api.documents import PROBLEMS, headers_of
from baozhen.faces.api.schemas import BatchInfo, ItemPage, Resumed
from baozhen.faces.errors import InvalidRequest
from baozhen.faces.limits import BULK, QUERY
from baozhen.faces.lines import lines_of
from baozhen.foundation.clock import now
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.insurance.proposals.models import Batch, BatchItem
from baozhen.insurance.proposals.queries import batch_progress, get_batch, list_items
from baozhen.insurance.proposals.services import receive_batch, resume_batch
from baozhen.insurance.proposals.states import ItemStatus
from baozhen.signing.organizations.services import Scope

router = Router(tags=["批次"])
PAGE_MAX = 200
_BODY = {
    "required": True,
    "description": "每行一张投保单（与 POST /proposals 相同的 JSON），最多 100,000 行",
    "content": {NDJSON_TYPE: {"schema": {"type": "string"}}},
}


@router.post(
    "/batches",
    response={202: BatchInfo, **PROBLEMS},
    auth=Bearer(Scope.BATCHES_WRITE, BULK),
    summary="提交批次",
    openapi_extra={
        "requestBody": _BODY,
        "parameters": [
            headers_of("Idempotency-Key", "批次的幂等键；断线后用同一键重发同一文件续传")
        ],
    },
)
def submit_batch(
    request: HttpRequest, timestamp: TimestampMode = TimestampMode.AGGREGATED
) -> Status[dict[str, Any]]:
    """Take the lines, promise their processing, answer where to ask for the results."""
    require_type(request, NDJSON_TYPE)
    batch = receive_batch(
        lines_of(chunks_of(request)),
        client=_client(request),
        idempotency_key=idempotency_key(request),
        timestamp_mode=timestamp,
        at=now(),
    )
    return Status(202, _batch(batch))


@router.get(
    "/batches/{int:batch_id}",
    response={200: BatchInfo, **PROBLEMS},
    auth=Bearer(Scope.BATCHES_READ, QUERY),
    summary="批次进度",
)
def show_batch(request: HttpRequest, batch_id: int) -> dict[str, Any]:
    """Say how far the batch is."""
    return _batch(get_batch(batch_id, client=_client(request)))


@router.get(
    "/batches/{int:batch_id}/items",
    response={200: ItemPage, **PROBLEMS},
    auth=Bearer(Scope.BATCHES_READ, QUERY),
    summary="批次的逐行结果",
)
def show_items(
    request: HttpRequest,
    batch_id: int,
    status: ItemStatus | None = None,
    cursor: Annotated[str, Field(max_length=20)] = "",
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = PAGE_MAX,
) -> dict[str, Any]:
    """Return lines in order, optionally those of one status."""
    if cursor and not cursor.isdecimal():
        raise InvalidRequest(path="cursor")
    batch = get_batch(batch_id, client=_client(request))
    found = list_items(batch, status=status, after_line=int(cursor or 0), limit=limit + 1)
    page, has_more = found[:limit], len(found) > limit
    return {
        "items": [_item(item) for item in page],
        "has_more": has_more,
        "cursor": str(page[-1].line) if has_more else None,
    }


@router.post(
    "/batches/{int:batch_id}/actions/resume",
    response={200: Resumed, **PROBLEMS},
    auth=Bearer(Scope.BATCHES_WRITE, BULK),
    summary="重试失败的行",
)
def resume(request: HttpRequest, batch_id: int) -> dict[str, int]:
    """Try the lines again that failed for a bug, and promise again what is left."""
    client = _client(request)
    batch = get_batch(batch_id, client=client)
    return {"id": batch.pk, "resumed": resume_batch(batch, actor=client, at=now())}


def _client(request: HttpRequest) -> str:
    return actor_of(request.auth)  # type: ignore[attr-defined]


def _batch(batch: Batch) -> dict[str, Any]:
    progress = batch_progress(batch)
    return {
        "id": batch.pk,
        "state": batch.state,
        "timestamp": batch.timestamp_mode,
        "size": batch.size,
        "done": progress.done,
        "issued": progress.issued,
        "refused": progress.refused,
        "conflict": progress.conflict,
        "failed": progress.failed,
        "created_at": batch.created_at,
        "finished_at": batch.finished_at,
    }


def _item(item: BatchItem) -> dict[str, Any]:
    return {
        "line": item.line,
        "status": item.status,
        "proposal_no": item.proposal_no,
        "policies": item.policies,
        "errors": item.errors,
        "trace_no": item.trace_no,
    }
