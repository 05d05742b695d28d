"""Who looks at a person's acts says why, once for each session; it is on record."""

from datetime import datetime, timedelta
from typing import Final

from django.http import HttpRequest

from baozhen.faces.console.access import actor_of
from baozhen.foundation.clock import now
from baozhen.foundation.traces.errors import TraceUnknown
from baozhen.foundation.traces.models import TraceSession
from baozhen.foundation.traces.queries import session_of
from baozhen.foundation.traces.services.looking import record_look

OPENED: Final = "traces.opened"
LASTS_MINUTES: Final = 20


def open_session(request: HttpRequest, session: TraceSession, reason: str) -> None:
    """Open a session for this person for a while; raises TraceReasonMissing."""
    at = now()
    record_look(session, reason=reason, actor=actor_of(request), at=at)
    kept = {key: end for key, end in _opened(request).items() if end > at.isoformat()}
    until = at + timedelta(minutes=LASTS_MINUTES)
    request.session[OPENED] = kept | {session.public_id: until.isoformat()}


def is_open(request: HttpRequest, session: TraceSession) -> bool:
    """Tell whether this person said why a short while ago."""
    until = _opened(request).get(session.public_id, "")
    return bool(until) and datetime.fromisoformat(until) > now()


def opened(request: HttpRequest, key: str) -> TraceSession:
    """Return a session that this person opened, or raise TraceUnknown."""
    session = session_of(key)
    if not is_open(request, session):
        raise TraceUnknown(what=f"{key}（请先写明查看事由）")
    return session


def _opened(request: HttpRequest) -> dict[str, str]:
    return dict(request.session.get(OPENED, {}))
