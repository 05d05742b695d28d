"""A figure, its target, and the table that people read."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured figure; without a target it explains others."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else ""

    @property
    def is_met(self) -> bool | None:
        if self.at_most is not None:
            return self.value <= self.at_most
        return self.value >= self.at_least if self.at_least is not None else None

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "is_met": self.is_met}


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def print_table(title: str, figures: Sequence[Figure]) -> None:
    print(f"\n{title}")
    words = {True: "达到", False: "未达到", None: ""}
    for figure in figures:
        value = f"{figure.value:,.2f} {figure.unit}"
        print(f"  {value:>18}  {figure.target:>8}  {words[figure.is_met]:　<3}  {figure.name}")
