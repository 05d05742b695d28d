"""Are the acts of a session whole? By their chain, and by what the log holds of it."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import F

from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces.chain import broken_at
from baozhen.foundation.traces.models import RecordingChunk, TraceEvent, TraceSession

ANCHORED = "trace_session.anchored"
_SUBJECT = "trace_session"
_BATCH = 500


@transaction.atomic(durable=True)
def anchor_sessions(*, at: datetime) -> int:
    """Write the heads of all sessions that have grown into the audit log; return how many."""
    grown = list(
        TraceSession.objects.select_for_update(skip_locked=True)
        .filter(event_count__gt=F("anchored_count"))
        .order_by("pk")[:_BATCH]
    )
    for session in grown:
        audit.record(
            ANCHORED,
            subject_id=session.pk,
            actor="system",
            at=at,
            facts={
                "session": session.public_id,
                "events": session.event_count,
                "head": bytes(session.head).hex(),
            },
        )
        session.anchored_count = session.event_count
    TraceSession.objects.bulk_update(grown, ["anchored_count"])
    return len(grown)


def faults_of(session: TraceSession) -> Iterator[str]:
    """Yield what is wrong with a session's record, in words; nothing when it is whole."""
    if session.destroyed_at is not None:
        return
    events = list(events_of(session))
    broken = broken_at((row.act(), bytes(row.previous), bytes(row.digest)) for row in events)
    if broken is not None:
        yield f"第 {broken} 条操作与摘要链不符"
    last = bytes(events[-1].digest) if events else bytes(32)
    if len(events) != session.event_count or last != bytes(session.head):
        yield f"登记 {session.event_count} 条操作，现有 {len(events)} 条，或末条不符"
    yield from _anchor_faults(session, events)
    yield from _picture_faults(session, events)


def events_of(session: TraceSession) -> list[TraceEvent]:
    """Return the acts of a session in their order."""
    return list(
        TraceEvent.objects.filter(session=session).select_related("page", "session").order_by("seq")
    )


def _anchor_faults(session: TraceSession, events: list[TraceEvent]) -> Iterator[str]:
    anchors = AuditEntry.objects.filter(
        subject_type=_SUBJECT, subject_id=session.pk, action=ANCHORED
    ).order_by("position")
    for anchor in anchors:
        count = int(anchor.facts["events"])
        digest = bytes(events[count - 1].digest).hex() if count <= len(events) else ""
        if digest != anchor.facts["head"]:
            yield f"存证日志记载第 {count} 条操作的摘要为 {anchor.facts['head'][:16]}…，现已不符"


def _picture_faults(session: TraceSession, events: list[TraceEvent]) -> Iterator[str]:
    told = {row.seq: row.value_hash for row in events if row.kind == "RECORD"}
    held = {chunk.number: chunk.sha256 for chunk in RecordingChunk.objects.filter(session=session)}
    if told != held:
        yield "画面记录与操作记录不符"
    storage = get_storage()
    for number, address in sorted(held.items()):
        if not storage.exists(address):
            yield f"第 {number} 条的画面记录缺失"
