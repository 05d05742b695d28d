"""Organisations and accounts by REST: masked, paged, only with the scope."""

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.organizations.queries import root_unit, unit_of_code
from baozhen.signing.organizations.services import AccountFacts, create_account

pytestmark = pytest.mark.requirement("S2-L160.m2")


@pytest.fixture
def clerk(platform):
    facts = AccountFacts(
        username="clerk", display_name="测试员", unit=unit_of_code("DEMO11"), staff_no="S001",
        mobile="16112340001", email="clerk@example.com",
    )  # fmt: skip
    return create_account(facts, actor="test", at=now())


def test_units_page_by_page(program):
    first = program.get("/organizations?limit=6").json()
    assert first["has_more"]
    second = program.get(f"/organizations?limit=6&cursor={first['cursor']}").json()
    ids = [unit["id"] for unit in first["items"] + second["items"]]
    assert len(ids) == len(set(ids)) == 11
    assert not second["has_more"]
    branches = program.get("/organizations?kind=branch").json()["items"]
    assert all(not unit["is_legal_entity"] for unit in branches)
    under = program.get(f"/organizations?under={unit_of_code('DEMO11').public_id}").json()
    assert [unit["code"] for unit in under["items"]] == ["DEMO11"]


def test_a_unit_names_who_answers_in_law(program):
    unit = program.get(f"/organizations/{unit_of_code('DEMO31').public_id}").json()
    assert unit["legal_entity_id"] == unit["parent_id"] == root_unit().public_id
    assert program.get("/organizations/org_unknown").status_code == 404


def test_people_are_masked(program, clerk):
    text = program.get("/accounts").content.decode()
    for secret in ("16112340001", "clerk@example.com", "测试员"):
        assert secret not in text
    shown = program.get(f"/accounts/{clerk.public_id}").json()
    assert (shown["mobile"], shown["display_name"]) == ("161****0001", "测*员")
    assert program.get("/accounts/acc_unknown").status_code == 404
    assert program.get("/accounts?staff_no=S001").json()["items"] == [shown]
    assert program.get("/accounts?state=left").json()["items"] == []
    organization = unit_of_code("DEMO31").public_id
    assert program.get(f"/accounts?organization={organization}").json()["items"] == []
