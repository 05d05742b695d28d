"""Send money back to the account it came from: by itself, or by two people."""

import secrets
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Sum

from baozhen.foundation.audit.services import record
from baozhen.foundation.clock import SHANGHAI
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.money import yuan_from_fen
from baozhen.foundation.states import enter, move
from baozhen.insurance.payments.channels.ports import (
    AttemptRef,
    Outcome,
    RefundRequest,
    RefundTold,
)
from baozhen.insurance.payments.channels.registry import channel_of
from baozhen.insurance.payments.errors import (
    PaymentChannelRefused,
    PaymentOrderUnknown,
    RefundReasonMissing,
    RefundSecondPerson,
    RefundTooMuch,
    RefundUnknown,
)
from baozhen.insurance.payments.models import PaymentOrder, Receipt, Refund
from baozhen.insurance.payments.services.ledger import Line, book, owed_back
from baozhen.insurance.payments.states import (
    Account,
    NoticeVerdict,
    OrderState,
    ReceiptVerdict,
    RefundState,
)

SYSTEM: Final = "system"
# What a rejected or not yet approved refund binds: nothing is booked for it.
_DEAD: Final = (RefundState.REJECTED,)
_PENDING: Final = (RefundState.REQUESTED, RefundState.SENT)


@transaction.atomic
def refund_order(
    *,
    order_no: str,
    amount_fen: int,
    reason: str,
    at: datetime,
    actor: str,
    reference: str = "",
) -> Refund:
    """Refund a part or all of a confirmed order, in the caller's transaction if there is one.

    The same reference (by default the reason) is the same refund. Raises RefundTooMuch.
    """
    order = PaymentOrder.objects.select_for_update().filter(order_no=order_no).first()
    if order is None:
        raise PaymentOrderUnknown(order_no=order_no)
    receipt = Receipt.objects.get(attempt__order=order, verdict=ReceiptVerdict.ACCEPTED)
    return _ask_for(
        receipt,
        order,
        amount_fen=amount_fen,
        facts={"cause": "order", "reason": reason[:200], "reference": (reference or reason)[:80]},
        actor=actor,
        at=at,
    )


@transaction.atomic
def refund_receipt(
    receipt: Receipt, *, cause: str, reason: str, reference: str, at: datetime
) -> Refund:
    """Refund the whole of money that cannot be used, in the caller's transaction."""
    order = _order_of(receipt)
    return _ask_for(
        receipt,
        order,
        amount_fen=receipt.amount_fen,
        facts={"cause": cause, "reason": reason, "reference": reference},
        actor=SYSTEM,
        at=at,
    )


@transaction.atomic(durable=True)
def propose_refund(
    receipt_key: int, *, amount_fen: int, reason: str, actor: str, at: datetime
) -> Refund:
    """Propose a refund by hand; a second person approves it. Raises RefundTooMuch."""
    words = reason.strip()
    if not words:
        raise RefundReasonMissing(path="reason")
    receipt = Receipt.objects.get(pk=receipt_key)
    order = _order_of(receipt, lock=True)
    _require_left(receipt, amount_fen)
    refund = Refund(
        state=RefundState.PROPOSED,
        refund_no=_number(at),
        receipt=receipt,
        reference=f"manual/{secrets.token_hex(8)}",
        cause="manual" if order else "unmatched",
        reason=words[:200],
        amount_fen=amount_fen,
        proposed_by=actor,
        proposed_at=at,
    )
    refund.save(force_insert=True)
    enter(refund, actor=actor, at=at)
    return refund


