"""Process one chunk of a batch: about fifty proposals, two transactions, one timestamp.

A chunk is guarded by an advisory lock of the database session, which ends with the process that
held it: a killed worker's chunk is free at once. What it had numbered is found and completed.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from django.db import connection

from baozhen.foundation.clock import now
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.services.accept import accept_proposals
from baozhen.insurance.policies.services.issue import issue_sealed
from baozhen.insurance.policies.services.outcomes import (
    Candidate,
    Outcome,
    Sender,
    errors_as_json,
)
from baozhen.insurance.policies.services.seal import (
    KeepCopy,
    Sealing,
    load_unissued,
    seal_proposals,
    unissued_of,
)
from baozhen.insurance.policies.states import FileKind
from baozhen.insurance.proposals.faults import Fault
from baozhen.insurance.proposals.models import BatchChunk, BatchItem, Proposal
from baozhen.insurance.proposals.services import finish_batch
from baozhen.insurance.proposals.states import ItemStatus, ProposalState

_LOCK_CLASS = 0x425A << 44  # "BZ": advisory locks share one number space a database


def drain_batch(
    batch_id: int,
    *,
    keep_copy: KeepCopy | None = None,
    is_stopped: Callable[[], bool] = bool,
) -> int:
    """Process open chunks of one batch until none is left for this process; return how many."""
    processed = 0
    skipped: set[int] = set()
    while not is_stopped() and (number := _next_open(batch_id, skipped)) is not None:
        if process_chunk(batch_id, number, keep_copy=keep_copy):
            processed += 1
        else:
            skipped.add(number)
    return processed


def process_chunk(batch_id: int, number: int, *, keep_copy: KeepCopy | None = None) -> bool:
    """Issue the pending items of one chunk; return False when another process has the chunk."""
    with _chunk_lock(batch_id, number) as is_held:
        if not is_held:
            return False
        chunk = BatchChunk.objects.select_related("batch").get(batch_id=batch_id, number=number)
        if chunk.finished_at is None:
            _process(chunk, keep_copy)
    finish_batch(batch_id, actor=chunk.batch.client, at=now())
    return True


def _process(chunk: BatchChunk, keep_copy: KeepCopy | None) -> None:
    batch = chunk.batch
    sender = Sender(client=batch.client, timestamp_mode=batch.timestamp_mode, batch_id=batch.pk)
    items = _pending_items(chunk)
    outcomes, candidates = _decode(items)
    acceptance = accept_proposals(candidates, sender, at=now(), follow=False)
    outcomes += acceptance.outcomes
    unissued = unissued_of(acceptance.numbered)
    repeats = [
        outcome.proposal_id
        for outcome in outcomes
        if outcome.is_repeat and outcome.proposal_id is not None
    ]
    fresh = {entry.proposal.pk for entry in unissued}
    unissued += load_unissued([key for key in repeats if key not in fresh])
    sealing = seal_proposals(unissued, mode=batch.timestamp_mode)
    if keep_copy is not None:
        for entry in sealing.done:
            for item in entry.sealed:
                keep_copy(item.file, item.pdf.data)
    _apply_failures(outcomes, sealing)
    by_line = {item.line: item for item in items}

    def write_results() -> None:
        _write_results(chunk, outcomes, by_line, at=now())

    issue_sealed(sealing, mode=batch.timestamp_mode, actor=batch.client, within=write_results)


def _next_open(batch_id: int, skipped: set[int]) -> int | None:
    chunks = BatchChunk.objects.filter(batch_id=batch_id, finished_at__isnull=True)
    return (
        chunks.exclude(number__in=skipped)
        .order_by("number")
        .values_list("number", flat=True)
        .first()
    )


@contextlib.contextmanager
def _chunk_lock(batch_id: int, number: int) -> Iterator[bool]:
    key = _LOCK_CLASS | (batch_id & 0xFFFFFF) << 20 | number
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        is_held = bool(cursor.fetchone()[0])
    try:
        yield is_held
    finally:
        # When the connection broke, the lock went with it.
        if is_held and not connection.closed_in_transaction and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _pending_items(chunk: BatchChunk) -> list[BatchItem]:
    items = BatchItem.objects.filter(
        batch=chunk.batch,
        line__gte=chunk.first_line,
        line__lte=chunk.last_line,
        status=ItemStatus.PENDING,
    )
    return list(items.order_by("line"))


def _decode(items: Sequence[BatchItem]) -> tuple[list[Outcome], list[Candidate]]:
    outcomes, candidates = [], []
    for item in items:
        raw = decode_proposal(item.payload or "")
        if isinstance(raw, Fault):
            outcomes.append(Outcome(line=item.line, status=ItemStatus.REFUSED, errors=[raw]))
        else:
            candidates.append(Candidate(line=item.line, raw=raw))
    return outcomes, candidates


def decode_proposal(text: str) -> Mapping[str, object] | Fault:
    """Return the JSON object of one line, or the fault that it is none."""
    try:
        raw = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return Fault("invalid_json", "", "本行不是合法的 JSON，请检查引号、逗号和编码（UTF-8）")
    if not isinstance(raw, dict):
        return Fault("invalid_json", "", "本行应是一个 JSON 对象（{…}），每行一份投保单")
    return raw


def _refuse_constant(name: str) -> float:
    """RFC 8259 §6: NaN and the infinities are not JSON."""
    raise ValueError(f"{name} is not JSON")


def _apply_failures(outcomes: Sequence[Outcome], sealing: Sealing) -> None:
    for outcome in outcomes:
        failed = sealing.failed.get(outcome.proposal_id or 0)
        if failed is not None:
            outcome.status = ItemStatus.FAILED
            outcome.errors, outcome.trace_no = failed.errors, failed.trace_no


def _write_results(
    chunk: BatchChunk,
    outcomes: Sequence[Outcome],
    items: Mapping[int, BatchItem],
    *,
    at: datetime,
) -> None:
    """Write each item's result and the chunk's counters, in the transaction that issues."""
    documents = issued_documents(
        [outcome.proposal_id for outcome in outcomes if outcome.proposal_id is not None]
    )
    changed = []
    for outcome in outcomes:
        item = items[outcome.line]
        if outcome.status == ItemStatus.ISSUED:
            item.policies = documents[outcome.proposal_id or 0]
        item.status = outcome.status
        item.errors = errors_as_json(outcome.errors)
        item.trace_no = outcome.trace_no
        item.proposal_no = outcome.proposal_no
        # What is settled needs its payload no more: fewer copies of personal data.
        if outcome.status != ItemStatus.FAILED:
            item.payload = None
        changed.append(item)
    _update_items(changed)
    _finish_chunk(chunk, at=at)


_UPDATE_ITEMS = """
UPDATE proposals_batchitem AS item SET
    status = fact.status, proposal_no = fact.proposal_no, trace_no = fact.trace_no,
    policies = fact.policies::jsonb, errors = fact.errors::jsonb,
    payload = CASE WHEN fact.keeps THEN payload END
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::boolean[])
    AS fact(id, status, proposal_no, trace_no, policies, errors, keeps)
