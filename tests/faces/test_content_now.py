"""After an endorsement every room reads the policy as it is now; a claim, as it was at the loss."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db.models import F

from baozhen.foundation.clock import now, today
from baozhen.foundation.notify.models import Delivery
from baozhen.insurance.applications.models import Application
from baozhen.insurance.claims.jobs import tell_claim
from baozhen.insurance.claims.services import deciding, reporting
from baozhen.insurance.claims.services.deciding import Decision
from baozhen.insurance.endorsements.services.confirming import open_payment
from baozhen.insurance.policies.invoices import DevelopmentInvoices
from baozhen.insurance.policies.services.invoicing import invoice_proposals
from baozhen.signing.identity.models import CodeChallenge
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from tests.faces.mobile.endorsing.test_pages import phone
from tests.insurance.claims.making import claim_at
from tests.insurance.endorsements.making import (
    HOLDER,
    confirm,
    draft,
    finish,
    holder,
    running_s01,
    submit,
)

pytestmark = pytest.mark.usefixtures("database", "platform")
PNG = b"\x89PNG\r\n\x1a\n a page"
OLD_PLATE, NEW_PLATE, NEW_NAME = "京Z12345", "京Z54321", "测试新"
RENAMED = SubjectFacts(kind="person", **HOLDER | {"name": NEW_NAME})


@pytest.fixture
def changed():
    """A compulsory policy whose holder and plate have other names since a moment ago."""
    policies = running_s01()
    policy = policies["compulsory"]
    for kind, values, paper in (
        ("insured_name", {"name": NEW_NAME}, "name_proof"),
        ("plate", {"plate_no": NEW_PLATE}, "vehicle_licence"),
    ):
        # The codes of the two are further apart than the pause between codes.
        CodeChallenge.objects.update(queued_at=F("queued_at") - timedelta(minutes=2))
        change = draft(policy, kind, at=now(), values=values, files=[paper])
        finish(confirm(submit(change, at=now()), at=now()), at=now())
    return policies


def test_the_page_of_personal_data_says_what_is_so_and_since_when(signed_in, changed):
    address = f"/console/policies/{changed['compulsory'].number}/reveal"
    page = signed_in("客服").post(address, {"reason": "客户来电核对"})
    facts = {
        title + label: (value, note)
        for title, rows in page.context["groups"]
        for label, value, note in rows
    }
    day = today()
    for label, new, old in (
        ("投保人姓名", NEW_NAME, HOLDER["name"]),
        ("车辆号牌号码", NEW_PLATE, OLD_PLATE),
    ):
        value, note = facts[label]
        assert value == new
        assert note.startswith(f"{day.year}年{day.month}月{day.day}日")
        assert note.endswith(f"此前为 {old}")
        assert note in page.content.decode()
    assert facts["投保人证件号"] == (HOLDER["id_no"], "")


def test_a_claim_is_judged_by_the_policy_of_its_day_and_answered_by_todays_name(signed_in, changed):
    def claim_of(occurred_at):
        return claim_at(changed["compulsory"], occurred_at, at=now())

    claim = claim_of(now() - timedelta(days=2))
    own = phone(holder()).get(f"/m/claims/{claim.number}").content.decode()
    assert "出险时的保单内容" in own
    assert "京Z***45" in own
    client = signed_in("理赔员")
    before = client.get(f"/console/claims/{claim.number}").content.decode()
    assert "出险时的保单内容" in before
    assert "京Z***45" in before
    assert before.count("出险后生效，不适用") == 2
    since = client.get(f"/console/claims/{claim_of(now()).number}").content.decode()
    assert "京Z***21" in since
    assert since.count("出险前生效，适用") == 2

    for paper in claim.papers.all():
        reporting.add_file(claim, PNG, actor="test", at=now(), paper_code=paper.code)
    reporting.hand_in(claim, actor="test", at=now())
    refusal = Decision(is_covered=False, reason="驾驶人没有取得驾驶资格。", amount_fen=0)
    deciding.decide(claim, refusal, actor="test", at=now())
    tell_claim(claim.pk, at=now())
    letter = Delivery.objects.get(reference__startswith=f"refusal/{claim.number}")
    assert f"尊敬的{NEW_NAME}" in letter.content["text"]


def test_invoices_payers_and_renewals_go_by_the_name_and_plate_of_today(changed):
    policy = changed["compulsory"]
    asked = []
    service = SimpleNamespace(
        issue=lambda order: (asked.append(order), DevelopmentInvoices().issue(order))[1]
    )
    invoice_proposals([policy.proposal_id], at=now(), service=service)
    assert {order.buyer for order in asked} == {NEW_NAME}

    CodeChallenge.objects.update(queued_at=F("queued_at") - timedelta(minutes=2))
    raised = draft(
        changed["commercial"],
        "limit",
        at=now(),
        values={"code": "B", "sum_insured": "3000000"},
        effective_on=today() + timedelta(days=1),
    )
    assert raised.premium_fen > 0
    raised = confirm(submit(raised, at=now()), at=now())
    assert str(open_payment(raised, at=now()).payer_name) == NEW_NAME

    client = phone(register_subject(RENAMED, actor="test", at=now()))
    assert client.post(f"/m/renew/{policy.number}").status_code == 302
    assert Application.objects.get().content["vehicle"]["plate_no"] == NEW_PLATE
