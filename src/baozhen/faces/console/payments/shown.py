"""How sums and states of payments stand in the tables of the staff pages."""

from collections.abc import Mapping

from baozhen.faces.console.registers import Cell
from baozhen.faces.templatetags.faces import stamp, yuan
from baozhen.insurance.payments.states import (
    CHANNEL_LABELS,
    DIFFERENCE_LABELS,
    ORDER_LABELS,
    REFUND_LABELS,
    VERDICT_LABELS,
    DifferenceState,
    OrderState,
    ReceiptVerdict,
    RefundState,
)

_TONES: Mapping[str, tuple[str, str]] = {
    OrderState.CONFIRMED: ("jade", "check"),
    OrderState.PAYING: ("azure", "clock"),
    OrderState.OPENED: ("azure", "clock"),
    OrderState.REFUNDING: ("amber", "again"),
    RefundState.PROPOSED: ("amber", "clock"),
    RefundState.REQUESTED: ("azure", "clock"),
    RefundState.SENT: ("azure", "clock"),
    RefundState.SUCCEEDED: ("jade", "check"),
    RefundState.FAILED: ("seal", "alert"),
    DifferenceState.OPEN: ("amber", "alert"),
    DifferenceState.HANDLED: ("jade", "check"),
    ReceiptVerdict.ACCEPTED: ("jade", "check"),
}
_LABELS: Mapping[str, str] = {
    **ORDER_LABELS,
    **REFUND_LABELS,
    **DIFFERENCE_LABELS,
}


def state_cell(state: str) -> Cell:
    """Return a state as a tag."""
    tone, icon = _TONES.get(state, ("", "info"))
    return Cell(text=_LABELS[state], tone=tone, icon=icon)


def verdict_cell(verdict: str) -> Cell:
    """Return what money was worth, as a tag."""
    tone, icon = _TONES.get(verdict, ("amber", "alert"))
    return Cell(text=VERDICT_LABELS[verdict], tone=tone, icon=icon)


def sum_cell(fen: int | None) -> Cell:
    """Return a sum."""
    return Cell(text=yuan(fen))


def time_cell(at: object) -> Cell:
    """Return an instant to the second."""
    return Cell(text=stamp(at))  # type: ignore[arg-type]


def channel_name(name: str) -> str:
    """Return what people call a channel."""
    return CHANNEL_LABELS.get(name, name or "—")
