"""The uses that are charged for, one by one: what a statement counts can be looked up here."""

from datetime import date
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import needs
from baozhen.faces.console.registers import Cell, Choice, Link, Register, show_register
from baozhen.faces.console.spreadsheets import streamed
from baozhen.faces.console.typed import typed_day
from baozhen.faces.templatetags.faces import stamp
from baozhen.signing.organizations.queries import scope_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.statistics.models import UsageRecord
from baozhen.signing.statistics.queries import usage_of
from baozhen.signing.statistics.states import USAGE_LABELS, UsageKind

_CHUNK = 2_000


@needs(Permission.MANAGE_CHARGING)
@require_GET
def usage(request: HttpRequest) -> HttpResponse:
    """List the uses of one's units."""
    units = scope_of(request.user, Permission.MANAGE_CHARGING).order_by("path")
    asked = {name: request.GET.get(name, "") for name in ("month", "kind", "unit")}
    query = urlencode({name: value for name, value in asked.items() if value})
    register = Register(
        here="charging",
        title="用量记录",
        note="每次用量只记一次；清分单按月汇总",
        columns=("时间", "用量", "来源编号", "机构"),
        empty=("list", "没有用量", "用印、签署、短信和认证发生后十分钟内会记在这里。"),
        filters=(
            Choice(name="month", label="月份", kind="month"),
            Choice(
                name="kind",
                label="用量",
                choices=[(kind.value, label) for kind, label in USAGE_LABELS.items()],
            ),
            Choice(
                name="unit", label="机构", choices=[(str(unit.pk), unit.name) for unit in units]
            ),
        ),
        links=(
            Link(href=reverse("console:charging"), label="清分单", icon="list"),
            Link(href=f"{reverse('console:usage_export')}?{query}", label="CSV", icon="download"),
        ),
    )
    return show_register(request, register, _rows(request), _cells)


@needs(Permission.MANAGE_CHARGING)
@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Send what the filter finds as CSV, however long it is."""
    rows = (
        (stamp(row.at), f"{row.month:%Y-%m}", row.get_kind_display(), row.source, row.unit.name)
        for row in _rows(request).iterator(chunk_size=_CHUNK)
    )
    return streamed("usage", ("时间", "月份", "用量", "来源编号", "机构"), rows)


def _rows(request: HttpRequest) -> QuerySet[UsageRecord]:
    unit, kind = request.GET.get("unit", ""), request.GET.get("kind", "")
    return usage_of(
        list(scope_of(request.user, Permission.MANAGE_CHARGING).values_list("pk", flat=True)),
        kind=kind if kind in set(UsageKind) else "",
        month=_month(request.GET.get("month", "")),
        unit=int(unit) if unit.isdecimal() and unit.isascii() and len(unit) < 19 else None,  # noqa: PLR2004
    )


def _month(typed: str) -> date | None:
    return typed_day(f"{typed.strip()}-01")


def _cells(row: UsageRecord) -> tuple[Cell, ...]:
    address = ""
    if row.kind == UsageKind.ENVELOPE:
        address = reverse("console:envelope", kwargs={"public_id": row.source})
    return (
        Cell(text=stamp(row.at)),
        Cell(text=row.get_kind_display()),
        Cell(text=row.source, is_code=True, href=address),
        Cell(text=row.unit.name),
    )
