"""What refused uses look like: risks, some of which hold the seal or the person until handled."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.services import raise_risk
from baozhen.signing.risks.states import RiskState, Severity
from baozhen.signing.seals.errors import SealUseRefused, Suspect
from baozhen.signing.seals.models import SealUse
from baozhen.signing.seals.states import UseState

__all__ = ["KIND_LABELS", "Suspect", "is_cleared", "is_held", "note_refusals"]

# How long a decided risk lets the same person or seal go on without a new one of its kind.
CLEARED_FOR: Final = timedelta(hours=12)
FAILURES_MAX: Final = 5
FAILURES_WITHIN: Final = timedelta(minutes=10)
REPEATED: Final = "seals.repeated_failure"
KEEPER_LEFT: Final = "seals.keeper_left"

KIND_LABELS: dict[str, str] = {
    "seals.hour": "非常用时间用印",
    "seals.volume": "用印量异常",
    "seals.place": "异常地点用印",
    "seals.revoked_grant": "使用已收回的授权",
    REPEATED: "连续用印失败",
    "seals.no_grant": "无授权用印",
    "seals.rule": "违反用印规则",
    "seals.silent": "未经许可的静默用印",
    "seals.not_active": "使用非在用印章",
    "seals.frozen": "印章紧急冻结",
    "seals.overdue": "实物印章逾期未还",
    KEEPER_LEFT: "实物印章的保管人或领用人离职",
    "seals.certificate": "印章所依证书失效",
    "seals.ukey": "印章所用 U-Key 挂失或归还",
}
# Kind -> (severity, whether it holds until somebody has decided).
_WEIGHT: dict[str, tuple[Severity, bool]] = {
    "seals.hour": (Severity.WARNING, True),
    "seals.volume": (Severity.SEVERE, True),
    "seals.place": (Severity.SEVERE, True),
    "seals.revoked_grant": (Severity.SEVERE, True),
    REPEATED: (Severity.SEVERE, True),
    "seals.no_grant": (Severity.NOTICE, False),
    "seals.rule": (Severity.WARNING, False),
    "seals.silent": (Severity.WARNING, False),
    "seals.not_active": (Severity.NOTICE, False),
}
_WAITING = (RiskState.OPEN, RiskState.HELD)
_ENDED = (RiskState.HANDLED, RiskState.DISMISSED)


def is_held(suspects: Sequence[Suspect]) -> str:
    """Return the public id of a risk that holds one of them, or an empty string."""
    wanted = Q(pk__in=[])
    for suspect in suspects:
        wanted |= Q(concerns=suspect.type, concerns_id=suspect.key)
    risk = Risk.objects.filter(wanted, state=RiskState.HELD, kind__startswith="seals.").first()
    return risk.public_id if risk is not None else ""


def is_cleared(kind: str, suspect: Suspect, *, at: datetime) -> bool:
    """Tell whether somebody has decided lately that this may go on."""
    return Risk.objects.filter(
        kind=kind,
        concerns=suspect.type,
        concerns_id=suspect.key,
        state__in=_ENDED,
        handled_at__gt=at - CLEARED_FOR,
    ).exists()


def note_refusals(refused: Sequence[tuple[SealUseRefused, SealUse]], *, at: datetime) -> None:
    """Raise a risk for each kind of suspicion, once while it waits; count failures."""
    for error, use in refused:
        if error.suspicion and error.suspect is not None:
            _raise_once(error.suspicion, error.suspect, use, at=at)
    for error, use in {use.actor: (error, use) for error, use in refused}.values():
        suspect = error.suspect
        if suspect is None or error.code == "seal_held":
            continue
        lately = SealUse.objects.filter(
            actor=use.actor, state=UseState.REFUSED, at__gt=at - FAILURES_WITHIN
        )
        if lately.count() >= FAILURES_MAX and not is_cleared(REPEATED, suspect, at=at):
            _raise_once(REPEATED, suspect, use, at=at)


def _raise_once(kind: str, suspect: Suspect, use: SealUse, *, at: datetime) -> None:
    waiting = Risk.objects.filter(
        kind=kind, concerns=suspect.type, concerns_id=suspect.key, state__in=_WAITING
    )
    if waiting.exists():
        return
    severity, holds = _WEIGHT[kind]
    raise_risk(
        kind=kind,
        severity=severity,
        subject_type=suspect.type,
        subject_id=suspect.key,
        facts={
            "seal": use.seal.public_id,
            "use": use.public_id,
            "flow": use.flow,
            "document_type": use.document_type,
            "reference": use.reference,
            "refusal": use.refusal_code,
        },
        at=at,
        hold=holds,
    )
