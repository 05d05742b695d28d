"""Bills against our books: what notices lost is found, what differs waits for a person."""

from datetime import date, timedelta

import pytest

from baozhen.insurance.payments.channels.registry import channel_of
from baozhen.insurance.payments.errors import HandlingNoteMissing
from baozhen.insurance.payments.jobs import (
    ask_attempt_job,
    ask_open_job,
    close_expired_job,
    close_order_job,
    reconcile_due_job,
    reconcile_job,
)
from baozhen.insurance.payments.models import (
    Difference,
    PaymentAttempt,
    PaymentOrder,
    Receipt,
    ReconciliationRun,
    Refund,
)
from baozhen.insurance.payments.services.reconciling import (
    due_runs,
    handle_difference,
    reconcile,
)
from baozhen.insurance.payments.services.refunds import send_refund
from tests.insurance.payments.conftest import (
    AT,
    OTHER,
    SUM,
    begin,
    make_order,
    pay,
    pay_notice,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 1)
NEXT = AT + timedelta(days=1)


def test_a_day_on_which_all_agree_has_no_differences():
    pay(make_order())
    run = reconcile("alipay", DAY, at=NEXT)
    assert (run.lines, run.received_fen, run.refunded_fen) == (1, SUM, 0)
    assert not Difference.objects.exists()
    assert reconcile("alipay", DAY, at=NEXT).pk == run.pk


def test_what_notices_lost_is_taken_and_shown():
    order = make_order()
    pay_notice(begin(order))
    reconcile("alipay", DAY, at=NEXT)
    order.refresh_from_db()
    assert order.state == "confirmed"
    assert Receipt.objects.get().source == "bill"
    found = Difference.objects.get()
    assert (found.kind, found.theirs_fen, found.ours_fen, found.state) == (
        "recovered", SUM, SUM, "open",
    )  # fmt: skip


def test_unknown_missing_and_different_lines_wait_for_a_person():
    cashier = channel_of("alipay")
    cashier._write("STRANGER1", {})
    pay_notice(PaymentAttempt(attempt_no="STRANGER1", channel="alipay"))
    kept = pay(make_order("TB1"))
    lost = pay(make_order("TB2"))
    page = dict(cashier.opened(kept.attempt_no))
    page["paid"]["amount_fen"] = SUM - 1
    cashier._write(kept.attempt_no, page)
    (cashier._folder / f"{lost.attempt_no}.json").unlink()
    reconcile("alipay", DAY, at=NEXT)
    kinds = {(row.kind, row.business_no, row.theirs_fen, row.ours_fen) for row in
             Difference.objects.all()}  # fmt: skip
    assert kinds == {
        ("unknown", "STRANGER1", SUM, None),
        ("amount", kept.attempt_no, SUM - 1, SUM),
        ("missing", lost.attempt_no, None, SUM),
    }
    assert Receipt.objects.count() == 2  # a file alone moves no money
    row = Difference.objects.first()
    with pytest.raises(HandlingNoteMissing):
        handle_difference(row.pk, note=" ", actor="staff:a", at=NEXT)
    handled = handle_difference(row.pk, note="已与渠道核对", actor="staff:a", at=NEXT)
    assert (handled.state, handled.handled_by) == ("handled", "staff:a")


def test_refunds_are_compared_too():
    order = make_order()
    pay(order, **OTHER)
    refund = Refund.objects.get()
    send_refund(refund.pk, at=AT)
    run = reconcile("alipay", DAY, at=NEXT)
    assert (run.lines, run.refunded_fen) == (2, SUM)
    assert not Difference.objects.exists()


def test_bills_are_due_once_a_day_after_channels_made_them():
    early = AT.replace(hour=2)  # ten in the morning
    assert max(day for _, day in due_runs(early)) == DAY - timedelta(days=2)
    assert ("alipay", DAY - timedelta(days=1)) in set(due_runs(AT))
    reconcile("alipay", DAY - timedelta(days=1), at=AT)
    assert ("alipay", DAY - timedelta(days=1)) not in set(due_runs(AT))


def test_the_jobs_ask_close_and_compare(settings, monkeypatch):
    settings.BAOZHEN_CLOCK = ""
    paid, never = make_order("TB1"), make_order("TB2")
    attempt = begin(paid)
    pay_notice(attempt)
    begin(never)
    ask_open_job()
    for one in PaymentAttempt.objects.all():
        assert one.asked_at > AT  # asked at most once a minute
        ask_attempt_job(one.pk)
    paid.refresh_from_db()
    assert paid.state == "confirmed"
    close_expired_job()
    close_order_job(never.pk)
    close_order_job(paid.pk)
    assert list(PaymentOrder.objects.order_by("pk").values_list("state", flat=True)) == [
        "confirmed",
        "closed",
    ]
    reconcile_due_job()
    reconcile_job("unionpay", DAY.isoformat())
    assert ReconciliationRun.objects.get().lines == 0
