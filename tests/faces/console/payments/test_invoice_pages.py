"""电子发票 for the staff: found, and asked for again by whoever may, with a word why."""

import pytest
from django.db import transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.states import enter
from baozhen.insurance.policies.models import PolicyInvoice
from baozhen.insurance.policies.states import InvoiceState
from tests.faces.conftest import BACKEND


@pytest.fixture
def refused(policy):
    with transaction.atomic():
        invoice = PolicyInvoice.objects.create(
            policy=policy,
            state=InvoiceState.REFUSED,
            request_no=f"INV{policy.number}",
            amount_fen=policy.premium_fen,
            tax_fen=100,
            failure="电子发票服务拒绝开具：购买方证件号有误",
            requested_at=now(),
        )
        enter(invoice, actor="test", at=now())
    return invoice


def test_a_refused_invoice_is_found_and_asked_for_again(client, staff, refused):
    client.force_login(staff("财务", name="finance"), backend=BACKEND)
    listing = client.get("/console/payments/invoices?state=refused").content.decode()
    assert refused.request_no in listing
    assert (
        refused.request_no not in client.get("/console/payments/invoices?q=INV0").content.decode()
    )
    assert "未能开具的发票" in client.get("/console/").content.decode()
    address = f"/console/payments/invoices/{refused.request_no}"
    assert "购买方证件号有误" in client.get(address).content.decode()
    answer = client.post(f"{address}/again", {"note": ""}, follow=True).content.decode()
    assert "请用 4 至 200 个字说明处理情况" in answer
    client.post(f"{address}/again", {"note": "已与客户核对证件号 110199198506151017"})
    refused.refresh_from_db()
    assert (refused.state, refused.failure) == (InvoiceState.REQUESTED, "")
    asked = AuditEntry.objects.get(action="invoice.asked_again")
    assert asked.actor.endswith("finance")
    assert "110199198506151017" not in str(asked.facts)

    # Whoever only looks at policies neither sees the list nor asks.
    client.force_login(staff("客服", name="agent"), backend=BACKEND)
    assert client.get(address).status_code == 403
    assert client.post(f"{address}/again", {"note": "再试一次"}).status_code == 403
