"""One step of a quote's explanation, and how its figures are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """What was worked out, the formula with its figures, and the tables it rests on."""

    section: str
    item: str
    formula: str
    amount_fen: int | None
    tables: tuple[str, ...] = ()

    def as_json(self, versions: Mapping[str, str]) -> dict[str, Any]:
        """Return the step with the version of each table."""
        return {
            "section": self.section,
            "item": self.item,
            "formula": self.formula,
            "amount": None if self.amount_fen is None else amount(self.amount_fen),
            "tables": [f"{name}@{versions[name]}" for name in self.tables],
        }


def amount(fen: int) -> str:
    """Return 137645 as 1376.45, as JSON and input write it."""
    return f"{fen // 100}.{fen % 100:02d}"


def yuan(fen: int) -> str:
    """Return 137645 as 1,376.45元."""
    return f"{fen // 100:,}.{fen % 100:02d}元"


def wan(fen: int) -> str:
    """Return a limit as 200万元, or in yuan where it is no whole number of 万."""
    return f"{fen // 1_000_000}万元" if fen and fen % 1_000_000 == 0 else yuan(fen)


def percent(rate: Decimal) -> str:
    """Return -0.35 as -35%."""
    return f"{(rate * 100).normalize():f}%"


def plain(number: Decimal) -> str:
    """Return a number without trailing zeros or exponent."""
    return f"{number.normalize():f}"
