"""Raise a risk, hold what it concerns, and record how it was handled."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter, move
from baozhen.signing.risks.errors import HandlingMissing, RiskHandled
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.states import RiskState, Severity

ACTOR = "system"


def raise_risk(  # noqa: PLR0913 -- the facts of one risk
    *,
    kind: str,
    severity: str,
    subject_type: str,
    subject_id: int,
    facts: Mapping[str, object],
    at: datetime,
    hold: bool = False,
) -> Risk:
    """Record that something looked wrong, in the caller's transaction if there is one.

    `facts` must hold no personal data. `hold` keeps the object from going on until somebody has
    decided; whoever carries the object on asks `queries.is_held`.
    """
    with transaction.atomic():
        risk = Risk.objects.create(
            state=RiskState.HELD if hold else RiskState.OPEN,
            public_id=new_id("risk", at=at),
            kind=kind,
            severity=Severity(severity),
            concerns=subject_type,
            concerns_id=subject_id,
            facts=dict(facts),
            raised_at=at,
        )
        enter(risk, actor=ACTOR, at=at)
    return risk


@transaction.atomic(durable=True)
def handle_risk(key: int, *, handling: str, dismissed: bool, actor: str, at: datetime) -> Risk:
    """Record the decision and end the hold; raises RiskHandled or HandlingMissing."""
    words = handling.strip()
    if not words:
        raise HandlingMissing(path="handling")
    risk = Risk.objects.select_for_update().get(pk=key)
    if risk.state in {RiskState.HANDLED, RiskState.DISMISSED}:
        raise RiskHandled(public_id=risk.public_id)
    move(
        risk,
        RiskState.DISMISSED if dismissed else RiskState.HANDLED,
        actor=actor,
        at=at,
        handled_at=at,
        handled_by=actor,
        handling=words[:500],
    )
    return risk
