"""The lives of bindings, applications, U-keys and trust anchors at a glance."""

from enum import StrEnum


class BindingState(StrEnum):
    """Only an `active` binding signs; a `failing` one was active until its probe failed."""

    PENDING = "pending"
    ACTIVE = "active"
    FAILING = "failing"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"


LABELS = {
    BindingState.PENDING: "待启用",
    BindingState.ACTIVE: "使用中",
    BindingState.FAILING: "自检失败",
    BindingState.SUSPENDED: "已停用",
    BindingState.REVOKED: "已吊销",
    BindingState.EXPIRED: "已过期",
}

_END = frozenset({BindingState.REVOKED, BindingState.EXPIRED})
MOVES: dict[BindingState, frozenset[BindingState]] = {
    BindingState.PENDING: frozenset({BindingState.ACTIVE}) | _END,
    BindingState.ACTIVE: frozenset({BindingState.SUSPENDED, BindingState.FAILING}) | _END,
    BindingState.FAILING: frozenset({BindingState.ACTIVE, BindingState.SUSPENDED}) | _END,
    BindingState.SUSPENDED: frozenset({BindingState.ACTIVE}) | _END,
    BindingState.REVOKED: frozenset(),
    BindingState.EXPIRED: frozenset({BindingState.REVOKED}),
}


class ApplicationState(StrEnum):
    """An application for a certificate, from the key to the certificate."""

    REQUESTED = "requested"
    REVIEWING = "reviewing"
    ISSUED = "issued"
    REFUSED = "refused"
    CANCELLED = "cancelled"


APPLICATION_LABELS = {
    ApplicationState.REQUESTED: "已申请",
    ApplicationState.REVIEWING: "机构审核中",
    ApplicationState.ISSUED: "已签发",
    ApplicationState.REFUSED: "被拒绝",
    ApplicationState.CANCELLED: "已取消",
}
_DECIDED = frozenset(
    {ApplicationState.ISSUED, ApplicationState.REFUSED, ApplicationState.CANCELLED}
)
APPLICATION_MOVES: dict[ApplicationState, frozenset[ApplicationState]] = {
    ApplicationState.REQUESTED: frozenset({ApplicationState.REVIEWING}) | _DECIDED,
    ApplicationState.REVIEWING: _DECIDED,
    ApplicationState.ISSUED: frozenset(),
    ApplicationState.REFUSED: frozenset(),
    ApplicationState.CANCELLED: frozenset(),
}


class KeyState(StrEnum):
    """A U-key, from the application to its end."""

    APPLIED = "applied"
    APPROVED = "approved"
    REFUSED = "refused"
    ISSUED = "issued"
    RETURNED = "returned"
    LOST = "lost"


KEY_LABELS = {
    KeyState.APPLIED: "待审批",
    KeyState.APPROVED: "已批准",
    KeyState.REFUSED: "未批准",
    KeyState.ISSUED: "已领用",
    KeyState.RETURNED: "已归还",
    KeyState.LOST: "已挂失",
}
KEY_MOVES: dict[KeyState, frozenset[KeyState]] = {
    KeyState.APPLIED: frozenset({KeyState.APPROVED, KeyState.REFUSED}),
    KeyState.APPROVED: frozenset({KeyState.ISSUED, KeyState.REFUSED}),
    KeyState.REFUSED: frozenset(),
    KeyState.ISSUED: frozenset({KeyState.RETURNED, KeyState.LOST}),
    KeyState.RETURNED: frozenset(),
    KeyState.LOST: frozenset({KeyState.RETURNED}),
}


class AnchorState(StrEnum):
    """A root of strangers: two people let it in, two people take it out."""

    PROPOSED = "proposed"
    LISTED = "listed"
    REMOVAL_PROPOSED = "removal_proposed"
    REMOVED = "removed"
    REFUSED = "refused"


ANCHOR_LABELS = {
    AnchorState.PROPOSED: "待复核",
    AnchorState.LISTED: "已列入",
    AnchorState.REMOVAL_PROPOSED: "待复核移除",
    AnchorState.REMOVED: "已移除",
    AnchorState.REFUSED: "未通过复核",
}
ANCHOR_MOVES: dict[AnchorState, frozenset[AnchorState]] = {
    AnchorState.PROPOSED: frozenset({AnchorState.LISTED, AnchorState.REFUSED}),
    AnchorState.LISTED: frozenset({AnchorState.REMOVAL_PROPOSED}),
    AnchorState.REMOVAL_PROPOSED: frozenset({AnchorState.REMOVED, AnchorState.LISTED}),
    AnchorState.REMOVED: frozenset(),
    AnchorState.REFUSED: frozenset(),
}
