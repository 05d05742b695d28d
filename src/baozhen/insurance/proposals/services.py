"""Verbs of the proposals stage: receive a batch of lines, remember idempotency keys.

Receiving is resumable: the same key continues after the last line that was stored.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import TypeVar

from django.db import IntegrityError, transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.jobs import Queue, defer_many
from baozhen.foundation.states import enter, move
from baozhen.insurance.proposals.batch_errors import (
    BatchDiffers,
    BatchEmpty,
    BatchTooLong,
    IdempotencyKeyReused,
)
from baozhen.insurance.proposals.bulk import copy_rows
from baozhen.insurance.proposals.models import Batch, BatchChunk, BatchItem, IdempotencyKey
from baozhen.insurance.proposals.states import BatchState, ItemStatus

BATCH_LINES_MAX = 100_000
COMMAND_LINES_MAX = 10_000_000
LINE_BYTES_MAX = 65_536
CHUNK_LINES = 50
KEY_LIFETIME = timedelta(days=7)
PROCESS_CHUNK = "batch.process_chunk"
_STORE_LINES = 1_000

Line = tuple[int, bytes]
Item = TypeVar("Item")


def receive_batch(
    lines: Iterable[bytes],
    *,
    client: str,
    idempotency_key: str,
    timestamp_mode: str,
    at: datetime,
    queued: bool = True,
) -> Batch:
    """Store the lines of an NDJSON stream and promise their processing; return the batch.

    The same key again continues a batch whose lines did not all arrive, and returns one that is
    complete. `queued=False` defers no jobs: for a command that runs the chunks itself, and may have
    more lines.
    Raises BatchTooLong, BatchDiffers, BatchEmpty, IdempotencyKeyReused.
    """
    groups = _groups(_numbered(lines), _STORE_LINES)
    first = next(groups, None)
    if first is None:
        raise BatchEmpty
    batch = open_batch(
        client=client, idempotency_key=idempotency_key, timestamp_mode=timestamp_mode, at=at
    )
    if batch.state != BatchState.RECEIVING:
        return batch
    stored = dict(BatchItem.objects.filter(batch=batch).values_list("line", "payload_sha256"))
    limit = BATCH_LINES_MAX if queued else COMMAND_LINES_MAX
    count = 0
    for group in chain([first], groups):
        count += len(group)
        if count > limit:
            _discard(batch, at=at)
            raise BatchTooLong(limit=limit)
        _store(batch, group, stored)
    close_batch(batch, at=at, queued=queued)
    return batch


@transaction.atomic(durable=True)
def open_batch(*, client: str, idempotency_key: str, timestamp_mode: str, at: datetime) -> Batch:
    """Return the batch of this key, begun now unless it was before."""
    batch, created = Batch.objects.get_or_create(
        client=client,
        idempotency_key=idempotency_key,
        defaults={
            "state": BatchState.RECEIVING,
            "timestamp_mode": timestamp_mode,
            "created_at": at,
        },
    )
    if created:
        enter(batch, actor=client, at=at)
    elif batch.timestamp_mode != timestamp_mode:
        raise IdempotencyKeyReused(key=idempotency_key)
    return batch


@transaction.atomic(durable=True)
def close_batch(batch: Batch, *, at: datetime, queued: bool = True) -> None:
    """Cut the stored lines into chunks and promise a job for each."""
    lines = list(
        BatchItem.objects.filter(batch=batch).order_by("line").values_list("line", flat=True)
    )
    chunks = [
        BatchChunk(batch=batch, number=number, first_line=part[0], last_line=part[-1])
        for number, part in enumerate(_groups(lines, CHUNK_LINES))
    ]
    move(batch, BatchState.PROCESSING, actor=batch.client, at=at, size=len(lines), closed_at=at)
    BatchChunk.objects.bulk_create(chunks)
    if queued:
        promise_chunks(batch)


def promise_chunks(batch: Batch) -> None:
    """Defer a job for every chunk that is not finished, in the caller's transaction."""
    numbers = BatchChunk.objects.filter(batch=batch, finished_at__isnull=True)
    defer_many(
        PROCESS_CHUNK,
        [
            {"batch_id": batch.pk, "number": number}
            for number in numbers.order_by("number").values_list("number", flat=True)
        ],
        queue=Queue.BULK,
    )


