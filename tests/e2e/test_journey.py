"""S-01 as a person walks it: from the notice on a phone to genuine policies, to the fen."""

import re

import pytest
from django.db.models import F

from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.storage import get_storage
from baozhen.insurance.applications.models import Application
from baozhen.insurance.disclosures.models import ReadingItem
from baozhen.insurance.payments.models import PaymentOrder
from baozhen.insurance.payments.queries import refunds_of
from baozhen.insurance.policies.models import Policy, PolicyFile
from tests.e2e.test_applying import go
from tests.e2e.test_portal import answer_captcha, send
from tests.e2e.test_signing import write_name
from tests.faces.mobile.applying.people import last_text
from tests.insurance.applications.making import CAR, PERSON_A

pytestmark = pytest.mark.django_db(transaction=True)
NEXT = ".act .weui-btn_primary"


@pytest.fixture(autouse=True)
def _demonstration_day(monkeypatch, settings, tmp_path, live_server):
    """The scenario plays in the spring of 2025, in a house with certificates of that time."""
    monkeypatch.setenv("BAOZHEN_CLOCK", "2025-03-01T10:00:00+08:00")
    settings.BAOZHEN_DATA, settings.BAOZHEN_ARCHIVE = tmp_path, tmp_path / "archive"
    settings.BAOZHEN_PUBLIC_URL = live_server.url


def work():
    run_worker(until_idle=True)


def texted(key):
    """Return a parameter of the newest text to the applicant."""
    return last_text(PERSON_A["mobile"])["parameters"][key]


def read(visitor, number, count):
    """Read the next files of the list; the time that a person takes is credited beforehand."""
    tab = visitor.tab
    for _ in range(count):
        visitor.open(f"/m/read/{number}")
        tab.click(".files a:not(.finished) >> nth=0")
        tab.wait_for_selector("[data-reader]")
        ReadingItem.objects.filter(opened_at__isnull=False).update(seconds=F("seconds_min") + 1)
        tab.reload()
        tab.locator("[data-end]").scroll_into_view_if_needed()
        tab.wait_for_selector("[data-reading-state]:has-text('已读到末尾')")
        tab.click("[data-go-on]")
        tab.wait_for_load_state()


def declare(visitor):
    tab = visitor.tab
    for left in range(6, 0, -1):
        assert tab.locator("button[name=declaration]").count() == left
        tab.click("button[name=declaration] >> nth=0")
        tab.wait_for_load_state()


def sign(visitor):
    tab = visitor.tab
    tab.click(NEXT)
    tab.wait_for_selector("canvas")
    write_name(visitor)
    visitor.look("journey-sign")
    tab.click("button[value=sign]")
    tab.wait_for_selector("button[value=send]")
    tab.click("button[value=send]")
    tab.wait_for_selector("input[name=code]")
    tab.fill("input[name=code]", texted("code"))
    visitor.look("journey-will")
    tab.click("button[value=confirm]")
    work()


def pass_code(visitor, number):
    tab = visitor.tab
    visitor.open(f"/m/code/{number}")
    visitor.look("journey-code")
    tab.click("button[value=send]")
    tab.wait_for_selector("#id_code")
    tab.fill("#id_code", texted("code"))
    tab.click("button[value=check]")
    tab.wait_for_selector("text=去缴费")


def pay(visitor, number, outcome):
    """Pay by a channel that tells who pays, with an own card or another's."""
    tab = visitor.tab
    visitor.open(f"/m/pay/{number}")
    assert "¥2,473.95" in tab.inner_text("main")
    tab.check("input[name=channel][value=unionpay]")
    tab.click(NEXT)
    tab.wait_for_selector("input[name=outcome]")
    visitor.look("journey-cashier")
    tab.check(f"input[name=outcome][value={outcome}]")
    tab.click(NEXT)
    work()
    tab.wait_for_load_state()


