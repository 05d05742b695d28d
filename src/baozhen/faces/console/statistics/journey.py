"""Figures of the motor journey as charts and tables; every figure leads to its rows."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.narrowing import branch_choices
from baozhen.faces.console.statistics import tables
from baozhen.faces.console.statistics.charts import asked_days
from baozhen.faces.console.statistics.journey_charts import CHARTS, Period
from baozhen.faces.console.statistics.tables import Chart
from baozhen.signing.organizations.roles import Permission


@needs(Permission.VIEW_STATISTICS)
@require_GET
def journey(request: HttpRequest) -> HttpResponse:
    """Show the charts whose rows one may see."""
    period = _period(request)
    charts = _charts(request, period)
    context = {
        "here": "journey_statistics",
        "branches": branch_choices(),
        "branch": period.branch,
        "since": period.since.isoformat(),
        "until": period.until.isoformat(),
        "charts": charts,
        "drawn": tables.drawn(charts),
        "query": period.narrowing.address(),
    }
    return page(request, "console/statistics/journey.html", context)


@needs(Permission.VIEW_STATISTICS)
@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the tables as CSV or XLSX."""
    return tables.export(_charts(request, _period(request)), kind, name="journey")


def _charts(request: HttpRequest, period: Period) -> list[Chart]:
    return [asked.make(period) for asked in CHARTS if may(request, asked.permission)]


def _period(request: HttpRequest) -> Period:
    since, until = asked_days(request)
    return Period(since=since, until=until, branch=request.GET.get("branch", "").strip())
