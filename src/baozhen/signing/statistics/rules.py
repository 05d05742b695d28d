"""What a month's use costs. Pure: whole fen throughout, so that nothing is ever rounded.

A price is whole fen a piece or a month; a sum of products of whole numbers needs no rounding. A
month is charged by the rule that is in force on its first day: rules change from month to month.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from baozhen.signing.statistics.states import ChargeMode, UsageKind


@dataclass(frozen=True, kw_only=True)
class Price:
    """One rule: `fen` a piece; `monthly_fen` a month, with `included` pieces in a package."""

    kind: UsageKind
    mode: ChargeMode
    fen: int = 0
    monthly_fen: int = 0
    included: int = 0
    unit: int | None = None
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Charge:
    """What one unit owes for one kind of use in one month."""

    kind: UsageKind
    count: int
    mode: ChargeMode | None
    total_fen: int


def charge(kind: UsageKind, count: int, price: Price | None) -> Charge:
    """Return what `count` pieces cost; without a price they are free, and the charge says so."""
    if price is None:
        return Charge(kind=kind, count=count, mode=None, total_fen=0)
    total = {
        ChargeMode.PIECE: count * price.fen,
        ChargeMode.PACKAGE: price.monthly_fen + max(count - price.included, 0) * price.fen,
        ChargeMode.MONTHLY: price.monthly_fen,
    }[price.mode]
    return Charge(kind=kind, count=count, mode=price.mode, total_fen=total)


def price_for(prices: Iterable[Price], kind: UsageKind, *, unit: int, on: date) -> Price | None:
    """Return the price in force: a unit's own before the general one, the newest before older."""
    valid = [
        price
        for price in prices
        if price.kind is kind
        and price.unit in {None, unit}
        and price.starts_on <= on
        and (price.ends_on is None or on < price.ends_on)
    ]
    return max(valid, key=lambda price: (price.unit is not None, price.starts_on), default=None)


def charges_of(
    counts: Mapping[UsageKind, int], prices: Iterable[Price], *, unit: int, month: date
) -> list[Charge]:
    """Return the lines of one unit's month; a monthly fee is owed without any use too."""
    known = list(prices)
    lines = []
    for kind in UsageKind:
        price = price_for(known, kind, unit=unit, on=month)
        line = charge(kind, counts.get(kind, 0), price)
        if line.count or line.total_fen:
            lines.append(line)
    return lines
