"""A connected system sends its own messages; configuration makes signing tasks of them."""

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.integrations.errors import ConnectedSystemInvalid
from baozhen.signing.integrations.models import ConnectedSystem, InboundMessage
from baozhen.signing.integrations.services import (
    FlowRequest,
    SystemRequest,
    change_flows,
    connect_system,
    preview,
    switch_system,
)
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.queries import root_unit

pytestmark = pytest.mark.django_db

KEY = {"Idempotency_Key": "k-1"}
MAPPING = [
    {"target": "biz_no", "source": "$.head.busiNo"},
    {"target": "values.policy_no", "source": "$.policy.no"},
    {"target": "values.policyholder", "source": "$.policy.holder.name"},
    {"target": "values.received_on", "source": "$.policy.date", "conversion": "date"},
    {"target": "parties.policyholder.name", "source": "$.policy.holder.name"},
    {"target": "parties.policyholder.id_no", "source": "$.policy.holder.cert"},
    {"target": "parties.policyholder.mobile", "source": "$.policy.holder.phone"},
]
MESSAGE = {
    "head": {"busiNo": "R-1", "type": "receipt"},
    "policy": {
        "no": "P1",
        "date": "20261121",
        "holder": {"name": "测试伟", "cert": "990000199001010001", "phone": "19900000001"},
    },
}
FLOW = FlowRequest(
    flow="customer_receipt",
    mapping=MAPPING,
    when_path="$.head.type",
    when_value="receipt",
    sample=MESSAGE,
)


@pytest.fixture
def system(program):
    """A core system that sends receipts."""
    request = SystemRequest(
        code="core-1",
        name="核心系统",
        kind="core",
        client=ApiClient.objects.get(name="core"),
        unit=root_unit(),
    )
    made = connect_system(request, actor="test", at=now())
    change_flows(made, lambda _: [FLOW], actor="test", at=now())
    return made


@pytest.mark.requirement("S2-L160.l1", "S2-L160.m5")
def test_a_message_becomes_a_signing_task(program, system):
    answer = program.post("/integrations/core-1/inbound", MESSAGE, **KEY)
    assert answer.status_code == 201, answer.content
    envelope = Envelope.objects.get(public_id=answer.json()["id"])
    assert (envelope.biz_no, envelope.flow) == ("R-1", "customer_receipt")
    assert program.get(f"/envelopes/{envelope.public_id}").status_code == 200
    row = InboundMessage.objects.get()
    assert (row.envelope, row.code) == (envelope.public_id, "")
    again = program.post("/integrations/core-1/inbound", MESSAGE, **KEY)
    assert again.json()["id"] == envelope.public_id
    assert Envelope.objects.exclude(client="insurance").count() == 1


def test_what_is_missing_is_told_whole_and_without_values(program, system):
    message = {"head": MESSAGE["head"], "policy": {"no": "P1", "date": "明天"}}
    answer = program.post("/integrations/core-1/inbound", message, **KEY)
    assert answer.status_code == 422
    assert answer.json()["code"] == "inbound_unmapped"
    paths = {error["path"] for error in answer.json()["errors"]}
    assert {"values.policyholder", "values.received_on", "parties.policyholder.name"} <= paths
    assert InboundMessage.objects.get().code == "inbound_unmapped"
    assert not Envelope.objects.exclude(client="insurance").exists()


def test_a_message_of_no_flow(program, system):
    answer = program.post("/integrations/core-1/inbound", {"head": {"type": "x"}}, **KEY)
    assert answer.json()["code"] == "inbound_flow_missing"


def test_another_clients_system_and_one_that_is_off_do_not_exist(program, program_with, system):
    other = program_with("envelopes:write", name="other")
    assert other.post("/integrations/core-1/inbound", MESSAGE, **KEY).status_code == 404
    switch_system(system, on=False, actor="test", at=now())
    assert program.post("/integrations/core-1/inbound", MESSAGE, **KEY).status_code == 404


def test_a_preview_starts_nothing(system):
    mapped, faults = preview(FLOW)
    assert faults == []
    assert mapped.values["received_on"] == "2026-11-21"
    assert not Envelope.objects.exclude(client="insurance").exists()


@pytest.mark.parametrize(
    "mapping",
    [
        MAPPING[2:],
        [*MAPPING, {"target": "values.nothing", "constant": 1}],
        [*MAPPING, {"target": "parties.nobody.name", "constant": "x"}],
        [*MAPPING, {"target": "parties.policyholder.password", "constant": "x"}],
        [*MAPPING[:-1], {"target": "biz_no", "constant": 1}],
    ],
)
def test_a_set_up_that_cannot_work_is_refused_with_every_fault(system, mapping):
    request = FlowRequest(flow="customer_receipt", mapping=mapping)
    with pytest.raises(ConnectedSystemInvalid) as caught:
        change_flows(system, lambda found: [*found, request], actor="test", at=now())
    assert caught.value.facts["faults"]
    assert ConnectedSystem.objects.get().flows.count() == 1


def test_a_code_is_taken_once(system):
    request = SystemRequest(
        code="core-1", name="x", kind="crm", client=system.client, unit=system.unit
    )
    with pytest.raises(ConnectedSystemInvalid, match="已被使用"):
        connect_system(request, actor="test", at=now())
