"""The staff pages of figures and charging."""

from datetime import date, timedelta

import pytest

from baozhen.foundation.clock import now, shanghai_date
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.statistics.models import PriceRule, Statement
from baozhen.signing.statistics.services import refresh_figures
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
    client.post(f"{where}/confirm")
    client.post(f"{where}/lock")
    assert Statement.objects.get().state == "locked"
    assert "合计,,5000" in client.get(f"{where}/export.csv").content.decode()
