"""Find sessions by what they were about, by whose they were, and by time."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from baozhen.foundation.traces.errors import TraceUnknown
from baozhen.foundation.traces.models import (
    TraceDestruction,
    TraceEvent,
    TraceExport,
    TraceSession,
)
from baozhen.foundation.traces.relations import related
from baozhen.foundation.traces.states import Number


@dataclass(frozen=True, kw_only=True)
class WantedTraces:
    """What is asked for; empty is everything. `until` is the first instant that is not meant."""

    number: str = ""
    person_index: str = ""
    product: str = ""
    since: datetime | None = None
    until: datetime | None = None


def find_sessions(wanted: WantedTraces) -> QuerySet[TraceSession]:
    """Return the sessions that match everything, the newest first."""
    found = TraceSession.objects.order_by("-started_at", "-pk")
    if wanted.number:
        found = found.filter(links__number__in=related(wanted.number)).distinct()
    if wanted.person_index:
        found = found.filter(persons__person_index=wanted.person_index).distinct()
    if wanted.product:
        found = found.filter(links__kind=Number.PRODUCT, links__number=wanted.product).distinct()
    if wanted.since:
        found = found.filter(started_at__gte=wanted.since)
    if wanted.until:
        found = found.filter(started_at__lt=wanted.until)
    return found


def sessions_about(number: str) -> list[TraceSession]:
    """Return the sessions about one number, the oldest first, without those destroyed."""
    found = find_sessions(WantedTraces(number=number)).filter(destroyed_at__isnull=True)
    return sorted(found, key=lambda session: (session.started_at, session.pk))


def session_of(public_id: str) -> TraceSession:
    """Return a session, or raise TraceUnknown."""
    session = TraceSession.objects.filter(public_id=public_id).first()
    if session is None:
        raise TraceUnknown(what=public_id)
    return session


def page_event(session: TraceSession, seq: int) -> TraceEvent:
    """Return the act of a session that shows a page, or raise TraceUnknown."""
    events = TraceEvent.objects.select_related("page", "session")
    event = events.filter(session=session, seq=seq, page__isnull=False, shown__gt="").first()
    if event is None:
        raise TraceUnknown(what=f"{session.public_id} 第 {seq} 条")
    return event


def export_of(public_id: str) -> TraceExport:
    """Return an export, or raise TraceUnknown."""
    export = TraceExport.objects.filter(public_id=public_id).first()
    if export is None:
        raise TraceUnknown(what=public_id)
    return export


def destruction_of(public_id: str) -> TraceDestruction:
    """Return a list of sessions to destroy, or raise TraceUnknown."""
    row = TraceDestruction.objects.filter(public_id=public_id).first()
    if row is None:
        raise TraceUnknown(what=public_id)
    return row
