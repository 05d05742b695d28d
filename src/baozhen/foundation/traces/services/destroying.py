"""End sessions whose time is over: proposed by one person, agreed to by two others, on record."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter, move
from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces.errors import SecondPersonNeeded, TracesMustStay, TraceUnknown
from baozhen.foundation.traces.keeping import why_kept
from baozhen.foundation.traces.models import (
    RecordingChunk,
    TraceDestruction,
    TraceEvent,
    TraceLink,
    TracePerson,
    TraceSession,
)
from baozhen.foundation.traces.reasons import checked_reason
from baozhen.foundation.traces.states import DestructionState


@transaction.atomic(durable=True)
def propose_destruction(
    sessions: Sequence[TraceSession], *, reason: str, actor: str, at: datetime
) -> TraceDestruction:
    """List sessions to destroy. Raises TracesMustStay for one that must stay."""
    reason = checked_reason(reason)
    if not sessions:
        raise TraceUnknown(what="清单为空")
    _check(sessions, at=at)
    row = TraceDestruction.objects.create(
        public_id=new_id("trd", at=at),
        reason=reason,
        sessions_sha256=list_digest(sessions),
        proposed_by=actor,
        proposed_at=at,
    )
    row.sessions.set(sessions)
    enter(row, actor=actor, at=at)
    return row


@transaction.atomic(durable=True)
def approve_destruction(key: str, *, actor: str, at: datetime) -> TraceDestruction:
    """Agree to a list, as the first or the second; raises SecondPersonNeeded."""
    row = _list(key)
    if actor in {row.proposed_by, row.first_by}:
        raise SecondPersonNeeded
    if row.state == DestructionState.PROPOSED:
        move(row, DestructionState.APPROVED_ONCE, actor=actor, at=at, first_by=actor)
    else:
        move(row, DestructionState.APPROVED, actor=actor, at=at, second_by=actor)
    return row


@transaction.atomic(durable=True)
def refuse_destruction(key: str, *, actor: str, at: datetime) -> TraceDestruction:
    """Refuse a list that is not agreed to by two yet."""
    row = _list(key)
    move(row, DestructionState.REFUSED, actor=actor, at=at)
    return row


def destroy(key: int, *, at: datetime) -> None:
    """Carry out an approved list; a list that was carried out is left alone.

    The database itself removes nothing without both approvals (migration 0002).
    """
    row = TraceDestruction.objects.get(pk=key)
    if row.state != DestructionState.APPROVED:
        return
    sessions = list(row.sessions.order_by("pk"))
    if list_digest(sessions) != row.sessions_sha256:
        raise RuntimeError(f"the list {row.public_id} is not the one that was agreed to")
    _check(sessions, at=at)  # a hold may have come since
    for session in sessions:
        _destroy_session(session, row, at=at)
    with transaction.atomic(durable=True):
        move(row, DestructionState.DONE, actor="system", at=at, done_at=at)


def list_digest(sessions: Sequence[TraceSession]) -> str:
    """Return the digest of a list of sessions, whatever its order."""
    names = sorted(session.public_id for session in sessions)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _destroy_session(session: TraceSession, row: TraceDestruction, *, at: datetime) -> None:
    if session.destroyed_at is not None:
        return
    chunks = RecordingChunk.objects.filter(session=session)
    gone = set(chunks.values_list("sha256", flat=True))
    with transaction.atomic(durable=True):
        for model in (RecordingChunk, TraceEvent, TracePerson, TraceLink):
            model._default_manager.filter(session=session).delete()
        TraceSession.objects.filter(pk=session.pk).update(destroyed_at=at, ip="")
        audit.record(
            "trace_session.destroyed",
            subject_id=session.pk,
            actor="system",
            at=at,
            facts={"session": session.public_id, "list": row.public_id},
        )
    storage = get_storage()
    still = set(RecordingChunk.objects.filter(sha256__in=gone).values_list("sha256", flat=True))
    for address in sorted(gone - still):
        if storage.exists(address):
            storage.remove(address)


def _check(sessions: Sequence[TraceSession], *, at: datetime) -> None:
    for session in sessions:
        reason = why_kept(session, at=at)
        if reason and session.destroyed_at is None:
            raise TracesMustStay(session=session.public_id, reason=reason)


def _list(key: str) -> TraceDestruction:
    row = TraceDestruction.objects.select_for_update().filter(public_id=key).first()
    if row is None:
        raise TraceUnknown(what=key)
    return row
