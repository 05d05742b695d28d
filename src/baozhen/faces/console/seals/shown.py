"""What several pages of seals show: states as tags, history in words, who may see which seal."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from baozhen.faces.console.registers import Act, Cell
from baozhen.foundation.audit.queries import entries_of
from baozhen.signing.organizations.queries import require_power, scope_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.seals import states
from baozhen.signing.seals.models import Seal, SealChange, SealLoan, SealUse

_ACTS = {
    "seal.making": "登记，待审批",
    "seal.active": "在用",
    "seal.suspended": "停用",
    "seal.abolished": "废止",
    "seal.rule_added": "设定使用规则",
    "seal.rule_ended": "取消使用规则",
    "seal_change.requested": "提出申请",
    "seal_change.approved": "批准",
    "seal_change.refused": "驳回",
    "seal_loan.requested": "申请用印",
    "seal_loan.approved": "批准",
    "seal_loan.refused": "驳回",
    "seal_loan.handed_out": "领用",
    "seal_loan.stamped": "登记用印",
    "seal_loan.overdue": "逾期提醒",
    "seal_loan.returned": "归还",
    "risk.open": "发现风险",
    "risk.held": "发现风险并拦截",
    "risk.handled": "已处置",
    "risk.dismissed": "已排除",
}
_TONES = {
    "active": ("jade", "check"),
    "making": ("amber", "clock"),
    "suspended": ("amber", "pause"),
    "abolished": ("seal", "cross"),
    "requested": ("amber", "clock"),
    "approved": ("jade", "check"),
    "refused": ("seal", "cross"),
    "reserved": ("amber", "clock"),
    "done": ("jade", "check"),
    "released": ("", "info"),
    "handed_out": ("azure", "person"),
    "returned": ("jade", "check"),
    "revoked": ("seal", "cross"),
}


def tag(state: str, labels: Mapping[Any, str]) -> Cell:
    """Return a state as a tag: a word, a tone and an icon."""
    tone, icon = _TONES.get(state, ("", "info"))
    word = next((label for key, label in labels.items() if key == state), state)
    return Cell(text=word, tone=tone, icon=icon)


def seal_tag(seal: Seal) -> Cell:
    """Return the state of a seal."""
    return tag(seal.state, states.LABELS)


def change_tag(change: SealChange) -> Cell:
    """Return the state of a request."""
    return tag(change.state, states.CHANGE_STATE_LABELS)


def use_tag(use: SealUse) -> Cell:
    """Return the state of a use."""
    return tag(use.state, states.USE_LABELS)


def loan_tag(loan: SealLoan) -> Cell:
    """Return the state of a loan."""
    return tag(loan.state, states.LOAN_LABELS)


def acts_in_words(noun: str, key: int) -> list[Act]:
    """Return what was done to a record, the newest first."""
    return [
        Act(
            label=_ACTS.get(entry.action, entry.action),
            at=entry.at,
            actor=entry.actor,
            note=str(entry.facts.get("state_reason") or entry.facts.get("reason") or ""),
        )
        for entry in entries_of(noun, key).order_by("-position")
    ]


def seals_seen(request: HttpRequest) -> QuerySet[Seal]:
    """Return the seals of the units where the person may view seals."""
    return Seal.objects.filter(
        unit__in=scope_of(request.user, Permission.VIEW_SEALS)
    ).select_related("unit", "keeper", "owner")


def seal_seen(request: HttpRequest, key: int) -> Seal:
    """Return one of them, or answer 404."""
    seal = seals_seen(request).filter(pk=key).first()
    if seal is None:
        raise Http404
    return seal


def seal_managed(
    request: HttpRequest, key: int, permission: Permission = Permission.MANAGE_SEALS
) -> Seal:
    """Return a seal of a unit where the person holds the permission; else 404 or PowerMissing."""
    seal = Seal.objects.select_related("unit").filter(pk=key).first()
    if seal is None:
        raise Http404
    require_power(request.user, permission, seal.unit)
    return seal


def listed(names: Sequence[str]) -> str:
    """Return the names of a limit, or that there is none."""
    return "、".join(names) or "不限"
