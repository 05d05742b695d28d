"""Beside the way of 投保: without scripts, with another offer, and what the staff see of it.

The way itself is walked in test_journey.
"""

import pytest

from baozhen.foundation.clock import now
from baozhen.insurance.applications.services.deciding import Decision, apply_decision, apply_offer
from tests.e2e.journey import NEXT, begin, field, sign_in
from tests.e2e.test_console import sign_in as staff_sign_in
from tests.e2e.widths import at
from tests.insurance.applications.making import PERSON_A, submitted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("spring")]


def test_without_scripts_everything_is_there(plain_visitor):
    tab = plain_visitor.tab
    begin(plain_visitor, "special", "DEMO31")
    tab.fill(field("vehicle.vin"), "L9TESTAA7MA000001")
    tab.click(NEXT)
    assert "还有" in tab.inner_text("[role=alert]")
    assert tab.input_value(field("vehicle.vin")) == "L9TESTAA7MA000001"


@at("desk")
@pytest.mark.requirement("S0-4.2.4a1")
def test_the_staff_see_where_it_stands_and_show_the_code(visitor, staff):
    application = submitted()
    decision = Decision(outcome="accepted")
    apply_decision(application.pk, decision, actor="test", at=now())
    staff("出单员", name="chudan")
    staff_sign_in(visitor, "chudan")
    visitor.open("/console/applications")
    visitor.look("applications")
    visitor.tab.click(f"text={application.proposal_no}")
    visitor.tab.wait_for_selector("text=保费怎样算出来")
    visitor.look("application")
    visitor.tab.click("text=显示阅读二维码")
    visitor.tab.wait_for_selector("img[alt=阅读页面的二维码]")
    visitor.look("application-link")
    visitor.open(f"/console/applications/{application.proposal_no}/withdraw")
    visitor.look("application-withdraw")


@at("phone")
def test_the_pages_beside_the_way(visitor):
    application = submitted()
    told = Decision(outcome="referred", reasons=["车龄较长"])
    apply_decision(application.pk, told, actor="test", at=now())
    apply_offer(application.pk, {"package": "basic"}, told, actor="test", at=now())
    visitor.open("/m/sign-in?next=/m/mine")
    sign_in(visitor, PERSON_A)
    visitor.tab.click("text=查看新方案")
    visitor.look("apply-offer")
    visitor.open(f"/m/apply/{application.proposal_no}/leave")
    visitor.look("apply-leave")
    visitor.open("/m/r/unknown")
    visitor.look("apply-link-over")