@transaction.atomic(durable=True)
def decide_refund(refund_no: str, *, approved: bool, note: str, actor: str, at: datetime) -> Refund:
    """Approve or reject a proposed refund with a word on why; raises RefundSecondPerson."""
    refund = refund_of(refund_no)
    words = note.strip()
    if not words:
        raise RefundReasonMissing(path="note")
    if refund.proposed_by == actor:
        raise RefundSecondPerson
    facts = {"reason": words[:200]}
    record("refund.reviewed", subject_id=refund.pk, actor=actor, at=at, facts=facts)
    if not approved:
        move(refund, RefundState.REJECTED, actor=actor, at=at, approved_by=actor, ended_at=at)
        return refund
    order = _order_of(refund.receipt, lock=True)
    move(refund, RefundState.REQUESTED, actor=actor, at=at, approved_by=actor)
    _book(refund, order, at=at)
    return refund


@transaction.atomic(durable=True)
def retry_refund(refund_no: str, *, actor: str, at: datetime) -> Refund:
    """Ask again for a refund that the channel refused; it stays owed meanwhile."""
    refund = refund_of(refund_no)
    move(refund, RefundState.REQUESTED, actor=actor, at=at, failure="", ended_at=None)
    return refund


def refund_of(refund_no: str) -> Refund:
    """Return a refund by its number, or raise RefundUnknown."""
    found = Refund.objects.select_related("receipt").filter(refund_no=refund_no).first()
    if found is None:
        raise RefundUnknown(refund_no=refund_no)
    return found


def send_refund(key: int, *, at: datetime) -> None:
    """Hand a refund to its channel under our number; sent twice, it is one refund.

    Raises PaymentChannelOutage: the job comes again.
    """
    refund = Refund.objects.select_related("receipt__attempt").get(pk=key)
    if refund.state not in _PENDING:
        return
    channel = channel_of(refund.receipt.channel)
    request = _request(refund)
    try:
        told = (
            channel.refund(request)
            if refund.state == RefundState.REQUESTED
            else channel.query_refund(request)
        )
    except PaymentChannelRefused as refusal:
        with transaction.atomic(durable=True):
            _fail(refund, str(refusal), at=at)
        return
    with transaction.atomic(durable=True):
        if refund.state == RefundState.REQUESTED:
            move(refund, RefundState.SENT, actor=SYSTEM, at=at, sent_at=at)
        settle_refund(told, channel=refund.receipt.channel, at=at)


@transaction.atomic
def settle_refund(told: RefundTold, *, channel: str, at: datetime) -> NoticeVerdict:
    """Take a channel's word on a refund, in the caller's transaction."""
    rows = Refund.objects.select_for_update(of=("self",)).select_related("receipt")
    refund = rows.filter(refund_no=told.refund_no, receipt__channel=channel).first()
    if refund is None or told.outcome is Outcome.WAITING:
        return NoticeVerdict.IGNORED
    if refund.state not in _PENDING:
        return NoticeVerdict.REPEATED
    if told.outcome is Outcome.ENDED or told.amount_fen != refund.amount_fen:
        _fail(refund, told.reason or "渠道退款金额不符", at=at)
        return NoticeVerdict.TAKEN
    if refund.state == RefundState.REQUESTED:
        move(refund, RefundState.SENT, actor=SYSTEM, at=at, sent_at=at)
    number = told.channel_no[:64]
    move(refund, RefundState.SUCCEEDED, actor=SYSTEM, at=at, ended_at=at, channel_no=number)
    clearing = Line(
        account=Account.CLEARING, channel=refund.receipt.channel, fen=-refund.amount_fen
    )
    owed = Line(account=Account.REFUNDS, fen=refund.amount_fen)
    order = _order_of(refund.receipt, lock=True)
    number = order.order_no if order else ""
    book(f"refund/{refund.pk}/paid", [owed, clearing], memo="退款到账", order_no=number, at=at)
    if order is not None and refund.receipt.verdict == ReceiptVerdict.ACCEPTED:
        _count(order, refund, at=at)
    return NoticeVerdict.TAKEN


def left_of(receipt: Receipt) -> int:
    """Return how much of the money that came has not been asked back."""
    bound = receipt.refunds.exclude(state__in=_DEAD).aggregate(sum=Sum("amount_fen"))["sum"] or 0
    return int(receipt.amount_fen - bound)


