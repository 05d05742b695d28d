"""Put documents into the archive, hold them, and end them when their time is over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.acts import Act
from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.errors import Refusal
from baozhen.foundation.events.services import publish
from baozhen.foundation.jobs import Queue, defer, job
from baozhen.foundation.storage import get_storage
from baozhen.signing.files.models import (
    ArchiveItem,
    FileEntry,
    LegalHold,
    TimestampBatch,
    Tombstone,
)
from baozhen.signing.files.rules import check_disposal, retention_of

_BATCH = 1_000


class AlreadyDisposed(Refusal):
    """The document was destroyed before."""

    code = "already_disposed"
    message = "归档文件 {key} 已经销毁"


class HoldNotInForce(Refusal):
    """The hold was released before."""

    code = "hold_not_in_force"
    message = "法律冻结 {key} 已经解除"


@dataclass(frozen=True)
class Stamp:
    """The place of one file under the token of a saved batch."""

    batch: TimestampBatch
    leaf: int


class DossierUnknown(Refusal):
    """Nothing is archived under the number."""

    code = "dossier_unknown"
    message = "没有编号 {number} 的卷宗：请核对业务编号或签署任务编号"


class HoldReasonMissing(Refusal):
    """A hold begins and ends for a reason that somebody can read later."""

    code = "hold_reason_missing"
    message = "请写明理由，例如法院案号或监管来函的编号"


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document whose bytes are in the object store and that shall be kept.

    `cover`: the half-open cover period in Shanghai dates, for documents of a policy.
    `stamp`: where a token beside the document covers it.
    """

    dossier: str
    kind: str
    subject_type: str
    subject_id: int
    sha256: str
    size: int
    media_type: str = "application/pdf"
    cover: tuple[date, date] | None = None
    stamp: Stamp | None = None


def archive_many(documents: Sequence[Document], *, actor: str, at: datetime) -> None:
    """Archive the documents in the caller's transaction; one that is archived already is left.

    Raises RetentionRuleMissing.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("archive_many() must be called inside transaction.atomic()")
    new = [_item(document, at=at) for document in documents]
    known = {
        _identity(item)
        for item in ArchiveItem.objects.filter(dossier__in={item.dossier for item in new})
    }
    new = [item for item in new if _identity(item) not in known]
    ArchiveItem.objects.bulk_create(new, batch_size=_BATCH)
    audit.record_many([_act("archive_item.archived", item, actor=actor, at=at) for item in new])


@transaction.atomic(durable=True)
def place_hold(dossier: str, *, reason: str, actor: str, at: datetime) -> LegalHold:
    """Forbid the destruction of anything of the dossier until the hold is released."""
    return _place(dossier, reason=reason, actor=actor, at=at)


def _place(dossier: str, *, reason: str, actor: str, at: datetime) -> LegalHold:
    hold = LegalHold.objects.create(dossier=dossier, reason=reason, placed_at=at, placed_by=actor)
    audit.record("legal_hold.placed", subject_id=hold.pk, actor=actor, at=at)
    return hold


@transaction.atomic(durable=True)
def hold_business(
    number: str, dossiers: Collection[str], *, reason: str, actor: str, at: datetime
) -> list[LegalHold]:
    """Hold every dossier of a business that `number` names; what is held already stays so.

    Raises DossierUnknown when nothing is archived of it, HoldReasonMissing.
    """
    if not reason.strip():
        raise HoldReasonMissing(path="reason")
    archived = ArchiveItem.objects.filter(dossier__in=dossiers).values_list("dossier", flat=True)
    found = set(archived)
    if not found:
        raise DossierUnknown(number=number, path="number")
    living = LegalHold.objects.filter(dossier__in=found, released_at__isnull=True)
    free = found - set(living.values_list("dossier", flat=True))
    return [
        _place(dossier, reason=reason.strip()[:255], actor=actor, at=at) for dossier in sorted(free)
    ]


@transaction.atomic(durable=True)
def release_hold(key: int, *, actor: str, at: datetime) -> None:
    """End a hold, once; raises HoldNotInForce."""
    held = LegalHold.objects.filter(pk=key, released_at__isnull=True)
    if held.update(released_at=at, released_by=actor) != 1:
        raise HoldNotInForce(key=key)
    audit.record("legal_hold.released", subject_id=key, actor=actor, at=at)


@transaction.atomic(durable=True)
def dispose(key: int, *, actor: str, at: datetime) -> Tombstone:
    """Set the tombstone of one document and promise the erasure of its bytes.

    Raises AlreadyDisposed, LegalHoldInForce or RetentionRunning: the longest rule of the whole
    dossier counts.
    """
    item = ArchiveItem.objects.select_for_update().get(pk=key)
    if Tombstone.objects.filter(item=item).exists():
        raise AlreadyDisposed(key=key)
    dossier = ArchiveItem.objects.filter(dossier=item.dossier)
    today = shanghai_date(at)
    check_disposal(
        item.dossier,
        until=dossier.values_list("retain_until", flat=True),
        held=LegalHold.objects.filter(dossier=item.dossier, released_at__isnull=True).exists(),
        today=today,
    )
    tombstone = Tombstone.objects.create(
        item=item, disposed_at=at, disposed_on=today, disposed_by=actor
    )
    # What could still be read of the document without its bytes goes with it.
    FileEntry.objects.filter(item=item).update(
        is_living=False, tokens=[], parties=None, party_index=[]
    )
    audit.record_many([_act("archive_item.disposed", item, actor=actor, at=at)])
    told = {"id": item.sha256, "dossier": item.dossier, "kind": item.kind}
    publish("archive.disposed", subject=("archive_item", item.sha256), data=told, at=at)
    defer("erase_disposed", key=item.pk)
    return tombstone


@job("erase_disposed", queue=Queue.HOUSEKEEPING)
def erase_disposed_job(key: int) -> None:
    """Erase the bytes of a disposed document."""
    erase_disposed(key, at=now())


def erase_disposed(key: int, *, at: datetime) -> None:
    """Erase the bytes unless a living document has the same ones, and record it."""
    item = ArchiveItem.objects.get(pk=key, tombstone__isnull=False)
    living = ArchiveItem.objects.filter(sha256=item.sha256, tombstone__isnull=True)
    if living.exists():
        return
    storage = get_storage()
    if not storage.exists(item.sha256):
        return
    storage.remove(item.sha256)
    with transaction.atomic(durable=True):
        audit.record_many([_act("archive_item.erased", item, actor="system", at=at)])


def _item(document: Document, *, at: datetime) -> ArchiveItem:
    retention = retention_of(document.kind, archived_on=shanghai_date(at), cover=document.cover)
    return ArchiveItem(
        dossier=document.dossier,
        kind=document.kind,
        subject_type=document.subject_type,
        subject_id=document.subject_id,
        sha256=document.sha256,
        size=document.size,
        media_type=document.media_type,
        archived_at=at,
        retain_until=retention.until,
        retention_rule=retention.rule,
        timestamp_batch=document.stamp.batch if document.stamp else None,
        timestamp_leaf=document.stamp.leaf if document.stamp else None,
    )


def _identity(item: ArchiveItem) -> tuple[object, ...]:
    return (item.dossier, item.kind, item.subject_id, item.sha256)


def _act(action: str, item: ArchiveItem, *, actor: str, at: datetime) -> Act:
    return Act(
        action=action,
        subject_type="archive_item",
        subject_id=item.pk,
        actor=actor,
        at=at,
        facts={
            "kind": item.kind,
            "sha256": item.sha256,
            "retain_until": item.retain_until.isoformat(),
            "retention_rule": item.retention_rule,
        },
    )
