"""A user of an outside organisation in a browser: the task, the documents, the seals."""

from datetime import timedelta

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.services import (
    AccountFacts,
    PowerRequest,
    create_account,
    grant_power,
)
from baozhen.signing.organizations.states import AccountKind
from tests.e2e.widths import at
from tests.signing.envelopes.conftest import desk  # noqa: F401 -- fixture
from tests.signing.envelopes.sealing import outside_company

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(visitor, name):
    visitor.open("/console/sign-in")
    visitor.tab.fill("#id_username", name)
    visitor.tab.fill("#id_password", "a-long-password-1")
    visitor.tab.click("button:has-text('登录')")


@pytest.fixture
def member(desk, staff):  # noqa: F811 -- the fixture
    """Somebody of the other company of a reinsurance contract, whose turn it is."""
    flow = flow_of("reinsurance_contract")
    envelope = desk.start(flow)
    unit = outside_company(next(role.label for role in flow.roles if not role.own))
    facts = AccountFacts(
        username="member",
        display_name="测试外部经办",
        unit=unit,
        kind=AccountKind.OUTSIDE,
        password="a-long-password-1",
        password_is_initial=False,
        mobile="19900000071",
    )
    account = create_account(facts, actor="test", at=now())
    request = PowerRequest(
        account=account, unit=unit, permission=Permission.APPROVE_ENVELOPES, reason="经办"
    )
    granter = staff("安全管理员", name="anquan").account
    grant_power(request, granter=granter, actor="test", at=now())
    ready = Action.objects.filter(envelope=envelope, state="ready")
    for _ in range(10):
        desk.perform(envelope)
        if ready.filter(signatory__unit=unit).exists():
            break
        desk.act(ready.select_related("envelope", "signatory__subject").first())
    return Account.objects.get(pk=account.pk), envelope


def test_an_outside_member_seals(visitor, desk, member):  # noqa: F811
    _, envelope = member
    sign_in(visitor, "member")
    visitor.tab.wait_for_selector("text=待我处理")
    visitor.look("partner_tasks")
    visitor.tab.click("a:has-text('去')")
    visitor.tab.wait_for_function("() => document.querySelector('.preview img').naturalWidth > 0")
    visitor.look("partner_task")
    visitor.tab.click("button:has-text('确认')")
    visitor.tab.wait_for_selector("text=没有待您处理的任务")
    visitor.look("partner_done")
    desk.finish(envelope)
    visitor.open("/console/partner/envelopes")
    visitor.look("partner_envelopes")
    visitor.tab.click(f"text={envelope.title}")
    visitor.look("partner_envelope")
    visitor.open("/console/partner/seals")
    visitor.look("partner_seals")


@at("desk")
def test_an_outside_member_decides_in_advance(visitor, desk, member):  # noqa: F811
    sign_in(visitor, member[0].user.get_username())
    visitor.tab.wait_for_selector("h1")
    visitor.open("/console/partner/pre-stamps")
    visitor.look("pre-stamps-empty")
    visitor.tab.click("text=新授权")
    visitor.tab.select_option("#kind", "reinsurance_contract")
    visitor.tab.select_option("#seal", index=1)
    visitor.tab.fill("#count_max", "20")
    visitor.tab.fill("#until", (now() + timedelta(days=60)).date().isoformat())
    visitor.look("pre-stamp-new")
    visitor.tab.click("button[value=ask]")
    visitor.tab.fill("#code", desk.last_code())
    visitor.look("pre-stamp-confirm")
    visitor.tab.click("button[value=give]")
    visitor.tab.wait_for_selector("text=据此盖章的任务")
    later = desk.start(flow_of("reinsurance_contract"))
    for step in ("leader", "insurer", "reinsurer"):
        ready = Action.objects.filter(envelope=later, state="ready", signatory__role=step)
        for action in ready.select_related("envelope", "signatory__subject"):
            desk.act(action)
        desk.perform(later)
    later.refresh_from_db()
    assert later.state == "completed"
    visitor.tab.reload()
    visitor.look("pre-stamp-used")
    assert "已用" in visitor.tab.inner_text("main")
    assert visitor.tab.locator(f"a[href$='{later.public_id}']").count() == 1
