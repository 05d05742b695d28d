"""电子发票: one invoice a policy, with the mail or after it, against a double of the service."""

import base64
import json
from datetime import date

import httpx
import pytest

from baozhen.foundation.clock import now
from baozhen.foundation.errors import DevelopmentOnly, IllegalMove
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.notify.models import Delivery
from baozhen.insurance.policies.errors import InvoiceNoteMissing, InvoiceOutage, InvoiceRefused
from baozhen.insurance.policies.invoices import (
    DevelopmentInvoices,
    HTTPSInvoices,
    InvoiceOrder,
    get_invoices,
)
from baozhen.insurance.policies.models import Policy, PolicyInvoice
from baozhen.insurance.policies.receipts import cooling_off_end
from baozhen.insurance.policies.services.deliver import deliver_policies
from baozhen.insurance.policies.services.invoicing import (
    invoice_proposals,
    request_again,
    send_late_invoice,
)
from baozhen.insurance.policies.states import InvoiceState
from baozhen.signing.identity.providers.generic import sign
from tests.insurance.making import issue, make_proposal, submit_and_work

ORDER = InvoiceOrder(
    request_no="INV1",
    seller="示例财产保险股份有限公司",
    buyer="测试甲",
    buyer_id_no="110199198506151017",
    item="机动车商业保险",
    policy_no="P1",
    amount_fen=61750,
    tax_fen=3495,
    remark="",
)
ANSWER = {
    "number": "26110000000000000001",
    "issued_at": "2026-03-10T12:00:00+08:00",
    "xml": base64.b64encode(b"<invoice/>").decode(),
    "pdf": base64.b64encode(b"%PDF-1.7 invoice").decode(),
}
URL = "https://key:secret@invoices.example.com/v1"


def service(respond):
    transport = httpx.MockTransport(respond)
    return HTTPSInvoices(URL, http=httpx.Client(transport=transport))


def test_the_request_is_signed_and_the_answer_read():
    seen = []

    def respond(request):
        seen.append(request)
        return httpx.Response(200, json=ANSWER)

    made = service(respond).issue(ORDER)
    assert (made.number, made.pdf) == (ANSWER["number"], b"%PDF-1.7 invoice")
    request = seen[0]
    stamp = request.headers["X-Baozhen-Timestamp"]
    assert request.headers["X-Baozhen-Signature"] == sign(b"secret", stamp, request.content)
    told = json.loads(request.content)
    assert (told["amount"], told["tax"], str(request.url)) == (
        "617.50",
        "34.95",
        "https://invoices.example.com/v1/invoices",
    )


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (422, {"message": "购买方证件号有误"}, InvoiceRefused),
        (429, {}, InvoiceOutage),
        (500, {}, InvoiceOutage),
        (200, {"number": "1"}, InvoiceOutage),
        (200, ANSWER | {"pdf": base64.b64encode(b"no pdf").decode()}, InvoiceOutage),
        (200, ANSWER | {"number": "9" * 40}, InvoiceOutage),
    ],
)
def test_what_goes_wrong_is_a_refusal_or_an_outage(status, body, expected):
    with pytest.raises(expected):
        service(lambda _request: httpx.Response(status, json=body)).issue(ORDER)


def test_production_has_no_twin(settings):
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        DevelopmentInvoices()
    assert get_invoices() is None


def test_the_twin_says_what_it_is():
    made = DevelopmentInvoices().issue(ORDER)
    assert "不是发票" in made.xml.decode()
    assert made.pdf == DevelopmentInvoices().issue(ORDER).pdf


@pytest.mark.requirement("S0-3.9", "S0-6.1", "S2-L4c")
def test_the_invoice_comes_with_the_policy(platform):
    submit_and_work(make_proposal(1))
    invoices = PolicyInvoice.objects.filter(state=InvoiceState.ISSUED)
    assert invoices.count() == 2
    delivery = Delivery.objects.get(subject_type="proposal")
    digests = {item["sha256"] for item in delivery.content["attachments"]}
    for invoice in invoices:
        assert {invoice.pdf_sha256, invoice.xml_sha256} <= digests
    assert Delivery.objects.count() == 1


def test_an_outage_holds_no_policy_back_and_the_invoice_follows(platform):
    issue(make_proposal(1))
    proposal = Policy.objects.first().proposal
    down = service(lambda _request: httpx.Response(503, json={}))
    with pytest.raises(InvoiceOutage):
        invoice_proposals([proposal.pk], at=now(), service=down)
    deliver_policies([proposal.pk], at=now())
    assert invoice_proposals([proposal.pk], at=now()) == 2
    for invoice in PolicyInvoice.objects.all():
        assert send_late_invoice(invoice.pk, at=now())
        send_late_invoice(invoice.pk, at=now())
    assert Delivery.objects.filter(subject_type="invoice").count() == 2


def test_a_refused_invoice_waits_for_a_person(platform):
    issue(make_proposal(1))
    proposal = Policy.objects.first().proposal
    no = service(lambda _request: httpx.Response(422, json={"message": "购买方证件号有误"}))
    invoice_proposals([proposal.pk], at=now(), service=no)
    invoice = PolicyInvoice.objects.first()
    assert (invoice.state, "购买方证件号有误" in invoice.failure) == (InvoiceState.REFUSED, True)
    with pytest.raises(InvoiceNoteMissing):
        request_again(invoice, note=" ok ", actor="staff:a", at=now())
    request_again(invoice, note="已核对证件号", actor="staff:a", at=now())
    # Long in coming is asked for again as well: the service makes one of many askings.
    request_again(invoice, note="已等待一天", actor="staff:a", at=now())
    run_worker(until_idle=True)
    invoice.refresh_from_db()
    assert invoice.state == InvoiceState.ISSUED
    with pytest.raises(IllegalMove):
        request_again(invoice, note="再来一张", actor="staff:a", at=now())


def test_the_cooling_off_ends_on_the_day_of_s07():
    assert cooling_off_end(date(2025, 5, 6), days=15) == date(2025, 5, 21)
    assert cooling_off_end(date(2025, 5, 6), days=None) is None
