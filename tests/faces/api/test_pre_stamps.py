"""Pre-stamps by REST: a company's own system reads them and takes them back, and gives none."""

from datetime import timedelta

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import PreStamp
from baozhen.signing.integrations.models import ConnectedSystem
from baozhen.signing.integrations.services import SystemRequest, connect_system
from baozhen.signing.organizations.models import ApiClient
from tests.faces.api.conftest import Program
from tests.signing.envelopes.conftest import desk  # noqa: F401 -- a fixture
from tests.signing.envelopes.sealing import outside_company
from tests.signing.envelopes.test_pre_stamps import (
    FLOW,
    given,
    insurers_part,
    member,  # noqa: F401 -- a fixture
    wish,  # noqa: F401 -- a fixture
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def system_of(api_key):
    """Make the program of a company's own system."""

    def make(unit, *scopes):
        name = f"system-{unit.pk}-{len(scopes)}"
        key = api_key(*scopes, name=name)
        request = SystemRequest(
            code=name, name="外单位核心", kind="core",
            client=ApiClient.objects.get(name=name), unit=unit,
        )  # fmt: skip
        connect_system(request, actor="test", at=now())
        return Program(key)

    return make


@pytest.fixture
def stamp(desk, member, wish):  # noqa: F811 -- the fixtures
    """One that a person of the reinsurer gave, for one contract."""
    return given(desk, member, wish)


@pytest.fixture
def system(system_of, stamp):
    """The reinsurer's system."""
    return system_of(stamp.unit)


def states(program, query=""):
    return [one["state"] for one in program.get(f"/pre-stamps{query}").json()["items"]]


@pytest.mark.requirement("S2-L160.m5")
def test_a_company_reads_its_limits_and_what_is_used(desk, stamp, system):  # noqa: F811
    [shown] = system.get("/pre-stamps").json()["items"]
    assert shown == system.get(f"/pre-stamps/{stamp.public_id}").json()
    assert (shown["state"], shown["used"], shown["count_max"]) == ("active", 0, 1)
    assert (shown["unit"], shown["seal"]) == (stamp.unit.public_id, stamp.seal.public_id)
    assert (shown["kind"], shown["kind_title"]) == (FLOW, flow_of(FLOW).title)
    assert "最多 1 份" in shown["statement"]
    assert shown["consent"] == stamp.consent.public_id
    assert (shown["ended_by"], shown["ended_at"], shown["reason"]) == ("", None, "")
    assert system.get(f"/pre-stamps/{stamp.public_id}/uses").json()["items"] == []
    step = insurers_part(desk, desk.start(flow_of(FLOW)))
    shown = system.get(f"/pre-stamps/{stamp.public_id}").json()
    assert (shown["state"], shown["used"]) == ("ended", 1)  # used up: people are asked again
    [use] = system.get(f"/pre-stamps/{stamp.public_id}/uses").json()["items"]
    assert (use["envelope"], use["action"]) == (step.envelope.public_id, step.public_id)
    assert (use["state"], bool(use["at"])) == ("done", True)


def test_the_list_narrows_by_standing_and_kind(stamp, system):
    assert (states(system, "?state=active"), states(system, "?state=ended")) == (["active"], [])
    assert (states(system, f"?kind={FLOW}"), states(system, "?kind=other")) == (["active"], [])
    PreStamp.objects.update(until=now() - timedelta(seconds=1))
    assert (states(system, "?state=active"), states(system, "?state=ended")) == ([], ["ended"])
    assert states(system, "?state=revoked") == []
    assert system.get("/pre-stamps?state=nonsense").status_code == 422
    assert system.get("/pre-stamps?limit=1").json()["has_more"] is False


@pytest.mark.requirement("S2-L160.m5")
def test_its_system_takes_it_back_once_and_people_are_asked(desk, stamp, system):  # noqa: F811
    address = f"/pre-stamps/{stamp.public_id}/actions/revoke"
    for reason in ("", " ", "很" * 201):
        refused = system.post(address, {"reason": reason}, Idempotency_Key=f"k{len(reason)}")
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["path"].endswith("reason")
    assert system.post(address, {"reason": "条款变了"}).json()["code"] == "idempotency_key_missing"
    done = system.post(address, {"reason": "条款变了"}, Idempotency_Key="one").json()
    assert (done["state"], done["reason"]) == ("revoked", "条款变了")
    assert done["ended_by"] == f"api:system-{stamp.unit_id}-0"
    assert system.post(address, {"reason": "条款变了"}, Idempotency_Key="one").json() == done
    again = system.post(address, {"reason": "条款变了"}, Idempotency_Key="two")
    assert (again.status_code, again.json()["code"]) == (409, "pre_stamp_closed")
    assert states(system, "?state=revoked") == ["revoked"]
    assert insurers_part(desk, desk.start(flow_of(FLOW))).state == "ready"
    _, act = AuditEntry.objects.filter(subject_type="pre_stamp").order_by("pk")
    assert (act.action, act.actor) == ("pre_stamp.revoked", done["ended_by"])


@pytest.mark.requirement("S2-L160.d2")
def test_nobody_elses_system_sees_or_stops_it(stamp, system_of, program):
    rival = system_of(outside_company("另一家"))
    insurer = program  # head office begins the tasks; the word is not its own
    for other in (rival, insurer):
        assert other.get("/pre-stamps").json()["items"] == []
        for verb in ("", "/uses"):
            answer = other.get(f"/pre-stamps/{stamp.public_id}{verb}")
            assert (answer.status_code, answer.json()["code"]) == (404, "pre_stamp_not_found")
        stopped = other.post(
            f"/pre-stamps/{stamp.public_id}/actions/revoke", {"reason": "试"}, Idempotency_Key="x"
        )
        assert (stopped.status_code, stopped.json()["code"]) == (404, "pre_stamp_not_found")
    stamp.refresh_from_db()
    assert stamp.state == "active"


def test_a_system_that_was_switched_off_speaks_for_nobody(stamp, system):
    assert states(system) == ["active"]
    ConnectedSystem.objects.update(active=False)
    assert states(system) == []


def test_each_scope_opens_its_own_and_none_gives_one(stamp, system_of):
    reader = system_of(stamp.unit, "envelopes:read")
    address = f"/pre-stamps/{stamp.public_id}"
    assert reader.get(address).status_code == 200
    refused = reader.post(f"{address}/actions/revoke", {"reason": "试"}, Idempotency_Key="x")
    assert (refused.status_code, refused.json()["code"]) == (403, "api_scope_missing")
    writer = system_of(stamp.unit, "envelopes:write", "seals:write")
    assert writer.get(address).status_code == 403
    assert writer.post("/pre-stamps", {}, Idempotency_Key="y").status_code == 405
