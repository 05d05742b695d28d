"""Figures by REST: sums of seals, files and signatures; monthly statements."""

from datetime import date, timedelta
from typing import Annotated, Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import Cursor, Limit, PageInfo, client_of_request, page_of
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.limits import QUERY
from baozhen.foundation.clock import today
from baozhen.signing.integrations.models import ConnectedSystem
from baozhen.signing.organizations.models import ApiClient, OrgUnit
from baozhen.signing.organizations.services import Scope
from baozhen.signing.statistics.models import Statement
from baozhen.signing.statistics.queries import figures, statements_of, sums
from baozhen.signing.statistics.states import ChargeMode, Measure, StatementState, UsageKind

router = Router(tags=["统计"])
_DAYS = 30
_DAYS_MAX = 750


class FigureInfo(Schema):
    """One sum."""

    label: str
    count: int


class FiguresInfo(Schema):
    """Sums of one measure over some days (both included)."""

    measure: Measure
    since: date
    until: date
    total: int
    by_day: list[FigureInfo]
    by_unit: list[FigureInfo]
    by_type: list[FigureInfo]
    by_channel: list[FigureInfo] = Field(description="用印为流程，文件为来源，签署为发起方")


class StatementLineInfo(Schema):
    """What one kind of use costs a unit in a month."""

    kind: UsageKind
    mode: ChargeMode | None = Field(description="null 为没有价格，只计数")
    count: int
    total_fen: int


class StatementInfo(Schema):
    """What one unit owes head office for one month, in fen."""

    unit: str = Field(description="机构编号")
    month: str = Field(description="如 2026-11")
    state: StatementState
    total_fen: int
    lines: list[StatementLineInfo]


class StatementPage(PageInfo):
    """A page of statements."""

    items: list[StatementInfo]


Month = Annotated[
    str, Query(pattern=r"^(2[0-9]{3}-(0[1-9]|1[0-2]))?$", description="月份，如 2026-11")
]


@router.get(
    "/statistics/{measure}",
    response={200: FiguresInfo, **PROBLEMS},
    auth=Bearer(Scope.STATISTICS_READ, QUERY),
    summary="统计数据",
)
def get_figures(
    request: HttpRequest, measure: Measure, since: date | None = None, until: date | None = None
) -> dict[str, Any]:
    """Return the sums; at most 750 days, the last thirty by default."""
    last = min(until or today(), today())
    first = max(since or last - timedelta(days=_DAYS), last - timedelta(days=_DAYS_MAX))
    units = _units(client_of_request(request))
    rows = figures(measure, since=first, until=last + timedelta(days=1), units=units)
    by = {name: sums(rows, name) for name in ("day", "unit", "type", "channel")}
    answer: dict[str, Any] = {
        f"by_{name}": [{"label": label, "count": count} for label, count in lines]
        for name, lines in by.items()
    }
    total = sum(count for _, count in by["day"])
    return {"measure": measure, "since": first, "until": last, "total": total, **answer}


@router.get(
    "/statements",
    response={200: StatementPage, **PROBLEMS},
    auth=Bearer(Scope.STATISTICS_READ, QUERY),
    summary="清分单",
)
def list_statements(
    request: HttpRequest, month: Month = "", cursor: Cursor = "", limit: Limit = 50
) -> dict[str, Any]:
    """Return the monthly statements of the client's units, the newest first."""
    found = statements_of(_units(client_of_request(request)))
    if month:
        found = found.filter(month=f"{month}-01")
    rows = found.prefetch_related("lines")
    return page_of(rows, cursor=cursor, limit=limit, key="-month").answer(_statement)


def _statement(row: Statement) -> dict[str, Any]:
    lines = sorted(row.lines.all(), key=lambda line: line.pk)
    return {
        "unit": row.unit.public_id,
        "month": f"{row.month:%Y-%m}",
        "state": row.state,
        "total_fen": row.total_fen,
        "lines": [
            {
                "kind": line.kind,
                "mode": line.mode or None,
                "count": line.count,
                "total_fen": line.total_fen,
            }
            for line in lines
        ],
    }


def _units(client: ApiClient) -> list[int]:
    """Return the units whose figures a client may read.

    A connected system reads those of its own unit and below; a key that stands for no system is
    head office's own and reads all.
    """
    systems = ConnectedSystem.objects.filter(client=client)
    found = OrgUnit.objects.all()
    if systems.exists():
        where = Q(pk__in=[])
        for path in systems.filter(active=True).values_list("unit__path", flat=True):
            where |= Q(path__startswith=path)
        found = found.filter(where)
    return list(found.values_list("pk", flat=True))
