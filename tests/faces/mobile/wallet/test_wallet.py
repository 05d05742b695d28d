"""保单夹: one's own policies, whole and byte for byte; nobody else's."""

import pytest
from django.test import Client

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.storage import get_storage
from baozhen.insurance.policies.models import Policy, PolicyFile, PolicyInvoice, PolicyReceipt
from baozhen.insurance.policies.services.invoicing import invoice_proposals
from baozhen.insurance.policies.services.receipts import settle_receipts
from baozhen.insurance.policies.states import FileKind, PolicyKind, ReceiptState
from tests.insurance.holding import STRANGER, sign_in, subject_of
from tests.insurance.making import changed, issue, make_proposal


@pytest.fixture
def holder(client, policy, raw):
    """The policyholder, signed in."""
    return sign_in(client, subject_of(raw["policyholder"]))


def page_of(client, address):
    response = client.get(address)
    assert response.status_code == 200, response.content.decode()[:500]
    return response.content.decode()


def test_nobody_is_asked_to_sign_in_first(client, policy):
    response = client.get(f"/m/policies/{policy.number}")
    assert response["Location"].startswith("/m/sign-in?next=")


@pytest.mark.requirement("S0-3.6")
def test_the_holder_sees_all_policies(holder, policy):
    text = page_of(holder, "/m/policies")
    for number in Policy.objects.values_list("number", flat=True):
        assert number in text
    assert Policy.objects.count() == 2


@pytest.mark.requirement("S0-6.2a", "S0-6.2b")
def test_one_policy_with_its_mark_and_its_verification(holder, policy):
    text = page_of(holder, f"/m/policies/{policy.number}")
    assert "电子保险标志" in text
    assert f"/v/{policy.number}/" in text
    assert f"/m/policies/{policy.number}/claim" in text


@pytest.mark.requirement("S0-3.7")
@pytest.mark.parametrize("kind", list(FileKind))
def test_the_file_is_the_archived_one(holder, policy, kind):
    stored = PolicyFile.objects.get(policy=policy, kind=kind)
    response = holder.get(f"/m/policies/{policy.number}/files/{kind}")
    assert response.content == get_storage().get(stored.sha256)
    acts = AuditEntry.objects.filter(action="access.downloaded", subject_id=policy.pk)
    assert acts.get().facts["sha256"] == stored.sha256


@pytest.mark.requirement("S0-3.6", "S0-3.7", "S0-7.2.1a", "S0-7.2.1c")
@pytest.mark.parametrize("rest", ["", "/files/policy", "/files/mark", "/invoice.pdf", "/claim"])
def test_another_persons_policy_looks_like_none(client, policy, rest):
    sign_in(client, subject_of(STRANGER))
    response = client.get(f"/m/policies/{policy.number}{rest}")
    unknown = client.get(f"/m/policies/PDZA0000000000{rest}")
    assert (response.status_code, unknown.status_code) == (404, 404)
    assert policy.plate_masked not in response.content.decode()
    assert "还没有" not in page_of(client, "/m/policies")
    assert policy.number not in page_of(client, "/m/policies")


@pytest.mark.requirement("S0-6.3.2")
def test_the_insured_in_person_sees_the_policy_too(platform):
    raw = make_proposal(1)
    insured = raw["insured"] | STRANGER | {"gender": "female", "birth_date": "1990-09-20"}
    raw = changed(changed(raw, "insured", insured), "relation_to_insured", "spouse")
    issue(raw)
    policy = Policy.objects.get(kind=PolicyKind.COMPULSORY)
    client = sign_in(Client(), subject_of(STRANGER))
    text = page_of(client, f"/m/policies/{policy.number}")
    assert "被保险人" in text
    assert "签收保单回执" not in text


def test_the_invoice_is_the_holders(holder, policy):
    assert invoice_proposals([policy.proposal_id], at=now()) == 2
    invoice = PolicyInvoice.objects.get(policy=policy)
    pdf = holder.get(f"/m/policies/{policy.number}/invoice.pdf")
    assert pdf.content == get_storage().get(invoice.pdf_sha256)
    xml = holder.get(f"/m/policies/{policy.number}/invoice.xml")
    assert invoice.number in xml.content.decode()
    assert holder.get(f"/m/policies/{policy.number}/invoice.exe").status_code == 404


def test_the_receipt_is_signed_in_the_signing_centre(holder, policy, raw):
    address = f"/m/policies/{policy.number}"
    response = holder.post(f"{address}/receipt")
    assert "/s/" in response["Location"]
    receipt = PolicyReceipt.objects.get(policy=policy)
    assert (receipt.state, receipt.envelope.flow) == (ReceiptState.ASKED, "customer_receipt")
    # A second press goes on with the same task.
    holder.post(f"{address}/receipt")
    assert PolicyReceipt.objects.get(policy=policy).envelope_id == receipt.envelope_id
    assert settle_receipts([receipt.envelope_id], at=now()) == 1
    assert settle_receipts([receipt.envelope_id], at=now()) == 0
    assert "您已于" in page_of(holder, address)
    assert holder.post(f"{address}/receipt").status_code == 422


def test_the_signing_page_knows_who_is_there(holder, policy):
    response = holder.post(f"/m/policies/{policy.number}/receipt")
    run_worker(until_idle=True)
    path = "/s/" + response["Location"].partition("/s/")[2]
    assert "客户回执单" in page_of(holder, path)


def test_signing_out_ends_it(holder, policy):
    holder.post("/m/sign-out")
    assert holder.get("/m/policies").status_code == 302
