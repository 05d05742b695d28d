"""Compare a channel's bill with what we have: take what notices lost, keep what differs."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from baozhen.foundation.clock import SHANGHAI, shanghai_date
from baozhen.foundation.states import enter, move
from baozhen.insurance.payments.channels.ports import AttemptRef as Ref
from baozhen.insurance.payments.channels.ports import Bill, BillLine, Outcome, RefundTold
from baozhen.insurance.payments.channels.registry import channel_names, channel_of
from baozhen.insurance.payments.errors import HandlingNoteMissing
from baozhen.insurance.payments.models import (
    Difference,
    PaymentAttempt,
    Receipt,
    ReconciliationRun,
    Refund,
)
from baozhen.insurance.payments.services.telling import take_told
from baozhen.insurance.payments.states import DifferenceKind, DifferenceState, RefundState

SYSTEM: Final = "system"
SOURCE: Final = "bill"
# Channels make yesterday's bill by ten o'clock.
_BILL_HOUR: Final = 11
_DAYS_BACK: Final = 3


def due_runs(at: datetime) -> Iterator[tuple[str, date]]:
    """Yield the channels and days whose bill can be had and was not compared yet."""
    today = shanghai_date(at)
    first = 1 if at.astimezone(SHANGHAI).hour >= _BILL_HOUR else 2
    days = [today - timedelta(days=back) for back in range(first, _DAYS_BACK + 1)]
    done = set(ReconciliationRun.objects.filter(day__in=days).values_list("channel", "day"))
    for name in channel_names():
        yield from ((name, day) for day in reversed(days) if (name, day) not in done)


def reconcile(channel: str, day: date, *, at: datetime) -> ReconciliationRun:
    """Compare one day of one channel; done again, it returns what was found the first time.

    Raises PaymentChannelOutage when the bill cannot be had.
    """
    earlier = ReconciliationRun.objects.filter(channel=channel, day=day).first()
    if earlier is not None:
        return earlier
    bill = channel_of(channel).bill(day)
    found = [
        difference
        for line in bill.lines
        if (difference := _compare(line, channel, at=at)) is not None
    ]
    found += _missing(bill, channel)
    with transaction.atomic(durable=True):
        run, is_new = ReconciliationRun.objects.get_or_create(
            channel=channel,
            day=day,
            defaults={
                "bill_sha256": bill.sha256,
                "lines": len(bill.lines),
                "received_fen": sum(x.amount_fen for x in bill.lines if not x.refund_no),
                "refunded_fen": sum(x.amount_fen for x in bill.lines if x.refund_no),
                "run_at": at,
            },
        )
        for difference in found if is_new else ():
            difference.run = run
            difference.save(force_insert=True)
            enter(difference, actor=SYSTEM, at=at)
    return run


@transaction.atomic(durable=True)
def handle_difference(key: int, *, note: str, actor: str, at: datetime) -> Difference:
    """Record how a difference was handled; raises HandlingNoteMissing, IllegalMove."""
    words = note.strip()
    if not words:
        raise HandlingNoteMissing(path="note")
    difference = Difference.objects.get(pk=key)
    move(
        difference,
        DifferenceState.HANDLED,
        actor=actor,
        at=at,
        note=words[:300],
        handled_by=actor,
        handled_at=at,
    )
    return difference


def _compare(line: BillLine, channel: str, *, at: datetime) -> Difference | None:
    return (
        _compare_refund(line, channel, at=at)
        if line.refund_no
        else (_compare_payment(line, channel, at=at))
    )


def _compare_payment(line: BillLine, channel: str, *, at: datetime) -> Difference | None:
    receipt = _receipt(line, channel)
    kind = DifferenceKind.AMOUNT
    if receipt is None:
        # A lost notice: the channel itself is asked, a file alone moves no money.
        kind = (
            DifferenceKind.RECOVERED if _recover(line, channel, at=at) else (DifferenceKind.UNKNOWN)
        )
        receipt = _receipt(line, channel)
    elif receipt.amount_fen == line.amount_fen:
        return None
    return _difference(kind, line.attempt_no, line, receipt.amount_fen if receipt else None)


def _receipt(line: BillLine, channel: str) -> Receipt | None:
    return Receipt.objects.filter(channel=channel, channel_no=line.channel_no).first()


def _recover(line: BillLine, channel: str, *, at: datetime) -> bool:
    attempt = PaymentAttempt.objects.filter(attempt_no=line.attempt_no, channel=channel).first()
    if attempt is None:
        return False
    told = channel_of(channel).query(Ref(attempt_no=attempt.attempt_no, made_at=attempt.made_at))
    if told.outcome is not Outcome.PAID or told.channel_no != line.channel_no:
        return False
    take_told(told, channel=channel, source=SOURCE, at=at)
    return True


def _compare_refund(line: BillLine, channel: str, *, at: datetime) -> Difference | None:
    refund = Refund.objects.filter(refund_no=line.refund_no, receipt__channel=channel).first()
    if refund is None:
        return _difference(DifferenceKind.UNKNOWN, line.refund_no, line, None)
    if refund.amount_fen != line.amount_fen:
        return _difference(DifferenceKind.AMOUNT, line.refund_no, line, refund.amount_fen)
    if refund.state in {RefundState.REQUESTED, RefundState.SENT}:
        told = RefundTold(
            refund_no=line.refund_no,
            outcome=Outcome.PAID,
            channel_no=line.channel_no,
            amount_fen=line.amount_fen,
        )
        take_told(told, channel=channel, source=SOURCE, at=at)
    return None


def _missing(bill: Bill, channel: str) -> list[Difference]:
    """Return what we have within the bill's span and the bill has not."""
    known = {line.channel_no for line in bill.lines if not line.refund_no}
    refunds = {line.refund_no for line in bill.lines if line.refund_no}
    span = (bill.since, bill.until - timedelta(microseconds=1))
    receipts = Receipt.objects.filter(channel=channel, paid_at__range=span)
    ended = Refund.objects.filter(
        receipt__channel=channel, state=RefundState.SUCCEEDED, ended_at__range=span
    )
    return [
        Difference(
            state=DifferenceState.OPEN,
            kind=DifferenceKind.MISSING,
            business_no=receipt.attempt_no,
            channel_no=receipt.channel_no,
            ours_fen=receipt.amount_fen,
        )
        for receipt in receipts.exclude(channel_no__in=known)
    ] + [
        Difference(
            state=DifferenceState.OPEN,
            kind=DifferenceKind.MISSING,
            is_refund=True,
            business_no=refund.refund_no,
            channel_no=refund.channel_no,
            ours_fen=refund.amount_fen,
        )
        for refund in ended.exclude(refund_no__in=refunds)
    ]


def _difference(
    kind: DifferenceKind, number: str, line: BillLine, ours_fen: int | None
) -> Difference:
    return Difference(
        state=DifferenceState.OPEN,
        kind=kind,
        is_refund=bool(line.refund_no),
        business_no=number or line.channel_no,
        channel_no=line.channel_no,
        theirs_fen=line.amount_fen,
        ours_fen=ours_fen,
    )
