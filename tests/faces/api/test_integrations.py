"""Events and callbacks by REST."""

from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from baozhen.foundation.clock import now
from baozhen.foundation.events.publishing import publish
from baozhen.foundation.jobs.worker import run_worker
from baozhen.signing.organizations.services import Scope
from tests.foundation.events.receiver import Receiver

SUBJECT = ("envelope", "env_06bt3k9q2w8v5n7r4t6y8z0a1c")
KEY = {"Idempotency_Key": "k-1"}


@pytest.fixture
def receiver(settings):
    settings.BAOZHEN_EGRESS_ALLOW = "127.0.0.0/8"
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def settled(monkeypatch):
    """Inside the test's one transaction nothing is settled: read as if it had ended."""
    monkeypatch.setattr("baozhen.foundation.events.queries.settled_before", lambda: 2**62)


def tell(client="api:core", type_="envelope.completed", **data):
    return publish(type_, subject=SUBJECT, data=data, at=now(), client=client)


@pytest.mark.requirement("S2-L160.b4", "S2-L160.m5")
def test_a_callback_from_end_to_end(program, receiver):
    made = program.post("/webhooks", {"url": receiver.url, "types": []}, **KEY).json()
    assert made["secret"].startswith("whsec_")
    assert "secret" not in program.get(f"/webhooks/{made['id']}").json()
    event = tell(sha256="ab")
    run_worker(until_idle=True)
    _path, headers, body = receiver.requests[0]
    headers = {name.lower(): value for name, value in headers.items()}
    Webhook(made["secret"]).verify(body, headers)
    (delivery,) = program.get(f"/webhooks/{made['id']}/deliveries").json()["items"]
    assert (delivery["status"], delivery["event"]) == ("delivered", event.public_id)
    detail = program.get(f"/webhooks/{made['id']}/deliveries/{delivery['id']}").json()
    assert [call["status_code"] for call in detail["calls"]] == [200]


def test_the_secret_is_not_kept_with_the_answer(program, receiver):
    from baozhen.foundation.requests.models import RepeatableAnswer

    made = program.post("/webhooks", {"url": receiver.url}, **KEY).json()
    assert made["secret"] not in str(RepeatableAnswer.objects.get().answer)
    again = program.post("/webhooks", {"url": receiver.url}, **KEY).json()
    assert (again["id"], again["secret"]) == (made["id"], made["secret"])


def test_the_same_key_with_another_content_is_a_conflict(program, receiver):
    made = program.post("/webhooks", {"url": receiver.url}, **KEY).json()
    answer = program.post("/webhooks", {"url": receiver.url, "types": ["risk.raised"]}, **KEY)
    assert answer.status_code == 409
    assert answer.json()["existing_id"] == made["id"]
    assert program.post("/webhooks", {"url": receiver.url}).status_code == 400


def test_addresses_inside_are_refused(program):
    for url in ("https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest"):
        answer = program.post("/webhooks", {"url": url}, **KEY)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["path"] == "url"


def test_another_clients_webhook_does_not_exist(program, program_with, receiver):
    made = program.post("/webhooks", {"url": receiver.url}, **KEY).json()
    other = program_with(*Scope, name="other")
    assert other.get(f"/webhooks/{made['id']}").status_code == 404
    assert other.get("/webhooks").json()["items"] == []
    for verb in ("rotate", "enable", "test", "change"):
        answer = other.post(f"/webhooks/{made['id']}/actions/{verb}", {})
        assert answer.status_code == 404, verb
    answer = other.post(f"/webhooks/{made['id']}/actions/disable", {"reason": "x"})
    assert answer.status_code == 404


def test_change_rotate_switch_and_test(program, receiver):
    made = program.post("/webhooks", {"url": receiver.url}, **KEY).json()
    address = f"/webhooks/{made['id']}/actions"
    changed = program.post(f"{address}/change", {"types": ["risk.raised"]}).json()
    assert changed["types"] == ["risk.raised"]
    rotated = program.post(f"{address}/rotate", {"overlap_hours": 1}).json()
    assert rotated["secret"] != made["secret"]
    assert program.post(f"{address}/test", {}).status_code == 202
    run_worker(until_idle=True)
    assert len(receiver.requests) == 1
    off = program.post(f"{address}/disable", {"reason": "升级"}).json()
    assert (off["active"], off["disabled_reason"]) == (False, "升级")
    assert program.post(f"{address}/test", {}).status_code == 409
    assert program.post(f"{address}/enable", {}).json()["active"] is True


def test_replay(program, receiver):
    made = program.post("/webhooks", {"url": receiver.url}, **KEY).json()
    started = now()
    tell()
    run_worker(until_idle=True)
    (delivery,) = program.get(f"/webhooks/{made['id']}/deliveries").json()["items"]
    address = f"/webhooks/{made['id']}/deliveries/{delivery['id']}/actions/replay"
    assert program.post(address, {}).status_code == 202
    span = {
        "since": started.isoformat(),
        "until": (now() + timedelta(minutes=1)).isoformat(),
    }
    answer = program.post(f"/webhooks/{made['id']}/actions/replay", span)
    assert answer.json()["replayed"] == 1
    run_worker(until_idle=True)
    assert len(receiver.requests) == 3
    assert program.post(address.replace(delivery["id"], "dlv_x"), {}).status_code == 404


@pytest.mark.requirement("S2-L160.m5")
def test_events_are_pulled_page_by_page(program, settled):
    for number in range(5):
        tell(n=number)
    tell(client="api:other", n=99)
    tell(type_="envelope.declined", n=5)
    page = program.get("/events?limit=2").json()
    seen = [event["data"]["n"] for event in page["items"]]
    while page["has_more"]:
        page = program.get(f"/events?limit=2&cursor={page['cursor']}").json()
        seen += [event["data"]["n"] for event in page["items"]]
    assert seen == [0, 1, 2, 3, 4, 5]
    quiet = program.get(f"/events?cursor={page['cursor']}").json()
    assert (quiet["items"], quiet["cursor"]) == ([], page["cursor"])
    tell(n=6)
    (event,) = program.get(f"/events?cursor={page['cursor']}").json()["items"]
    assert event["data"]["n"] == 6
    declined = program.get("/events?type=envelope.declined").json()["items"]
    assert [event["data"]["n"] for event in declined] == [5]


@pytest.mark.parametrize("query", ["cursor=x", "cursor=W10", "type=no.such", "limit=0", "since=x"])
def test_a_wrong_question_about_events(program, query):
    assert program.get(f"/events?{query}").status_code == 422
