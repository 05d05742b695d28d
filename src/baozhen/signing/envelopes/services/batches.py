"""Start a flow for every row of a table: each row has its own result, and one error stops none."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.ids import new_id
from baozhen.foundation.jobs import Queue, defer_many, job
from baozhen.foundation.states import enter, move
from baozhen.foundation.storage import StoringBeside
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.signing.envelopes.errors import BatchEnding, ReasonMissing, RowsInvalid
from baozhen.signing.envelopes.forms import ValueFault, flow_of
from baozhen.signing.envelopes.models import BatchRow, Envelope, EnvelopeBatch
from baozhen.signing.envelopes.services.chunks import (
    ChunkRefused,
    is_silent_flow,
    open_chunk,
    perform_chunk,
)
from baozhen.signing.envelopes.services.create import check_draft, fingerprint_of, prepare_draft
from baozhen.signing.envelopes.services.drafts import EnvelopeDraft
from baozhen.signing.envelopes.services.from_templates import (
    TemplateOrder,
    draft_from_version,
    form_of,
    is_template,
    start_from_template,
    usable_version,
    wants_one_seal,
)
from baozhen.signing.envelopes.services.many import end_envelope
from baozhen.signing.envelopes.services.scenarios import (
    FlowOrder,
    PartyFacts,
    draft_of_flow,
    start_flow,
)
from baozhen.signing.envelopes.services.writing import Prepared
from baozhen.signing.envelopes.states import BatchState, RowStatus
from baozhen.signing.identity.services.subjects import SubjectFacts
from baozhen.signing.identity.states import SubjectKind
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import unit_of
from baozhen.signing.seals.errors import NoSealFits, SealUseRefused
from baozhen.signing.templates.fields import Fault

ROWS_MAX = 100_000
CHUNK = 50
START_ROWS = "start_envelope_rows"
END_ROWS = "end_envelope_rows"
NUMBER_CHARACTERS_MAX = 64
FACT_CHARACTERS_MAX = 254
# What a row may say of a party; whose account or unit it is, a table cannot claim.
PARTY_FACTS = frozenset(
    {"kind", "name", "id_type", "id_no", "mobile", "email", "uscc", "legal_rep_name"}
)
_WRITTEN_TOGETHER = 1_000


@dataclass(frozen=True, kw_only=True)
class BatchOrder:
    """The wish to start a flow many times.

    `timestamp` is for the rows that need nothing but our own silent seal: one token for fifty
    files, kept beside them; one in each signature; or none. All other rows have one in each.
    """

    flow: str
    client: str
    unit: OrgUnit
    biz_no: str | None = None
    timestamp: TimestampMode = TimestampMode.AGGREGATED


@transaction.atomic(durable=True)
def create_batch(
    order: BatchOrder, rows: Iterable[Mapping[str, Any]], *, actor: str, at: datetime
) -> EnvelopeBatch:
    """Take the rows in and promise their work.

    Raises FlowUnknown, RowsInvalid, and TemplateUnknown for a template that is not shared with the
    unit: nobody wants to hear that of a hundred thousand rows.

    A row: `values`, `parties` (role → name, id_type, id_no, mobile, email …), `biz_no`. The flow is
    a ready-made one, or a template by its public id. A second call with the same client and
    `biz_no` returns the first batch.
    """
    form_of(order.flow)
    if is_template(order.flow):
        usable_version(order.flow, order.unit, at=at)
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
        timestamp_mode=order.timestamp,
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
    rows = list(
        BatchRow.objects.filter(
            pk__in=keys, status=RowStatus.WAITING, batch__end_asked_at__isnull=True
        )
        .prefetch_related("batch__unit")
        .order_by("line")
    )
    at_hand: dict[str, bytes] = {}
    if rows:
        rows = _start_together(rows, at_hand)
    for row in rows:
        _start(row)
    perform_chunk(keys, at_hand)
    batch_id = BatchRow.objects.filter(pk__in=keys[:1]).values_list("batch_id", flat=True).first()
    if batch_id is not None:
        _finish_when_done(batch_id)


@transaction.atomic(durable=True)
def end_batch(batch_id: int, *, reason: str, actor: str, at: datetime) -> EnvelopeBatch:
    """批量终止: take back what runs, ask the parties to void what is complete; once a batch.

    Raises ReasonMissing or BatchEnding.
    """
    if not reason.strip():
        raise ReasonMissing(path="reason")
    batch = EnvelopeBatch.objects.select_for_update().get(pk=batch_id)
    if batch.end_asked_at is not None:
        raise BatchEnding(batch=batch.public_id)
    batch.end_reason, batch.ended_by, batch.end_asked_at = reason.strip()[:500], actor, at
    batch.save(update_fields=["end_reason", "ended_by", "end_asked_at"])
    # Rows that were not started are over; a row that is being started at this moment is ended
    # like the others, because it is one of the batch when its chunk comes.
    waiting = batch.rows.filter(status=RowStatus.WAITING)
    waiting.update(status=RowStatus.FAILED, code="batch_ended", problem="批次已终止")
    keys = list(batch.rows.order_by("line").values_list("pk", flat=True))
    starts = range(0, len(keys), CHUNK)
    defer_many(END_ROWS, [{"keys": keys[start : start + CHUNK]} for start in starts])
    audit.record("envelope_batch.ended", subject_id=batch.pk, actor=actor, at=at)
    return batch


@job(END_ROWS, queue=Queue.BULK)
def end_rows(*, keys: list[int]) -> None:
    """End the envelopes of some rows; safe to repeat, what is over stays as it is."""
    rows = BatchRow.objects.filter(pk__in=keys, envelope__isnull=False).select_related(
        "batch", "envelope"
    )
    for row in rows.order_by("line"):
        batch, envelope = row.batch, row.envelope
        if envelope is not None:
            end_envelope(envelope.pk, reason=batch.end_reason, actor=batch.ended_by, at=now())


@transaction.atomic(durable=True)
def retry_failed(batch_id: int) -> int:
    """Put the rows that failed back to work, after their cause is mended; return how many."""
    batch = EnvelopeBatch.objects.select_for_update().get(pk=batch_id)
    if batch.end_asked_at is not None:
        raise BatchEnding(batch=batch.public_id)
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
    batch, at = row.batch, now()
    try:
        if is_template(batch.flow):
            order = _template_order(row)
            envelope = start_from_template(order, actor=batch.created_by, at=at, batch=batch)
        else:
            envelope = start_flow(_order(row), actor=batch.created_by, at=at, batch=batch)
    except Refusal as refusal:
        _fail(row, refusal)
        return
    BatchRow.objects.filter(pk=row.pk).update(
        status=RowStatus.STARTED, envelope=envelope, payload=None
    )


def _start_together(rows: Sequence[BatchRow], at_hand: dict[str, bytes]) -> list[BatchRow]:
    """Open the silent envelopes of the rows at once; return the rows to be started one by one.

    The documents that were made and stored are put into `at_hand` by their digests.

    These are the rows that somebody else acts on or that exist already, and all of them when the
    seal is refused (then each says so by itself) or when another worker makes the same ones at
    this moment.
    """
    batch, at = rows[0].batch, now()
    draft_of = _silent_drafting(batch, at=at)
    if draft_of is None:
        return list(rows)
    ours = [row for row in rows if _is_ours_alone(row)]
    others = [row for row in rows if row not in ours]
    made: list[tuple[BatchRow, Prepared]] = []
    with StoringBeside() as storing:
        for row in ours:
            try:
                draft = draft_of(row)
                check_draft(draft)
                made.append((row, prepare_draft(draft, fingerprint_of(draft))))
            except Refusal as refusal:
                _fail(row, refusal)
                continue
            for document in made[-1][1].documents:
                storing.add(document.sha256, document.data)
                at_hand[document.sha256] = document.data
    numbers = [one.draft.biz_no for _, one in made]
    there = set(
        Envelope.objects.filter(client=_client(batch), biz_no__in=numbers).values_list(
            "biz_no", flat=True
        )
    )
    twice = {number for number, count in Counter(numbers).items() if count > 1}
    alone = [row for row, one in made if one.draft.biz_no in there | twice]
    new = [(row, one) for row, one in made if one.draft.biz_no not in there | twice]
    try:
        if new:
            open_chunk(batch, new, at=at)
    except (SealUseRefused, NoSealFits, ChunkRefused, IntegrityError):
        return [*others, *(row for row, _ in made)]
    return [*others, *alone]


def _silent_drafting(
    batch: EnvelopeBatch, *, at: datetime
) -> Callable[[BatchRow], EnvelopeDraft] | None:
    """Return what makes a row's draft, if our own silent seal may be all that the flow wants."""
    actor = batch.created_by
    if not is_template(batch.flow):
        if is_silent_flow(flow_of(batch.flow)):
            return lambda row: draft_of_flow(_order(row), actor=actor, at=at)
        return None
    try:
        version = usable_version(batch.flow, batch.unit, at=at)
    except Refusal:
        # Every row says so by itself.
        return None
    if wants_one_seal(version):
        return lambda row: draft_from_version(_template_order(row), version, actor=actor, at=at)
    return None