@pytest.mark.parametrize("visitor", ["phone"], indirect=True)
@pytest.mark.requirement(
    "S0-1", "S0-4.1a", "S0-4.1b", "S0-4.2.1a", "S0-4.2.4a2", "S0-4.2.4b1", "S0-4.2.4b2",
    "S0-4.2.4c1", "S0-4.2.4c2", "S0-4.2.4d1", "S0-4.2.4d2", "S0-4.2.4d3", "S0-4.3.4a2",
)  # fmt: skip
def test_scenario_s01_from_a_quote_to_policies_in_hand(visitor, platform):
    tab = visitor.tab
    go(visitor, "car", "DEMO11", CAR, PERSON_A, "usual")
    assert tab.inner_text("#total") == "¥2,473.95"
    tab.click(NEXT)
    tab.wait_for_selector("[data-state=accepted]")
    work()
    number = Application.objects.get().proposal_no

    visitor.open(f"/m/read/{number}")
    files = ReadingItem.objects.count()
    # The form and the six files that are combined with it; the clauses are a file a product.
    assert files == 8
    read(visitor, number, files - 2)
    visitor.open(f"/m/read/{number}/sign")
    assert tab.locator("canvas").count() == 0
    visitor.look("journey-blocked")
    read(visitor, number, 2)
    visitor.open(f"/m/read/{number}/declare")
    declare(visitor)
    visitor.look("journey-declared")
    visitor.open(f"/m/pay/{number}")
    assert tab.locator("input[name=channel]").count() == 0
    visitor.open(f"/m/read/{number}/declare")
    sign(visitor)
    assert Application.objects.get().state == "signed"

    pass_code(visitor, number)
    pay(visitor, number, "other")
    visitor.open(f"/m/pay/{number}")
    visitor.look("journey-returned")
    assert "退回" in tab.inner_text("main")
    assert not Policy.objects.exists()
    work()
    pay(visitor, number, "own")
    work()
    visitor.open(f"/m/pay/{number}/paid")
    visitor.look("journey-paid")
    told = tab.inner_text("main")

    policies = {policy.kind: policy for policy in Policy.objects.all()}
    assert all(policy.number in told for policy in policies.values())
    assert policies["commercial"].premium_fen == 137_645
    assert policies["compulsory"].premium_fen == 61_750
    assert PolicyFile.objects.filter(kind="mark").count() == 1
    assert Application.objects.get().state == "issued"
    refunds = [one for order in PaymentOrder.objects.all() for one in refunds_of(order)]
    assert [(one.amount_fen, one.state) for one in refunds] == [(247_395, "succeeded")]
    assert Delivery.objects.filter(channel="mail").exists()
    check_for_itself(visitor, policies["commercial"])


def check_for_itself(visitor, policy):
    """The website finds it for whoever knows it, and tells a genuine file from a changed one."""
    tab = visitor.tab
    visitor.open("/query")
    tab.fill("#id_number", policy.number)
    tab.fill("#id_id_tail", PERSON_A["id_no"][-6:])
    tab.fill("#id_vehicle_tail", "999999")
    answer_captcha(visitor)
    tab.click(NEXT)
    assert "没有查到相符的保单" in tab.inner_text("[role=alert]")
    tab.fill("#id_vehicle_tail", CAR["vin"][-6:])
    answer_captcha(visitor)
    tab.click(NEXT)
    assert "1,376.45" in tab.inner_text("main")
    data = get_storage().get(policy.files.get(kind="policy").sha256)
    for changed, verdict in (
        (data, r"真实有效"),
        (data[:5000] + bytes([data[5000] ^ 1]) + data[5001:], r"已被改动|无法识别"),
        (data + b"\n1 0 obj\n<<>>\nendobj\n", r"已被改动|无法识别"),
    ):
        visitor.open("/verify")
        send(visitor, "保单.pdf", changed)
        assert re.fullmatch(verdict, tab.inner_text("h1"))
