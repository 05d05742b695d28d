"""How long a document is kept. Pure: the rules are data, the dates are given.

保险法 第八十七条 and S0-5c: five years from the end of a cover of up to a year, ten years from the
end of a longer one; identity, payment and proposal records ten years.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from baozhen.foundation.errors import Refusal

_DATA = Path(__file__).with_name("data") / "retention.json"


class RetentionRuleMissing(Refusal):
    """No rule says how long such a document is kept, so it may not be archived."""

    code = "retention_rule_missing"
    message = "没有适用于“{kind}”的保管期限规则"


class RetentionRunning(Refusal):
    """The time is not up."""

    code = "retention_running"
    message = "卷宗 {dossier} 须保管至 {until}，不得销毁"


class LegalHoldInForce(Refusal):
    """Somebody needs the documents, however old."""

    code = "legal_hold_in_force"
    message = "卷宗 {dossier} 处于法律冻结状态，不得销毁"


@dataclass(frozen=True, kw_only=True)
class RetentionRule:
    """Years from the end of the cover: one figure up to a year's cover, one beyond."""

    code: str
    kinds: frozenset[str]
    years_up_to_one: int
    years_beyond_one: int
    basis: str


@dataclass(frozen=True, kw_only=True)
class Retention:
    """The last day on which the document must exist, and the rule that says so."""

    until: date
    rule: str


def retention_of(
    kind: str, *, archived_on: date, cover: tuple[date, date] | None = None
) -> Retention:
    """Return how long a document of this kind is kept.

    `cover` is the half-open period (first day, day after the last); without one the time counts
    from the day of archiving. S0-7.1.4b: never less than the rule's years from that day.
    """
    rule = _rule_for(kind)
    long = cover is not None and cover[1] > add_years(cover[0], 1)
    years = rule.years_beyond_one if long else rule.years_up_to_one
    start = max(archived_on, cover[1]) if cover else archived_on
    return Retention(until=add_years(start, years), rule=rule.code)


def check_disposal(dossier: str, *, until: Iterable[date], held: bool, today: date) -> None:
    """Raise unless the dossier may be destroyed today: its longest rule wins, a hold above all."""
    if held:
        raise LegalHoldInForce(dossier=dossier)
    last = max(until)
    if today <= last:
        raise RetentionRunning(dossier=dossier, until=last.isoformat())


def add_years(day: date, years: int) -> date:
    """Return the same day years later; 29 February becomes 1 March, never a day too early."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _rule_for(kind: str) -> RetentionRule:
    for rule in retention_rules():
        if kind in rule.kinds:
            return rule
    raise RetentionRuleMissing(kind=kind)


@cache
def retention_rules() -> tuple[RetentionRule, ...]:
    """Return the rules in force."""
    entries = json.loads(_DATA.read_text(encoding="utf-8"))
    return tuple(
        RetentionRule(
            code=entry["code"],
            kinds=frozenset(entry["kinds"]),
            years_up_to_one=entry["years_up_to_one"],
            years_beyond_one=entry["years_beyond_one"],
            basis=entry["basis"],
        )
        for entry in entries
    )
