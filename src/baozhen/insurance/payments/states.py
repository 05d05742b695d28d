"""States of payments (收费)."""

from collections.abc import Mapping
from enum import StrEnum


class PaymentState(StrEnum):
    """`confirmed`: the premium was received (S0-4.3.2); `excepted`: an exception stands for it."""

    EXCEPTED = "excepted"
    CONFIRMED = "confirmed"


PAYMENT_MOVES: Mapping[str, frozenset[str]] = {
    PaymentState.EXCEPTED: frozenset({PaymentState.CONFIRMED}),
    PaymentState.CONFIRMED: frozenset(),
}
