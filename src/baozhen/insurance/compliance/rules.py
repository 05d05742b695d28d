"""When duties are due, and when somebody is reminded. Pure."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from baozhen.insurance.compliance.states import DutyState, Rhythm

REMINDER_DAYS = (30, 7, 0)
EVIDENCE_BYTES_MAX = 20 * 1024 * 1024
_MONTHS: Mapping[str, int] = MappingProxyType(
    {Rhythm.QUARTERLY: 3, Rhythm.HALF_YEARLY: 6, Rhythm.YEARLY: 12}
)


def next_due(rhythm: str, *, after: date) -> date | None:
    """Return the next date of a duty that returns; None for one that waits for an occasion.

    A date that the month does not have becomes its last day: 31 August + 6 months is 28 February.
    """
    months = _MONTHS.get(rhythm)
    if months is None:
        return None
    place = after.month - 1 + months
    year, month = after.year + place // 12, place % 12 + 1
    return date(year, month, min(after.day, monthrange(year, month)[1]))


def is_overdue(state: str, due: date | None, *, on: date) -> bool:
    """Return whether a duty should have been met by now and is not."""
    return state != DutyState.MET and due is not None and on > due


def reminder_step(state: str, due: date | None, *, on: date) -> int | None:
    """Return the reminder whose day has come (30, 7 or 0 days before), None when none has."""
    if state == DutyState.MET or due is None:
        return None
    left = (due - on).days
    steps = [days for days in REMINDER_DAYS if left <= days]
    return min(steps) if steps else None
