"""The staff pages of figures and charging."""

from datetime import UTC, date, datetime, timedelta

import pytest

from baozhen.foundation.clock import now, shanghai_date
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import UnitFacts, create_unit
from baozhen.signing.organizations.states import UnitKind
from baozhen.signing.statistics.models import PriceRule, Statement
from baozhen.signing.statistics.services import count_text, refresh_figures
from tests.signing.files.making import text_pdf
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(platform, signed_in):
    return signed_in("业务负责人")


@pytest.mark.requirement("S2-L160.e2")
def test_figures_are_shown_and_exported(boss):
    enter(text_pdf("一"), root_unit(), channel="api")
    today = shanghai_date(now())
    refresh_figures(since=today, until=today + timedelta(days=1))
    page = boss.get("/console/statistics", {"measure": "files"})
    assert page.status_code == 200
    assert "application" in page.content.decode()
    csv = boss.get("/console/statistics/export.csv", {"measure": "files"})
    assert "按渠道,api,1" in csv.content.decode()
    assert boss.get("/console/statistics/export.xlsx").content.startswith(b"PK")
    assert boss.get("/console/statistics/export.exe").status_code == 404


def test_without_the_permission_no_figure_is_shown(platform, signed_in):
    client = signed_in("审计员")
    for path in ("statistics", "statistics/export.csv", "charging", "charging/prices"):
        assert client.get(f"/console/{path}").status_code == 403
    assert client.post("/console/charging/clear", {"month": "2026-01"}).status_code == 403


@pytest.mark.requirement("S2-L160.m6")
def test_a_price_is_set_and_a_month_cleared_confirmed_and_locked(platform, signed_in):
    client = signed_in("财务")
    price = {
        "kind": "seal",
        "mode": "monthly",
        "monthly_fen": "5000",
        "fen": "0",
        "included": "0",
        "unit": str(root_unit().pk),
        "starts_on": "2026-01-01",
    }
    assert client.post("/console/charging/prices/new", price).status_code == 302
    assert PriceRule.objects.get().starts_on == date(2026, 1, 1)
    assert client.post("/console/charging/clear", {"month": "2026-02"}).status_code == 302
    statement = Statement.objects.get()
    where = f"/console/charging/{statement.pk}"
    assert "¥50.00" in client.get(where).content.decode()
    assert "已按现在的价格" in client.post(f"{where}/recount", follow=True).content.decode()
    client.post(f"{where}/confirm")
    assert "不能重新计算" in client.post(f"{where}/recount", follow=True).content.decode()
    client.post(f"{where}/lock")
    assert Statement.objects.get().state == "locked"
    shown = client.get(where).content.decode()
    assert "重新计算" in shown, "in what happened"
    assert f"{where}/export.csv" in shown
    exported = b"".join(client.get(f"{where}/export.csv").streaming_content).decode()
    assert "用印,包月,0,50.00" in exported
    assert "合计,,,50.00" in exported
    rule = f"/console/charging/prices/{PriceRule.objects.get().pk}"
    assert rule in client.get("/console/charging/prices").content.decode()
    late = client.post(f"{rule}/end", {"ends_on": "x"}, follow=True).content.decode()
    assert "请填写日期" in late
    client.post(f"{rule}/end", {"ends_on": "2026-06-01"})
    assert "2026-06-01" in client.get(rule).content.decode()


def test_uses_are_listed_one_by_one_and_exported(platform, signed_in):
    """What a statement counts is looked up here, for one's own units only."""
    other = create_unit(
        UnitFacts(name="示例分公司", kind=UnitKind.BRANCH, parent=root_unit()), actor="t", at=now()
    )
    at = datetime(2026, 9, 10, 1, tzinfo=UTC)
    for number, unit in enumerate((root_unit(), other)):
        count_text(f"receipt-{number}", unit.pk, at)
    client = signed_in("财务")
    where = "/console/charging/usage"
    page = client.get(where, {"month": "2026-09", "kind": "sms"}).content.decode()
    assert "receipt-0" in page
    assert "receipt-1" in page
    one = client.get(where, {"unit": str(other.pk)}).content.decode()
    assert "receipt-0" not in one
    for nothing in ({"month": "2026-08"}, {"kind": "seal", "month": "2026-09"}):
        assert "没有符合条件" in client.get(where, nothing).content.decode()
    exported = client.get(f"{where}/export.csv", {"unit": str(other.pk)})
    lines = b"".join(exported.streaming_content).decode().splitlines()
    assert lines[1:] == ["2026-09-10 09:00:00,2026-09,短信,receipt-1,示例分公司"]


def test_figures_of_one_branch(boss):
    branch = create_unit(
        UnitFacts(name="示例分公司", kind=UnitKind.BRANCH, parent=root_unit()), actor="t", at=now()
    )
    enter(text_pdf("一"), root_unit(), channel="api")
    enter(text_pdf("二"), branch, dossier="env_2", channel="api")
    today = shanghai_date(now())
    refresh_figures(since=today, until=today + timedelta(days=1))
    asked = {"measure": "files", "unit": branch.public_id}
    page = boss.get("/console/statistics", asked).content.decode()
    assert "合计 1；" in page
    exported = boss.get("/console/statistics/export.csv", asked).content.decode()
    assert "按机构,示例分公司,1" in exported
    assert root_unit().name not in exported
