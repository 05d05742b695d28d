"""The wizard: from the first notice to `accepted`; lost sessions, two tabs, other people."""

import re
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client

from baozhen.foundation.clock import now, shanghai_date
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.questions import load_questions
from baozhen.insurance.applications.services.deciding import Decision, apply_decision, apply_offer
from baozhen.insurance.applications.services.links import issue_reading_link
from baozhen.signing.identity.models import CodeChallenge
from tests.faces.mobile.applying.people import PERSON_A, PERSON_B, last_text, sign_in
from tests.insurance.applications.making import CAR

pytestmark = pytest.mark.django_db(transaction=True)


def typed_vehicle(**more):
    """Return what somebody types for S-01's car: the library of models fills in the rest."""
    typed = {name: CAR[name] for name in CAR if name not in {"transferred", "imported", "seats"}}
    typed |= {"transferred": "no", "imported": "no", "new_price": "180,000"} | more
    return {f"vehicle.{name}": value for name, value in typed.items()}


PEOPLE = {
    "policyholder.id_valid_from": "2016-05-01",
    "policyholder.id_valid_to.forever": "yes",
    "policyholder.email": "test@example.com",
    "policyholder.address.province": "北京市",
    "policyholder.address.city": "北京市",
    "policyholder.address.county": "示例区",
    "policyholder.address.detail": "示例路1号",
    "relation_to_insured": "self",
    "relation_to_owner": "self",
}


def soon():
    return (shanghai_date(now()) + timedelta(days=10)).isoformat()


def facts(**more):
    return {"starts_on": soon(), "act": "facts", "dispute": "litigation", **more}


def answers():
    return {f"answers.{one.code}.answer": one.expected for one in load_questions()[1]}


def begin(client, form="car", branch="DEMO11"):
    """Go through the notice and choose; return the number of the draft."""
    client.get("/m/apply")
    client.post("/m/apply")
    chosen = {"form": form, "branch": branch, "who": "person"}
    return client.post("/m/apply/choose", chosen)["Location"].split("/")[3]


def post(client, number, step, typed, **more):
    """Send a step on top of the revision that its page shows."""
    page = client.get(f"/m/apply/{number}/{step}")
    revision = re.search(r'name="revision" value="(\d+)"', page.content.decode())[1]
    return client.post(f"/m/apply/{number}/{step}", {"revision": revision} | typed | more)


def fill(client, number):
    """Fill in everything of S-01, but for submitting."""
    assert post(client, number, "vehicle", typed_vehicle()).status_code == 302
    sign_in(client)
    for step, typed in (
        ("people", PEOPLE),
        ("cover", facts()),
        ("cover", {"act": "choose", "package": "usual"}),
        ("answers", answers()),
    ):
        answer = post(client, number, step, typed)
        assert answer.status_code == 302, answer.content.decode()
    return answer


@pytest.mark.requirement("S0-4.2", "S0-4.2.2a")
def test_one_person_goes_from_the_notice_to_accepted(client):
    number = begin(client)
    assert fill(client, number)["Location"].endswith("/confirm")
    page = client.get(f"/m/apply/{number}/confirm").content.decode()
    for amount in ("617.50", "480.00", "816.00", "470.26", "¥2,473.95"):
        assert amount in page
    answer = post(client, number, "confirm", {})
    assert answer["Location"] == f"/m/mine/{number}"
    assert "核保通过" in client.get(answer["Location"]).content.decode()
    assert Application.objects.get().state == "accepted"
    # Back, and the button once more: the same application, nothing done twice.
    assert client.get(f"/m/apply/{number}/confirm")["Location"] == f"/m/mine/{number}"
    assert client.post(f"/m/apply/{number}/confirm", {"revision": "0"}).status_code == 302


@pytest.mark.requirement("S0-4.2")
def test_an_organisation_is_told_where_to_go(client):
    client.post("/m/apply")
    chosen = {"form": "car", "branch": "DEMO11", "who": "organisation"}
    page = client.post("/m/apply/choose", chosen).content.decode()
    assert "单位投保请到柜面" in page
    assert "北京市分公司" in page
    assert Application.objects.count() == 0


def test_nobody_skips_the_notice(client):
    assert client.get("/m/apply/choose")["Location"] == "/m/apply"


