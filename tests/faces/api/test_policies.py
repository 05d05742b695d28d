"""Policies by API: facts without personal data, the file byte for byte, its proof."""

import hashlib
import json

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.states import FileKind
from tests.insurance.making import accept


def test_a_policys_facts_hold_no_personal_data(program, policy, raw):
    response = program.get(f"/policies/{policy.number}")
    assert response.status_code == 200
    body = response.json()
    assert body["state"] == "issued"
    assert body["premium"] == raw["compulsory"]["premium"]
    assert {file["kind"] for file in body["files"]} == {"policy", "mark"}
    text = json.dumps(body, ensure_ascii=False)
    for part in ("name", "id_no", "mobile", "email"):
        assert raw["policyholder"][part] not in text


def test_the_file_is_the_archived_one(program, policy, policy_file, pdf):
    response = program.get(f"/policies/{policy.number}/file")
    assert response.content == pdf
    assert response["Content-Type"] == "application/pdf"
    assert response["ETag"] == f'"{hashlib.sha256(pdf).hexdigest()}"'
    assert AuditEntry.objects.get(action="access.downloaded").actor == "api:core"


def test_a_copy_that_is_known_is_not_sent_again(program, policy, policy_file):
    for tags in (f'"{policy_file.sha256}"', f'W/"x", "{policy_file.sha256}"', "*"):
        response = program.get(f"/policies/{policy.number}/file", **{"If-None-Match": tags})
        assert response.status_code == 304
        assert response.content == b""
    response = program.get(f"/policies/{policy.number}/file", **{"If-None-Match": '"other"'})
    assert response.status_code == 200


def test_the_mark_by_kind_and_by_its_own_number(program, policy):
    mark = PolicyFile.objects.get(policy=policy, kind=FileKind.MARK)
    by_kind = program.get(f"/policies/{policy.number}/file?kind=mark")
    by_number = program.get(f"/policies/{mark.number}/file")
    assert by_kind.content == by_number.content
    assert by_kind["ETag"] == f'"{mark.sha256}"'


def test_the_proof_of_an_aggregated_timestamp(program, policy, policy_file):
    proof = program.get(f"/policies/{policy.number}/proof").json()
    assert proof["sha256"] == policy_file.sha256
    assert proof["timestamp_state"] == "stamped"
    assert proof["timestamp"]


def test_a_policy_that_is_being_sealed(program, platform, raw):
    accept(raw)
    number = raw["compulsory"]["policy_no"]
    assert program.get(f"/policies/{number}").json()["state"] == "numbered"
    response = program.get(f"/policies/{number}/file")
    assert response.status_code == 409
    assert response.json()["code"] == "file_not_ready"


@pytest.mark.parametrize("part", ["", "/file", "/proof"])
def test_an_unknown_policy(program, part):
    response = program.get(f"/policies/PDZA0{part}")
    assert response.status_code == 404
    assert response.json()["code"] == "policy_unknown"
