"""Seals by REST: what programs see and ask for, and what they may never do."""

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import Scope
from baozhen.signing.seals.models import Seal, SealChange
from baozhen.signing.seals.services import (
    GrantRequest,
    RuleRequest,
    add_rule,
    decide_change,
    end_rule,
    grant_use,
)
from tests.faces.api.conftest import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(api_key):
    """A program that may read and write seals."""
    return Program(api_key(Scope.SEALS_READ, Scope.SEALS_WRITE))


def body(**more):
    unit = root_unit()
    facts = {
        "unit": unit.public_id,
        "name": "电子保单专用章",
        "text": unit.name,
        "purpose": "电子保单专用章",
        "reason": "新业务",
    }
    return facts | more


@pytest.fixture
def platform(bare_platform):
    """What these tests begin with: no seal yet."""


@pytest.fixture
def seal(program):
    """A seal that a program asked for and a person approved."""
    answer = program.post("/seals", body(), Idempotency_Key="seal-1")
    assert answer.status_code == 201
    again = program.post("/seals", body(), Idempotency_Key="seal-1")
    assert again.json() == answer.json()
    change = SealChange.objects.latest("pk")
    assert change.requested_by == "api:core"
    decide_change(change.pk, approved=True, decision="", actor="staff:boss", at=now())
    return Seal.objects.latest("pk")


@pytest.mark.requirement("S2-L160.f1")
def test_a_program_asks_a_person_approves_the_program_sees(program, seal):
    shown = program.get(f"/seals/{seal.public_id}").json()
    assert (shown["state"], shown["version"]) == ("active", 1)
    assert program.get("/seals?state=active").json()["items"] == [shown]
    picture = program.get(f"/seals/{seal.public_id}/picture")
    assert picture.content.startswith(b"\x89PNG")
    assert program.get(f"/seals/{seal.public_id}/structure").content.startswith(b"\x30")
    assert program.get("/seal-uses").json()["items"] == []


@pytest.mark.requirement("S2-L160.j1")
def test_a_program_freezes_and_sees_the_blast_radius(program, seal):
    frozen = program.post(
        f"/seals/{seal.public_id}/actions/freeze", {"reason": "密钥疑似泄露"}, Idempotency_Key="f"
    )
    assert (frozen.status_code, frozen.json()["state"]) == (200, "suspended")
    radius = program.get(f"/seals/{seal.public_id}/blast-radius").json()
    assert (radius["total"], radius["open"]) == (0, 0)


@pytest.mark.requirement("S2-L160.h1", "S2-L160.i1", "S2-L160.j1")
def test_a_program_reads_grants_rules_and_risks_but_never_gives(program, api_key, seal):
    facts = GrantRequest(
        seal=seal, unit=root_unit(), document_types=["policy"], flows=["policy_insurer"],
        count_max=5, is_silent=True, reason="批量",
    )  # fmt: skip
    grant_use(facts, actor="staff:keeper", at=now())
    rule = RuleRequest(seal=seal, is_allowing=False, flow="claims", reason="制度")
    end_rule(add_rule(rule, actor="staff:keeper", at=now()).pk, actor="staff:keeper", at=now())
    [grant] = program.get(f"/seal-grants?seal={seal.public_id}&state=active").json()["items"]
    assert (grant["unit"], grant["account"]) == (root_unit().public_id, None)
    assert (grant["document_types"], grant["flows"]) == (["policy"], ["policy_insurer"])
    assert (grant["count_max"], grant["used"], grant["is_silent"]) == (5, 0, True)
    [shown] = program.get(f"/seal-rules?seal={seal.public_id}").json()["items"]
    assert (shown["effect"], shown["flow"], shown["unit"]) == ("deny", "claims", None)
    assert shown["ended_at"]
    assert program.post("/seal-grants", {}, Idempotency_Key="g").status_code == 405
    freeze = f"/seals/{seal.public_id}/actions/freeze"
    program.post(freeze, {"reason": "疑似失控"}, Idempotency_Key="f")
    assert program.get("/risks").status_code == 403
    watcher = Program(api_key(Scope.RISKS_READ, name="watcher"))
    [risk] = watcher.get("/risks?state=open&severity=severe&kind=seals.frozen").json()["items"]
    assert risk["facts"]["seal"] == seal.public_id
    assert watcher.get(f"/risks/{risk['id']}").json() == risk
    unknown = watcher.get(f"/risks/risk_{'0' * 26}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "risk_unknown")


@pytest.mark.parametrize(
    ("scopes", "verb", "address"),
    [
        ((Scope.SEALS_READ,), "post", "/seals"),
        ((Scope.SEALS_WRITE,), "get", "/seals"),
        ((Scope.POLICIES_READ,), "get", "/seal-uses"),
    ],
)
def test_each_scope_opens_its_own(api_key, scopes, verb, address):
    answer = getattr(Program(api_key(*scopes)), verb)(address)
    assert (answer.status_code, answer.json()["code"]) == (403, "api_scope_missing")


def test_strangers_and_unknown_seals(program):
    assert Program("").get("/seals").status_code == 401
    unknown = program.get(f"/seals/seal_{'0' * 26}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "seal_unknown")


def test_what_cannot_be_drawn_is_refused_in_chinese(program):
    answer = program.post("/seals", body(layout="round_1"), Idempotency_Key="x")
    assert (answer.status_code, answer.json()["code"]) == (422, "seal_design_fault")
    assert "版式" in answer.json()["detail"]
