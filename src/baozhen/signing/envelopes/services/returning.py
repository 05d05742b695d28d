"""What happens when a signature cannot be made: told to people, never left hanging in silence."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from baozhen.foundation.jobs import defer
from baozhen.foundation.states import move
from baozhen.signing.envelopes.models import Action, Envelope
from baozhen.signing.envelopes.services.turns import NOTIFY, SYSTEM, lock_envelope
from baozhen.signing.envelopes.states import ActionState, ActionType, EnvelopeState
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.services import raise_risk
from baozhen.signing.risks.states import RiskState
from baozhen.signing.seals.services import release_uses

HELD = "envelope_held"
_WAITING = (RiskState.OPEN, RiskState.HELD)
_CHARACTERS_MAX = 255


def note_trouble(action: Action, error: Exception) -> None:
    """Keep the trouble where people see it; the job itself is tried again or parked."""
    text = str(error)[:_CHARACTERS_MAX]
    Action.objects.filter(pk=action.pk).update(attempts=F("attempts") + 1, last_error=text)
    envelopes = Envelope.objects.filter(pk=action.envelope_id)
    envelopes.update(attempts=F("attempts") + 1, last_error=text)


def may_give_back(action: Action) -> bool:
    """Tell whether somebody can decide anew: a company about its seal.

    A person has signed and given their will; that decision stands, and the staff mend the cause.
    """
    return action.type != ActionType.SIGN


@transaction.atomic(durable=True)
def give_back(action: Action, error: Exception, *, at: datetime) -> None:
    """Give a refused sealing back to its people, with the reason, and raise one alarm for it."""
    envelope = lock_envelope(action.envelope_id)
    row = Action.objects.select_for_update(of=("self",)).get(pk=action.pk)
    if row.state != ActionState.PERFORMING:
        return
    if row.seal_use is not None:
        release_uses([row.seal_use], at=at)
    reason = str(error)[:_CHARACTERS_MAX]
    columns: dict[str, object] = {"seal_use": None, "last_error": reason}
    if row.pre_stamp_id is not None:
        # What was decided in advance does not hold here: the company's people are asked.
        columns |= {"pre_stamp": None, "is_silent": False, "seal": ""}
        defer(NOTIFY, key=row.pk)
    move(row, ActionState.READY, actor=SYSTEM, at=at, **columns)
    if envelope.state == EnvelopeState.SEALING:
        move(envelope, EnvelopeState.IN_PROGRESS, actor=SYSTEM, at=at, moved_at=at)
    alarm(row, kind=HELD, severity="warning", code=getattr(error, "code", "refused"), at=at)


def alarm(action: Action, *, kind: str, severity: str, code: str, at: datetime) -> bool:
    """Raise a risk about an action unless one waits already; tell whether it was raised."""
    known = Risk.objects.filter(
        kind=kind, concerns="action", concerns_id=action.pk, state__in=_WAITING
    )
    if known.exists():
        return False
    raise_risk(
        kind=kind,
        severity=severity,
        subject_type="action",
        subject_id=action.pk,
        facts={"envelope": action.envelope.public_id, "attempts": action.attempts, "code": code},
        at=at,
    )
    return True
