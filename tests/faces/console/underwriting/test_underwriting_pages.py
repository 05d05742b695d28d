"""The staff pages of underwriting: the queue, one proposal masked, three ways to decide."""

import pytest
from django.test import Client

from baozhen.foundation.clock import now
from baozhen.insurance.products.rating import Record, quote, request_from_content
from baozhen.insurance.products.tables import SHIPPED
from baozhen.insurance.underwriting.models import Referral
from baozhen.insurance.underwriting.services import assess_content
from tests.faces.conftest import BACKEND
from tests.insurance.proposal_forms import FORMS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(staff):
    """Open a browser for a person: `browser("核保人", "una")`."""

    def make(role="核保人", name="una"):
        client = Client()
        client.force_login(staff(role, name=name), backend=BACKEND)
        return client

    return make


@pytest.fixture
def referral():
    """A commercial vehicle's proposal that the rules left to a person."""
    content = FORMS["car"]()
    stored = quote(request_from_content(content, record=Record()), SHIPPED).stored()
    content["vehicle"] |= {"use_nature": "commercial_rental", "transferred": True}
    content["compulsory"]["cover_starts_at"] = now().isoformat()
    assess_content(content, at=now(), quote=stored)
    return Referral.objects.get()


def test_the_queue_and_one_proposal_masked(browser, referral):
    una = browser()
    listed = una.get("/console/referrals").content.decode()
    assert referral.proposal_no in listed
    assert "营业车辆须人工核保" in listed
    assert referral.proposal_no not in una.get("/console/referrals?state=accepted").content.decode()
    assert (
        referral.proposal_no
        in una.get(f"/console/referrals?number={referral.proposal_no}").content.decode()
    )
    shown = una.get(f"/console/referrals/{referral.pk}").content.decode()
    for text in (
        "commercial_use",
        "规则版本 2026-DEMO",
        "无赔款优待系数",
        "折旧后价值",
        "营业租赁",
    ):
        assert text in shown
    for secret in ("测试甲", "110199198506151017", "L9TESTAA7MA000001", "京Z12345"):
        assert secret not in shown
    assert una.get("/console/referrals/999999").status_code == 404
    assert browser("出单员", "ida").get("/console/referrals").status_code == 403
    watcher = browser("合规人员", "cora").get(f"/console/referrals/{referral.pk}").content.decode()
    assert "核保决定" not in watcher


def test_accepting(browser, referral):
    una = browser()
    answer = una.post(f"/console/referrals/{referral.pk}/accept", {"note": "已验车"}, follow=True)
    assert "已通过" in answer.content.decode()
    referral.refresh_from_db()
    assert (referral.state, referral.underwriter, referral.note) == (
        "accepted",
        "staff:una",
        "已验车",
    )
    again = una.post(f"/console/referrals/{referral.pk}/accept", follow=True)
    assert "已处理或撤回" in again.content.decode()


def test_declining_wants_a_reason(browser, referral):
    una = browser()
    refused = una.post(f"/console/referrals/{referral.pk}/decline", {"reason": ""}, follow=True)
    assert "请写明理由" in refused.content.decode()
    una.post(f"/console/referrals/{referral.pk}/decline", {"reason": "风险过高"})
    referral.refresh_from_db()
    assert referral.state == "declined"


def test_offering_other_terms(browser, referral):
    una = browser()
    address = f"/console/referrals/{referral.pk}/offer"
    nothing = una.post(address, {"code": ["A", "B"], "reason": "x"}, follow=True)
    assert "没有改变任何条件" in nothing.content.decode()
    terms = {
        "code": ["A", "B", "D1"],
        "rate_A": "0.10",
        "sum_B": "1000000.00",
        "rate_D1": "removed",
        "self_pricing": "1.2",
        "reason": "营业车辆加免赔",
    }
    shown = una.post(address, terms, follow=True).content.decode()
    referral.refresh_from_db()
    assert referral.state == "offered"
    assert referral.offer == {
        "covers": [
            {"code": "A", "deductible_rate": "0.10"},
            {"code": "B", "sum_insured": "1000000.00"},
            {"code": "D1", "removed": True},
        ],
        "self_pricing": "1.2",
    }
    for text in ("绝对免赔率 0.10", "保险金额 ¥1,000,000.00", "不承保", "自主定价系数 1.2"):
        assert text in shown
