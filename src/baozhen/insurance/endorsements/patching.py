"""A policy's content, and what a change puts in its place: patches, and how they are made.

Content is a proposal as JSON (`proposals.intake.canonical`). A patch is a path in it and the value
that stands there afterwards; None takes the field away. Nothing here knows a database or a clock.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from baozhen.foundation.money import fen_from_yuan, yuan_from_fen
from baozhen.insurance.endorsements.errors import ChangeIncomplete
from baozhen.insurance.endorsements.pricing import base_premium_fen, line_fen
from baozhen.insurance.endorsements.states import ChangeKind
from baozhen.insurance.products.tables import Tables

Content = dict[str, Any]
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Patch:
    """One place of the content and what stands there after the change."""

    path: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked: the kind, the values, the cover it was asked for, and from which day.

    `first` is the content as the policies were issued: limits count from there. Premiums follow
    `tables`, those in force today; a year's tax follows `first_tables`, by which it was collected.
    """

    kind: ChangeKind
    values: Values
    cover: str
    effective_on: date
    tables: Tables
    first: Content
    first_tables: Tables


def apply(content: Content, patches: list[Patch]) -> Content:
    """Return a copy of the content with the patches in place and the sums worked out again."""
    changed = deepcopy(content)
    for patch in patches:
        *parents, last = patch.path.split(".")
        part: Any = changed
        for name in parents:
            part = part[int(name)] if isinstance(part, list) else part.setdefault(name, {})
        if patch.value is None:
            part.pop(last, None)
        else:
            part[last] = deepcopy(patch.value)
    _sum_up(changed)
    return changed


def _sum_up(content: Content) -> None:
    """The yearly premiums follow from their lines."""
    total = fen_from_yuan(content["compulsory"]["premium"])
    total += fen_from_yuan(content["vehicle_tax"]["total"])
    commercial = content.get("commercial")
    if commercial:
        fen = sum(fen_from_yuan(line["premium"]) for line in commercial["coverages"])
        commercial["premium"] = yuan_from_fen(fen)
        total += fen
    content["total"] = yuan_from_fen(total)


def repriced(content: Content, index: int, line: Content, asked: Asked) -> Iterator[Patch]:
    """Yield the line's new base, from the tables, and its premium by the policy's own factors."""
    base = base_premium_fen(content, index, asked.tables)
    factors = content["commercial"]["factors"]
    product = [Decimal(factors[name]) for name in ("ncd", "traffic_violation", "self_pricing")]
    place = f"commercial.coverages.{index}"
    yield Patch(f"{place}.base_premium", yuan_from_fen(base))
    yield Patch(f"{place}.premium", yuan_from_fen(line_fen(base, product)))


def value_of(asked: Asked, name: str, what: str) -> str:
    """Return a value that has to be given."""
    value = asked.values.get(name, "").strip()
    if not value:
        raise ChangeIncomplete(path=name, what=what)
    return value


def require_new(new: object, old: object, path: str, what: str) -> None:
    """Raise ChangeIncomplete for a value that says nothing new."""
    if new == old:
        raise ChangeIncomplete(path=path, what=what)


def day_of(text: str, path: str) -> date:
    """Return a day as forms send it."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ChangeIncomplete(path=path, what="日期请写成 2026-01-31 的样子") from error
