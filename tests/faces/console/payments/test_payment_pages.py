"""The staff's view of money: orders, refunds by two people, the ledger, reconciliation."""

from datetime import UTC, date, datetime, timedelta

import pytest

from baozhen.foundation.jobs.worker import run_worker
from baozhen.insurance.payments.channels import registry
from baozhen.insurance.payments.models import Difference, Receipt, Refund
from baozhen.insurance.payments.services.reconciling import reconcile
from tests.faces.conftest import BACKEND
from tests.insurance.payments.conftest import AT, OTHER, begin, make_order, pay, pay_notice

DAY = date(2026, 6, 1)


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.BAOZHEN_DATA = tmp_path
    registry._build.cache_clear()
    yield
    registry._build.cache_clear()


@pytest.fixture
def two(client, staff):
    """Two people of finance: `two("a")` signs one of them in."""
    people = {name: staff("财务", name=name) for name in "ab"}

    def sign_in(name):
        client.force_login(people[name], backend=BACKEND)
        return client

    return sign_in


def text_of(client, address):
    answer = client.get(f"/console/payments/{address}")
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_an_order_shows_what_was_asked_tried_received_and_sent_back(two, database):
    client = two("a")
    order = make_order()
    pay(order, **OTHER)
    pay(order, at=AT + timedelta(minutes=5))
    assert order.order_no in text_of(client, "orders")
    for words in ("各地区要求相同", "全国各地区", "须通过", "须为投保人"):
        assert words in text_of(client, "regions")
    assert order.order_no in text_of(client, "orders?q=TB1&state=confirmed&channel=alipay")
    page = text_of(client, f"orders/{order.order_no}")
    for words in ("¥2,473.95", "代收车船税", "付款人不是投保人", "测*乙", "入账", "收款确认"):
        assert words in page
    assert "测试甲" not in page
    assert "110199198506151017" not in page
    refund = Refund.objects.get()
    assert "付款人不是投保人" in text_of(client, f"refunds/{refund.refund_no}")
    assert refund.refund_no in text_of(client, "refunds?state=requested")


def test_a_refund_by_hand_needs_a_reason_and_a_second_person(two, transactional_db):
    client = two("a")
    order = make_order()
    pay(order)
    address = f"/console/payments/receipts/{Receipt.objects.get().pk}/refund"
    assert "最多可退 ¥2,473.95" in client.get(address).content.decode()
    for amount, reason, words in (
        ("617.50", "", "请写明退款理由"),
        ("2473.96", "退", "最多可退"),
        ("x", "退", "不是合法金额"),
    ):
        answer = client.post(address, {"amount": amount, "reason": reason})
        assert (answer.status_code, words in answer.content.decode()) == (422, True)
    page = client.post(address, {"amount": "617.50", "reason": "交强险退保"}).headers["Location"]
    assert "须由提出人以外的另一人复核" in client.get(page).content.decode()
    client.post(f"{page}/approve", {"note": "同意"})
    assert Refund.objects.get().state == "proposed"
    client = two("b")
    client.post(f"{page}/approve", {"note": ""})
    assert Refund.objects.get().state == "proposed"
    client.post(f"{page}/approve", {"note": "与退保申请一致"})
    run_worker(until_idle=True)
    refund = Refund.objects.get()
    assert (refund.state, refund.proposed_by, refund.approved_by) == (
        "succeeded",
        "staff:a",
        "staff:b",
    )
    assert "与退保申请一致" in client.get(page).content.decode()


def test_a_rejected_refund_sends_nothing(two, database):
    order = make_order()
    pay(order)
    client = two("a")
    address = f"/console/payments/receipts/{Receipt.objects.get().pk}/refund"
    page = client.post(address, {"amount": "1", "reason": "退"}).headers["Location"]
    two("b").post(f"{page}/reject", {"note": "没有依据"})
    assert Refund.objects.get().state == "rejected"


def test_the_ledger_leads_from_balances_to_journals(two, database):
    client = two("a")
    assert "没有记录" in text_of(client, "ledger")
    pay(make_order())
    page = text_of(client, "ledger")
    for words in ("借贷平衡", "渠道待清算款", "应付保费", "代收车船税", "贷 ¥480.00"):
        assert words in page
    entries = text_of(client, "ledger/entries?account=vehicle_tax_payable")
    assert "¥480.00" in entries
    assert "应付保费</" not in entries.split("<tbody>")[1]
    journal = entries.split("/console/payments/ledger/journals/")[1].split('"')[0]
    assert "receipt/" in text_of(client, f"ledger/journals/{journal}")


def test_differences_are_shown_and_handled_with_words(two, database):
    client = two("a")
    assert "还没有对账记录" in text_of(client, "reconciliation")
    pay_notice(begin(make_order()))
    run = reconcile("alipay", DAY, at=datetime(2026, 6, 2, 4, 0, tzinfo=UTC))
    assert "1 笔" in text_of(client, "reconciliation?channel=alipay")
    assert "通知丢失，已由对账补入" in text_of(client, f"reconciliation/{run.pk}")
    assert "待处理" in text_of(client, "differences?state=open&kind=recovered")
    row = Difference.objects.get()
    page = f"/console/payments/differences/{row.pk}"
    client.post(f"{page}/handle", {"note": " "})
    client.post(f"{page}/handle", {"note": "已补入，核对无误"})
    row.refresh_from_db()
    assert (row.state, row.handled_by) == ("handled", "staff:a")
    assert "已补入，核对无误" in client.get(page).content.decode()


def test_money_without_an_order_is_listed(two, database):
    client = two("a")
    cashier = registry.channel_of("alipay")
    headers, body = cashier.notice(
        {"attempt_no": "X1", "channel_no": "c1", "amount_fen": 500, "paid_at": AT.isoformat(),
         "payer_name": "", "payer_id_no": "", "account": ""}
    )  # fmt: skip
    client.post(
        "/api/v1/payment-notices/alipay", body, content_type="application/json", headers=headers
    )
    page = text_of(client, "unmatched")
    assert "c1" in page
    assert "办理退款" in page
