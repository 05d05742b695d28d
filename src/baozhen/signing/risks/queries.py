"""What faces and other rooms ask about risks."""

from django.db.models import QuerySet

from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.states import RiskState

WAITING = (RiskState.OPEN, RiskState.HELD)


def is_held(subject_type: str, subject_id: int) -> bool:
    """Tell whether a risk keeps this object from going on."""
    return Risk.objects.filter(
        concerns=subject_type, concerns_id=subject_id, state=RiskState.HELD
    ).exists()


def waiting_risks() -> QuerySet[Risk]:
    """Return the risks that nobody has decided yet, the newest first."""
    return Risk.objects.filter(state__in=WAITING).order_by("-raised_at", "-id")
