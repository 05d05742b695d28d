"""Five kinds of systems, connected by clicks alone, start signing and hear of its end."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from baozhen.foundation.jobs.worker import run_worker
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.integrations.models import ConnectedSystem
from baozhen.signing.organizations.queries import root_unit
from tests.faces.api.conftest import Program
from tests.faces.conftest import BACKEND
from tests.faces.console.integrations.test_integrations import form as flow_form
from tests.foundation.events.receiver import Receiver
from tests.signing.envelopes.conftest import desk, values_for  # noqa: F401 -- fixtures

pytestmark = pytest.mark.django_db(transaction=True)

SYSTEMS = [
    ("guarantee", "litigation_guarantee", "push"),
    ("registration", "policy_insurer", "pull"),
    ("core", "customer_receipt", "push"),
    ("claims", "claim_application", "pull"),
    ("crm", "proposal_confirmation", "push"),
]


@pytest.fixture
def receiver(settings):
    settings.BAOZHEN_EGRESS_ALLOW = "127.0.0.0/8"
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def officer(staff):
    client = Client()
    client.force_login(staff("系统管理员", name="guanli"), backend=BACKEND)
    return client


def at(name, **kwargs):
    return reverse(f"console:{name}", kwargs=kwargs or None)


def message_for(flow):
    """What the other system sends: its own names, amounts in yuan, dates without dashes."""
    body = {}
    for entry, value in ((entry, values_for(flow)[entry.name]) for entry in flow.fields):
        shown = f"{value / 100:.2f}" if entry.kind == "amount" else value
        body[f"f_{entry.name}"] = shown.replace("-", "") if entry.kind == "date" else shown
    people = {
        f"p_{role.role}": {"xm": f"测试{number}", "sfz": f"99000019900101{number:04d}",
                           "sj": f"1990000{number:04d}"}
        for number, role in enumerate(flow.roles, start=1)
        if not role.own
    }  # fmt: skip
    return {"head": {"no": f"B-{flow.code}", "kind": flow.code}, "body": body, "who": people}


def mapping_for(flow):
    conversions = {"amount": "fen", "date": "date"}
    entries = [{"target": "biz_no", "source": "$.head.no"}]
    entries += [
        {
            "target": f"values.{entry.name}",
            "source": f"$.body.f_{entry.name}",
            "conversion": conversions.get(entry.kind, ""),
        }
        for entry in flow.fields
    ]
    names = {"name": "xm", "id_no": "sfz", "mobile": "sj"}
    entries += [
        {"target": f"parties.{role.role}.{ours}", "source": f"$.who.p_{role.role}.{theirs}"}
        for role in flow.roles
        if not role.own
        for ours, theirs in names.items()
    ]
    return entries


def connect(officer, kind, flow, telling, receiver):
    """Key, callback, system, flow and mapping: everything by the pages. Returns the key."""
    name = f"{kind}-system"
    scopes = ["envelopes:write", "envelopes:read", "events:read"]
    shown = officer.post(
        at("api_client_create"), {"name": name, "days": "30", "scopes": scopes}
    ).content.decode()
    key = re.search(r"bz_[\w-]{43}", shown)[0]
    endpoint = ""
    if telling == "push":
        made = officer.post(
            at("webhook_create"),
            {"url": receiver.url, "description": name, "owner": name},
        ).content.decode()
        endpoint = re.search(r"whk_\w+", made)[0]
    form = {
        "name": name, "code": kind, "kind": kind, "client": name,
        "unit": root_unit().public_id, "telling": telling, "endpoint": endpoint,
    }  # fmt: skip
    answer = officer.post(at("system_connect"), form)
    assert answer.status_code == 302, answer.content.decode()
    address = f"{at('system_flow_add', code=kind)}?flow={flow.code}"
    told = flow_form(
        mapping_for(flow),
        when_path="$.head.kind",
        when_value=flow.code,
        sample=json.dumps(message_for(flow), ensure_ascii=False),
    )
    tried = officer.post(address, told | {"act": "preview"}).content.decode()
    assert "示例报文可以发起签署" in tried
    assert officer.post(address, told).status_code == 302
    return key


@pytest.mark.requirement("S2-L160.l1", "S2-L160.m5")
@pytest.mark.parametrize(("kind", "code", "telling"), SYSTEMS)
def test_a_system_connects_by_configuration(
    desk,  # noqa: F811 -- the fixture
    officer,
    receiver,
    kind,
    code,
    telling,
):
    flow = flow_of(code)
    program = Program(connect(officer, kind, flow, telling, receiver))
    answer = program.post(
        f"/integrations/{kind}/inbound", message_for(flow), Idempotency_Key=f"k-{kind}"
    )
    assert answer.status_code == 201, answer.content.decode()
    envelope = Envelope.objects.get(public_id=answer.json()["id"])
    assert (envelope.flow, envelope.biz_no) == (code, f"B-{code}")
    amounts = [entry.name for entry in flow.fields if entry.kind == "amount"]
    assert all(envelope.values[name] == values_for(flow)[name] for name in amounts)
    desk.finish(envelope)
    assert envelope.state == "completed"
    run_worker(until_idle=True)
    if telling == "push":
        bodies = [json.loads(body) for _path, _headers, body in receiver.requests]
        assert envelope.public_id in {
            body["data"].get("id") for body in bodies if body["type"] == "envelope.completed"
        }
    else:
        events = program.get("/events?type=envelope.completed").json()["items"]
        assert [event["data"]["id"] for event in events] == [envelope.public_id]
    system = ConnectedSystem.objects.get(code=kind)
    shown = officer.get(at("system", code=kind)).content.decode()
    assert envelope.biz_no in shown
    assert system.telling == telling
