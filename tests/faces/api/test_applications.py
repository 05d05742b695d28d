"""投保申请 by REST: a program fills in and submits for its own people, and sees nobody else's."""

from datetime import timedelta

import pytest

from baozhen.foundation.clock import now, shanghai_date
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.questions import load_questions
from tests.faces.api.conftest import Program
from tests.insurance.applications.making import CAR, LITIGATION, PERSON_A, people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def subject(program):
    made = program.post("/subjects", {"kind": "person", **PERSON_A}, Idempotency_Key="s-1").json()
    body = {"subject_id": made["id"], "kind": "three_elements", "purpose": "apply"}
    program.post("/identity-checks", body, Idempotency_Key="c-1")
    return made["id"]


def begin(program, subject, key="a-1"):
    body = {"form": "car", "branch": "DEMO11", "applicant": subject}
    return program.post("/applications", body, Idempotency_Key=key)


def patch(program, number, revision, step, data):
    body = {"revision": revision, "step": step, "data": data}
    return program.patch(f"/applications/{number}", body)


def fill(program, number):
    cover = {
        "starts_on": (shanghai_date(now()) + timedelta(days=10)).isoformat(),
        "package": "usual",
    }
    answers = {one.code: {"answer": one.expected} for one in load_questions()[1]}
    for revision, (step, data) in enumerate(
        (
            ("vehicle", {"vehicle": CAR}),
            ("people", people()),
            ("cover", {"cover": cover, "dispute": LITIGATION}),
            ("answers", {"answers": answers}),
        )
    ):
        answer = patch(program, number, revision, step, data)
        assert answer.status_code == 200
        assert answer.json()["faults"] == [], step
    return answer.json()


@pytest.mark.requirement("S0-4.2", "S0-4.2.2a")
def test_a_program_goes_from_the_draft_to_accepted(program, subject):
    made = begin(program, subject)
    assert made.status_code == 201
    assert begin(program, subject).json() == made.json()
    number = made.json()["proposal_no"]
    filled = fill(program, number)
    assert filled["quote"]["sections"]["compulsory"]["premium"] == "617.50"
    submitted = program.post(f"/applications/{number}/submit", {"revision": filled["revision"]})
    assert submitted.json()["state"] == "accepted"
    again = program.post(f"/applications/{number}/submit", {"revision": filled["revision"]})
    assert again.json()["state"] == "accepted"
    assert PERSON_A["id_no"] not in program.get(f"/applications/{number}").content.decode()


def test_every_fault_comes_back_at_once_and_what_was_sent_is_kept(program, subject):
    number = begin(program, subject).json()["proposal_no"]
    wrong = CAR | {"vin": "L9TESTAA8MA000001", "plate_no": "京I12345"}
    answer = patch(program, number, 0, "vehicle", {"vehicle": wrong}).json()
    assert {fault["path"] for fault in answer["faults"]} == {"vehicle.vin", "vehicle.plate_no"}
    behind = patch(program, number, 0, "vehicle", {"vehicle": CAR})
    assert (behind.status_code, behind.json()["code"]) == (409, "application_behind")


def test_nobody_tells_their_own_record(program, subject):
    number = begin(program, subject).json()["proposal_no"]
    patch(program, number, 0, "vehicle", {"vehicle": CAR | {"vin": "L9TESTAA7MA000001"}})
    starts_on = (shanghai_date(now()) + timedelta(days=10)).isoformat()
    cover = {"starts_on": starts_on, "record": {"claim_free_years": 9}}
    patch(program, number, 1, "cover", {"cover": cover})
    kept = Application.objects.get().inputs["cover"]["record"]
    assert kept["claim_free_years"] == 3


def test_too_early_everything_that_is_missing_is_told(program, subject):
    number = begin(program, subject).json()["proposal_no"]
    refused = program.post(f"/applications/{number}/submit", {"revision": 0})
    assert refused.status_code == 422
    paths = {error["path"] for error in refused.json()["errors"]}
    assert {"vehicle", "cover.package", "answers.modified"} <= paths


def test_another_program_finds_nothing(program, subject, api_key):
    number = begin(program, subject).json()["proposal_no"]
    other = Program(api_key(name="other"))
    assert other.get(f"/applications/{number}").status_code == 404
    assert begin(other, subject, key="a-2").status_code == 404


def test_a_program_withdraws(program, subject):
    number = begin(program, subject).json()["proposal_no"]
    ended = program.post(f"/applications/{number}/withdraw", {"reason": "客户改变主意"})
    assert ended.json()["state"] == "withdrawn"
