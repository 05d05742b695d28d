"""Two notices of one payment, two payments, two refunds at once: each fact counts once."""

from datetime import timedelta

import pytest
from django.db import transaction

from baozhen.foundation.errors import Refusal
from baozhen.insurance.payments.channels.registry import channel_of
from baozhen.insurance.payments.models import Journal, PaymentAttempt, PaymentOrder, Receipt, Refund
from baozhen.insurance.payments.services.orders import start_payment
from baozhen.insurance.payments.services.refunds import propose_refund
from baozhen.insurance.payments.services.telling import take_told
from tests.concurrency.test_races import at_once
from tests.insurance.payments.conftest import AT, SUM, VISITOR, begin, make_order, pay, pay_notice

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(seconds=5)


def told_of(attempt):
    headers, body = pay_notice(attempt)
    return channel_of(attempt.channel).read_notice(headers, body)


def test_without_the_lock_two_notices_both_find_the_order_open():
    """The control: reading first and writing later, both believe that they confirm it."""
    order = make_order()
    begin(order)

    def confirm_carelessly(meet):
        found = PaymentOrder.objects.get(pk=order.pk)
        meet()
        with transaction.atomic():
            assert found.state == "paying"
            PaymentOrder.objects.filter(pk=order.pk).update(
                state="confirmed", paid_at=AT, confirmed_at=AT
            )
        return "confirmed"

    assert at_once(confirm_carelessly, confirm_carelessly) == ["confirmed", "confirmed"]


def test_of_two_notices_of_one_payment_one_is_taken():
    order = make_order()
    attempt = begin(order)
    told = told_of(attempt)

    def take(meet):
        meet()
        return take_told(told, channel="alipay", source="callback", at=LATER).verdict.value

    assert sorted(at_once(take, take, take)) == ["repeated", "repeated", "taken"]
    assert Receipt.objects.count() == Journal.objects.count() == 1
    order.refresh_from_db()
    assert order.state == "confirmed"


def test_of_two_payments_of_one_order_one_goes_back():
    order = make_order()
    first = begin(order)
    second = PaymentAttempt.objects.create(
        order=order, attempt_no=f"{order.order_no}99", channel="unionpay", scene="browser",
        made_at=AT, asked_at=AT,
    )  # fmt: skip
    one, other = told_of(first), told_of(second)

    def take(told, channel):
        def act(meet):
            meet()
            return take_told(told, channel=channel, source="callback", at=LATER).verdict.value

        return act

    outcomes = at_once(take(one, "alipay"), take(other, "unionpay"))
    assert sorted(outcomes) == ["taken", "unusable"]
    refund = Refund.objects.get()
    assert (refund.cause, refund.amount_fen) == ("double", SUM)


def test_two_openings_are_one_order_and_two_clicks_one_attempt():
    def open_one(meet):
        meet()
        return make_order().order_no

    numbers = at_once(open_one, open_one)
    assert len(set(numbers)) == 1

    def click(meet):
        meet()
        return start_payment(numbers[0], channel="alipay", visitor=VISITOR, at=AT).url

    assert len(set(at_once(click, click))) == 1
    assert PaymentAttempt.objects.count() == 1


def test_two_refunds_never_exceed_what_came():
    order = make_order()
    pay(order)
    receipt = Receipt.objects.get()

    def propose(meet):
        meet()
        refund = propose_refund(
            receipt.pk, amount_fen=SUM - 1, reason="退", actor="staff:a", at=LATER
        )
        return refund.state

    outcomes = at_once(propose, propose)
    assert sorted(isinstance(outcome, Refusal) for outcome in outcomes) == [False, True]
    assert Refund.objects.count() == 1
