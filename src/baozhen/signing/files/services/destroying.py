"""End dossiers whose time is over: proposed by one person, agreed to by another, on record."""

import hashlib
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Final

from django.db import transaction

from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.ids import new_id
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.states import enter, move
from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces.errors import SecondPersonNeeded
from baozhen.foundation.traces.reasons import checked_reason
from baozhen.signing.files.errors import DestructionUnconfirmed, DestructionUnknown, NothingDue
from baozhen.signing.files.models import ArchiveDestruction, ArchiveItem
from baozhen.signing.files.queries import disposable_items
from baozhen.signing.files.rules import LegalHoldInForce, RetentionRunning
from baozhen.signing.files.services.keeping import AlreadyDisposed, dispose
from baozhen.signing.files.states import DESTRUCTIONS_OPEN, DestructionState

DOSSIERS_MAX: Final = 500
# Clears what else is kept of a dossier and returns the digests of bytes that nobody else needs:
# the room of signing tasks, which is above.
Forgetter = Callable[[str], Collection[str]]
_forgetters: list[Forgetter] = []


def install_forgetter(forgetter: Forgetter) -> None:
    """Install what knows of tasks; called at start-up."""
    _forgetters[:] = [forgetter]


@transaction.atomic(durable=True)
def propose_destruction(
    dossiers: Collection[str], *, reason: str, actor: str, at: datetime
) -> ArchiveDestruction:
    """List every document of these dossiers; raises NothingDue when none may be destroyed.

    A dossier that must stay, or that stands on another open list, is left out. The rows are
    locked, so that of two lists made at the same moment one has a dossier.
    """
    reason = checked_reason(reason)
    chosen = sorted(dossiers)[:DOSSIERS_MAX]
    due = disposable_items(shanghai_date(at)).filter(dossier__in=chosen)
    items = list(due.select_for_update(of=("self",)).order_by("pk"))
    listed = ArchiveDestruction.objects.filter(
        items__dossier__in=chosen, state__in=DESTRUCTIONS_OPEN
    )
    taken = set(listed.values_list("items__dossier", flat=True))
    items = [item for item in items if item.dossier not in taken]
    if not items:
        raise NothingDue
    row = ArchiveDestruction.objects.create(
        public_id=new_id("ard", at=at),
        reason=reason,
        items_sha256=list_digest(items),
        proposed_by=actor,
        proposed_at=at,
    )
    row.items.set(items)
    enter(row, actor=actor, at=at)
    return row


@transaction.atomic(durable=True)
def approve_destruction(
    key: str, *, confirmed: str, actor: str, at: datetime
) -> ArchiveDestruction:
    """Agree to a list; `confirmed` is its number of dossiers, as typed.

    Raises SecondPersonNeeded for who proposed it, DestructionUnconfirmed.
    """
    row = _list(key)
    if actor == row.proposed_by:
        raise SecondPersonNeeded
    count = dossiers_of(row)
    if confirmed.strip() != str(count):
        raise DestructionUnconfirmed(count=count, path="confirmed")
    move(row, DestructionState.APPROVED, actor=actor, at=at, decided_by=actor, decided_at=at)
    return row


@transaction.atomic(durable=True)
def refuse_destruction(key: str, *, reason: str, actor: str, at: datetime) -> ArchiveDestruction:
    """Refuse a list that nobody agreed to yet; who proposed it may take it back so."""
    row = _list(key)
    words = checked_reason(reason)
    move(
        row,
        DestructionState.REFUSED,
        actor=actor,
        at=at,
        decided_by=actor,
        decided_at=at,
        refusal=words,
    )
    return row


@job("destroy_dossiers", queue=Queue.HOUSEKEEPING)
def destroy_dossiers(key: int) -> None:
    """Carry out a list that a second person agreed to."""
    carry_out(key, at=now())


def carry_out(key: int, *, at: datetime) -> None:
    """Destroy what stands on an approved list; safe to repeat.

    A dossier that was held since, or to which something was added, stays; the list shows it.
    """
    row = ArchiveDestruction.objects.get(pk=key)
    if row.state != DestructionState.APPROVED:
        return
    items = list(row.items.order_by("pk"))
    if list_digest(items) != row.items_sha256:
        raise RuntimeError(f"the list {row.public_id} is not the one that was agreed to")
    for item in items:
        try:
            dispose(item.pk, actor=row.decided_by, at=at)
        except (AlreadyDisposed, LegalHoldInForce, RetentionRunning):
            continue
    for dossier in sorted({item.dossier for item in items}):
        if not ArchiveItem.objects.filter(dossier=dossier, tombstone__isnull=True).exists():
            _forget(dossier)
    with transaction.atomic(durable=True):
        move(row, DestructionState.DONE, actor="system", at=at, done_at=at)


def _forget(dossier: str) -> None:
    """Erase what else was stored of a destroyed dossier."""
    digests = {digest for forget in _forgetters for digest in forget(dossier)}
    living = ArchiveItem.objects.filter(sha256__in=digests, tombstone__isnull=True)
    storage = get_storage()
    for digest in sorted(digests - set(living.values_list("sha256", flat=True))):
        if storage.exists(digest):
            storage.remove(digest)


def dossiers_of(row: ArchiveDestruction) -> int:
    """Return how many dossiers stand on a list."""
    return row.items.values("dossier").distinct().count()


def list_digest(items: Iterable[ArchiveItem]) -> str:
    """Return the digest of a list of documents, whatever its order."""
    lines = sorted(f"{item.dossier} {item.kind} {item.subject_id} {item.sha256}" for item in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _list(key: str) -> ArchiveDestruction:
    row = ArchiveDestruction.objects.select_for_update().filter(public_id=key).first()
    if row is None:
        raise DestructionUnknown(key=key)
    return row
