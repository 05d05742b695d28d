"""States of claims (报案与理赔): from the report of a loss to the payment or the refusal."""

from collections.abc import Mapping
from enum import StrEnum


class ClaimState(StrEnum):
    """Each state names what holds.

    `registered`: the report has its number; `collecting`: the list of papers was told, once;
    `assessing`: the papers are whole; `offered`: the cover holds and an amount is proposed;
    `refused`: it does not hold, with the reason; `agreed`: the amount is agreed on; `paid`: the
    claims system has paid; `disputed`: a review was asked for; `withdrawn`: the reporter gave up;
    `closed`: the review ended without a change.
    """

    REGISTERED = "registered"
    COLLECTING = "collecting"
    ASSESSING = "assessing"
    OFFERED = "offered"
    REFUSED = "refused"
    AGREED = "agreed"
    PAID = "paid"
    DISPUTED = "disputed"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


_S = ClaimState

CLAIM_MOVES: Mapping[str, frozenset[str]] = {
    _S.REGISTERED: frozenset({_S.COLLECTING, _S.WITHDRAWN}),
    _S.COLLECTING: frozenset({_S.ASSESSING, _S.WITHDRAWN}),
    # Papers that are found wanting are asked for again, once.
    _S.ASSESSING: frozenset({_S.COLLECTING, _S.OFFERED, _S.REFUSED, _S.WITHDRAWN}),
    _S.OFFERED: frozenset({_S.AGREED, _S.DISPUTED}),
    _S.REFUSED: frozenset({_S.DISPUTED}),
    _S.DISPUTED: frozenset({_S.ASSESSING, _S.CLOSED}),
    _S.AGREED: frozenset({_S.PAID}),
    _S.PAID: frozenset(),
    _S.WITHDRAWN: frozenset(),
    _S.CLOSED: frozenset(),
}

STATE_LABELS: Mapping[str, str] = {
    _S.REGISTERED: "已报案",
    _S.COLLECTING: "等待材料",
    _S.ASSESSING: "核定中",
    _S.OFFERED: "已核定，待确认金额",
    _S.REFUSED: "已核定，不予赔付",
    _S.AGREED: "已达成协议，赔付中",
    _S.PAID: "已赔付",
    _S.DISPUTED: "有异议，复核中",
    _S.WITHDRAWN: "已撤回",
    _S.CLOSED: "复核维持原结论",
}


class Injury(StrEnum):
    """Whether anybody was hurt."""

    NONE = "none"
    HURT = "hurt"
    DEATH = "death"


INJURY_LABELS: Mapping[str, str] = {
    Injury.NONE: "无人受伤",
    Injury.HURT: "有人受伤",
    Injury.DEATH: "有人死亡",
}


class Cause(StrEnum):
    """What happened, roughly: it decides which papers are needed."""

    COLLISION = "collision"
    SINGLE = "single"
    THEFT = "theft"
    FIRE = "fire"
    NATURE = "nature"
    GLASS = "glass"


CAUSE_LABELS: Mapping[str, str] = {
    Cause.COLLISION: "与他人或他车发生事故",
    Cause.SINGLE: "单方事故（撞固定物、翻车等）",
    Cause.THEFT: "被盗抢",
    Cause.FIRE: "火灾、自燃",
    Cause.NATURE: "暴雨、冰雹等自然灾害",
    Cause.GLASS: "玻璃单独破碎",
}


class Entry(StrEnum):
    """By which door the report came: each leads to the same service (S0-6.5)."""

    WALLET = "wallet"
    HOTLINE = "hotline"
    MINI = "mini"
    SYSTEM = "system"


ENTRY_LABELS: Mapping[str, str] = {
    Entry.WALLET: "手机页面",
    Entry.HOTLINE: "客服热线",
    Entry.MINI: "微信小程序",
    Entry.SYSTEM: "理赔系统",
}
