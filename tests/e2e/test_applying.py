"""投保 on a phone: S-01 and S-02 of the acceptance scenarios, to `accepted`, to the fen."""

import json

import pytest
from captcha.models import CaptchaStore

from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.deciding import Decision, apply_decision, apply_offer
from tests.e2e.test_console import sign_in as staff_sign_in
from tests.faces.mobile.applying.people import last_text
from tests.insurance.applications.making import CAR, NEW_ENERGY, PERSON_A, PERSON_D, submitted

pytestmark = pytest.mark.django_db(transaction=True)
_SELECTS = ("plate_type", "plate_color", "kind", "use_nature", "fuel")
_RADIOS = ("plate_status",)
_ADDRESS = {"city": "北京市", "county": "示例区", "detail": "示例路1号"}


@pytest.fixture(autouse=True)
def _demonstration_day(monkeypatch):
    """The scenarios play in the spring of 2025."""
    monkeypatch.setenv("BAOZHEN_CLOCK", "2025-03-01T10:00:00+08:00")


def field(name):
    return f'[name="{name}"]'


def begin(visitor, form, branch):
    tab = visitor.tab
    visitor.open("/m/apply")
    visitor.look("apply-start")
    tab.click("button.weui-btn_primary")
    visitor.look("apply-choose")
    tab.check(f"#form-{form}")
    tab.select_option("#branch", branch)
    tab.check("#who-person")
    tab.click("button.weui-btn_primary")
    tab.wait_for_selector(field("vehicle.vin"))


def fill_vehicle(visitor, vehicle):
    tab = visitor.tab
    for name in _RADIOS:
        tab.check(f"{field(f'vehicle.{name}')}[value={vehicle[name]}]")
    for name in _SELECTS:
        tab.select_option(field(f"vehicle.{name}"), vehicle[name])
    for name in ("transferred", "imported"):
        tab.check(f"{field(f'vehicle.{name}')}[value=no]")
    skipped = {*_RADIOS, *_SELECTS, "transferred", "imported", "charging_pile"}
    for name, value in vehicle.items():
        if name not in skipped:
            tab.fill(field(f"vehicle.{name}"), str(value))
    if "charging_pile" in vehicle:
        fill_pile(tab, vehicle["charging_pile"])


def fill_pile(tab, pile):
    tab.click("details.folded > summary")
    for name, value in pile.items():
        where = field(f"vehicle.charging_pile.{name}")
        if name == "kind":
            tab.select_option(where, value)
        else:
            tab.fill(where, value)


def sign_in(visitor, person):
    tab = visitor.tab
    tab.wait_for_selector("#id_id_no")
    for name, value in person.items():
        tab.fill(f"#id_{name}", value)
    key = tab.get_attribute("[name=captcha_0]", "value")
    tab.fill("[name=captcha_1]", CaptchaStore.objects.get(hashkey=key).response)
    visitor.look("apply-sign-in")
    tab.click(".act .weui-btn_primary")
    tab.wait_for_selector("#id_code")
    tab.fill("#id_code", last_text(person["mobile"])["parameters"]["code"])
    visitor.look("apply-sign-in-code")
    tab.click("button[value=check]")


def fill_people(visitor):
    tab = visitor.tab
    tab.wait_for_selector(field("policyholder.email"))
    tab.fill(field("policyholder.id_valid_from"), "2016-05-01")
    tab.check(field("policyholder.id_valid_to.forever"))
    tab.fill(field("policyholder.email"), "test@example.com")
    tab.select_option(field("policyholder.address.province"), "北京市")
    for name, value in _ADDRESS.items():
        tab.fill(field(f"policyholder.address.{name}"), value)
    tab.select_option(field("relation_to_insured"), "self")
    tab.select_option(field("relation_to_owner"), "self")


def choose_cover(visitor, package):
    tab = visitor.tab
    tab.fill(field("starts_on"), "2025-03-16")
    tab.check('[name=dispute][value="litigation"]')
    visitor.look("apply-cover-facts")
    tab.click("button[value=facts]")
    tab.wait_for_selector("#package-own")
    assert tab.locator("input:checked").count() == 0
    visitor.look("apply-cover")
    tab.click("details.card > summary")
    visitor.look("apply-cover-compared")
    tab.check(f"#package-{package}")
    tab.click("button[value=choose]")
    tab.wait_for_selector('[name="answers.modified.answer"]')


def answer(visitor):
    tab = visitor.tab
    for code in ("business_use", "modified", "damaged", "written_off", "refused"):
        tab.check(f'[name="answers.{code}.answer"][value=no]')
    tab.check('[name="answers.licensed.answer"][value=yes]')
    visitor.look("apply-answers")
    tab.click(".act .weui-btn_primary")
    tab.wait_for_selector("#total")


def go(visitor, form, branch, vehicle, person, package):
    begin(visitor, form, branch)
    visitor.tab.click(".act .weui-btn_primary")
    visitor.tab.wait_for_selector("p.fault")
    visitor.look(f"apply-{form}-faults")
    fill_vehicle(visitor, vehicle)
    visitor.look(f"apply-{form}-vehicle")
    visitor.tab.click(".act .weui-btn_primary")
    sign_in(visitor, person)
    fill_people(visitor)
    visitor.look("apply-people")
    visitor.tab.click(".act .weui-btn_primary")
    visitor.tab.wait_for_selector(field("starts_on"))
    choose_cover(visitor, package)
    answer(visitor)
    visitor.look("apply-confirm")


@pytest.mark.requirement("S0-4.2", "S0-4.2.4a1")
def test_scenario_s01_from_the_notice_to_the_papers(visitor):
    go(visitor, "car", "DEMO11", CAR, PERSON_A, "usual")
    tab = visitor.tab
    text = tab.inner_text("main")
    for amount in ("816.00", "470.26", "14.78", "38.01", "37.40", "617.50", "480.00"):
        assert amount in text
    assert tab.inner_text("#total") == "¥2,473.95"
    tab.click(".act .weui-btn_primary")
    tab.wait_for_selector("[data-state=accepted]")
    visitor.look("apply-accepted")
    run_worker(until_idle=True)
    link = last_text(PERSON_A["mobile"])["parameters"]["link"]
    assert json.dumps(link).count("/m/r/") == 1
    visitor.open("/m/mine")
    visitor.look("apply-mine")
    application = Application.objects.get()
    assert (application.state, application.total_fen) == ("accepted", 247_395)


@pytest.mark.requirement("S0-4.2.3b8")
def test_scenario_s02_costs_what_it_must(visitor):
    go(visitor, "new_energy", "DEMO44", NEW_ENERGY, PERSON_D, "full")
    assert visitor.tab.inner_text("#total") == "¥5,574.21"
    visitor.tab.click(".act .weui-btn_primary")
    visitor.tab.wait_for_selector("[data-state=accepted]")
    assert Application.objects.get().total_fen == 557_421


def test_without_scripts_everything_is_there(plain_visitor):
    tab = plain_visitor.tab
    begin(plain_visitor, "special", "DEMO31")
    fill_vehicle_head = {"vehicle.vin": "L9TESTAA7MA000001"}
    for name, value in fill_vehicle_head.items():
        tab.fill(field(name), value)
    tab.click(".act .weui-btn_primary")
    assert "还有" in tab.inner_text("[role=alert]")
    assert tab.input_value(field("vehicle.vin")) == "L9TESTAA7MA000001"


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
