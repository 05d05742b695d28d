"""The staff's pages of the journey, each with rows in it, looked at one after the other.

At the desk's width; with BAOZHEN_WALK at both.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from baozhen.foundation.clock import now, today
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.states import enter
from baozhen.foundation.traces.models import TraceSession
from baozhen.foundation.traces.services import link_business
from baozhen.foundation.traces.services.destroying import propose_destruction
from baozhen.foundation.traces.services.exporting import decide_export, request_export
from baozhen.insurance.claims.services import reporting
from baozhen.insurance.claims.services.reporting import Reporter, report_loss
from baozhen.insurance.claims.states import Entry
from baozhen.insurance.endorsements.services.asking import submit_change
from baozhen.insurance.payments.models import Difference, Receipt
from baozhen.insurance.payments.services.reconciling import reconcile
from baozhen.insurance.payments.services.refunds import propose_refund
from baozhen.insurance.policies.models import PolicyInvoice
from baozhen.insurance.policies.states import InvoiceState
from baozhen.insurance.products.models import TableVersion
from baozhen.insurance.products.rating import Record, quote, request_from_content
from baozhen.insurance.products.services import store_shipped
from baozhen.insurance.products.tables import SHIPPED
from baozhen.insurance.underwriting.models import Referral
from baozhen.insurance.underwriting.services import assess_content
from tests.e2e.test_paying import come_in
from tests.e2e.widths import at
from tests.faces.conftest import BACKEND
from tests.faces.mobile.endorsing.test_pages import phone
from tests.foundation.traces.making import visit
from tests.insurance.claims.making import loss_at
from tests.insurance.endorsements.making import HOLDER, JPEG, draft, holder, running_s01
from tests.insurance.payments.conftest import begin, make_order, pay_notice
from tests.insurance.policies.paid_applications import OTHER, pay_application, signed_application
from tests.insurance.proposal_forms import FORMS

pytestmark = pytest.mark.django_db(transaction=True)
ROLES = ("财务", "业务负责人", "理赔员", "客服", "核保人", "产品精算", "合规人员", "出单员")
CSV = "项目,现行值,新值\ncovers/car/B/classes/family_under_6/2000000,922.08,930.00\n"


@pytest.fixture
def clerk(staff, platform):
    """Somebody who may see every page of the journey."""
    store_shipped(at=now())
    client = Client()
    client.force_login(staff(*ROLES, name="lily"), backend=BACKEND)
    return client


@pytest.fixture
def money(clerk, service):
    """An application paid by another, then by its person; a bill with a payment nobody told of.

    Last, for that payment has no application: nothing may follow from it.
    """
    application = signed_application()
    pay_application(application, **OTHER)
    pay_application(application)
    run_worker(until_idle=True)
    pay_notice(begin(make_order()))
    run = reconcile("alipay", date(2026, 6, 1), at=datetime(2026, 6, 2, 4, 0, tzinfo=UTC))
    receipt = Receipt.objects.filter(verdict="accepted").earliest("pk")
    refund = propose_refund(
        receipt.pk, amount_fen=100, reason="多收车船税", actor="staff:other", at=receipt.taken_at
    )
    return {
        "applications": "applications",
        "application": f"applications/{application.proposal_no}",
        "orders": "payments/orders",
        "order": f"payments/orders/{receipt.attempt.order.order_no}",
        "refunds": "payments/refunds",
        "refund": f"payments/refunds/{refund.refund_no}",
        "ledger": "payments/ledger",
        "entries": "payments/ledger/entries",
        "reconciliation": "payments/reconciliation",
        "run": f"payments/reconciliation/{run.pk}",
        "differences": "payments/differences",
        "difference": f"payments/differences/{Difference.objects.latest('pk').pk}",
    }


@pytest.fixture
def service(clerk, rules):
    """A policy with a claim, a change that waits for a leader, a refused invoice, a caller.

    After the rules, which know that a vehicle that is insured here is not insured again.
    """
    policies = running_s01()
    policy, commercial = policies["compulsory"], policies["commercial"]
    with transaction.atomic():
        invoice = PolicyInvoice.objects.create(
            policy=policy,
            state=InvoiceState.REFUSED,
            request_no=f"INV{policy.number}",
            amount_fen=61750,
            tax_fen=3495,
            failure="电子发票服务拒绝开具：购买方证件号有误",
            requested_at=now(),
        )
        enter(invoice, actor="system", at=now())
    change = draft(
        commercial,
        "limit",
        at=now(),
        values={"code": "B", "sum_insured": "3000000"},
        effective_on=today() + timedelta(days=1),
    )
    submit_change(change.pk, actor=f"subject:{holder().public_id}", at=now())
    loss = loss_at(
        now() - timedelta(hours=5),
        police_no="示例警2026110001",
        reporter=HOLDER["name"],
        mobile=HOLDER["mobile"],
    )
    claim = report_loss(policy, loss, Reporter(entry=Entry.WALLET, actor="holder:x"), at=now())
    for number, paper in enumerate(("id", "id", "vehicle_licence", "")):
        data = JPEG + bytes([number])
        reporting.add_file(claim, data, actor="holder:x", at=now(), paper_code=paper)
    run_worker(until_idle=True)
    raw = commercial.proposal.content
    clerk.post(
        "/console/hotline",
        {
            "number": policy.number,
            "name": raw["policyholder"]["name"],
            "id_tail": raw["policyholder"]["id_no"][-6:],
            "mobile": raw["policyholder"]["mobile"],
            "plate": raw["vehicle"]["plate_no"],
        },
    )
    return {
        "policy": f"policies/{policy.number}",
        "invoices": "payments/invoices",
        "invoice": f"payments/invoices/{invoice.request_no}",
        "changes": "changes",
        "change": f"changes/{change.public_id}",
        "claims": "claims",
        "claim": f"claims/{claim.number}",
        "dossier": f"dossiers?number={policy.number}",
        "files": "files",
        "hotline": "hotline",
        "hotline-call": "hotline/call",
        "hotline-policy": f"hotline/call/{policy.number}",
        "hotline-claim": f"hotline/call/{policy.number}/claim",
        **traces_of(policy),
    }


def traces_of(policy):
    """A holder who looked at the policy, a package of it, and a list to destroy."""
    person = phone(holder())
    for address in ("/m/policies", f"/m/policies/{policy.number}"):
        assert person.get(address).status_code == 200
    session = TraceSession.objects.latest("pk")
    link_business(session.public_id, at=now(), policy=policy.number)
    asked = request_export(policy.number, reason="监管检查要求提供", actor="staff:a", at=now())
    made = decide_export(asked.public_id, allow=True, actor="staff:b", at=now())
    request_export(policy.number, reason="客户投诉 2026-118", actor="staff:a", at=now())
    run_worker(until_idle=True)
    old = [visit(datetime(2004, 1, day, 2, 0, tzinfo=UTC)) for day in (5, 6)]
    list_ = propose_destruction(old, reason="保管期满", actor="staff:a", at=now())
    return {
        "traces": "traces",
        "trace": f"traces/{session.public_id}",
        "exports": "traces/exports",
        "export": f"traces/exports/{made.public_id}",
        "export-new": "traces/exports/new",
        "destructions": "traces/destructions",
        "destruction": f"traces/destructions/{list_.public_id}",
        "destruction-new": "traces/destructions/new",
    }


@pytest.fixture
def rules(clerk):
    """A proposal for a person to decide, and a new version of a table to approve."""
    content = FORMS["car"]()
    stored = quote(request_from_content(content, record=Record()), SHIPPED).stored()
    content["vehicle"] |= {"transferred": True}
    content["compulsory"]["cover_starts_at"] = now().isoformat()
    assess_content(content, at=now(), quote=stored)
    clerk.post(
        "/console/tables/import?table=commercial_rates",
        {
            "file": SimpleUploadedFile("t.csv", CSV.encode()),
            "version": "2099-01",
            "effective_from": (today() + timedelta(days=3)).isoformat(),
            "source": "测试批件〔2099〕1号",
            "confirmed": "yes",
        },
    )
    version = TableVersion.objects.get(version="2099-01")
    return {
        "referrals": "referrals",
        "referral": f"referrals/{Referral.objects.get().pk}",
        "products": "products",
        "tables": "tables",
        "table": f"tables/{version.pk}",
        "import": "tables/import",
        "import-file": "tables/import?table=commercial_rates",
        "solvency": "solvency/new",
        "duties": "duties",
        "duty": "duties/D-0736B",
        "data-items": "data-items",
        "data-item": "data-items/claim",
        "home": "",
    }


@at("desk")
def test_every_page_with_rows_in_it(visitor, clerk, money, service, rules):
    come_in(visitor, clerk)
    complaints = []
    for name, address in {**money, **service, **rules}.items():
        answer = visitor.tab.goto(f"{visitor.base}/console/{address}")
        assert answer.status == 200, address
        try:
            visitor.look(f"journey-{name}")
        except AssertionError as complaint:
            # Every page is looked at before any complaint is told.
            complaints.append(str(complaint))
            visitor.complaints.clear()
    assert complaints == []
