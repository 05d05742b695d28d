"""The watch: ends what is too old, and raises an alarm for what does not move."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, defer, job
from baozhen.foundation.jobs.models import ParkedJob
from baozhen.foundation.keys.configuration import configured
from baozhen.signing.envelopes.errors import NotYourTurn
from baozhen.signing.envelopes.models import Action, Envelope, VoidRequest
from baozhen.signing.envelopes.services.acts import expire
from baozhen.signing.envelopes.services.returning import alarm
from baozhen.signing.envelopes.services.turns import PERFORM
from baozhen.signing.envelopes.services.voiding import LAPSES_AFTER, lapse_void
from baozhen.signing.envelopes.states import ActionState, EnvelopeState, VoidState

STUCK = "envelope_stuck"
STUCK_SECONDS = 60
_BATCH = 500


@job("watch_envelopes", queue=Queue.HOUSEKEEPING, every_seconds=60)
def watch_envelopes() -> None:
    """End what is overdue; carry on and report signatures that were promised and not made."""
    at = now()
    overdue = Envelope.objects.filter(state=EnvelopeState.IN_PROGRESS, expires_at__lte=at)
    for key in overdue.values_list("pk", flat=True)[:_BATCH]:
        expire(key, at=at)
    unanswered = VoidRequest.objects.filter(
        state=VoidState.OPEN, requested_at__lte=at - LAPSES_AFTER
    )
    for key in unanswered.values_list("pk", flat=True)[:_BATCH]:
        lapse_void(key, at=at)
    seconds = int(configured("BAOZHEN_ENVELOPE_STUCK_SECONDS") or STUCK_SECONDS)
    stuck = Action.objects.filter(
        state=ActionState.PERFORMING, acted_at__lte=at - timedelta(seconds=seconds)
    ).select_related("envelope")
    for action in stuck.order_by("acted_at")[:_BATCH]:
        _report(action, at=at)


@transaction.atomic(durable=True)
def perform_again(action_id: int, *, actor: str, at: datetime) -> None:
    """Promise a hanging signature once more: the button of the staff; raises NotYourTurn."""
    action = Action.objects.select_for_update().filter(pk=action_id).first()
    if action is None or action.state != ActionState.PERFORMING:
        raise NotYourTurn
    if not _is_promised(action.pk):
        defer(PERFORM, key=action.pk)
    audit.record("action.retried", subject_id=action.pk, actor=actor, at=at)


@transaction.atomic(durable=True)
def _report(action: Action, *, at: datetime) -> None:
    """Raise one alarm an action, and promise the work again if the promise was lost.

    A parked job is a promise that waits for a person: it is not made twice.
    """
    locked = Action.objects.select_for_update(of=("self",)).get(pk=action.pk)
    if locked.state != ActionState.PERFORMING:
        return
    alarm(action, kind=STUCK, severity="severe", code=action.last_error[:64], at=at)
    parked = ParkedJob.objects.filter(name=PERFORM, args__key=action.pk, retried_at__isnull=True)
    if not _is_promised(action.pk) and not parked.exists():
        defer(PERFORM, key=action.pk)


def _is_promised(key: int) -> bool:
    """Tell whether the work stands in the queue or is being done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE task_name = %s"
            " AND status IN ('todo', 'doing') AND (args->>'key')::bigint = %s)",
            [PERFORM, key],
        )
        return bool(cursor.fetchone()[0])