def _is_ours_alone(row: BatchRow) -> bool:
    """Tell whether a template's row names nobody else and lets our seal be silent."""
    payload = row.payload or {}
    if is_template(row.batch.flow):
        return bool(payload.get("silent")) and not payload.get("parties")
    return True


def _fail(row: BatchRow, refusal: Refusal) -> None:
    BatchRow.objects.filter(pk=row.pk).update(
        status=RowStatus.FAILED, code=refusal.code, problem=_told(refusal)[:500]
    )


def _order(row: BatchRow) -> FlowOrder:
    batch, payload = row.batch, row.payload or {}
    return FlowOrder(
        flow=batch.flow,
        client=_client(batch),
        unit=batch.unit,
        values=_mapping(payload, "values"),
        parties=_parties(_mapping(payload, "parties")),
        biz_no=_number(payload.get("biz_no"), row.line),
    )


def _template_order(row: BatchRow) -> TemplateOrder:
    """A row of a template may name the roles that our own company seals silently."""
    batch, payload = row.batch, row.payload or {}
    silent = payload.get("silent") or []
    if not isinstance(silent, list) or not all(isinstance(role, str) for role in silent):
        raise RowsInvalid(path="silent", reason="silent 应为角色的列表")
    return TemplateOrder(
        template=batch.flow,
        client=_client(batch),
        unit=batch.unit,
        values=_mapping(payload, "values"),
        parties=_parties(_mapping(payload, "parties")),
        silent=frozenset(silent),
        biz_no=_number(payload.get("biz_no"), row.line),
    )


