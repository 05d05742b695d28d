"""The lives of a seal, of a request about it, of a grant, a use and a loan, at a glance."""

from enum import StrEnum


class SealKind(StrEnum):
    """What a seal is made of."""

    ELECTRONIC = "electronic"
    UKEY = "ukey"
    PHYSICAL = "physical"
    LEGAL_REP = "legal_rep"
    PERSONAL = "personal"


KIND_LABELS = {
    SealKind.ELECTRONIC: "电子印章",
    SealKind.UKEY: "U-Key 印章",
    SealKind.PHYSICAL: "实物印章",
    SealKind.LEGAL_REP: "法定代表人章",
    SealKind.PERSONAL: "个人签名",
}

# Kinds that leave a picture in an electronic file.
PICTURED = frozenset(SealKind) - {SealKind.PHYSICAL}


class SealState(StrEnum):
    """Only an `active` seal seals."""

    MAKING = "making"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ABOLISHED = "abolished"


LABELS = {
    SealState.MAKING: "制作中",
    SealState.ACTIVE: "在用",
    SealState.SUSPENDED: "已停用",
    SealState.ABOLISHED: "已废止",
}

MOVES: dict[SealState, frozenset[SealState]] = {
    SealState.MAKING: frozenset({SealState.ACTIVE, SealState.ABOLISHED}),
    SealState.ACTIVE: frozenset({SealState.SUSPENDED, SealState.ABOLISHED}),
    SealState.SUSPENDED: frozenset({SealState.ACTIVE, SealState.ABOLISHED}),
    SealState.ABOLISHED: frozenset(),
}


class ChangeKind(StrEnum):
    """What a request asks for; `change` is about the look, `update` about what is registered."""

    MAKE = "make"
    CHANGE = "change"
    UPDATE = "update"
    SUSPEND = "suspend"
    RESUME = "resume"
    ABOLISH = "abolish"


CHANGE_LABELS = {
    ChangeKind.MAKE: "制作",
    ChangeKind.CHANGE: "变更",
    ChangeKind.UPDATE: "变更登记信息",
    ChangeKind.SUSPEND: "停用",
    ChangeKind.RESUME: "恢复",
    ChangeKind.ABOLISH: "废止",
}

# What a seal must be for a request to make sense.
CHANGE_FROM: dict[ChangeKind, frozenset[SealState]] = {
    ChangeKind.MAKE: frozenset({SealState.MAKING}),
    ChangeKind.CHANGE: frozenset({SealState.ACTIVE, SealState.SUSPENDED}),
    ChangeKind.UPDATE: frozenset({SealState.ACTIVE, SealState.SUSPENDED}),
    ChangeKind.SUSPEND: frozenset({SealState.ACTIVE}),
    ChangeKind.RESUME: frozenset({SealState.SUSPENDED}),
    ChangeKind.ABOLISH: frozenset({SealState.ACTIVE, SealState.SUSPENDED}),
}


class ChangeState(StrEnum):
    """A request is decided by another person than the one who made it, who may take it back."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


CHANGE_STATE_LABELS = {
    ChangeState.REQUESTED: "待审批",
    ChangeState.APPROVED: "已批准",
    ChangeState.REFUSED: "已驳回",
    ChangeState.WITHDRAWN: "已撤回",
}

CHANGE_MOVES: dict[ChangeState, frozenset[ChangeState]] = {
    ChangeState.REQUESTED: frozenset(ChangeState) - {ChangeState.REQUESTED},
    ChangeState.APPROVED: frozenset(),
    ChangeState.REFUSED: frozenset(),
    ChangeState.WITHDRAWN: frozenset(),
}


class GrantState(StrEnum):
    """An `active` grant holds until its end or until its count is used up."""

    ACTIVE = "active"
    REVOKED = "revoked"


GRANT_LABELS = {GrantState.ACTIVE: "有效", GrantState.REVOKED: "已收回"}

GRANT_MOVES: dict[GrantState, frozenset[GrantState]] = {
    GrantState.ACTIVE: frozenset({GrantState.REVOKED}),
    GrantState.REVOKED: frozenset(),
}


class UseState(StrEnum):
    """A use is reserved before the key is touched, and done when the sealed file exists."""

    RESERVED = "reserved"
    DONE = "done"
    RELEASED = "released"
    REFUSED = "refused"


USE_LABELS = {
    UseState.RESERVED: "用印中",
    UseState.DONE: "已用印",
    UseState.RELEASED: "已放弃",
    UseState.REFUSED: "被拒绝",
}

USE_MOVES: dict[UseState, frozenset[UseState]] = {
    UseState.RESERVED: frozenset({UseState.DONE, UseState.RELEASED}),
    UseState.DONE: frozenset(),
    UseState.RELEASED: frozenset(),
    UseState.REFUSED: frozenset(),
}


class LoanState(StrEnum):
    """A physical seal leaves its keeper only after another person's approval."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    HANDED_OUT = "handed_out"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


LOAN_LABELS = {
    LoanState.REQUESTED: "待审批",
    LoanState.APPROVED: "待领用",
    LoanState.REFUSED: "已驳回",
    LoanState.HANDED_OUT: "已领用",
    LoanState.RETURNED: "已归还",
    LoanState.WITHDRAWN: "已撤回",
}

LOAN_MOVES: dict[LoanState, frozenset[LoanState]] = {
    LoanState.REQUESTED: frozenset({LoanState.APPROVED, LoanState.REFUSED, LoanState.WITHDRAWN}),
    LoanState.APPROVED: frozenset({LoanState.HANDED_OUT, LoanState.REFUSED, LoanState.WITHDRAWN}),
    LoanState.REFUSED: frozenset(),
    LoanState.HANDED_OUT: frozenset({LoanState.RETURNED}),
    LoanState.RETURNED: frozenset(),
    LoanState.WITHDRAWN: frozenset(),
}


class Category(StrEnum):
    """What a company's seal is for; the line under the star says it."""

    OFFICIAL = "official"
    CONTRACT = "contract"
    POLICY = "policy"
    ENDORSEMENT = "endorsement"
    CLAIMS = "claims"
    FINANCE = "finance"
    UNDERWRITING = "underwriting"
    PERSON = "person"


CATEGORY_LABELS = {
    Category.OFFICIAL: "公章",
    Category.CONTRACT: "合同专用章",
    Category.POLICY: "电子保单专用章",
    Category.ENDORSEMENT: "批单专用章",
    Category.CLAIMS: "理赔专用章",
    Category.FINANCE: "财务专用章",
    Category.UNDERWRITING: "承保专用章",
    Category.PERSON: "名章与签名",
}
