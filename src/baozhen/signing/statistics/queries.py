"""Read the figures: sums by day, unit, type or channel, among the units one may see."""

from collections.abc import Collection
from datetime import date

from django.db.models import F, QuerySet, Sum

from baozhen.signing.statistics.models import DayFigure, Statement, UsageRecord
from baozhen.signing.statistics.states import Measure

GROUPS = {"day": "day", "unit": "unit__name", "type": "type", "channel": "channel"}


def figures(
    measure: Measure, *, since: date, until: date, units: Collection[int]
) -> QuerySet[DayFigure]:
    """Return the figures of these days (`until` not included) and units."""
    return DayFigure.objects.filter(
        measure=measure, day__gte=since, day__lt=until, unit__in=list(units)
    )


def sums(rows: QuerySet[DayFigure], by: str) -> list[tuple[str, int]]:
    """Return label and sum: days in order, everything else the greatest first."""
    counted = rows.annotate(label=F(GROUPS[by])).values("label").annotate(total=Sum("count"))
    order = ("label",) if by == "day" else ("-total", "label")
    return [(str(row["label"]), row["total"]) for row in counted.order_by(*order)]


def statements_of(units: Collection[int]) -> QuerySet[Statement]:
    """Return the statements of these units, the newest month first."""
    rows = Statement.objects.filter(unit__in=list(units)).select_related("unit")
    return rows.order_by("-month", "unit__path")


def usage_of(
    units: Collection[int], *, kind: str = "", month: date | None = None, unit: int | None = None
) -> QuerySet[UsageRecord]:
    """Return the chargeable uses of these units, the newest first."""
    rows = UsageRecord.objects.filter(unit__in=list(units)).select_related("unit")
    asked = {"kind": kind, "month": month, "unit": unit}
    wanted = {name: value for name, value in asked.items() if value not in ("", None)}
    return rows.filter(**wanted).order_by("-month", "-pk")
