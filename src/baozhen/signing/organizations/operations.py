"""The operation log: every act of the centre, for the audit officer alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.apps import apps
from django.db.models import Count, Model, Q, QuerySet
from django.db.models.functions import TruncDate

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import SHANGHAI

EXPORT_ROWS_MAX = 1_000_000
_TOP = 20
_NUMBERS = frozenset({"public_id", "number", "order_no", "refund_no", "proposal_no"})


@dataclass(frozen=True, kw_only=True)
class OperationFilter:
    """Which acts: by whom, of what kind, of which object, when (half-open).

    `actor` is a whole name as it is recorded or its beginning; a bare one is a person of the staff.
    `number` is what people call the object: its public id, policy, claim or order number.
    """

    actor: str = ""
    action: str = ""
    number: str = ""
    subject_type: str = ""
    subject_id: int | None = None
    since: datetime | None = None
    before: datetime | None = None


def find_operations(wanted: OperationFilter) -> QuerySet[AuditEntry]:
    """Return the acts, newest first."""
    found = AuditEntry.objects.order_by("-pk")
    if wanted.actor:
        found = found.filter(_by(wanted.actor))
    if wanted.action:
        found = found.filter(action__startswith=wanted.action)
    if wanted.number:
        found = found.filter(_about(wanted.number))
    if wanted.subject_type:
        found = found.filter(subject_type=wanted.subject_type)
    if wanted.subject_id is not None:
        found = found.filter(subject_id=wanted.subject_id)
    if wanted.since is not None:
        found = found.filter(at__gte=wanted.since)
    if wanted.before is not None:
        found = found.filter(at__lt=wanted.before)
    return found


def _by(actor: str) -> Q:
    named = Q(actor__startswith=actor)
    return named if ":" in actor else named | Q(actor__startswith=f"staff:{actor}")


def _about(number: str) -> Q:
    where = Q(pk__in=[])
    for noun, key in objects_named(number):
        where |= Q(subject_type=noun, subject_id=key)
    return where


def objects_named(number: str) -> list[tuple[str, int]]:
    """Return the objects that bear this number, as the acts name them; every room is asked."""
    return [
        (noun, key)
        for model, noun, column in _numbered()
        for key in model._default_manager.filter(**{column: number}).values_list("pk", flat=True)
    ]


@cache
def _numbered() -> list[tuple[type[Model], str, str]]:
    """Return the models with a number that is theirs alone, their nouns, and its column."""
    return [
        (model, getattr(model, "NOUN", "") or _snake(model.__name__), field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.name in _NUMBERS and field.unique
    ]


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


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
