"""States of referrals (人工核保): open until a person decides or the proposal goes away."""

from collections.abc import Mapping
from enum import StrEnum


class Decision(StrEnum):
    """What underwriting says to a proposal."""

    ACCEPTED = "accepted"
    REFERRED = "referred"
    DECLINED = "declined"


DECISION_LABELS: Mapping[str, str] = {
    Decision.ACCEPTED: "自动通过",
    Decision.REFERRED: "转人工核保",
    Decision.DECLINED: "不予承保",
}


class ReferralState(StrEnum):
    """`offered`: the underwriter proposes other terms, the applicant answers elsewhere."""

    OPEN = "open"
    ACCEPTED = "accepted"
    OFFERED = "offered"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


_S = ReferralState

REFERRAL_MOVES: Mapping[str, frozenset[str]] = {
    _S.OPEN: frozenset({_S.ACCEPTED, _S.OFFERED, _S.DECLINED, _S.WITHDRAWN}),
    _S.ACCEPTED: frozenset(),
    _S.OFFERED: frozenset(),
    _S.DECLINED: frozenset(),
    _S.WITHDRAWN: frozenset(),
}

STATE_LABELS: Mapping[str, str] = {
    _S.OPEN: "待核保",
    _S.ACCEPTED: "已通过",
    _S.OFFERED: "已提出新方案",
    _S.DECLINED: "未承保",
    _S.WITHDRAWN: "已撤回",
}
