"""Figures of seals, files and signatures, as charts and tables, and their export."""

import csv
import io
from datetime import date, timedelta
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET
from openpyxl import Workbook

from baozhen.faces.console.access import needs
from baozhen.faces.console.frame import page
from baozhen.faces.words import DOCUMENT_TYPES
from baozhen.foundation.clock import today
from baozhen.insurance.policies.services.silent import CLIENT as ISSUING
from baozhen.signing.envelopes.forms import flows
from baozhen.signing.envelopes.states import TYPE_LABELS, ActionType
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import scope_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.statistics.queries import figures, sums
from baozhen.signing.statistics.states import MEASURE_LABELS, Measure

_DAYS = 30
_DAYS_MAX = 750
_TITLES = {"day": "按日", "unit": "按机构", "type": "按类型", "channel": "按渠道"}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS = {Measure.FILES: "files", Measure.SEALS: "seal_uses", Measure.SIGNATURES: "envelopes"}


@needs(Permission.VIEW_STATISTICS)
@require_GET
def statistics(request: HttpRequest) -> HttpResponse:
    """Show the figures of one measure."""
    measure, since, until = _asked(request)
    tables = _tables(request)
    context = {
        "here": "statistics",
        "measure": measure.value,
        "measures": [(one.value, label) for one, label in MEASURE_LABELS.items()],
        "since": since.isoformat(),
        "until": until.isoformat(),
        "tables": [(title, rows) for title, rows in tables],
        "total": sum(count for _, count in tables[0][1]),
        "charts": {title: [list(row) for row in rows] for title, rows in tables},
        "query": urlencode(
            {"measure": measure.value, "from": since.isoformat(), "to": until.isoformat()}
        ),
        "rows_href": f"{reverse(f'console:{_ROWS[measure]}')}?"
        + urlencode({"from": since.isoformat(), "to": until.isoformat()}),
    }
    return page(request, "console/statistics/charts.html", context)


@needs(Permission.VIEW_STATISTICS)
@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the tables as CSV or XLSX."""
    if kind not in {"csv", "xlsx"}:
        raise Http404
    rows = [(title, label, count) for title, lines in _tables(request) for label, count in lines]
    data, media_type = (
        (_csv(rows), "text/csv; charset=utf-8")
        if kind == "csv"
        else (
            _xlsx(rows),
            _XLSX,
        )
    )
    headers = {"Content-Disposition": f'attachment; filename="statistics.{kind}"'}
    return HttpResponse(data, content_type=media_type, headers=headers)


def safe(value: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _tables(request: HttpRequest) -> list[tuple[str, list[tuple[str, int]]]]:
    measure, since, until = _asked(request)
    units = OrgUnit.objects.filter(pk__in=scope_of(request.user, Permission.VIEW_STATISTICS))
    found = figures(
        measure,
        since=since,
        until=until + timedelta(days=1),
        units=list(units.values_list("pk", flat=True)),
    )
    tables = [
        (title, [(_word(measure, by, label), count) for label, count in sums(found, by)])
        for by, title in _TITLES.items()
    ]
    return [(tables[0][0], _whole(tables[0][1], since, until)), *tables[1:]]


def _whole(rows: list[tuple[str, int]], since: date, until: date) -> list[tuple[str, int]]:
    """Return every day of the time, those of nothing too: a line may not leap over them."""
    counts = dict(rows)
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


def _asked(request: HttpRequest) -> tuple[Measure, date, date]:
    word = request.GET.get("measure", "")
    measure = Measure(word) if word in set(Measure) else Measure.SEALS
    until = _day(request.GET.get("to", "")) or today()
    since = _day(request.GET.get("from", "")) or until - timedelta(days=_DAYS)
    return measure, max(since, until - timedelta(days=_DAYS_MAX)), until


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _csv(rows: list[tuple[str, str, int]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("统计", "项目", "数量"))
    writer.writerows((title, safe(label), count) for title, label, count in rows)
    # Excel reads UTF-8 by the mark in front.
    return ("\ufeff" + out.getvalue()).encode()


def _xlsx(rows: list[tuple[str, str, int]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("统计")
    sheet.append(("统计", "项目", "数量"))
    for title, label, count in rows:
        sheet.append((title, safe(label), count))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
