"""What faces and other rooms ask about risks."""

from django.db.models import QuerySet

from baozhen.signing.risks.errors import RiskUnknown
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.states import RiskState, Severity

WAITING = (RiskState.OPEN, RiskState.HELD)


def risk_of(public_id: str) -> Risk:
    """Return the risk, or raise RiskUnknown."""
    risk = Risk.objects.filter(public_id=public_id).first()
    if risk is None:
        raise RiskUnknown(risk=public_id)
    return risk


def is_held(subject_type: str, subject_id: int) -> bool:
    """Tell whether a risk keeps this object from going on."""
    return Risk.objects.filter(
        concerns=subject_type, concerns_id=subject_id, state=RiskState.HELD
    ).exists()


def has_severe_risk(subject_type: str, subject_id: int) -> bool:
    """Tell whether something severe about this object waits for somebody's decision."""
    return Risk.objects.filter(
        concerns=subject_type, concerns_id=subject_id, state__in=WAITING, severity=Severity.SEVERE
    ).exists()


def waiting_risks() -> QuerySet[Risk]:
    """Return the risks that nobody has decided yet, the newest first."""
    return Risk.objects.filter(state__in=WAITING).order_by("-raised_at", "-id")
