"""Start a flow for every row of a table: each row has its own result, and one error stops none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.ids import new_id
from baozhen.foundation.jobs import Queue, defer_many, job
from baozhen.foundation.states import enter, move
from baozhen.signing.envelopes.errors import RowsInvalid
from baozhen.signing.envelopes.forms import ValueFault, flow_of
from baozhen.signing.envelopes.models import BatchRow, EnvelopeBatch
from baozhen.signing.envelopes.services.scenarios import FlowOrder, PartyFacts, start_flow
from baozhen.signing.envelopes.states import BatchState, RowStatus
from baozhen.signing.identity.services.subjects import SubjectFacts
from baozhen.signing.organizations.models import OrgUnit

ROWS_MAX = 100_000
CHUNK = 50
START_ROWS = "start_envelope_rows"
_WRITTEN_TOGETHER = 1_000


@dataclass(frozen=True, kw_only=True)
class BatchOrder:
    """The wish to start a flow many times."""

    flow: str
    client: str
    unit: OrgUnit
    biz_no: str | None = None


@transaction.atomic(durable=True)
def create_batch(
    order: BatchOrder, rows: Iterable[Mapping[str, Any]], *, actor: str, at: datetime
) -> EnvelopeBatch:
    """Take the rows in and promise their work; raises FlowUnknown or RowsInvalid.

    A row: `values`, `parties` (role → name, id_type, id_no, mobile, email …), `biz_no`. A second
    call with the same client and `biz_no` returns the first batch.
    """
    flow_of(order.flow)
    if order.biz_no is not None:
        known = EnvelopeBatch.objects.filter(client=order.client, biz_no=order.biz_no).first()
        if known is not None:
            return known
    batch = EnvelopeBatch.objects.create(
        public_id=new_id("bat", at=at),
        client=order.client,
        biz_no=order.biz_no,
        flow=order.flow,
        unit=order.unit,
        rows_total=0,
        created_by=actor,
        created_at=at,
    )
    keys = _write_rows(batch, rows)
    if not keys:
        raise RowsInvalid(path="rows", reason="表格里没有数据行")
    EnvelopeBatch.objects.filter(pk=batch.pk).update(rows_total=len(keys))
    batch.rows_total = len(keys)
    enter(batch, actor=actor, at=at)
    starts = range(0, len(keys), CHUNK)
    defer_many(START_ROWS, [{"keys": keys[start : start + CHUNK]} for start in starts])
    return batch


@job(START_ROWS, queue=Queue.BULK)
def start_rows(*, keys: list[int]) -> None:
    """Start the envelopes of some rows; safe to repeat, because a row's number names it once."""
    rows = (
        BatchRow.objects.filter(pk__in=keys, status=RowStatus.WAITING)
        .select_related("batch__unit")
        .order_by("line")
    )
    for row in rows:
        _start(row)
    batch_id = BatchRow.objects.filter(pk__in=keys[:1]).values_list("batch_id", flat=True).first()
    if batch_id is not None:
        _finish_when_done(batch_id)


@transaction.atomic(durable=True)
def retry_failed(batch_id: int) -> int:
    """Put the rows that failed back to work, after their cause is mended; return how many."""
    failed = BatchRow.objects.filter(batch=batch_id, status=RowStatus.FAILED)
    keys = list(failed.values_list("pk", flat=True))
    failed.update(status=RowStatus.WAITING, code="", problem="")
    starts = range(0, len(keys), CHUNK)
    defer_many(START_ROWS, [{"keys": keys[start : start + CHUNK]} for start in starts])
    return len(keys)


def _write_rows(batch: EnvelopeBatch, rows: Iterable[Mapping[str, Any]]) -> list[int]:
    keys: list[int] = []
    waiting: list[BatchRow] = []
    for line, payload in enumerate(rows, 1):
        if line > ROWS_MAX:
            raise RowsInvalid(path="rows", reason=f"超过 {ROWS_MAX:,} 行，请分批提交")
        waiting.append(BatchRow(batch=batch, line=line, payload=dict(payload)))
        if len(waiting) == _WRITTEN_TOGETHER:
            keys += _store(waiting)
            waiting = []
    return keys + _store(waiting)


def _store(rows: Sequence[BatchRow]) -> list[int]:
    return [row.pk for row in BatchRow.objects.bulk_create(rows)]


def _start(row: BatchRow) -> None:
    batch, payload = row.batch, row.payload or {}
    at = now()
    try:
        order = FlowOrder(
            flow=batch.flow,
            client=f"batch:{batch.public_id}"[:64],
            unit=batch.unit,
            values=payload.get("values") or {},
            parties=_parties(payload.get("parties") or {}),
            biz_no=str(payload.get("biz_no") or f"{row.line}"),
        )
        envelope = start_flow(order, actor=batch.created_by, at=at, batch=batch)
    except Refusal as refusal:
        BatchRow.objects.filter(pk=row.pk).update(
            status=RowStatus.FAILED, code=refusal.code, problem=_told(refusal)[:500]
        )
        return
    BatchRow.objects.filter(pk=row.pk).update(
        status=RowStatus.STARTED, envelope=envelope, payload=None
    )


def _parties(raw: Mapping[str, Any]) -> dict[str, PartyFacts]:
    try:
        return {role: PartyFacts(subject=SubjectFacts(**facts)) for role, facts in raw.items()}
    except TypeError as error:
        raise RowsInvalid(path="parties", reason="签署方的字段名称有误") from error


def _told(refusal: Refusal) -> str:
    faults = refusal.facts.get("faults")
    if not isinstance(faults, list):
        return str(refusal)
    return "；".join(fault.message for fault in faults if isinstance(fault, ValueFault))


@transaction.atomic(durable=True)
def _finish_when_done(batch_id: int) -> None:
    batch = EnvelopeBatch.objects.select_for_update().get(pk=batch_id)
    waiting = BatchRow.objects.filter(batch=batch, status=RowStatus.WAITING).exists()
    if batch.state == BatchState.PROCESSING and not waiting:
        at = now()
        move(batch, BatchState.FINISHED, actor=batch.created_by, at=at, finished_at=at)
