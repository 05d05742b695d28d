"""小程序: an openid sees nothing until its owner has shown who he is (S0-6.3.2b)."""

import json

import pytest
from django.conf import settings as django_settings

from baozhen.foundation.storage import get_storage
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.states import FileKind
from baozhen.insurance.verification.models import WeChatBinding
from tests.faces.api.conftest import Program
from tests.faces.api.test_claims import LOSS

PERSON = ("name", "id_no", "mobile")


@pytest.fixture
def mini(policy):
    """A mini-program that has just logged in."""
    return logged_in("login-code")


def logged_in(code):
    answer = Program("").post("/mini/session", {"code": code})
    assert answer.status_code == 200, answer.content
    return Program(answer.json()["token"])


def last_code():
    outbox = django_settings.BAOZHEN_OUTBOX
    newest = max(outbox.glob("sms_*.json"), key=lambda path: path.stat().st_mtime_ns)
    return json.loads(newest.read_text(encoding="utf-8"))["parameters"]["code"]


def identify(program, person):
    ticket = program.post("/mini/identity", {name: person[name] for name in PERSON})
    assert ticket.status_code == 200, ticket.content
    return ticket.json()["ticket"]


@pytest.fixture
def known(mini, raw):
    ticket = identify(mini, raw["policyholder"])
    answer = mini.post("/mini/identity/confirm", {"ticket": ticket, "code": last_code()})
    assert answer.json() == {"bound": True}
    return mini


@pytest.mark.requirement("S0-6.3.2b", "S0-7.2.1a")
@pytest.mark.parametrize("rest", ["", "/{}", "/{}/file"])
def test_nothing_before_the_identity_check(mini, policy, rest):
    assert mini.get("/mini/policies" + rest.format(policy.number)).status_code == 401
    assert Program("").get("/mini/policies" + rest.format(policy.number)).status_code == 401
    assert Program("bzm_forged").get("/mini/policies").status_code == 401


def test_a_programs_key_is_no_session(program, policy):
    assert program.get("/mini/policies").status_code == 401


@pytest.mark.requirement("S0-6.3.2b")
def test_after_the_check_the_policies_are_there(known, policy):
    listed = known.get("/mini/policies").json()["items"]
    assert {item["policy_no"] for item in listed} >= {policy.number}
    detail = known.get(f"/mini/policies/{policy.number}").json()
    assert {document["kind"] for document in detail["documents"]} == {"policy", "mark"}
    file = PolicyFile.objects.get(policy=policy, kind=FileKind.MARK)
    sent = known.get(f"/mini/policies/{policy.number}/file?kind=mark")
    assert sent.content == get_storage().get(file.sha256)


def test_the_next_login_knows_the_person(known):
    answer = Program("").post("/mini/session", {"code": "login-code"}).json()
    assert answer["bound"]
    assert not Program("").post("/mini/session", {"code": "another"}).json()["bound"]


def test_a_wrong_code_and_another_wechats_ticket_bind_nothing(mini, raw):
    ticket = identify(mini, raw["policyholder"])
    code = last_code()
    wrong = "000000" if code != "000000" else "111111"
    assert mini.post("/mini/identity/confirm", {"ticket": ticket, "code": wrong}).status_code == 422
    thief = logged_in("thief")
    stolen = thief.post("/mini/identity/confirm", {"ticket": ticket, "code": code})
    assert stolen.status_code == 422
    assert not WeChatBinding.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("id_no", "110199198506151018"), ("mobile", "12")]
)
def test_elements_are_judged_by_their_rules(mini, raw, field, value):
    person = {name: raw["policyholder"][name] for name in PERSON} | {field: value}
    assert mini.post("/mini/identity", person).status_code == 422


@pytest.mark.requirement("S0-6.5")
def test_a_loss_is_reported_and_followed(known, policy):
    answer = known.post(f"/mini/policies/{policy.number}/claims", LOSS)
    assert answer.status_code == 201, answer.content
    number = answer.json()["claim_no"]
    assert known.get(f"/mini/claims/{number}").json()["entry"] == "mini"
    assert known.post(f"/mini/policies/{policy.number}/claims", LOSS).status_code == 409
