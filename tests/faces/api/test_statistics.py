"""Figures by REST, each client those of its own unit."""

from datetime import date, timedelta

import pytest

from baozhen.foundation.clock import now, shanghai_date
from baozhen.signing.integrations.models import ConnectedSystem
from baozhen.signing.organizations.models import ApiClient, OrgUnit
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.statistics.rules import Price
from baozhen.signing.statistics.services import clear_month, refresh_figures, set_price
from baozhen.signing.statistics.states import ChargeMode, UsageKind
from tests.signing.files.making import text_pdf
from tests.signing.files.test_file_centre import branch, enter  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted(branch):  # noqa: F811
    enter(text_pdf("一"), root_unit(), channel="api")
    enter(text_pdf("二"), branch, dossier="env_2", channel="console")
    today = shanghai_date(now())
    refresh_figures(since=today, until=today + timedelta(days=1))
    return branch


def connect(unit, *, active=True):
    return ConnectedSystem.objects.create(
        code=f"s{unit.pk}{active}",
        name="核心",
        kind="core",
        client=ApiClient.objects.get(name="core"),
        unit=unit,
        active=active,
        created_at=now(),
        created_by="t",
    )


@pytest.mark.requirement("S2-L160.e2")
def test_head_office_reads_all(program, counted):
    found = program.get("/statistics/files").json()
    assert found["total"] == 2
    assert {one["label"] for one in found["by_unit"]} == {root_unit().name, counted.name}
    assert found["by_type"] == [{"label": "application", "count": 2}]


@pytest.mark.requirement("S2-L160.d2")
def test_a_system_of_a_branch_reads_the_branch(program, counted):
    connect(counted)
    found = program.get("/statistics/files").json()
    assert (found["total"], found["by_channel"]) == (1, [{"label": "console", "count": 1}])


def test_a_system_that_was_switched_off_reads_nothing(program, counted):
    connect(counted, active=False)
    assert program.get("/statistics/files").json()["total"] == 0


def test_days_and_measures_are_checked(program, counted):
    yesterday = shanghai_date(now()) - timedelta(days=1)
    assert program.get(f"/statistics/files?until={yesterday}").json()["total"] == 0
    assert program.get("/statistics/nothing").status_code == 422
    assert program.get("/statistics/files?since=x").status_code == 422


def test_without_the_scope_there_is_nothing(program_with, counted):
    assert program_with("seals:read").get("/statistics/files").status_code == 403


@pytest.mark.requirement("S2-L160.m6")
def test_statements_are_read_by_month_and_unit(program, branch):  # noqa: F811
    price = Price(
        kind=UsageKind.SEAL, mode=ChargeMode.MONTHLY, monthly_fen=5_000, starts_on=date(2026, 1, 1)
    )
    set_price(price, actor="t", at=now())
    for month in (date(2026, 8, 1), date(2026, 9, 1)):
        clear_month(month, actor="t", at=now())
    found = program.get("/statements?month=2026-09").json()
    units = set(OrgUnit.objects.values_list("public_id", flat=True))
    assert {one["unit"] for one in found["items"]} == units
    assert found["items"][0]["total_fen"] == 5_000
    assert found["items"][0]["lines"] == [
        {"kind": "seal", "mode": "monthly", "count": 0, "total_fen": 5_000}
    ]
    assert program.get("/statements?month=2026-13").status_code == 422
    size = len(units) + 1
    first = program.get(f"/statements?limit={size}").json()
    rest = program.get(f"/statements?limit={size}&cursor={first['cursor']}").json()
    months = [one["month"] for one in first["items"] + rest["items"]]
    assert months == ["2026-09"] * len(units) + ["2026-08"] * len(units)
    connect(branch)
    own = program.get("/statements").json()["items"]
    assert {one["unit"] for one in own} == {branch.public_id}
