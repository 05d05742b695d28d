"""How documents write dates, periods, amounts and rates, and how fields share a row.

One format everywhere: 2026年1月15日 09:30, 1,376.45, -30%. All strings; nothing is decided here.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TypeVar

T = TypeVar("T")

Field = list[str]
Row = list[Field]

# China Standard Time has had no daylight saving since 1991; policies are younger.
_CHINA = timezone(timedelta(hours=8))
# A half row holds this many full-width characters; what is longer has a row of its own.
_HALF_ROW_WIDTH = 18.5
_FIRST_FULL_WIDTH = "\u2e80"
_NARROW = 0.6


def format_date(day: date) -> str:
    """2026年1月15日."""
    return f"{day.year}年{day.month}月{day.day}日"


def format_moment(at: datetime) -> str:
    """2026年1月15日 09:30:05, in China Standard Time."""
    local = at.astimezone(_CHINA)
    return f"{format_date(local.date())} {local:%H:%M:%S}"


def format_period(starts_at: datetime, ends_at: datetime) -> str:
    """A half-open period as policies say it: 自…零时起至…二十四时止."""
    return f"自{_hour(starts_at)}起至{_last_hour(ends_at)}止"


def figures(fen: int) -> str:
    """1,376.45 without the currency sign."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}{yuan:,}.{rest:02d}"


def plain(number: Decimal) -> str:
    """0.92 without an exponent or zeros at the end; whole numbers keep one decimal, as in 1.0."""
    text = f"{number.normalize():f}"
    return text if "." in text else f"{text}.0"


def format_rate(rate: Decimal) -> str:
    """-0.3 becomes -30%, 0 becomes 0%."""
    percent = f"{(rate * 100).normalize():f}"
    return f"+{percent}%" if rate > 0 else f"{percent}%" if rate else "0%"


def present(part: T | None) -> T:
    """The part, which the gate has made sure of; ValueError when somebody went round the gate."""
    if part is None:
        raise ValueError("the proposal lacks a part that its documents must show")
    return part


def pair_up(fields: Iterable[Field | None]) -> list[Row]:
    """Put two short fields in a row and a long one alone, in their order; None is left out."""
    rows: list[Row] = []
    for field in fields:
        if field is None:
            continue
        if _is_short(field) and rows and len(rows[-1]) == 1 and _is_short(rows[-1][0]):
            rows[-1].append(field)
        else:
            rows.append([field])
    return rows


def _is_short(field: Field) -> bool:
    wide = sum(character >= _FIRST_FULL_WIDTH for character in field[2])
    return wide + _NARROW * (len(field[2]) - wide) <= _HALF_ROW_WIDTH


def _hour(at: datetime) -> str:
    local = at.astimezone(_CHINA)
    if local.time() == time.min:
        return f"{format_date(local.date())}零时"
    return f"{format_date(local.date())}{local.hour}时{local.minute:02d}分"


def _last_hour(at: datetime) -> str:
    local = at.astimezone(_CHINA)
    if local.time() == time.min:
        return f"{format_date(local.date() - timedelta(days=1))}二十四时"
    return _hour(at)
