"""热线: nothing is seen before the caller was checked; then one caller only, and all is noted."""

from datetime import timedelta

import pytest
from django.test import Client

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.storage import get_storage
from baozhen.insurance.claims.models import Claim
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.states import FileKind
from baozhen.insurance.verification.calls import Caller, check_caller
from baozhen.insurance.verification.errors import CallerLocked, CallerUnlike
from baozhen.insurance.verification.models import CallerCheck
from tests.faces.conftest import BACKEND
from tests.insurance.making import issue, make_proposal


def answers(raw, **changes):
    return {
        "number": raw["compulsory"]["policy_no"],
        "name": raw["policyholder"]["name"],
        "id_tail": raw["policyholder"]["id_no"][-6:],
        "mobile": raw["policyholder"]["mobile"],
        "plate": raw["vehicle"]["plate_no"],
    } | changes


@pytest.fixture
def agent(signed_in, policy):
    return signed_in("客服")


@pytest.fixture
def call(agent, raw):
    response = agent.post("/console/hotline", answers(raw))
    assert response["Location"] == "/console/hotline/call", response.content.decode()[-600:]
    return agent


@pytest.mark.requirement("S0-7.2.1a", "S0-6.1c")
@pytest.mark.parametrize("rest", ["", "/{}", "/{}/files/policy", "/{}/claim"])
def test_nothing_before_the_caller_was_checked(agent, policy, rest):
    response = agent.get("/console/hotline/call" + rest.format(policy.number))
    assert response.status_code == 409
    assert policy.plate_masked not in response.content.decode()


@pytest.mark.requirement("S0-6.1c", "S0-6.1d")
def test_after_the_check_the_agent_queries_downloads_and_sends(call, policy, raw):
    listed = call.get("/console/hotline/call").content.decode()
    assert {p.number in listed for p in Policy.objects.all()} == {True}
    text = call.get(f"/console/hotline/call/{policy.number}").content.decode()
    assert "电子保险标志" in text
    file = PolicyFile.objects.get(policy=policy, kind=FileKind.POLICY)
    sent = call.get(f"/console/hotline/call/{policy.number}/files/policy")
    assert sent.content == get_storage().get(file.sha256)
    call.post(f"/console/hotline/call/{policy.number}/send")
    delivery = Delivery.objects.get(reference__startswith="hotline/")
    assert delivery.recipient == raw["policyholder"]["email"]
    acts = list(AuditEntry.objects.filter(subject_type="caller_check").order_by("position"))
    assert [act.action for act in acts] == [
        "caller_check.passed",
        "caller_check.queried",
        "caller_check.downloaded",
        "caller_check.sent",
    ]
    reads = AuditEntry.objects.filter(subject_type="access", subject_id=policy.pk)
    assert {entry.facts["way"] for entry in reads} == {"hotline"}


def test_what_was_said_is_not_kept(call, raw):
    kept = CallerCheck.objects.get()
    assert kept.answers == {"name": True, "id_tail": True, "mobile": True, "plate": True}
    assert raw["policyholder"]["mobile"] not in str(list(AuditEntry.objects.values()))


@pytest.mark.requirement("S0-7.2.1a")
@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "测试乙"},
        {"id_tail": "000000"},
        {"mobile": "16100000009"},
        {"plate": "京Z99999"},
        {"number": "PDZA000000000000000"},
        {"name": "", "mobile": ""},
    ],
)
def test_one_wrong_answer_or_too_few_open_nothing_and_do_not_tell_which(agent, raw, policy, wrong):
    response = agent.post("/console/hotline", answers(raw, **wrong))
    assert response.status_code == 422
    assert "核对未通过" in response.content.decode()
    assert agent.get("/console/hotline/call").status_code == 409


def test_three_failures_close_the_number_for_a_day(policy, raw):
    caller = Caller(number=policy.number, answers=answers(raw, name="测试乙"))
    for _ in range(3):
        with pytest.raises(CallerUnlike):
            check_caller(caller, agent="staff:a", at=now())
    right = Caller(number=policy.number, answers=answers(raw))
    with pytest.raises(CallerLocked):
        check_caller(right, agent="staff:b", at=now())
    assert check_caller(right, agent="staff:b", at=now() + timedelta(hours=25))


def test_another_persons_policy_is_not_of_this_call(call):
    issue(make_proposal(2))
    other = Policy.objects.exclude(proposal__proposal_no=make_proposal(1)["proposal_no"]).first()
    assert call.get(f"/console/hotline/call/{other.number}").status_code == 404


def test_the_call_is_of_one_session_and_ends(call, staff, policy):
    elsewhere = Client()
    elsewhere.force_login(staff("客服", name="colleague"), backend=BACKEND)
    session = elsewhere.session
    session["hotline_call"] = CallerCheck.objects.get().public_id
    session.save()
    assert elsewhere.get("/console/hotline/call").status_code == 409
    call.post("/console/hotline/end")
    assert call.get("/console/hotline/call").status_code == 409
    assert CallerCheck.objects.get().state == "ended"


def test_a_new_check_ends_the_call_before(call, raw):
    call.post("/console/hotline", answers(raw, name="测试乙"))
    assert call.get("/console/hotline/call").status_code == 409


def test_the_call_runs_out(call):
    CallerCheck.objects.update(ends_at=now() - timedelta(seconds=1))
    assert call.get("/console/hotline/call").status_code == 409


@pytest.mark.requirement("S0-6.5")
def test_a_loss_is_reported_by_telephone(call, policy):
    form = {
        "day": shanghai_date(policy.cover_starts_at).isoformat(),
        "time": "09:30",
        "place": "示例路一号路口",
        "cause": "collision",
        "story": "直行时与右转车辆刮擦，右前门受损。",
        "injury": "none",
        "police": "yes",
        "reporter": "测试甲",
        "mobile": "16100000001",
    }
    address = f"/console/hotline/call/{policy.number}/claim"
    assert call.get(address).status_code == 200
    assert call.post(address, form | {"mobile": "1"}).status_code == 422
    assert call.post(address, form).status_code == 302
    assert Claim.objects.get().entry == "hotline"


def test_only_agents_take_calls(signed_in, policy):
    assert signed_in("出单员").get("/console/hotline").status_code == 403