def _ask_for(
    receipt: Receipt,
    order: PaymentOrder | None,
    *,
    amount_fen: int,
    facts: dict[str, str],
    actor: str,
    at: datetime,
) -> Refund:
    found = Refund.objects.filter(receipt=receipt, reference=facts["reference"]).first()
    if found is not None:
        return found
    _require_left(receipt, amount_fen)
    refund = Refund(
        state=RefundState.REQUESTED,
        refund_no=_number(at),
        receipt=receipt,
        amount_fen=amount_fen,
        proposed_by=actor[:64],
        proposed_at=at,
        **facts,
    )
    refund.save(force_insert=True)
    _book(refund, order, at=at)
    enter(refund, actor=actor, at=at)
    return refund


def _book(refund: Refund, order: PaymentOrder | None, *, at: datetime) -> None:
    """The refund is owed from now on; all of an order's money back makes the order `refunding`."""
    receipt = refund.receipt
    others = receipt.refunds.exclude(pk=refund.pk).exclude(
        state__in=[RefundState.REJECTED, RefundState.PROPOSED]
    )
    before = others.aggregate(sum=Sum("amount_fen"))["sum"] or 0
    lines = owed_back(receipt, order, before_fen=before, fen=refund.amount_fen)
    lines.append(Line(account=Account.REFUNDS, fen=-refund.amount_fen))
    number = order.order_no if order else ""
    book(f"refund/{refund.pk}/owed", lines, memo="应付退款", order_no=number, at=at)
    is_whole = before + refund.amount_fen == receipt.amount_fen
    if order is None or receipt.verdict != ReceiptVerdict.ACCEPTED or not is_whole:
        return
    if order.state == OrderState.CONFIRMED:
        move(order, OrderState.REFUNDING, actor=SYSTEM, at=at)


def _count(order: PaymentOrder, refund: Refund, *, at: datetime) -> None:
    refunded = order.refunded_fen + refund.amount_fen
    if refunded == order.amount_fen and order.state == OrderState.REFUNDING:
        move(order, OrderState.REFUNDED, actor=SYSTEM, at=at, refunded_fen=refunded)
        return
    order.refunded_fen = refunded
    order.save(update_fields=["refunded_fen"])


def _fail(refund: Refund, why: str, *, at: datetime) -> None:
    move(refund, RefundState.FAILED, actor=SYSTEM, at=at, failure=why[:200])


def _require_left(receipt: Receipt, amount_fen: int) -> None:
    left = left_of(receipt)
    if not 0 < amount_fen <= left:
        raise RefundTooMuch(
            path="amount", left=yuan_from_fen(left), wanted=yuan_from_fen(amount_fen)
        )


def _order_of(receipt: Receipt, *, lock: bool = False) -> PaymentOrder | None:
    if receipt.attempt_id is None:
        return None
    rows = PaymentOrder.objects.select_for_update() if lock else PaymentOrder.objects.all()
    return rows.get(attempts=receipt.attempt_id)


def _request(refund: Refund) -> RefundRequest:
    receipt = refund.receipt
    made_at = receipt.attempt.made_at if receipt.attempt else receipt.paid_at
    root = configured("BAOZHEN_PUBLIC_URL").rstrip("/")
    return RefundRequest(
        refund_no=refund.refund_no,
        attempt=AttemptRef(attempt_no=receipt.attempt_no, made_at=made_at),
        channel_no=receipt.channel_no,
        paid_fen=receipt.amount_fen,
        amount_fen=refund.amount_fen,
        reason=refund.reason,
        made_at=refund.proposed_at,
        notify_url=f"{root}/api/v1/payment-notices/{receipt.channel}",
    )


def _number(at: datetime) -> str:
    return f"RF{at.astimezone(SHANGHAI):%Y%m%d}{secrets.token_hex(6).upper()}"
