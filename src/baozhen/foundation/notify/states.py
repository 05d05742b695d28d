"""The states of a delivery."""

from enum import StrEnum


class DeliveryState(StrEnum):
    """What became of a message."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


MOVES: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.QUEUED: frozenset({DeliveryState.SENT, DeliveryState.FAILED}),
    DeliveryState.SENT: frozenset(),
    # A person may ask again, for instance after the address was corrected at the provider.
    DeliveryState.FAILED: frozenset({DeliveryState.QUEUED}),
}
