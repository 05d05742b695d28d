"""Days and moments as staff type them; what is no date is None, and the page says what it means."""

from datetime import date, datetime, time, timedelta

from django.utils.dateparse import parse_date, parse_datetime

from baozhen.foundation.clock import SHANGHAI


def typed_day(text: str) -> date | None:
    """Return the day written as 2026-01-15."""
    try:
        return parse_date(text.strip())
    except ValueError:
        return None


def typed_midnight(text: str, *, days: int = 0) -> datetime | None:
    """Return when the typed day begins in Shanghai, or begins `days` later."""
    day = typed_day(text)
    return midnight(day + timedelta(days=days)) if day else None


def typed_moment(text: str) -> datetime | None:
    """Return the moment written as 2026-01-15T09:30; without a zone it is Shanghai's."""
    try:
        found = parse_datetime(text.strip())
    except ValueError:
        return None
    if found is None or found.tzinfo is not None:
        return found
    return found.replace(tzinfo=SHANGHAI)


def midnight(day: date) -> datetime:
    """Return when this day begins in Shanghai."""
    return datetime.combine(day, time.min, tzinfo=SHANGHAI)


def end_of_day(text: str) -> datetime | None:
    """Return when the typed day ends in Shanghai."""
    return typed_midnight(text, days=1)