def _client(batch: EnvelopeBatch) -> str:
    return f"batch:{batch.public_id}"[:64]


def _mapping(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = payload.get(name) or {}
    if not isinstance(found, dict):
        raise RowsInvalid(path=name, reason=f"{name} 应为对象")
    return found


def _number(given: object, line: int) -> str:
    text = str(given or line)
    if len(text) > NUMBER_CHARACTERS_MAX or not text.isprintable():
        raise RowsInvalid(path="biz_no", reason=f"业务编号不能超过 {NUMBER_CHARACTERS_MAX} 字")
    return text


def _parties(raw: Mapping[str, Any]) -> dict[str, PartyFacts]:
    return {role: _party(role, facts) for role, facts in raw.items()}


def _party(role: str, facts: object) -> PartyFacts:
    """A company by its unit's number, a person by their facts; everything is text."""
    path = f"parties.{role}"
    if not isinstance(facts, dict) or not all(isinstance(text, str) for text in facts.values()):
        raise RowsInvalid(path=path, reason="签署方应为文字字段的对象")
    if any(len(text) > FACT_CHARACTERS_MAX for text in facts.values()):
        raise RowsInvalid(path=path, reason=f"签署方的字段不能超过 {FACT_CHARACTERS_MAX} 字")
    if "unit" in facts:
        return PartyFacts(unit=unit_of(facts["unit"]))
    if not set(facts) <= PARTY_FACTS or facts.get("kind", "person") not in tuple(SubjectKind):
        raise RowsInvalid(path=path, reason="签署方的字段名称有误")
    return PartyFacts(subject=SubjectFacts(**{"kind": "person", "name": "", **facts}))


def _told(refusal: Refusal) -> str:
    faults = refusal.facts.get("faults")
    if not isinstance(faults, list):
        return str(refusal)
    known = (ValueFault, Fault)
    return "；".join(fault.message for fault in faults if isinstance(fault, known))


@transaction.atomic(durable=True)
def _finish_when_done(batch_id: int) -> None:
    batch = EnvelopeBatch.objects.select_for_update().get(pk=batch_id)
    waiting = BatchRow.objects.filter(batch=batch, status=RowStatus.WAITING).exists()
    if batch.state == BatchState.PROCESSING and not waiting:
        at = now()
        move(batch, BatchState.FINISHED, actor=batch.created_by, at=at, finished_at=at)
