"""Identity and certificates by REST: a program sees its own, and codes never leave in answers."""

import base64
import json

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.certificates.demonstration import demonstration_folder
from baozhen.signing.identity.models import CodeChallenge, Subject
from baozhen.signing.identity.providers.generic import SIGNATURE, TIMESTAMP, sign
from baozhen.signing.organizations.insurer import get_insurer
from tests.faces.api.conftest import Program

PERSON = {
    "kind": "person",
    "name": "测试甲",
    "id_no": "110199198506151017",
    "mobile": "16100000001",
}
DOCUMENT = "ab" * 32


@pytest.fixture
def outbox(settings, tmp_path):
    """Where development's texts are written; the keys stay where they are."""
    folder = settings.BAOZHEN_OUTBOX
    known = set(folder.glob("sms_*.json")) if folder.is_dir() else set()
    return lambda: sorted(set(folder.glob("sms_*.json")) - known)


@pytest.fixture
def subject(program):
    answer = program.post("/subjects", PERSON, Idempotency_Key="s-1")
    assert answer.status_code == 200
    return answer.json()


def test_a_subject_is_masked_and_found_again(program, subject):
    assert subject["name_masked"] == "测*甲"
    assert "110199198506151017" not in json.dumps(subject)
    assert subject["tier"] == "normal"
    assert subject["missing"][0][0] == "three_elements"
    again = program.post("/subjects", PERSON, Idempotency_Key="s-2").json()
    assert again["id"] == subject["id"]
    assert program.get(f"/subjects/{subject['id']}").json() == again


@pytest.mark.requirement("S2-L133.01", "S2-L160.n1")
def test_a_check_is_begun_once_for_a_number(program, subject):
    body = {
        "subject_id": subject["id"],
        "kind": "three_elements",
        "purpose": "sign_in",
        "biz_no": "B-1",
    }
    first = program.post("/identity-checks", body, Idempotency_Key="c-1").json()
    assert (first["state"], first["provider"]) == ("passed", "development")
    again = program.post("/identity-checks", body, Idempotency_Key="c-2").json()
    assert again["id"] == first["id"]
    assert program.get(f"/identity-checks/{first['id']}").json()["receipt"] == first["receipt"]
    listed = program.get("/identity-checks?state=passed").json()
    assert [item["id"] for item in listed["items"]] == [first["id"]]
    assert program.get(f"/subjects/{subject['id']}").json()["missing"] == []
    why = {"reason": "冒用"}
    done = program.post(f"/identity-checks/{first['id']}/actions/withdraw", why).json()
    assert done["state"] == "withdrawn"


def test_no_program_sees_anothers_people(program, api_key, subject, outbox):
    other = Program(api_key(name="other"))
    body = {"subject_id": subject["id"], "kind": "face", "purpose": "x"}
    check = program.post("/identity-checks", body, Idempotency_Key="c-1").json()
    code = {"subject_id": subject["id"], "purpose": "sign"}
    sent = program.post("/codes", code).json()
    tried = {**code, "code": "000000"}
    for answer in (
        other.get(f"/subjects/{subject['id']}"),
        other.get(f"/identity-checks/{check['id']}"),
        other.post("/identity-checks", body, Idempotency_Key="c-1"),
        other.post(f"/identity-checks/{check['id']}/actions/complete"),
        other.post(f"/identity-checks/{check['id']}/actions/withdraw", {"reason": "x"}),
        other.post("/codes", code),
        other.post(f"/codes/{sent['id']}/actions/confirm", tried),
    ):
        assert answer.status_code == 404
    assert other.get("/identity-checks").json()["items"] == []
    assert CodeChallenge.objects.get().tries_left == 5


def test_scopes_are_asked_for(api_key, platform):
    reader = Program(api_key("identities:read", name="reader"))
    assert reader.post("/subjects", PERSON, Idempotency_Key="x").status_code == 403
    assert (
        reader.post("/codes", {"subject_id": "sub_" + "0" * 26, "purpose": "x"}).status_code == 403
    )
    assert reader.get("/certificates").status_code == 403
    assert not Subject.objects.exists()


@pytest.mark.requirement("S2-L160.n3")
def test_a_code_travels_by_text_only(program, subject, outbox):
    body = {"subject_id": subject["id"], "purpose": "sign", "document_sha256": DOCUMENT}
    answer = program.post("/codes", body)
    assert answer.status_code == 201
    (text,) = outbox()
    code = json.loads(text.read_text("utf-8"))["parameters"]["code"]
    text.unlink()
    assert f'"{code}"' not in answer.content.decode()
    soon = program.post("/codes", body)
    assert soon.status_code == 429
    place = f"/codes/{answer.json()['id']}/actions/confirm"
    other = program.post(place, {**body, "code": code, "document_sha256": "cd" * 32})
    assert other.json()["code"] == "identity_code_not_yours"
    done = program.post(place, {**body, "code": code})
    assert done.json()["confirmed_at"]
    assert program.post(place, {**body, "code": code}).json()["code"] == "identity_code_spent"


