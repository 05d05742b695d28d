"""The life of a certificate binding at a glance."""

from enum import StrEnum


class BindingState(StrEnum):
    """Only an `active` binding signs."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"


LABELS = {
    BindingState.PENDING: "待启用",
    BindingState.ACTIVE: "使用中",
    BindingState.SUSPENDED: "已停用",
    BindingState.REVOKED: "已吊销",
    BindingState.EXPIRED: "已过期",
}

_END = frozenset({BindingState.REVOKED, BindingState.EXPIRED})
MOVES: dict[BindingState, frozenset[BindingState]] = {
    BindingState.PENDING: frozenset({BindingState.ACTIVE}) | _END,
    BindingState.ACTIVE: frozenset({BindingState.SUSPENDED}) | _END,
    BindingState.SUSPENDED: frozenset({BindingState.ACTIVE}) | _END,
    BindingState.REVOKED: frozenset(),
    BindingState.EXPIRED: frozenset({BindingState.REVOKED}),
}
