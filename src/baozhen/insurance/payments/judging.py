"""What money that has come is worth to its order. Pure: facts in, a verdict out."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from baozhen.insurance.payments.states import PAYABLE, OrderState, ReceiptVerdict


class PayerProof(StrEnum):
    """How it is known who paid.

    `told`: the channel tells name and number; `enforced`: it let nobody else pay; `checked`: the
    person showed a bank card of theirs beforehand; `none`: it is not known.
    """

    TOLD = "told"
    ENFORCED = "enforced"
    CHECKED = "checked"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the order wants."""

    state: str
    amount_fen: int
    expires_at: datetime
    payer_required: bool


@dataclass(frozen=True, kw_only=True)
class Came:
    """What came; `payer_differs` when the channel told of somebody else."""

    amount_fen: int
    paid_at: datetime
    proof: PayerProof
    payer_differs: bool


def judge(asked: Asked, came: Came) -> ReceiptVerdict:
    """Return the verdict: only the right sum from the right person in time is accepted."""
    if asked.state not in PAYABLE:
        is_late = asked.state == OrderState.CLOSED
        return ReceiptVerdict.LATE if is_late else ReceiptVerdict.DOUBLE
    if came.paid_at > asked.expires_at:
        return ReceiptVerdict.LATE
    if came.amount_fen != asked.amount_fen:
        return ReceiptVerdict.WRONG_AMOUNT
    return _judge_payer(came) if asked.payer_required else ReceiptVerdict.ACCEPTED


def _judge_payer(came: Came) -> ReceiptVerdict:
    if came.payer_differs:
        return ReceiptVerdict.WRONG_PAYER
    is_proven = came.proof is not PayerProof.NONE
    return ReceiptVerdict.ACCEPTED if is_proven else ReceiptVerdict.PAYER_UNPROVEN