@pytest.mark.parametrize(
    "form", ["car", "new_energy", "special", "motorcycle_tractor", "single_trip"]
)
def test_nothing_is_ticked_beforehand_in_any_form(client, form):
    number = begin(client, form)
    sign_in(client)
    for step in ("vehicle", "people", "answers"):
        page = client.get(f"/m/apply/{number}/{step}").content.decode()
        assert " checked" not in page, step
        assert not re.search(r'<option value="[^"]+" selected', page), step


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        ("new_energy", ("battery_kwh", "motor_no", "charging_pile.serial_no")),
        ("special", ("special_class", "special_use", "fixed_equipment.0.name")),
        ("motorcycle_tractor", ("motorcycle_class", "tractor_type", "power_kw")),
        ("single_trip", ("trip.origin", "trip.planned_km", "temporary_plate_no")),
    ],
)
def test_each_form_asks_for_what_is_its_own(client, form, asked):
    page = client.get(f"/m/apply/{begin(client, form)}/vehicle").content.decode()
    for name in asked:
        assert f'name="vehicle.{name}"' in page


def test_every_fault_stands_at_its_field_and_what_was_typed_stays(client):
    number = begin(client)
    typed = typed_vehicle(vin="l9testaa8ma000001", plate_no="京i12345", engine_no="")
    answer = post(client, number, "vehicle", typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert page.count('class="fault"') == 3
    assert 'value="L9TESTAA8MA000001"' in page
    # A day later, in the same browser: still there, faults and all.
    assert 'value="L9TESTAA8MA000001"' in client.get(f"/m/apply/{number}/vehicle").content.decode()


def test_without_a_person_one_comes_as_far_as_the_vehicle(client):
    number = begin(client)
    post(client, number, "vehicle", typed_vehicle())
    for step in ("people", "cover", "answers", "confirm"):
        assert client.get(f"/m/apply/{number}/{step}")["Location"].startswith("/m/sign-in?")


def test_what_is_typed_while_the_session_ends_is_kept_and_not_shown(client):
    number = begin(client)
    post(client, number, "vehicle", typed_vehicle())
    sign_in(client)
    client.get(f"/m/apply/{number}/people")
    session = client.session
    del session["holder"]
    session.save()
    revision = Application.objects.get().revision
    answer = client.post(f"/m/apply/{number}/people", PEOPLE | {"revision": revision})
    assert answer["Location"].startswith("/m/sign-in?")
    assert Application.objects.get().content["policyholder"]["email"] == "test@example.com"
    assert client.get(f"/m/apply/{number}/people").status_code == 302


def test_a_draft_is_found_again_by_signing_in_on_another_telephone(client):
    number = begin(client)
    fill(client, number)
    other = Client()
    sign_in(other)
    assert number in other.get("/m/mine").content.decode()
    assert other.get(f"/m/apply/{number}")["Location"].endswith("/confirm")
    assert "¥2,473.95" in other.get(f"/m/apply/{number}/confirm").content.decode()


def test_a_stranger_sees_nothing_and_learns_nothing(client):
    number = begin(client)
    fill(client, number)
    stranger = Client()
    for address in (f"/m/apply/{number}/vehicle", f"/m/mine/{number}", "/m/mine/TBE0"):
        assert stranger.get(address)["Location"].startswith("/m/sign-in?")
    sign_in(stranger, PERSON_B)
    for address in (f"/m/apply/{number}/vehicle", f"/m/mine/{number}", "/m/mine/TBE0"):
        assert stranger.get(address).status_code == 404
    assert number not in stranger.get("/m/mine").content.decode()


def test_on_a_shared_telephone_the_next_person_sees_nothing(client):
    number = begin(client)
    fill(client, number)
    client.post("/m/sign-out")
    sign_in(client, PERSON_B)
    assert client.get(f"/m/apply/{number}/people").status_code == 404
    assert number not in client.get("/m/apply").content.decode()


def test_of_two_tabs_the_one_behind_is_told_and_keeps_what_was_typed(client):
    number = begin(client)
    client.post(f"/m/apply/{number}/vehicle", typed_vehicle() | {"revision": "0"})
    late = client.post(
        f"/m/apply/{number}/vehicle", typed_vehicle(engine_no="OTHER1") | {"revision": "0"}
    )
    assert late.status_code == 409
    page = late.content.decode()
    assert 'value="OTHER1"' in page
    assert "发动机号" in page.split("与已保存的不同")[1][:80]
    assert Application.objects.get().content["vehicle"]["engine_no"] == CAR["engine_no"]
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    again = typed_vehicle(engine_no="OTHER1") | {"revision": revision}
    assert client.post(f"/m/apply/{number}/vehicle", again).status_code == 302
    assert Application.objects.get().content["vehicle"]["engine_no"] == "OTHER1"


def test_one_chooses_covers_oneself(client):
    number = begin(client)
    fill(client, number)
    page = client.get(f"/m/apply/{number}/cover?view=own").content.decode()
    assert " checked" not in page
    own = {"act": "own", "cover": ["A", "B"], "sum.B": "3000000"}
    assert post(client, number, "cover", own)["Location"].endswith("/answers")
    lines = Application.objects.get().content["commercial"]["coverages"]
    assert [line["code"] for line in lines] == ["A", "B"]
    alone = post(client, number, "cover", {"act": "own", "cover": ["F9"], "sum.F9": "100000"})
    assert alone.status_code == 422
    assert "一起投保" in alone.content.decode()


def test_an_unusual_answer_goes_to_a_person(client):
    number = begin(client)
    fill(client, number)
    unusual = answers() | {
        "answers.modified.answer": "yes",
        "answers.modified.detail": "加装行李架",
    }
    post(client, number, "answers", unusual)
    post(client, number, "confirm", {})
    assert "人工核保" in client.get(f"/m/mine/{number}").content.decode()


def test_a_counter_offer_is_shown_and_taken(client):
    number = begin(client)
    unusual = answers() | {
        "answers.damaged.answer": "yes",
        "answers.damaged.detail": "左后门凹陷",
    }
    fill(client, number)
    post(client, number, "answers", unusual)
    post(client, number, "confirm", {})
    application = Application.objects.get()
    decision = Decision(outcome="accepted", reasons=["车身有未修复的损坏"])
    apply_offer(application.pk, {"package": "basic"}, decision, actor="uw", at=now())
    page = client.get(f"/m/apply/{number}/offer").content.decode()
    assert "机动车损失保险" in page
    assert "不投保" in page
    client.post(f"/m/apply/{number}/offer")
    assert Application.objects.get().state == "accepted"


def accepted(client):
    """Return an accepted application and a fresh token to its papers."""
    number = begin(client)
    fill(client, number)
    post(client, number, "confirm", {})
    application = Application.objects.get()
    return application, issue_reading_link(application.pk, actor="test", at=now())


@pytest.mark.requirement("S0-4.2.4a1")
def test_the_link_lets_its_person_in_once_after_a_code(client):
    application, token = accepted(client)
    other = Client()
    CodeChallenge.objects.update(queued_at=F("queued_at") - timedelta(minutes=2))
    page = other.get(f"/m/r/{token}").content.decode()
    assert PERSON_A["name"] not in page
    assert application.proposal_no not in page
    code_page = other.post(f"/m/r/{token}")["Location"]
    code = last_text(PERSON_A["mobile"])["parameters"]["code"]
    back = other.post(code_page, {"code": code})["Location"]
    assert back == f"/m/r/{token}"
    assert application.proposal_no in other.get(back)["Location"]
    over = Client().get(f"/m/r/{token}")
    assert over.status_code == 410
    assert "已经用过或过期" in over.content.decode()


@pytest.mark.requirement("S0-4.2.4a1")
def test_a_link_opened_by_its_signed_in_person_goes_straight_on(client):
    application, token = accepted(client)
    assert application.proposal_no in client.get(f"/m/r/{token}")["Location"]


def test_a_link_lets_nobody_else_in(client):
    _, token = accepted(client)
    other = Client()
    sign_in(other, PERSON_B)
    assert "接收验证码" in other.get(f"/m/r/{token}").content.decode()


def test_one_withdraws_with_a_reason_and_begins_again(client):
    application, _ = accepted(client)
    number = application.proposal_no
    assert client.post(f"/m/apply/{number}/leave", {"reason": ""}).status_code == 422
    client.post(f"/m/apply/{number}/leave", {"reason": "想改限额"})
    assert "已撤回" in client.get(f"/m/mine/{number}").content.decode()
    again = client.post(f"/m/apply/{number}/anew")["Location"]
    assert 'value="京Z12345"' in client.get(again).content.decode()
    assert client.post(f"/m/apply/{number}/anew")["Location"] == again


def test_who_is_declined_is_told_why(client):
    number = begin(client)
    fill(client, number)
    unusual = answers() | {"answers.refused.answer": "yes", "answers.refused.detail": "去年"}
    post(client, number, "answers", unusual)
    post(client, number, "confirm", {})
    decision = Decision(outcome="declined", reasons=["这辆车超出我们能承保的范围"])
    apply_decision(Application.objects.get().pk, decision, actor="uw", at=now())
    page = client.get(f"/m/mine/{number}").content.decode()
    assert "未能承保" in page
    assert "超出我们能承保的范围" in page
    assert client.get(f"/m/mine/{number}/state").json()["over"] is True
