"""Claims by the API: a report, the claims system's messages once each, the state."""

import pytest

from baozhen.insurance.claims.models import Claim
from baozhen.signing.organizations.services import Scope

LOSS = {
    "occurred_at": "2026-04-01T09:30:00+08:00",
    "place": "示例路一号路口",
    "cause": "collision",
    "story": "直行时与右转车辆刮擦，右前门受损。",
    "injury": "none",
    "is_police_informed": True,
    "reporter": "测试甲",
    "mobile": "16100000001",
}


def report(program, policy, key="k1", **changes):
    body = {"policy_no": policy.number, "loss": LOSS | changes}
    return program.post("/claims", body, Idempotency_Key=key)


def tell(program, number, message_no, content):
    body = {"message_no": message_no, "content": content}
    return program.post(f"/claims/{number}/messages", body)


@pytest.mark.requirement("S0-6.5")
def test_a_report_by_another_system_gets_the_same_list(program, policy):
    answer = report(program, policy)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["state"] == "collecting"
    assert len(body["papers"]) == 6
    again = report(program, policy)
    assert again.json()["claim_no"] == body["claim_no"]
    assert report(program, policy, key="k2").status_code == 409
    assert Claim.objects.count() == 1


def test_every_fault_is_told(program, policy):
    answer = report(program, policy, place="", mobile="1")
    assert answer.status_code == 422
    assert {error["path"] for error in answer.json()["errors"]} == {"place", "mobile"}


def test_the_claims_system_carries_a_claim_on(program, policy):
    number = report(program, policy).json()["claim_no"]
    survey = {"kind": "survey", "survey_at": "2026-04-02T10:00:00+08:00", "note": "一号路口"}
    assert tell(program, number, "M1", survey).json()["survey_at"].startswith("2026-04-02")
    assert tell(program, number, "M1", survey).status_code == 200
    assert tell(program, number, "M1", survey | {"note": "别处"}).status_code == 409
    Claim.objects.update(state="assessing", papers_complete_at="2026-04-03T10:00:00+08:00")
    decision = {
        "kind": "decision",
        "is_covered": True,
        "reason": "属于保险责任，按定损单核定。",
        "amount": "1234.56",
        "lines": [{"item": "车损", "claimed": "1300.00", "accepted": "1234.56"}],
    }
    body = tell(program, number, "M2", decision).json()
    assert (body["state"], body["amount"]) == ("offered", "1234.56")
    assert {clock["name"] for clock in body["clocks"]} == {"list", "decide", "advance"}
    early = tell(program, number, "M3", {"kind": "payment", "amount": "1234.56"})
    assert early.status_code in {409, 422}
    Claim.objects.update(state="agreed", agreed_at="2026-04-05T10:00:00+08:00")
    paid = tell(program, number, "M3", {"kind": "payment", "amount": "1234.56"}).json()
    assert (paid["state"], paid["paid"]) == ("paid", "1234.56")
    assert program.get(f"/claims/{number}").json() == paid


def test_personal_data_stay_with_us(program, policy):
    number = report(program, policy).json()["claim_no"]
    text = program.get(f"/claims/{number}").content.decode()
    assert LOSS["mobile"] not in text
    assert LOSS["story"] not in text


def test_scopes(program_with, policy):
    reader = program_with(Scope.CLAIMS_READ, name="reader")
    assert report(reader, policy).status_code == 403
    assert reader.get("/claims/BA0").status_code == 404
