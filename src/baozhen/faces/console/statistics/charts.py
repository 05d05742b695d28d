"""Figures of seals, files and signatures, as charts and tables, and their export."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.statistics import tables
from baozhen.faces.console.statistics.tables import Chart, Line
from baozhen.faces.console.typed import typed_day
from baozhen.faces.words import DOCUMENT_TYPES
from baozhen.foundation.clock import today
from baozhen.insurance.policies.services.silent import CLIENT as ISSUING
from baozhen.signing.envelopes.forms import flows
from baozhen.signing.envelopes.states import TYPE_LABELS, ActionType
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import scope_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.statistics.models import DayFigure
from baozhen.signing.statistics.queries import figures, sums
from baozhen.signing.statistics.states import MEASURE_LABELS, Measure

_DAYS = 30
_DAYS_MAX = 750
_TITLES = {"day": "按日", "unit": "按机构", "type": "按类型", "channel": "按渠道"}
_ROWS = {Measure.FILES: "files", Measure.SEALS: "seal_uses", Measure.SIGNATURES: "envelopes"}


@needs(Permission.VIEW_STATISTICS)
@require_GET
def statistics(request: HttpRequest) -> HttpResponse:
    """Show the figures of one measure."""
    measure, since, until = _asked(request)
    charts = _charts(request)
    unit = request.GET.get("unit", "")
    context = {
        "here": "statistics",
        "units": _seen(request).order_by("path"),
        "unit": unit,
        "measure": measure.value,
        "measures": [(one.value, label) for one, label in MEASURE_LABELS.items()],
        "since": since.isoformat(),
        "until": until.isoformat(),
        "charts": charts,
        "total": sum(line.value for line in charts[0].lines),
        "drawn": tables.drawn(charts),
        "query": urlencode(
            {
                "measure": measure.value,
                "from": since.isoformat(),
                "to": until.isoformat(),
                "unit": unit,
            }
        ),
        "rows_href": f"{reverse(f'console:{_ROWS[measure]}')}?"
        + urlencode({"from": since.isoformat(), "to": until.isoformat()}),
    }
    return page(request, "console/statistics/charts.html", context)


@needs(Permission.VIEW_STATISTICS)
@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the tables as CSV or XLSX."""
    return tables.export(_charts(request), kind, name="statistics")


def _seen(request: HttpRequest) -> QuerySet[OrgUnit]:
    """Return the units whose figures this person may see."""
    return OrgUnit.objects.filter(pk__in=scope_of(request.user, Permission.VIEW_STATISTICS))


def _charts(request: HttpRequest) -> list[Chart]:
    measure, since, until = _asked(request)
    units = _seen(request)
    chosen = units.filter(public_id=request.GET.get("unit", "")).first()
    if chosen is not None:
        units = units.filter(path__startswith=chosen.path)
    found = figures(
        measure,
        since=since,
        until=until + timedelta(days=1),
        units=list(units.values_list("pk", flat=True)),
    )
    return [_chart(measure, found, by, since, until) for by in _TITLES]


def _chart(
    measure: Measure, found: QuerySet[DayFigure], by: str, since: date, until: date
) -> Chart:
    counted = [(_word(measure, by, label), count) for label, count in sums(found, by)]
    is_line = by == "day"
    if is_line:
        counted = whole(dict(counted), since, until)
    lines = [Line(label=label, value=count) for label, count in counted]
    return Chart(title=_TITLES[by], lines=lines, is_line=is_line)


def whole(counts: dict[str, int], since: date, until: date) -> list[tuple[str, int]]:
    """Return every day of the time, those of nothing too: a line may not leap over them."""
    if not counts:
        return []
    days = (since + timedelta(days=place) for place in range((until - since).days + 1))
    return [(day.isoformat(), counts.get(day.isoformat(), 0)) for day in days]


def _word(measure: Measure, by: str, label: str) -> str:
    """Return a code in Chinese; a name that a client chose stays as it is."""
    if label == ISSUING:
        return "保险出单系统"
    if by == "channel" and measure is not Measure.SIGNATURES and label in flows():
        return flows()[label].title
    if by == "type" and measure is Measure.SIGNATURES:
        return TYPE_LABELS.get(ActionType(label), label)
    return DOCUMENT_TYPES.get(label, label) if by == "type" else label


def asked_days(request: HttpRequest) -> tuple[date, date]:
    """Return the days that the address asks for: the last thirty, and not too many."""
    until = typed_day(request.GET.get("to", "")) or today()
    since = typed_day(request.GET.get("from", "")) or until - timedelta(days=_DAYS)
    return max(since, until - timedelta(days=_DAYS_MAX)), until


def _asked(request: HttpRequest) -> tuple[Measure, date, date]:
    word = request.GET.get("measure", "")
    measure = Measure(word) if word in set(Measure) else Measure.SEALS
    return measure, *asked_days(request)