@transaction.atomic(durable=True)
def resume_batch(batch: Batch, *, actor: str, at: datetime, queued: bool = True) -> int:
    """Open again the chunks with failed items and promise what is left; return how many items."""
    failed = BatchItem.objects.filter(batch=batch, status=ItemStatus.FAILED, payload__isnull=False)
    lines = list(failed.values_list("line", flat=True))
    if lines:
        for chunk in BatchChunk.objects.select_for_update().filter(batch=batch, failed__gt=0):
            chunk.finished_at, chunk.failed = None, 0
            chunk.save(update_fields=["finished_at", "failed"])
        failed.update(status=ItemStatus.PENDING, trace_no="", errors=[])
        if batch.state == BatchState.FINISHED:
            move(batch, BatchState.PROCESSING, actor=actor, at=at, finished_at=None)
    if queued and batch.state == BatchState.PROCESSING:
        promise_chunks(batch)
    return len(lines)


def finish_batch(batch_id: int, *, actor: str, at: datetime) -> bool:
    """Move the batch to `finished` when no chunk is open; return whether it is finished.

    It runs after a chunk's own transaction: of two last chunks that end together the later call
    sees both.
    """
    with transaction.atomic(durable=True):
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        if batch.state == BatchState.FINISHED:
            return True
        is_open = BatchChunk.objects.filter(batch=batch, finished_at__isnull=True).exists()
        if batch.state != BatchState.PROCESSING or is_open:
            return False
        move(batch, BatchState.FINISHED, actor=actor, at=at, finished_at=at)
        return True


def use_idempotency_key(client: str, key: str, *, request: bytes, at: datetime) -> None:
    """Bind the key to this request, or raise IdempotencyKeyReused when it belongs to another."""
    fingerprint = hashlib.sha256(request).hexdigest()
    try:
        with transaction.atomic():
            used, _ = IdempotencyKey.objects.get_or_create(
                client=client, key=key, defaults={"fingerprint": fingerprint, "used_at": at}
            )
    except IntegrityError:
        used = IdempotencyKey.objects.get(client=client, key=key)
    if used.fingerprint != fingerprint:
        raise IdempotencyKeyReused(key=key)


def forget_idempotency_keys(*, at: datetime) -> int:
    """Delete the keys that are older than their lifetime; return how many."""
    deleted, _ = IdempotencyKey.objects.filter(used_at__lt=at - KEY_LIFETIME).delete()
    return deleted


@transaction.atomic(durable=True)
def _discard(batch: Batch, *, at: datetime) -> None:
    """Remove what was received of a batch that is refused as a whole; nothing of it was issued."""
    audit.record("batch.refused", subject_id=batch.pk, actor=batch.client, at=at)
    BatchItem.objects.filter(batch=batch).delete()
    batch.delete()


def _numbered(lines: Iterable[bytes]) -> Iterator[Line]:
    """Number the lines as an editor does; blank ones are skipped."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text:
            yield number, text


def _groups(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group


def _store(batch: Batch, group: Sequence[Line], stored: dict[int, str]) -> None:
    """Store the lines that are not there yet; those that are must be the same."""
    fresh = []
    for number, line in group:
        digest = hashlib.sha256(line).hexdigest()
        if number not in stored:
            fresh.append(_item(batch, number, line, digest))
        elif stored[number] != digest:
            raise BatchDiffers(line=number)
    with transaction.atomic(durable=True):
        copy_rows(fresh)


def _item(batch: Batch, number: int, line: bytes, digest: str) -> BatchItem:
    if len(line) > LINE_BYTES_MAX:
        error = {
            "code": "line_too_long",
            "path": "",
            "message": f"一行最多 {LINE_BYTES_MAX} 字节",
        }
        return BatchItem(
            batch=batch,
            line=number,
            payload=None,
            payload_sha256=digest,
            status=ItemStatus.REFUSED,
            errors=[error],
        )
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = ""  # not JSON either: refused when the line is processed
    return BatchItem(batch=batch, line=number, payload=text, payload_sha256=digest)
