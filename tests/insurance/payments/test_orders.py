"""Orders: one a thing, paid once by the right person; whatever else comes goes back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.insurance.payments.channels.development import SIGNATURE, DevelopmentCashier
from baozhen.insurance.payments.channels.registry import channel_of
from baozhen.insurance.payments.errors import (
    PaymentChannelMissing,
    PaymentNoticeForged,
    PaymentOrderClosed,
    PaymentOrderDiffers,
    PaymentOrderPaid,
    RefundReasonMissing,
    RefundSecondPerson,
    RefundTooMuch,
)
from baozhen.insurance.payments.models import (
    ChannelNotice,
    Journal,
    LedgerEntry,
    PaymentAttempt,
    PaymentOrder,
    Receipt,
    Refund,
)
from baozhen.insurance.payments.queries import balances
from baozhen.insurance.payments.services.orders import close_order, start_payment
from baozhen.insurance.payments.services.refunds import (
    decide_refund,
    propose_refund,
    refund_order,
    send_refund,
)
from baozhen.signing.risks.models import Risk
from tests.insurance.payments.conftest import (
    AT,
    OTHER,
    SUM,
    VISITOR,
    begin,
    deliver,
    make_order,
    pay,
    pay_notice,
)

pytestmark = pytest.mark.django_db


def sums():
    return {(row.account, row.channel): row.fen for row in balances()}


def refund_sent(order):
    for refund in Refund.objects.filter(receipt__attempt__order=order):
        send_refund(refund.pk, at=AT + timedelta(minutes=1))
    order.refresh_from_db()
    return Refund.objects.get(receipt__attempt__order=order)


def test_an_order_is_opened_once_and_says_what_it_asks():
    order = make_order()
    assert make_order().pk == order.pk
    assert (order.state, order.tax_fen, order.payer_masked) == ("opened", 48_000, "测*甲")
    with pytest.raises(PaymentOrderDiffers):
        make_order(fen=100)
    with connection.cursor() as cursor:
        cursor.execute("SELECT payer_name, payer_id_no FROM payments_paymentorder")
        name, number = map(bytes, cursor.fetchone())
    assert "测试甲".encode() not in name
    assert b"110199198506151017" not in number


@pytest.mark.requirement("S0-4.2.4d2")
def test_the_policyholders_payment_confirms_the_order_and_is_booked():
    order = make_order()
    attempt = pay(order)
    assert order.state == "confirmed"
    receipt = Receipt.objects.get()
    assert (receipt.verdict, receipt.account_masked) == ("accepted", "6212***********0011")
    assert sums() == {
        ("channel_clearing", "alipay"): SUM,
        ("premium_payable", ""): -199_395,
        ("vehicle_tax_payable", ""): -48_000,
    }
    with pytest.raises(PaymentOrderPaid):
        start_payment(order.order_no, channel="alipay", visitor=VISITOR, at=AT)
    attempt.refresh_from_db()
    assert attempt.ended_at is not None


def test_a_second_click_gets_the_same_page_and_another_channel_ends_the_first():
    order = make_order()
    first = start_payment(order.order_no, channel="alipay", visitor=VISITOR, at=AT)
    again = start_payment(
        order.order_no, channel="alipay", visitor=VISITOR, at=AT + timedelta(seconds=2)
    )
    assert again == first
    begin(order, channel="unionpay", at=AT + timedelta(seconds=3))
    ended = PaymentAttempt.objects.get(channel="alipay")
    assert ended.ended_at is not None
    assert channel_of("alipay").opened(ended.attempt_no)["closed"]


@pytest.mark.requirement("S0-4.2.4d2")
@pytest.mark.parametrize(
    ("came", "verdict"),
    [(OTHER, "wrong_payer"), ({"fen": 100}, "wrong_amount"), ({"fen": SUM + 1}, "wrong_amount")],
)
def test_money_that_cannot_be_used_goes_back_and_the_order_stays_open(came, verdict):
    order = make_order()
    pay(order, **came)
    assert order.state == "paying"
    refund = refund_sent(order)
    assert (refund.state, refund.cause) == ("succeeded", verdict)
    assert refund.amount_fen == refund.receipt.amount_fen == came.get("fen", SUM)
    assert not any(sums().values())
    # S-01: the other person's card was refused, the policyholder's own is taken.
    pay(order, at=AT + timedelta(minutes=5))
    assert order.state == "confirmed"


@pytest.mark.requirement("S0-4.2.4d6")
def test_where_the_region_does_not_ask_who_pays_anybody_may(monkeypatch, tmp_path):
    table = tmp_path / "payer.json"
    table.write_text('{"default": {"payer": true}, "regions": {"99": {"payer": false}}}')
    monkeypatch.setenv("BAOZHEN_REGION_DUTIES", str(table))
    free, bound = make_order("TB1", region="990000"), make_order("TB2", region="110000")
    pay(free, **OTHER)
    pay(bound, **OTHER)
    assert (free.state, bound.state) == ("confirmed", "paying")


def test_a_repeated_notice_changes_nothing():
    order = make_order()
    attempt = begin(order)
    notice = pay_notice(attempt)
    for _ in range(3):
        assert deliver(attempt, notice).status == 200
    assert Receipt.objects.count() == Journal.objects.count() == 1
    assert list(ChannelNotice.objects.order_by("pk").values_list("verdict", flat=True)) == [
        "taken",
        "repeated",
        "repeated",
    ]


def test_a_second_payment_of_one_order_goes_back():
    order = make_order()
    first = begin(order)
    # The channel could not be told to close the first page: both were paid.
    second = PaymentAttempt.objects.create(
        order=order, attempt_no=f"{order.order_no}99", channel="unionpay", scene="browser",
        made_at=AT, asked_at=AT,
    )  # fmt: skip
    deliver(first, pay_notice(first))
    deliver(second, pay_notice(second))
    refund = refund_sent(order)
    assert (order.state, refund.cause, refund.receipt.channel) == (
        "confirmed",
        "double",
        "unionpay",
    )


def test_money_that_comes_after_the_end_goes_back():
    order = make_order()
    attempt = begin(order)
    close_order(order.order_no, actor="system", at=AT + timedelta(hours=25))
    headers, body = channel_of("alipay").notice(
        {
            "attempt_no": attempt.attempt_no,
            "channel_no": "late1",
            "amount_fen": SUM,
            "paid_at": AT.isoformat(),
            "payer_name": "测试甲",
            "payer_id_no": "110199198506151017",
            "account": "",
        }
    )
    deliver(attempt, (headers, body), at=AT + timedelta(hours=26))
    order.refresh_from_db()
    assert order.state == "closed"
    assert Refund.objects.get().cause == "late"
    with pytest.raises(PaymentOrderClosed):
        start_payment(order.order_no, channel="alipay", visitor=VISITOR, at=AT)


def test_closing_a_paid_order_finds_the_money_first():
    order = make_order()
    pay_notice(begin(order))  # paid, and the notice lost
    with pytest.raises(PaymentOrderPaid):
        close_order(order.order_no, actor="system", at=AT + timedelta(minutes=1))
    order.refresh_from_db()
    assert order.state == "confirmed"


def test_a_forged_notice_is_refused_kept_and_told_once():
    order = make_order()
    attempt = begin(order)
    headers, body = pay_notice(attempt)
    for _ in range(3):
        with pytest.raises(PaymentNoticeForged):
            deliver(attempt, ({SIGNATURE: headers[SIGNATURE]}, body.replace(b"247395", b"1")))
    order.refresh_from_db()
    assert order.state == "paying"
    assert ChannelNotice.objects.filter(verdict="forged").count() == 3
    assert Risk.objects.filter(kind="payment_notice_forged").count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT raw FROM payments_channelnotice")
        assert "测试甲".encode() not in bytes(cursor.fetchone()[0])


def test_money_without_an_order_waits_for_two_people():
    headers, body = channel_of("alipay").notice(
        {
            "attempt_no": "NOBODY1", "channel_no": "x1", "amount_fen": 500,
            "paid_at": AT.isoformat(), "payer_name": "", "payer_id_no": "", "account": "",
        }
    )  # fmt: skip
    deliver(type("A", (), {"channel": "alipay"}), (headers, body))
    receipt = Receipt.objects.get()
    assert (receipt.verdict, Refund.objects.count()) == ("unknown", 0)
    with pytest.raises(RefundReasonMissing):
        propose_refund(receipt.pk, amount_fen=500, reason=" ", actor="staff:a", at=AT)
    refund = propose_refund(receipt.pk, amount_fen=500, reason="退回", actor="staff:a", at=AT)
    assert sums()[("unmatched_receipts", "")] == -500
    with pytest.raises(RefundSecondPerson):
        decide_refund(refund.refund_no, approved=True, note="同意", actor="staff:a", at=AT)
    refund = decide_refund(refund.refund_no, approved=True, note="同意", actor="staff:b", at=AT)
    assert refund.state == "requested"
    assert sums()[("refunds_payable", "")] == -500
    assert sums()[("unmatched_receipts", "")] == 0


def test_refunds_are_counted_and_never_exceed_what_came():
    order = make_order()
    pay(order)
    wanted = {"order_no": order.order_no, "at": AT, "actor": "system"}
    part = refund_order(amount_fen=61_750, reason="退交强险", **wanted)
    assert refund_order(amount_fen=61_750, reason="退交强险", **wanted).pk == part.pk
    with pytest.raises(RefundTooMuch):
        refund_order(amount_fen=SUM, reason="全退", **wanted)
    send_refund(part.pk, at=AT)
    order.refresh_from_db()
    assert (order.state, order.refunded_fen) == ("confirmed", 61_750)
    assert sums()[("vehicle_tax_payable", "")] == -48_000
    rest = refund_order(amount_fen=SUM - 61_750, reason="其余", **wanted)
    order.refresh_from_db()
    assert order.state == "refunding"
    send_refund(rest.pk, at=AT)
    order.refresh_from_db()
    assert order.state == "refunded"
    assert not any(sums().values())


def test_the_ledger_refuses_changes_and_journals_that_do_not_balance():
    pay(make_order())
    changes = (
        lambda: LedgerEntry.objects.update(debit_fen=1),
        lambda: LedgerEntry.objects.all().delete(),
        lambda: Receipt.objects.update(amount_fen=1),
        lambda: Journal.objects.update(memo="x"),
    )
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    with pytest.raises(IntegrityError, match="balance"), transaction.atomic():  # noqa: PT012
        journal = Journal.objects.create(reference="x", memo="x", at=AT)
        LedgerEntry.objects.create(journal=journal, account="premium_payable", credit_fen=1)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_production_has_no_cashier(settings):
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        DevelopmentCashier("wechat")
    with pytest.raises(PaymentChannelMissing):
        channel_of("wechat")
    settings.BAOZHEN_MODE = "development"
    assert PaymentOrder.objects.count() == 0