WHERE item.id = fact.id
"""


def _update_items(items: Sequence[BatchItem]) -> None:
    if not items:
        return
    rows = [
        (
            item.pk,
            str(item.status),
            item.proposal_no,
            item.trace_no,
            json.dumps(item.policies),
            json.dumps(item.errors, ensure_ascii=False),
            item.payload is not None,
        )
        for item in items
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE_ITEMS, [list(column) for column in zip(*rows, strict=True)])


_FINISH_CHUNK = """
UPDATE proposals_batchchunk AS chunk SET
    finished_at = %s, issued = s.issued, refused = s.refused, conflict = s.conflict,
    failed = s.failed, policies = s.policies
FROM (
    SELECT count(*) FILTER (WHERE status = 'issued') AS issued,
           count(*) FILTER (WHERE status = 'refused') AS refused,
           count(*) FILTER (WHERE status = 'conflict') AS conflict,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           coalesce(sum(jsonb_array_length(policies)), 0) AS policies
    FROM proposals_batchitem WHERE batch_id = %s AND line BETWEEN %s AND %s
) AS s
WHERE chunk.id = %s
"""


def _finish_chunk(chunk: BatchChunk, *, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _FINISH_CHUNK,
            [at, chunk.batch_id, chunk.first_line, chunk.last_line, chunk.pk],
        )


def issued_documents(proposal_ids: Sequence[int]) -> dict[int, list[dict[str, str]]]:
    """Return, by proposal, the documents of a report line: number, kind and digest of each file."""
    documents: dict[int, list[dict[str, str]]] = {key: [] for key in proposal_ids}
    files = PolicyFile.objects.filter(
        policy__proposal__in=proposal_ids, sha256__isnull=False, version=1
    )
    rows = files.order_by("id").values_list(
        "policy__proposal_id", "number", "kind", "policy__kind", "sha256"
    )
    for proposal_id, number, kind, policy_kind, sha256 in rows:
        documents[proposal_id].append(
            {
                "policy_no": number,
                "kind": "mark" if kind == FileKind.MARK else policy_kind,
                "sha256": str(sha256),
            }
        )
    return documents


def complete_proposals(proposal_ids: Sequence[int], *, actor: str) -> None:
    """Seal and issue what is numbered and not issued yet; raise when one of them meets a bug.

    For live proposals, and for those whose worker died between numbering and issuing.
    """
    for mode, unissued in _by_mode(proposal_ids).items():
        sealing = seal_proposals(load_unissued(unissued), mode=mode)
        issue_sealed(sealing, mode=mode, actor=actor)
        if sealing.failed:
            raise SealingFailed(traces=[each.trace_no for each in sealing.failed.values()])


class SealingFailed(Exception):
    """Files could not be sealed: a bug, already logged under these trace numbers."""

    def __init__(self, *, traces: Sequence[str]) -> None:
        super().__init__("sealing failed, traces " + ", ".join(traces))


def _by_mode(proposal_ids: Sequence[int]) -> dict[str, list[int]]:
    modes: dict[str, list[int]] = {}
    rows = Proposal.objects.filter(pk__in=proposal_ids, state=ProposalState.SUBMITTED)
    for key, mode in rows.order_by("pk").values_list("pk", "timestamp_mode"):
        modes.setdefault(mode, []).append(key)
    return modes
