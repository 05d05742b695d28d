"""POST /proposals: new, the same again, another of the same number, faulty, and badly asked."""

import json

import pytest

from baozhen.foundation.jobs.worker import run_worker
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.proposals.models import Proposal
from tests.insurance.making import changed


def test_a_new_proposal_is_created_and_its_policies_promised(program, raw):
    response = program.post("/proposals", raw, Idempotency_Key="k1")
    assert response.status_code == 201
    body = response.json()
    assert body["proposal_no"] == raw["proposal_no"]
    assert body["repeat"] is False
    kinds = {policy["kind"]: policy for policy in body["policies"]}
    assert set(kinds) == {"compulsory", "commercial", "mark"}
    assert kinds["compulsory"]["policy_no"] == raw["compulsory"]["policy_no"]
    assert kinds["mark"]["policy_no"] == raw["compulsory"]["policy_no"] + "-BZ"
    assert kinds["compulsory"]["state"] == "numbered"


def test_what_is_promised_is_kept(program, raw):
    program.post("/proposals", raw, Idempotency_Key="k1")
    run_worker(until_idle=True)
    body = program.get(f"/proposals/{raw['proposal_no']}").json()
    assert body["state"] == "issued"
    for policy in body["policies"]:
        file = program.get(policy["file"].removeprefix("/api/v1"))
        assert file.status_code == 200
        assert file["ETag"] == f'"{policy["sha256"]}"'


def test_the_same_again_is_the_same(program, raw):
    first = program.post("/proposals", raw, Idempotency_Key="k1")
    again = program.post("/proposals", raw, Idempotency_Key="k1")
    other_key = program.post("/proposals", raw, Idempotency_Key="k2")
    assert (again.status_code, other_key.status_code) == (200, 200)
    assert again.json()["repeat"] is True
    assert again.json()["policies"] == first.json()["policies"]
    assert Policy.objects.count() == 2


def test_other_content_under_the_number_is_a_conflict_that_names_what_differs(program, raw):
    program.post("/proposals", raw, Idempotency_Key="k1")
    other = changed(raw, "vehicle.engine_no", "T9999999")
    response = program.post("/proposals", other, Idempotency_Key="k2")
    assert response.status_code == 409
    problem = response.json()
    assert problem["code"] == "proposal_conflict"
    assert [error["path"] for error in problem["errors"]] == ["vehicle.engine_no"]
    assert "T9999999" not in response.content.decode()


def test_a_key_belongs_to_one_request(program, raw):
    program.post("/proposals", raw, Idempotency_Key="k1")
    other = changed(raw, "policyholder.mobile", "16199990000")
    response = program.post("/proposals", other, Idempotency_Key="k1")
    assert response.status_code == 409
    assert response.json()["code"] == "idempotency_key_reused"


def test_every_fault_is_told_at_once_and_nothing_stays(program, raw):
    faulty = changed(raw, "vehicle.vin", "L9TTEST0000000000")
    faulty = changed(faulty, "policyholder.mobile", "123")
    response = program.post("/proposals", faulty, Idempotency_Key="k1")
    assert response.status_code == 422
    problem = response.json()
    paths = {error["path"] for error in problem["errors"]}
    assert {"vehicle.vin", "policyholder.mobile"} <= paths
    assert all(error["code"] and error["message"] for error in problem["errors"])
    assert not Proposal.objects.exists()


def test_a_write_without_a_key_is_refused(program, raw):
    response = program.post("/proposals", raw)
    assert response.status_code == 400
    assert response.json()["code"] == "idempotency_key_missing"


@pytest.mark.parametrize(
    "body",
    [b" ", b"{", b"[]", b'"x"', b'{"a": NaN}', b'{"a": 1, "a": 2}', b"\xff\xfe", b"[" * 9000],
)
def test_what_is_no_json_object_is_refused(program, body):
    response = program.post("/proposals", body, Idempotency_Key="k1")
    assert response.status_code == 400
    assert response.json()["code"] == "malformed_request"


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "text/json"])
def test_another_content_type_is_refused(program, raw, content_type):
    response = program.post(
        "/proposals", json.dumps(raw), content_type=content_type, Idempotency_Key="k1"
    )
    assert response.status_code == 415


def test_a_compressed_body_is_refused(program, raw):
    response = program.post("/proposals", raw, Idempotency_Key="k1", Content_Encoding="gzip")
    assert response.status_code == 415


def test_a_body_that_is_too_large_is_refused_unread(program):
    response = program.post("/proposals", b" " * (256 * 1024 + 1), Idempotency_Key="k1")
    assert response.status_code == 413


def test_a_proposal_is_seen_only_by_who_sent_it(program, program_with, raw):
    program.post("/proposals", raw, Idempotency_Key="k1")
    other = program_with(name="another")
    assert program.get(f"/proposals/{raw['proposal_no']}").status_code == 200
    assert other.get(f"/proposals/{raw['proposal_no']}").status_code == 404
