"""The life of a risk at a glance."""

from enum import StrEnum


class RiskState(StrEnum):
    """A `held` risk keeps what it concerns from going on until somebody has decided."""

    OPEN = "open"
    HELD = "held"
    HANDLED = "handled"
    DISMISSED = "dismissed"


LABELS = {
    RiskState.OPEN: "待处置",
    RiskState.HELD: "已拦截，待处置",
    RiskState.HANDLED: "已处置",
    RiskState.DISMISSED: "已排除",
}

_END = frozenset({RiskState.HANDLED, RiskState.DISMISSED})
MOVES: dict[RiskState, frozenset[RiskState]] = {
    RiskState.OPEN: frozenset({RiskState.HELD}) | _END,
    RiskState.HELD: _END,
    RiskState.HANDLED: frozenset(),
    RiskState.DISMISSED: frozenset(),
}


class Severity(StrEnum):
    """How much it matters."""

    NOTICE = "notice"
    WARNING = "warning"
    SEVERE = "severe"


SEVERITY_LABELS = {
    Severity.NOTICE: "提示",
    Severity.WARNING: "警示",
    Severity.SEVERE: "严重",
}
