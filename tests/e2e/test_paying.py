"""Paying on a phone: another's card is refused kindly, one's own brings the policy numbers."""

import re

import pytest
from django.test import Client

from baozhen.foundation.jobs.worker import run_worker
from baozhen.insurance.payments.models import Receipt
from baozhen.insurance.payments.services.refunds import propose_refund
from baozhen.insurance.policies.models import Policy
from tests.e2e.widths import at
from tests.faces.conftest import BACKEND
from tests.faces.mobile.applying.people import sign_in
from tests.insurance.policies.paid_applications import signed_application

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def application(platform, settings, live_server):
    """S-01, signed; the channels' pages lead back to this very server."""
    settings.BAOZHEN_PUBLIC_URL = live_server.url
    return signed_application()


def come_in(visitor, client):
    """Carry a session of the test's client into the browser."""
    cookies = [
        {"name": name, "value": morsel.value, "url": visitor.base}
        for name, morsel in client.cookies.items()
    ]
    visitor.tab.context.add_cookies(cookies)


def pay(visitor, outcome):
    visitor.tab.check("input[name=channel][value=alipay]")
    visitor.tab.click("main button[type=submit]")
    visitor.reads("不会收取任何款项")
    visitor.look("cashier")
    visitor.tab.check(f"input[value={outcome}]")
    visitor.tab.click("main button[type=submit]")


@at("desk")
@pytest.mark.requirement("S0-4.2.4a2", "S0-4.3.4a2")
def test_pay_and_see_the_policy_numbers(visitor, application, staff):
    client = Client()
    sign_in(client)
    come_in(visitor, client)
    visitor.open(f"/m/pay/{application.proposal_no}")
    visitor.look("pay")
    pay(visitor, "other")
    visitor.reads("这笔付款不能使用", "h1")
    visitor.look("pay-refused")
    run_worker(until_idle=True)
    visitor.tab.click("main a.weui-btn_primary")
    visitor.reads("已原路退回")
    visitor.look("pay-again")
    pay(visitor, "silent")
    visitor.reads("等待支付结果", "h1")
    visitor.look("pay-waiting")
    visitor.open(f"/m/pay/{application.proposal_no}/payer?channel=wechat")
    visitor.look("payer")
    visitor.open(f"/m/pay/{application.proposal_no}")
    visitor.tab.check("input[name=channel][value=unionpay]")
    visitor.tab.click("main button[type=submit]")
    # Choosing another channel asked the first one: it had been paid, so nothing is paid twice.
    visitor.open(f"/m/pay/{application.proposal_no}/wait")
    visitor.reads("已收到保费", "h1")
    visitor.look("pay-issuing")
    run_worker(until_idle=True)
    visitor.tab.wait_for_selector("text=投保成功")
    shown = visitor.tab.inner_text("main")
    numbers = list(Policy.objects.values_list("number", flat=True))
    assert len(numbers) == 2
    assert all(number in shown for number in numbers)
    visitor.look("paid")
    with visitor.tab.expect_download() as download:
        visitor.tab.click(".file-row >> nth=0")
    assert re.fullmatch(r"PDZA\w+\.pdf", download.value.suggested_filename)
    look_at_the_staffs_pages(visitor, staff)


def look_at_the_staffs_pages(visitor, staff):
    client = Client()
    client.force_login(staff("财务"), backend=BACKEND)
    come_in(visitor, client)
    receipt = Receipt.objects.get(verdict="accepted")
    refund = propose_refund(
        receipt.pk, amount_fen=100, reason="多收", actor="staff:other", at=receipt.taken_at
    )
    order_no = receipt.attempt.order.order_no
    for name, address in {
        "orders": "orders",
        "order": f"orders/{order_no}",
        "refunds": "refunds",
        "refund": f"refunds/{refund.refund_no}",
        "propose": f"receipts/{receipt.pk}/refund",
        "ledger": "ledger",
        "entries": "ledger/entries",
        "reconciliation": "reconciliation",
        "differences": "differences",
        "unmatched": "unmatched",
    }.items():
        visitor.open(f"/console/payments/{address}")
        visitor.look(f"payments-{name}")
