"""The watch: ends what is too old, and raises an alarm for what does not move."""

from datetime import timedelta

from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, defer, job
from baozhen.signing.envelopes.models import Action, Envelope
from baozhen.signing.envelopes.services.acts import expire
from baozhen.signing.envelopes.services.turns import PERFORM
from baozhen.signing.envelopes.states import ActionState, EnvelopeState
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.services import raise_risk

STUCK_AFTER = timedelta(minutes=10)
_BATCH = 500
_KIND = "envelope_stuck"


@job("watch_envelopes", queue=Queue.HOUSEKEEPING, every_seconds=60)
def watch_envelopes() -> None:
    """End overdue envelopes; carry on and report signatures that were promised and not made."""
    at = now()
    overdue = Envelope.objects.filter(state=EnvelopeState.IN_PROGRESS, expires_at__lte=at)
    for key in overdue.values_list("pk", flat=True)[:_BATCH]:
        expire(key, at=at)
    stuck = Action.objects.filter(
        state=ActionState.PERFORMING, acted_at__lte=at - STUCK_AFTER
    ).select_related("envelope")
    for action in stuck[:_BATCH]:
        _report(action)


@transaction.atomic(durable=True)
def _report(action: Action) -> None:
    """Promise the work once more and raise one alarm an action; the job itself is idempotent."""
    at = now()
    known = Risk.objects.filter(kind=_KIND, concerns="action", concerns_id=action.pk)
    if known.exists():
        return
    raise_risk(
        kind=_KIND,
        severity="severe",
        subject_type="action",
        subject_id=action.pk,
        facts={"envelope": action.envelope.public_id, "attempts": action.attempts},
        at=at,
    )
    defer(PERFORM, key=action.pk)
