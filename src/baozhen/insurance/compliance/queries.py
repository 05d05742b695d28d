"""Reads of the registers."""

from collections.abc import Mapping
from datetime import date

from django.db.models import Q, QuerySet

from baozhen.insurance.compliance.errors import DataItemUnknown, DutyUnknown
from baozhen.insurance.compliance.models import DataItem, Duty
from baozhen.insurance.compliance.states import DutyState

OVERDUE = "overdue"


def get_duty(code: str) -> Duty:
    """Return a duty by its code or raise DutyUnknown."""
    found = Duty.objects.filter(code=code).first()
    if found is None:
        raise DutyUnknown(code=code)
    return found


def get_item(code: str) -> DataItem:
    """Return a line of the data catalogue or raise DataItemUnknown."""
    found = DataItem.objects.filter(code=code).first()
    if found is None:
        raise DataItemUnknown(code=code)
    return found


def list_duties(wanted: Mapping[str, str], *, on: date) -> QuerySet[Duty]:
    """Return duties by state, topic, owner or clause; those with the nearest date first."""
    rows = Duty.objects.order_by("due", "code")
    state = wanted.get("state", "")
    if state == OVERDUE:
        rows = rows.filter(overdue(on))
    elif state:
        rows = rows.filter(state=state)
    if wanted.get("topic"):
        rows = rows.filter(topic=wanted["topic"])
    search = wanted.get("search", "").strip()
    if search:
        rows = rows.filter(
            Q(requirements__icontains=search) | Q(title__icontains=search) | Q(owner=search)
        )
    return rows


def overdue(on: date) -> Q:
    """Return the condition of a duty whose date has gone by."""
    return Q(due__lt=on) & ~Q(state=DutyState.MET)


def list_items(wanted: Mapping[str, str]) -> QuerySet[DataItem]:
    """Return the catalogue by level and text."""
    rows = DataItem.objects.order_by("code")
    if wanted.get("level"):
        rows = rows.filter(level=wanted["level"])
    search = wanted.get("search", "").strip()
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(owner__icontains=search))
    return rows
