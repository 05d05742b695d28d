"""The operation log: every act of the centre, for the audit officer alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import SHANGHAI

EXPORT_ROWS_MAX = 1_000_000
_TOP = 20


@dataclass(frozen=True, kw_only=True)
class OperationFilter:
    """Which acts: by whom, of what kind, of which object, when (half-open)."""

    actor: str = ""
    action: str = ""
    subject_type: str = ""
    subject_id: int | None = None
    since: datetime | None = None
    before: datetime | None = None


def find_operations(wanted: OperationFilter) -> QuerySet[AuditEntry]:
    """Return the acts, newest first."""
    found = AuditEntry.objects.order_by("-pk")
    if wanted.actor:
        found = found.filter(actor__startswith=wanted.actor)
    if wanted.action:
        found = found.filter(action__startswith=wanted.action)
    if wanted.subject_type:
        found = found.filter(subject_type=wanted.subject_type)
    if wanted.subject_id is not None:
        found = found.filter(subject_id=wanted.subject_id)
    if wanted.since is not None:
        found = found.filter(at__gte=wanted.since)
    if wanted.before is not None:
        found = found.filter(at__lt=wanted.before)
    return found


@dataclass(frozen=True, kw_only=True)
class OperationFigures:
    """How many acts by person, by action and by day."""

    total: int
    by_actor: list[tuple[str, int]]
    by_action: list[tuple[str, int]]
    by_day: list[tuple[str, int]]


def count_operations(wanted: OperationFilter) -> OperationFigures:
    """Count what the filter finds."""
    found = find_operations(wanted).order_by()
    by_day = (
        found.annotate(day=TruncDate("at", tzinfo=SHANGHAI))
        .values("day")
        .annotate(count=Count("pk"))
        .order_by("day")
    )
    return OperationFigures(
        total=found.count(),
        by_actor=_top(found, "actor"),
        by_action=_top(found, "action"),
        by_day=[(row["day"].isoformat(), row["count"]) for row in by_day],
    )


def _top(found: QuerySet[AuditEntry], column: str) -> list[tuple[str, int]]:
    rows = found.values(column).annotate(count=Count("pk")).order_by("-count", column)[:_TOP]
    return [(row[column], row["count"]) for row in rows]


def export_operations(wanted: OperationFilter) -> Iterator[AuditEntry]:
    """Yield the acts for a file, oldest last, in constant memory."""
    yield from find_operations(wanted)[:EXPORT_ROWS_MAX].iterator(chunk_size=2_000)
