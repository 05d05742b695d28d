"""S-01 and S-02 as persons walk them: from the notice to genuine policies, to the fen."""

import re

import pytest

from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.storage import get_storage
from baozhen.insurance.applications.models import Application
from baozhen.insurance.disclosures.models import ReadingItem
from baozhen.insurance.payments.models import PaymentOrder
from baozhen.insurance.payments.queries import refunds_of
from baozhen.insurance.policies.models import Policy, PolicyFile
from tests.e2e.journey import NEXT, Journey, field, work
from tests.e2e.test_portal import answer_captcha, send
from tests.e2e.widths import at
from tests.insurance.applications.making import CAR, NEW_ENERGY, PERSON_A, PERSON_D

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("spring")]


def read_five_and_be_blocked(journey, files):
    """Nobody signs before all is read: not on the page, by no address, by no form of one's own."""
    tab, number = journey.tab, journey.number
    tab.click("[data-view=original]")
    tab.wait_for_selector("[data-original][data-state=ready]")
    journey.look("reading-original")
    tab.click("[data-view=text]")
    for position in range(1, 6):
        journey.read(position, files)
        if position == 4:
            # Next come the exclusions, which must stand out.
            journey.look("reading-exclusions")
    tab.wait_for_selector(f"text=第 6 份，共 {files} 份")
    journey.open("/m/read/{}/sign")
    tab.wait_for_selector(f"text=还有 {files - 5} 份文件没有读完")
    assert tab.locator("canvas").count() == 0
    journey.look("reading-blocked")
    token = tab.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    sent = tab.request.post(
        f"{journey.visitor.base}/m/read/{number}/sign",
        form={"strokes": "{}", "csrfmiddlewaretoken": token},
        headers={"Referer": f"{journey.visitor.base}/m/read/{number}"},
    )
    assert sent.status == 409
    assert f"还有 {files - 5} 份文件没有读完" in sent.text()
    tab.click("text=继续阅读")
    tab.wait_for_selector(f"text=还有 {files - 5} 份没有读完")
    journey.look("reading-list-half")
    journey.go_on()


def issued(journey):
    """Return the policies by kind; the page that thanks for the payment names their numbers."""
    policies = {policy.kind: policy for policy in Policy.objects.all()}
    assert sorted(policies) == ["commercial", "compulsory"]
    # The pages that wait, for the payment and for the policies, go on by themselves.
    for policy in policies.values():
        journey.tab.wait_for_selector(f"text={policy.number}")
    journey.look("paid")
    assert PolicyFile.objects.filter(kind="mark").count() == 1
    assert Application.objects.get().state == "issued"
    assert Delivery.objects.filter(channel="mail").exists()
    return policies


@at("phone")
@pytest.mark.requirement(
    "S0-1", "S0-4.1a", "S0-4.1b", "S0-4.2", "S0-4.2.1a", "S0-4.2.4a1", "S0-4.2.4a2", "S0-4.2.4b1",
    "S0-4.2.4b2", "S0-4.2.4c1", "S0-4.2.4c2", "S0-4.2.4d1", "S0-4.2.4d2", "S0-4.2.4d3",
    "S0-4.3.4a2",
)  # fmt: skip
def test_scenario_s01_from_a_quote_to_policies_in_hand(visitor, platform):
    journey, tab = Journey(visitor, PERSON_A), visitor.tab
    journey.begin("car", "DEMO11")
    # A car that drives by a battery has a form of its own.
    fuels = tab.locator(f"{field('vehicle.fuel')} option")
    assert "battery_electric" not in fuels.evaluate_all("all => all.map((one) => one.value)")
    journey.fill_in(CAR, "usual")
    text = journey.text()
    for amount in ("816.00", "470.26", "14.78", "38.01", "37.40", "617.50", "480.00"):
        assert amount in text
    assert tab.inner_text("#total") == "¥2,473.95"
    journey.submit()
    application = Application.objects.get()
    assert (application.state, application.total_fen) == ("accepted", 247_395)
    journey.number = application.proposal_no
    journey.open("/m/mine")
    journey.look("apply-mine")

    # The form and the six files that are combined with it; the clauses are a file a product.
    files = 8
    journey.scan()
    read_five_and_be_blocked(journey, files)
    assert ReadingItem.objects.count() == files
    for position in range(6, files + 1):
        journey.read(position, files)
    journey.declare()
    journey.open("/m/pay/{}")
    assert tab.locator("input[name=channel]").count() == 0
    journey.open("/m/read/{}/declare")
    journey.sign()
    assert Application.objects.get().state == "signed"
    journey.pass_code()
    assert Application.objects.get().code_passed_at is not None

    journey.pay("¥2,473.95", "other")
    visitor.reads("这笔付款不能使用", "h1")
    visitor.look("pay-refused")
    work()
    assert not Policy.objects.exists()
    journey.open("/m/pay/{}")
    visitor.look("pay-again")
    assert "已原路退回" in journey.text()
    journey.pay("¥2,473.95", "own")
    work()
    policies = issued(journey)
    assert policies["commercial"].premium_fen == 137_645
    assert policies["compulsory"].premium_fen == 61_750
    refunds = [one for order in PaymentOrder.objects.all() for one in refunds_of(order)]
    assert [(one.amount_fen, one.state) for one in refunds] == [(247_395, "succeeded")]
    look_up(visitor, policies["commercial"], "1,376.45", PERSON_A, CAR)
    verify(visitor, policies["commercial"])


