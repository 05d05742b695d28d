"""The staff see applications masked; only who may act shows the link or withdraws."""

from datetime import timedelta

import pytest
from django.test import Client

from baozhen.foundation.clock import now
from baozhen.insurance.applications.models import Application, ReadingLink
from baozhen.insurance.applications.services.deciding import Decision, apply_decision
from tests.insurance.applications.making import PERSON_A, submitted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def accepted():
    application = submitted()
    decision = Decision(outcome="accepted")
    apply_decision(application.pk, decision, actor="test", at=application.created_at)
    Application.objects.update(expires_at=now() + timedelta(days=9))
    return Application.objects.get()


def test_the_list_is_masked_and_filtered_by_its_address(signed_in, accepted):
    staff = signed_in("出单员")
    page = staff.get("/console/applications").content.decode()
    assert accepted.proposal_no in page
    assert PERSON_A["name"] not in page
    assert "投保人阅读并签名" in page
    for query in (f"q={accepted.proposal_no}", f"q={PERSON_A['id_no']}", "state=accepted"):
        assert accepted.proposal_no in staff.get(f"/console/applications?{query}").content.decode()
    for query in ("state=draft", "form=special", "branch=DEMO31", "q=TBE0"):
        page = staff.get(f"/console/applications?{query}").content.decode()
        assert accepted.proposal_no not in page
        assert "没有符合条件" in page


def test_one_application_is_shown_masked_with_its_premiums(signed_in, accepted):
    page = signed_in("出单员").get(f"/console/applications/{accepted.proposal_no}")
    text = page.content.decode()
    assert "¥2,473.95" in text
    for hidden in (PERSON_A["name"], PERSON_A["id_no"], PERSON_A["mobile"], "京Z12345"):
        assert hidden not in text


@pytest.mark.requirement("S0-4.2.4a1")
def test_the_code_to_scan_is_shown_once_and_kept_as_a_digest(signed_in, accepted):
    staff = signed_in("出单员")
    address = f"/console/applications/{accepted.proposal_no}/link"
    assert staff.get(address).status_code == 405
    page = staff.post(address).content.decode()
    assert "data:image/svg+xml;base64," in page
    token = page.split("/m/r/")[1].split("<")[0].strip()
    assert token not in str(list(ReadingLink.objects.values()))
    assert "接收验证码" in Client().get(f"/m/r/{token}").content.decode()


def test_withdrawing_needs_a_reason(signed_in, accepted):
    staff = signed_in("出单员")
    address = f"/console/applications/{accepted.proposal_no}/withdraw"
    assert staff.post(address, {"reason": " "}).status_code == 422
    assert staff.post(address, {"reason": "客户来电要求撤回"}).status_code == 302
    assert Application.objects.get().state == "withdrawn"


def test_who_may_only_look_cannot_act(signed_in, accepted):
    staff = signed_in("核保人")
    page = staff.get(f"/console/applications/{accepted.proposal_no}").content.decode()
    assert "显示阅读二维码" not in page
    for act in ("link", "withdraw"):
        address = f"/console/applications/{accepted.proposal_no}/{act}"
        assert staff.post(address).status_code == 403


def test_an_unknown_number_is_not_found(signed_in):
    assert signed_in("出单员").get("/console/applications/TBE0").status_code == 404
