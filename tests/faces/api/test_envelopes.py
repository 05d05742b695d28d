"""Signing tasks by REST: made once, only one's own, acted on for one's own company alone."""

import base64
import json

import pytest

from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, Envelope
from baozhen.signing.envelopes.services.performing import perform_action
from baozhen.signing.envelopes.states import ActionState
from baozhen.signing.organizations.queries import root_unit
from tests.faces.api.conftest import Program
from tests.pdfs import plain
from tests.signing.envelopes.conftest import values_for
from tests.signing.envelopes.sealing import make_seal

pytestmark = pytest.mark.django_db(transaction=True)

PERSON = {
    "name": "测试伟",
    "id_type": "id_card",
    "id_no": "990000199001010001",
    "mobile": "19900000001",
}


@pytest.fixture
def ready(settings, platform):
    settings.BAOZHEN_TIMESTAMP = "none"
    make_seal(root_unit().name, unit=root_unit())


def wish(**changes):
    flow = flow_of("claim_application")
    roles = {role.role: PERSON for role in flow.roles if not role.own}
    return {"flow": flow.code, "values": values_for(flow), "parties": roles} | changes


def free(**changes):
    return {
        "title": "两方协议",
        "documents": [{"title": "协议", "content": base64.b64encode(plain()).decode()}],
        "signatories": [
            {"role": "insurer", "label": "保险人", "unit": root_unit().public_id},
            {"role": "customer", "label": "客户", **PERSON},
        ],
        "actions": [
            {"role": "insurer", "type": "approve", "order": 1},
            {"role": "insurer", "type": "seal", "order": 2, "places": [{"x": 50, "y": 50}]},
            {"role": "customer", "type": "sign", "order": 3, "places": [{"x": 200, "y": 50}]},
        ],
    } | changes


def steps(answer):
    return {
        step["type"]: step["id"] for party in answer["signatories"] for step in party["actions"]
    }


@pytest.mark.requirement("S2-L160.b1", "S2-L714a")
def test_a_task_is_made_once_by_key_and_by_number(ready, api_key):
    core = Program(api_key())
    first = core.post("/envelopes", wish(biz_no="C-1"), Idempotency_Key="k1")
    assert first.status_code == 201, first.content
    again = core.post("/envelopes", wish(biz_no="C-1"), Idempotency_Key="k1")
    other_key = core.post("/envelopes", wish(biz_no="C-1"), Idempotency_Key="k2")
    ids = {answer.json()["id"] for answer in (first, again, other_key)}
    assert len(ids) == 1
    assert Envelope.objects.exclude(client="insurance").count() == 1
    changed = core.post("/envelopes", wish(biz_no="C-1", message="另一句话"), Idempotency_Key="k3")
    assert (changed.status_code, changed.json()["code"]) == (409, "biz_no_taken")
    conflict = core.post("/envelopes", wish(biz_no="C-2"), Idempotency_Key="k1")
    assert conflict.status_code == 409


@pytest.mark.requirement("S2-L160.b3", "S2-L420b")
def test_a_free_task_is_approved_and_sealed_for_ones_own_company_only(ready, api_key):
    core = Program(api_key())
    made = core.post("/envelopes/free", free(), Idempotency_Key="k1")
    assert made.status_code == 201, made.content
    address, acts = f"/envelopes/{made.json()['id']}", steps(made.json())
    early = core.post(f"{address}/actions/seal", {"action": acts["seal"]}, Idempotency_Key="k2")
    assert (early.status_code, early.json()["code"]) == (409, "not_your_turn")
    foreign = core.post(
        f"{address}/actions/decline",
        {"action": acts["sign"], "reason": "不想签"},
        Idempotency_Key="k3",
    )
    assert foreign.status_code == 404
    done = core.post(
        f"{address}/actions/approve", {"action": acts["approve"]}, Idempotency_Key="k4"
    )
    assert done.status_code == 200, done.content
    sealed = core.post(f"{address}/actions/seal", {"action": acts["seal"]}, Idempotency_Key="k5")
    assert sealed.status_code == 200, sealed.content
    perform_action(key=Action.objects.get(public_id=acts["seal"]).pk)
    sealing = Action.objects.get(public_id=acts["seal"])
    assert sealing.state == ActionState.DONE, sealing.last_error
    data = core.get(f"{address}/documents/1")
    assert data.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    "changes",
    [
        {"documents": [{"title": "x", "content": "%%%"}]},
        {"documents": [{"title": "x", "content": base64.b64encode(b"no pdf").decode()}]},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"actions": [{"role": "nobody", "type": "sign"}]},
        {"actions": [{"role": "insurer", "type": "dance"}]},
        {"actions": [{"role": "customer", "type": "sign", "places": [{"keyword": "没有这个词"}]}]},
        {"actions": [{"role": "customer", "type": "sign", "condition": {"a": 1}}]},
    ],
)
def test_a_wrong_wish_is_refused_and_makes_nothing(ready, api_key, changes):
    answer = Program(api_key()).post("/envelopes/free", free(**changes), Idempotency_Key="k")
    assert answer.status_code == 422, answer.content
    assert not Envelope.objects.exclude(client="insurance").exists()


def test_nobody_sees_or_touches_anothers_task(ready, api_key):
    core, stranger = Program(api_key()), Program(api_key(name="other"))
    made = core.post("/envelopes", wish(), Idempotency_Key="k1").json()
    address = f"/envelopes/{made['id']}"
    for path in (address, f"{address}/documents/1", f"{address}/audit"):
        assert core.get(path).status_code == 200
        assert stranger.get(path).status_code == 404
    assert stranger.get("/envelopes").json()["items"] == []
    body = {"reason": "试试", "action": "act_x"}
    for verb in ("recall", "remind", "void", "approve", "seal", "decline"):
        answer = stranger.post(f"{address}/actions/{verb}", body, Idempotency_Key=f"s-{verb}")
        assert answer.status_code == 404, verb
    role = made["signatories"][0]["role"]
    link = stranger.post(f"{address}/signatories/{role}/link", {}, Idempotency_Key="s-link")
    assert link.status_code == 404
    reader = Program(api_key("envelopes:read", name="reader"))
    assert reader.post("/envelopes", wish(), Idempotency_Key="r").status_code == 403


@pytest.mark.requirement("S2-L800b", "S2-L420a")
def test_a_batch_by_lines_is_taken_once_and_ended(ready, api_key):
    core = Program(api_key())
    flow = flow_of("agent_contract")
    row = {"values": values_for(flow), "parties": {"agent": PERSON}}
    lines = "\n".join(json.dumps(row) for _ in range(3))
    kind = "application/x-ndjson"
    address = f"/envelope-batches/stream?flow={flow.code}"
    first = core.post(address, lines, content_type=kind, Idempotency_Key="b1")
    assert first.status_code == 202, first.content
    again = core.post(address, lines, content_type=kind, Idempotency_Key="b1")
    assert again.json()["id"] == first.json()["id"]
    assert first.json()["total"] == 3
    broken = core.post(address, "{", content_type=kind, Idempotency_Key="b2")
    assert broken.status_code == 422
    batch = f"/envelope-batches/{first.json()['id']}"
    stranger = Program(api_key(name="other"))
    assert stranger.get(batch).status_code == 404
    ended = core.post(f"{batch}/actions/end", {"reason": "取消"}, Idempotency_Key="b3")
    assert ended.status_code == 200
    failed = core.get(f"{batch}/rows?status=failed").json()["items"]
    assert {row["code"] for row in failed} == {"batch_ended"}
    assert core.post(f"{batch}/actions/resume", {}, Idempotency_Key="b4").status_code == 409