def look_up(visitor, policy, premium, person, vehicle):
    """The website finds it for whoever knows it, and for nobody else."""
    tab = visitor.tab
    visitor.open("/query")
    tab.fill("#id_number", policy.number)
    tab.fill("#id_id_tail", person["id_no"][-6:])
    tab.fill("#id_vehicle_tail", "999999")
    answer_captcha(visitor)
    tab.click(NEXT)
    assert "没有查到相符的保单" in tab.inner_text("[role=alert]")
    tab.fill("#id_vehicle_tail", vehicle["vin"][-6:])
    answer_captcha(visitor)
    tab.click(NEXT)
    visitor.reads(premium)


def verify(visitor, policy):
    """The website tells the genuine file from a changed one and from one with a page more."""
    data = get_storage().get(policy.files.get(kind="policy").sha256)
    for changed, verdict in (
        (data, r"真实有效"),
        (data[:5000] + bytes([data[5000] ^ 1]) + data[5001:], r"已被改动|无法识别"),
        (data + b"\n1 0 obj\n<<>>\nendobj\n", r"已被改动|无法识别"),
    ):
        visitor.open("/verify")
        send(visitor, "保单.pdf", changed)
        assert re.fullmatch(verdict, visitor.tab.inner_text("h1"))


@at("desk")
@pytest.mark.requirement("S0-4.2.3b8", "S0-4.2.4d1", "S0-4.3.4a2", "S2-L40b")
def test_scenario_s02_a_new_energy_car_from_a_quote_to_policies_in_hand(visitor, platform):
    journey, tab = Journey(visitor, PERSON_D), visitor.tab
    journey.begin("new_energy", "DEMO44")
    # A plate of seven is none of a new-energy car; a D is none of a plug-in hybrid.
    journey.is_refused(NEW_ENERGY | {"plate_no": "粤ZD1234"}, "plate_no")
    journey.is_refused(NEW_ENERGY | {"fuel": "plug_in_hybrid"}, "plate_no")
    journey.fill_in(NEW_ENERGY, "full")
    text = journey.text()
    for amount in (
        "3,234.00", "1,128.40", "26.86", "69.05", "50.40", "63.00", "52.50", "950.00",
    ):  # fmt: skip
        assert amount in text
    assert tab.inner_text("#total") == "¥5,574.21"
    journey.submit()
    application = Application.objects.get()
    assert (application.state, application.total_fen) == ("accepted", 557_421)
    journey.number = application.proposal_no

    journey.scan()
    files = ReadingItem.objects.count()
    for position in range(1, files + 1):
        journey.read(position, files)
    journey.declare()
    journey.sign()
    journey.pass_code()
    journey.pay("¥5,574.21", "own")
    work()
    policies = issued(journey)
    assert policies["commercial"].premium_fen == 462_421
    assert policies["compulsory"].premium_fen == 95_000
    # A battery-electric passenger car lies outside the vehicle tax: the order is the premiums.
    assert PaymentOrder.objects.get().amount_fen == 462_421 + 95_000
    look_up(visitor, policies["commercial"], "4,624.21", PERSON_D, NEW_ENERGY)
    verify(visitor, policies["commercial"])
    journey.receive(policies["commercial"])
