"""Record that somebody of the staff looked at a person's acts, and why."""

from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.traces.models import TraceSession
from baozhen.foundation.traces.reasons import checked_reason

VIEWED = "trace_session.viewed"


@transaction.atomic(durable=True)
def record_look(session: TraceSession, *, reason: str, actor: str, at: datetime) -> None:
    """Write down who looks and why; raises TraceReasonMissing."""
    audit.record(
        VIEWED,
        subject_id=session.pk,
        actor=actor,
        at=at,
        facts={"session": session.public_id, "reason": checked_reason(reason)},
    )
