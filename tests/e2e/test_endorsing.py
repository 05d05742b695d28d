"""S-06 in a browser: the limit is raised on the phone; the cancelled policy is verified as such."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.conf import settings

from baozhen.faces.mobile.holders import HOLDER
from baozhen.foundation.clock import now, today
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.storage import get_storage
from baozhen.insurance.endorsements.models import Change
from baozhen.insurance.endorsements.services.applying import apply_due
from baozhen.insurance.endorsements.services.asking import decide_change
from baozhen.insurance.payments.models import PaymentOrder
from baozhen.insurance.policies.models import PolicyFile
from tests.insurance.endorsements.making import (
    china,
    confirm,
    draft,
    finish,
    holder,
    issued_s01,
    last_code,
    paid_order,
    pay,
    running_s01,
    submit,
)
from tests.insurance.endorsements.test_scenario import raise_limit

pytestmark = pytest.mark.usefixtures("database", "platform")


def sign_in(visitor, subject):
    """Give the browser a holder's session."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    at = now()
    session[HOLDER] = {
        "subject": subject.public_id,
        "began": at.isoformat(),
        "until": (at + timedelta(minutes=25)).isoformat(),
    }
    session.save()
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key}
    visitor.tab.context.add_cookies([{**cookie, "url": visitor.base}])


@pytest.mark.requirement("S0-4.3.5a")
def test_raise_the_limit_on_the_phone(visitor, transactional_db):
    policy = running_s01()["commercial"]
    sign_in(visitor, holder())
    visitor.open(f"/m/policies/{policy.number}/change")
    visitor.look("change-choose")
    visitor.tab.click("text=想把某个险种的保额调高或调低")
    visitor.tab.wait_for_selector("select[name=code]")
    visitor.tab.select_option("select[name=code]", "B")
    visitor.tab.fill("input[name=sum_insured]", "3000000")
    visitor.tab.fill("input[name=effective_on]", (today() + timedelta(days=1)).isoformat())
    visitor.look("change-fill")
    visitor.tab.click("button[type=submit].weui-btn_primary")
    visitor.tab.wait_for_selector("button[value=submit]")
    visitor.look("change-check")
    visitor.tab.click("button[value=submit]")
    visitor.tab.wait_for_selector("text=正在审批")
    change = Change.objects.get()
    decide_change(change.pk, approved=True, decision="", actor="staff:x", name="示例领导", at=now())
    visitor.open(f"/m/changes/{change.public_id}")
    visitor.tab.click("button[value=send]")
    visitor.tab.wait_for_selector("input[name=code]")
    visitor.tab.fill("input[name=code]", last_code())
    visitor.look("change-confirm")
    visitor.tab.click("button[value=confirm]")
    visitor.tab.wait_for_selector("button[name=channel]")
    visitor.look("change-pay")
    visitor.tab.click("button[value=alipay]")
    visitor.tab.wait_for_selector("text=收银台")
    pay(PaymentOrder.objects.get(purpose="endorsement"), at=now())
    run_worker(until_idle=True)
    visitor.open(f"/m/changes/{change.public_id}")
    visitor.tab.wait_for_selector("text=批单已生成")
    visitor.look("change-done")


@pytest.mark.requirement("S0-4.3.5b")
def test_the_cancelled_policy_is_genuine_and_cancelled(visitor, transactional_db, tmp_path):
    order = paid_order()
    policies = issued_s01(order_no=order.order_no)
    raise_limit(policies["commercial"])
    apply_due(at=china(6, 1))
    at = china(8, 31)
    change = draft(
        policies["compulsory"],
        "cancellation",
        at=at,
        ground="deregistration",
        files=["deregistration_certificate"],
        effective_on=date(2025, 9, 1),
    )
    assert change.premium_fen == -111251
    finish(confirm(submit(change, at=at), at=at), at=china(9, 1, 0))
    file = PolicyFile.objects.get(policy=policies["commercial"])
    path = tmp_path / "policy.pdf"
    path.write_bytes(get_storage().get(file.sha256))
    visitor.open("/verify")
    visitor.tab.set_input_files("input[type=file]", path)
    visitor.tab.click("text=开始验真")
    visitor.tab.wait_for_selector("[data-verdict=genuine]")
    text = visitor.tab.inner_text("main")
    assert "真实，已注销" in text
    assert "2025年9月1日" in text
    visitor.look("change-verified-cancelled")
