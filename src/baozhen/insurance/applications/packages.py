"""Suggested packages of covers, as data, and what may be chosen instead, cover by cover."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from baozhen.insurance.products.tables import Tables

# Only the compulsory cover: the law asks for no more, and nothing is bundled to it.
COMPULSORY_ONLY = "compulsory"
OWN = "own"
_SEAT_LIMITS_YUAN = (10_000, 20_000, 50_000, 100_000, 200_000)
_SUMMED = frozenset({"rate", "fixed"})
_FOLLOWS = frozenset({"hull", "theft", "external_grid", "pile_loss", "fixed_equipment"})


@dataclass(frozen=True, slots=True)
class Package:
    """A suggestion: a name, a note in plain words, and the covers in the form of a choice."""

    code: str
    name: str
    note: str
    covers: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Choosable:
    """One cover that may be chosen: by what (`sums` in yuan, or an amount typed, or neither)."""

    code: str
    name: str
    needs: tuple[str, ...]
    sums: tuple[int, ...]
    is_typed: bool
    rates: tuple[str, ...]


@cache
def _load() -> Mapping[str, Any]:
    text = resources.files(__package__).joinpath("data/packages.json").read_text("utf-8")
    return dict(json.loads(text)["packages"])


def packages_for(form: str, vehicle: Mapping[str, Any]) -> tuple[Package, ...]:
    """Return the packages for a vehicle; what it does not have is not insured."""
    has = {
        "passengers": isinstance(vehicle.get("seats"), int) and vehicle["seats"] > 1,
        "charging_pile": bool(vehicle.get("charging_pile")),
        "fixed_equipment": bool(vehicle.get("fixed_equipment")),
    }
    return tuple(
        Package(
            entry["code"],
            entry["name"],
            entry["note"],
            tuple(
                {name: value for name, value in cover.items() if name != "if"}
                for cover in entry["covers"]
                if has.get(cover.get("if", ""), True)
            ),
        )
        for entry in _load()[form]
    )


def choosable(form: str, tables: Tables) -> tuple[Choosable, ...]:
    """Return every cover of a form with the sums that its rates know."""
    found = []
    for code, kind in tables.covers[form].items():
        rate = tables.rates.covers[form][code]
        amounts: set[int] = set(rate.amounts)
        for rows in rate.classes.values():
            amounts |= set(rows)
        if rate.method == "per_seat":
            amounts = set(_SEAT_LIMITS_YUAN)
        is_deductible = kind.role == "deductible"
        found.append(
            Choosable(
                code,
                kind.name,
                kind.needs,
                tuple(sorted(amounts)),
                rate.method in _SUMMED and kind.role not in _FOLLOWS,
                tuple(str(one) for one in tables.rates.deductible_discounts)
                if is_deductible
                else (),
            )
        )
    return tuple(found)
