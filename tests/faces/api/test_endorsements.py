"""The core system asks for a change; the holder alone confirms it."""

import base64
from datetime import timedelta

import pytest

from baozhen.foundation.clock import now, today
from baozhen.insurance.endorsements.models import Change
from baozhen.insurance.endorsements.services.asking import decide_change
from tests.insurance.endorsements.making import JPEG, confirm, finish, running_s01

pytestmark = pytest.mark.usefixtures("database", "platform")


def asked(**changes):
    return {
        "kind": "surrender",
        "business_no": "CORE-1",
        "effective_on": (today() + timedelta(days=1)).isoformat(),
    } | changes


def test_a_change_is_asked_for_once_and_listed_when_it_is_issued(program):
    policy = running_s01()["commercial"]
    address = f"/policies/{policy.number}/endorsements"
    first = program.post(address, asked())
    assert first.status_code == 201
    told = first.json()
    assert told["state"] == "accepted"
    assert told["premium"].startswith("-")
    assert program.post(address, asked()).status_code == 200
    assert program.get(address).json() == []

    change = Change.objects.get()
    finish(confirm(change, at=now()), at=now())
    [row] = program.get(address).json()
    assert row["number"] == f"{policy.number}-P01"
    assert row["change"] == told["id"]
    shown = program.get(f"/changes/{told['id']}").json()
    assert shown["state"] == "issued"
    assert shown["endorsements"] == [row["number"]]


def test_a_second_change_waits_for_the_first(program):
    policies = running_s01()
    program.post(f"/policies/{policies['commercial'].number}/endorsements", asked())
    paper = {"paper": "name_proof", "content": base64.b64encode(JPEG).decode()}
    second = program.post(
        f"/policies/{policies['compulsory'].number}/endorsements",
        asked(kind="insured_name", business_no="CORE-2", values={"name": "测试新"}, papers=[paper]),
    )
    assert second.status_code == 409
    assert second.json()["code"] == "change_under_way"


def test_compulsory_cover_and_missing_papers_are_refused(program):
    policy = running_s01()["compulsory"]
    address = f"/policies/{policy.number}/endorsements"
    kept = program.post(address, asked())
    assert (kept.status_code, kept.json()["code"]) == (422, "compulsory_stays")
    bare = program.post(address, asked(kind="cancellation", ground="loss"))
    assert (bare.status_code, bare.json()["code"]) == (422, "change_incomplete")
    assert program.get("/changes/chg_00000000000000000000000000").status_code == 404


def test_another_program_does_not_see_the_change(program, api_key, program_with):
    policy = running_s01()["commercial"]
    told = program.post(f"/policies/{policy.number}/endorsements", asked()).json()
    other = program_with("endorsements:write", name="other")
    assert other.get(f"/changes/{told['id']}").status_code == 404
    change = Change.objects.get()
    assert change.needs_approval is False
    with pytest.raises(Exception, match="不能从"):
        decide_change(change.pk, approved=True, decision="", actor="x", name="x", at=now())