@pytest.mark.requirement("S2-L160.a4")
def test_a_ukey_answers_over_the_api(program):
    company = {"kind": "organization", "name": get_insurer().name, "uscc": "91110199FAKEPART8M"}
    subject = program.post("/subjects", company, Idempotency_Key="o").json()
    body = {"subject_id": subject["id"], "kind": "ukey", "purpose": "bind"}
    check = program.post("/identity-checks", body, Idempotency_Key="u").json()
    assert check["state"] == "answering"
    key = demonstration_folder().identity("sm2", "signer")
    signature = key.signer.sign(base64.b64decode(check["challenge"]))
    place = f"/identity-checks/{check['id']}/actions/answer-challenge"
    told = {
        "certificate": base64.b64encode(key.certificate).decode(),
        "signature": base64.b64encode(signature).decode(),
        "chain": [base64.b64encode(item).decode() for item in key.chain],
    }
    assert program.post(place, {**told, "signature": "***"}).status_code == 422
    wrong = program.post(place, {**told, "signature": base64.b64encode(b"x" * 70).decode()})
    assert wrong.json()["code"] == "ukey_challenge_wrong"
    assert program.post(place, told).json()["state"] == "passed"


def test_a_transfer_over_the_api(program):
    company = {"kind": "organization", "name": "示例工程有限公司", "uscc": "91110199FAKEPART8M"}
    subject = program.post("/subjects", company, Idempotency_Key="o").json()
    body = {
        "subject_id": subject["id"],
        "kind": "transfer",
        "purpose": "bind",
        "inputs": {"bank_account": "6212345678900000011", "bank_name": "示例银行"},
    }
    check = program.post("/identity-checks", body, Idempotency_Key="t").json()
    place = f"/identity-checks/{check['id']}/actions/confirm-transfer"
    for left in ("2", "1", "0"):
        refused = program.post(place, {"amount_fen": 5000})
        assert refused.json()["code"] == "transfer_amount_wrong"
        assert left in refused.json()["detail"]
    assert program.post(place, {"amount_fen": 1}).status_code == 409


def test_the_own_systems_notice_needs_its_signature(program, subject, settings, stranger):
    line = {"adapter": "https", "name": "own", "url": "https://127.0.0.1:1", "secret": "s3cret"}
    settings.BAOZHEN_IDENTITY_PROVIDERS = json.dumps({"own_system": line})
    body = {"subject_id": subject["id"], "kind": "own_system", "purpose": "x"}
    check = program.post("/identity-checks", body, Idempotency_Key="w").json()
    assert check["state"] == "submitted"  # nobody answered: it waits
    told = json.dumps({"reference": check["id"], "receipt": "r", "verdict": "matches"}).encode()
    place = "/identity-callbacks/own-system"
    assert stranger.post(place, told).status_code == 401
    stamp = str(int(now().timestamp()))
    headers = {TIMESTAMP.replace("-", "_"): stamp, SIGNATURE.replace("-", "_"): "0" * 64}
    assert stranger.post(place, told, **headers).status_code == 401
    headers[SIGNATURE.replace("-", "_")] = sign(b"s3cret", stamp, told)
    assert stranger.post(place, told, **headers).status_code == 200


@pytest.mark.requirement("S2-L512c")
def test_certificates_over_the_api(program):
    listed = program.get("/certificates?state=active").json()["items"]
    assert {item["algorithm"] for item in listed} == {"sm2-sm3", "rsa-sha256"}
    place = f"/certificates/{listed[0]['id']}"
    assert program.get(place).json() == listed[0]
    assert program.post(f"{place}/actions/probe").json()["probed_at"]
    renewal = {"reason": "即将到期"}
    made = program.post(f"{place}/actions/renew", renewal, Idempotency_Key="r")
    assert (made.status_code, made.json()["state"]) == (201, "issued")
    assert made.json()["certificate_id"] != listed[0]["id"]
    assert (
        program.post(f"{place}/actions/renew", renewal, Idempotency_Key="r").json() == made.json()
    )
    assert program.get(place).json()["state"] == "suspended"
    assert program.post(f"{place}/actions/activate").json()["state"] == "active"
    assert program.post(f"{place}/actions/suspend", {"reason": "x"}).json()["state"] == "suspended"
    assert program.post(f"{place}/actions/activate").json()["state"] == "active"
    told = {"kind": "key_compromise", "reason": "外泄"}
    assert program.post(f"{place}/actions/revoke", told).json()["state"] == "revoked"
    again = program.post(f"{place}/actions/revoke", told)
    assert again.status_code == 409
    assert program.get(f"/certificates/{'0' * 64}").status_code == 404
    wish = {"organization": "示例工程有限公司", "algorithm": "sm2-sm3", "reason": "新公司"}
    made = program.post("/certificate-applications", wish, Idempotency_Key="a")
    assert made.status_code == 201
    assert made.json()["state"] == "issued"
    assert "BEGIN CERTIFICATE" in made.json()["certificate_pem"]
    shown = program.get(f"/certificate-applications/{made.json()['id']}")
    assert shown.json() == made.json()
    assert program.get("/trust-anchors").json()["items"] == []
