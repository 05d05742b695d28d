"""Jobs of the payments stage: send refunds, ask what notices lost, close what is over, compare."""

from datetime import date, timedelta
from typing import Final

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, defer_for, defer_many, job
from baozhen.insurance.applications.models import Application
from baozhen.insurance.payments.channels.registry import channel_of
from baozhen.insurance.payments.errors import PaymentOrderPaid
from baozhen.insurance.payments.models import PaymentAttempt, PaymentOrder, Refund
from baozhen.insurance.payments.services.orders import close_order, ref_of
from baozhen.insurance.payments.services.reconciling import due_runs, reconcile
from baozhen.insurance.payments.services.refunds import send_refund
from baozhen.insurance.payments.services.telling import take_told
from baozhen.insurance.payments.states import PAYABLE, Purpose, RefundState

SEND_REFUND: Final = "payment.send_refund"
FOLLOW_REFUNDS: Final = "payment.follow_refunds"
ASK_OPEN: Final = "payment.ask_open"
ASK_ATTEMPT: Final = "payment.ask_attempt"
CLOSE_EXPIRED: Final = "payment.close_expired"
CLOSE_ORDER: Final = "payment.close_order"
CLOSE_OF_APPLICATION: Final = "payment.close_of_application"
RECONCILE_DUE: Final = "payment.reconcile_due"
RECONCILE: Final = "payment.reconcile"

_ASK_AFTER: Final = timedelta(seconds=60)
_ASK_MOST: Final = 200
_REFUND_AFTER: Final = timedelta(minutes=10)


@job(SEND_REFUND, queue=Queue.LIVE)
def send_refund_job(key: int) -> None:
    """Send one refund to its channel, or ask what became of it."""
    send_refund(key, at=now())


@job(FOLLOW_REFUNDS, queue=Queue.HOUSEKEEPING, every_seconds=600)
def follow_refunds_job() -> None:
    """Promise again the refunds of which nothing has been heard for ten minutes."""
    waiting = Refund.objects.filter(
        state__in=[RefundState.REQUESTED, RefundState.SENT], proposed_at__lt=now() - _REFUND_AFTER
    )
    defer_for(SEND_REFUND, list(waiting.order_by("pk").values_list("pk", flat=True)[:_ASK_MOST]))


@job(ASK_OPEN, queue=Queue.HOUSEKEEPING, every_seconds=30)
def ask_open_job() -> None:
    """Promise to ask about the attempts of which no notice has come."""
    at = now()
    due = PaymentAttempt.objects.filter(
        ended_at__isnull=True,
        handed_at__isnull=False,
        asked_at__lt=at - _ASK_AFTER,
        order__state__in=PAYABLE,
    )
    keys = list(due.order_by("asked_at").values_list("pk", flat=True)[:_ASK_MOST])
    PaymentAttempt.objects.filter(pk__in=keys).update(asked_at=at)
    defer_for(ASK_ATTEMPT, keys)


@job(ASK_ATTEMPT, queue=Queue.HOUSEKEEPING)
def ask_attempt_job(key: int) -> None:
    """Ask the channel what became of one attempt."""
    attempt = PaymentAttempt.objects.get(pk=key)
    if attempt.ended_at is None:
        told = channel_of(attempt.channel).query(ref_of(attempt))
        take_told(told, channel=attempt.channel, source="query", at=now())


@job(CLOSE_EXPIRED, queue=Queue.HOUSEKEEPING, every_seconds=60)
def close_expired_job() -> None:
    """Promise to close the orders whose time is over."""
    over = PaymentOrder.objects.filter(state__in=PAYABLE, expires_at__lt=now())
    defer_for(
        CLOSE_ORDER, list(over.order_by("expires_at").values_list("pk", flat=True)[:_ASK_MOST])
    )


@job(CLOSE_ORDER, queue=Queue.HOUSEKEEPING)
def close_order_job(key: int) -> None:
    """Close one order; one that turned out to be paid stays."""
    order = PaymentOrder.objects.get(pk=key)
    try:
        close_order(order.order_no, actor="system", at=now())
    except PaymentOrderPaid:
        return


@job(CLOSE_OF_APPLICATION, queue=Queue.HOUSEKEEPING)
def close_of_application_job(key: int) -> None:
    """Close what was opened for an application that has ended unpaid."""
    number = Application.objects.values_list("proposal_no", flat=True).get(pk=key)
    open_ones = PaymentOrder.objects.filter(
        purpose=Purpose.APPLICATION, business_no=number, state__in=PAYABLE
    )
    defer_for(CLOSE_ORDER, list(open_ones.values_list("pk", flat=True)))


@job(RECONCILE_DUE, queue=Queue.HOUSEKEEPING, every_seconds=1800)
def reconcile_due_job() -> None:
    """Promise to compare the bills that can be had by now."""
    runs = [{"channel": name, "day": day.isoformat()} for name, day in due_runs(now())]
    defer_many(RECONCILE, runs, queue=Queue.HOUSEKEEPING)


@job(RECONCILE, queue=Queue.HOUSEKEEPING)
def reconcile_job(channel: str, day: str) -> None:
    """Compare one day of one channel."""
    reconcile(channel, date.fromisoformat(day), at=now())
