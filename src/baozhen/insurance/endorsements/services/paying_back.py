"""Send back what a change gives back: by the orders it was paid with, each fen once."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from django.db.models import Sum

from baozhen.insurance.endorsements.amounts import Line, refunds_by_order
from baozhen.insurance.endorsements.models import Change, RefundPart
from baozhen.insurance.endorsements.states import ChangeState
from baozhen.insurance.payments.models import Payment, PaymentOrder
from baozhen.insurance.payments.services.refunds import refund_order
from baozhen.insurance.payments.states import OrderState

_REASON = "保险批改退还费用"


def pay_back(change: Change, *, at: datetime) -> None:
    """Refund what a change gives back, in the transaction that issues it: exactly once.

    What another system collected it also pays back; it is told by the event and the list.
    """
    if change.premium_fen >= 0:
        return
    lines = [Line(**line) for part in change.parts for line in part["lines"]]
    split = refunds_by_order(lines, paid=list(_left_of_orders(change).items()))
    known = set(
        PaymentOrder.objects.filter(
            order_no__in=split, state__in=[OrderState.CONFIRMED, OrderState.REFUNDING]
        ).values_list("order_no", flat=True)
    )
    for order_no, fen in split.items():
        RefundPart.objects.create(
            change=change,
            order_no=order_no,
            amount_fen=fen,
            is_outside=order_no not in known,
            at=at,
        )
        if order_no in known:
            refund_order(
                order_no=order_no,
                amount_fen=fen,
                reason=_REASON,
                reference=f"change/{change.public_id}",
                actor="system",
                at=at,
            )


def _left_of_orders(change: Change) -> Mapping[str, int]:
    """Return what is left of each order that was paid, the first order first.

    Vehicle tax was paid with them too: it goes back by a line of its own or not at all.
    """
    first = Payment.objects.get(proposal=change.proposal_id)
    left: dict[str, int] = defaultdict(int)
    left[first.order_no] = first.amount_fen
    issued = Change.objects.filter(
        proposal=change.proposal_id, state=ChangeState.ISSUED, premium_fen__gt=0
    )
    for earlier in issued.order_by("issued_at", "id"):
        left[earlier.order_no] += earlier.premium_fen
    gone = (
        RefundPart.objects.filter(change__proposal=change.proposal_id)
        .values_list("order_no")
        .annotate(Sum("amount_fen"))
    )
    for order_no, fen in gone:
        left[order_no] -= fen
    return left
