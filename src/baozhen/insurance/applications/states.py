"""States of applications (投保申请): the way to a paid proposal, a fact at each step."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class ApplicationState(StrEnum):
    """Each state names what holds; the gates of reading, signing and paying stand between them.

    `draft`: being filled in; `submitted`: underwriting is asked; `referred`: a person decides;
    `offered`: a counter-offer waits for the applicant; `accepted`: to be read and signed;
    `signed`: the signed set is archived, code and payment are open; `paid`: the premium has come;
    `issued`: the policies are there; `failed`: paid, could not become policies, is refunded.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REFERRED = "referred"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    SIGNED = "signed"
    PAID = "paid"
    ISSUED = "issued"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    FAILED = "failed"


_S = ApplicationState

APPLICATION_MOVES: Mapping[str, frozenset[str]] = {
    _S.DRAFT: frozenset({_S.SUBMITTED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.SUBMITTED: frozenset({_S.ACCEPTED, _S.REFERRED, _S.DECLINED}),
    _S.REFERRED: frozenset({_S.ACCEPTED, _S.OFFERED, _S.DECLINED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.OFFERED: frozenset({_S.ACCEPTED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.ACCEPTED: frozenset({_S.SIGNED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.SIGNED: frozenset({_S.PAID, _S.WITHDRAWN, _S.EXPIRED}),
    _S.PAID: frozenset({_S.ISSUED, _S.FAILED}),
    # One that was made anew takes the place of the earlier, once the new one is signed.
    _S.WITHDRAWN: frozenset({_S.SUPERSEDED}),
    _S.EXPIRED: frozenset({_S.SUPERSEDED}),
    _S.ISSUED: frozenset(),
    _S.DECLINED: frozenset(),
    _S.SUPERSEDED: frozenset(),
    _S.FAILED: frozenset(),
}

# Who decided, where nobody did but the rules.
AUTOMATIC: Final = "AUTO"


class Outcome(StrEnum):
    """What underwriting said so far: the rules alone, or a person."""

    AUTOMATIC = "automatic"
    PERSONAL = "personal"
    REFERRED = "referred"
    DECLINED = "declined"


OUTCOME_LABELS: Mapping[str, str] = {
    Outcome.AUTOMATIC: "自动通过",
    Outcome.PERSONAL: "人工通过",
    Outcome.REFERRED: "待人工核保",
    Outcome.DECLINED: "不予承保",
}


STATE_LABELS: Mapping[str, str] = {
    _S.DRAFT: "填写中",
    _S.SUBMITTED: "已提交",
    _S.REFERRED: "人工核保中",
    _S.OFFERED: "待确认新方案",
    _S.ACCEPTED: "核保通过，待阅读签名",
    _S.SIGNED: "已签名，待缴费",
    _S.PAID: "已缴费，出单中",
    _S.ISSUED: "已出单",
    _S.DECLINED: "未能承保",
    _S.WITHDRAWN: "已撤回",
    _S.SUPERSEDED: "已被新投保单替代",
    _S.EXPIRED: "已过期",
    _S.FAILED: "未能出单，已退款",
}
