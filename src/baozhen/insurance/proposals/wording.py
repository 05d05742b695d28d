"""Amounts, days and moments as the sentences of faults write them."""

from datetime import date, datetime
from decimal import Decimal


def yuan(fen: int) -> str:
    """Return 137645 as ¥1,376.45."""
    return f"¥{fen // 100:,}.{fen % 100:02d}"


def moment(at: datetime) -> str:
    """Return an instant as 2026年1月15日 09:30:05."""
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M:%S}"


def day(on: date) -> str:
    """Return a date as 2026年1月15日."""
    return f"{on.year}年{on.month}月{on.day}日"


def percent(rate: Decimal) -> str:
    """Return a rate of -0.35 as -35%."""
    return f"{(rate * 100).normalize():f}%"
