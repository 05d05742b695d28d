"""The parts of rating tables: typed rows, read from the raw JSON and validated as they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import Any


class TableError(ValueError):
    """A table of the product is not what it has to be; nothing is sold by it."""


@dataclass(frozen=True, slots=True)
class Band:
    """One row: from a lower to an upper bound (None: none), an amount in fen."""

    low: int
    high: int | None
    fen: int


@dataclass(frozen=True, slots=True)
class RateClass:
    """One class of the compulsory base table, looked up by seats, tonnes, cc or class."""

    label: str
    by: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Province:
    """A province or city of GB/T 2260, its plate prefix and its compulsory float scheme."""

    code: str
    name: str
    plate_prefix: str | None
    scheme: str | None


@dataclass(frozen=True, slots=True)
class CoverKind:
    """One cover that a form offers: its role, and the covers of which it needs one."""

    code: str
    name: str
    role: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FiledRange:
    """A filed range of a factor, in force from a day."""

    effective_from: date
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class TaxBand:
    """车船税: engines above `low` up to `high` ml, and the yearly range in fen."""

    low: int
    high: int | None
    least_fen: int
    most_fen: int


def bands(rows: Sequence[Sequence[int | None]], name: str) -> tuple[Band, ...]:
    """Return rows of [low, high, yuan] as bands that join without gap or overlap."""
    made = tuple(Band(low or 0, high, (yuan or 0) * 100) for low, high, yuan in rows)
    for one, following in pairwise(made):
        if one.high != following.low:
            raise TableError(f"{name}: bands do not join at {one.high}")
    if not made or any(band.fen <= 0 for band in made):
        raise TableError(f"{name}: empty, or an amount that is not positive")
    return made


def compulsory_classes(table: Mapping[str, Any]) -> Mapping[str, RateClass]:
    """Return the classes of the compulsory base table by name."""
    return MappingProxyType(
        {
            name: RateClass(entry["label"], entry["by"], bands(entry["rows"], name))
            for name, entry in table["classes"].items()
        }
    )


def float_schemes(table: Mapping[str, Any]) -> Mapping[str, Mapping[str, Decimal]]:
    """Return the rate of each float code, by scheme."""
    schemes = {}
    for name, texts in table["schemes"].items():
        rates = [Decimal(text) for text in texts]
        free_years, accidents = rates[:3], rates[3:]
        # More free years take more off, more and worse accidents put more on.
        if sorted(free_years, reverse=True) != free_years or sorted(accidents) != accidents:
            raise TableError(f"compulsory_floats: scheme {name} is not in the order of its codes")
        if not all(-1 < rate < 1 for rate in rates):
            raise TableError(f"compulsory_floats: scheme {name} has an impossible rate")
        schemes[name] = MappingProxyType(dict(zip(table["codes"], rates, strict=True)))
    return MappingProxyType(schemes)


def provinces(rows: Mapping[str, Any], schemes: Mapping[str, object]) -> Mapping[str, Province]:
    """Return provinces, or cities with rates of their own, by code; each scheme exists."""
    found = {
        code: Province(code, name, prefix, scheme) for code, (name, prefix, scheme) in rows.items()
    }
    for province in found.values():
        if province.scheme is not None and province.scheme not in schemes:
            raise TableError(f"regions: {province.name} has an unknown float scheme")
    return MappingProxyType(found)


def covers(table: Mapping[str, Any]) -> Mapping[str, Mapping[str, CoverKind]]:
    """Return the covers that each form offers, by code."""
    offered = {}
    for form, entries in table["coverages"].items():
        kinds = {
            code: CoverKind(code, entry["name"], entry["role"], tuple(entry["needs"]))
            for code, entry in entries.items()
        }
        if any(need not in kinds for kind in kinds.values() for need in kind.needs):
            raise TableError(f"coverages: {form} has a cover that needs an unknown one")
        if len({kind.name for kind in kinds.values()}) != len(kinds):
            raise TableError(f"coverages: {form} has two covers of one name")
        offered[form] = MappingProxyType(kinds)
    return MappingProxyType(offered)


def self_pricing(table: Mapping[str, Any]) -> Mapping[str, tuple[FiledRange, ...]]:
    """Return the filed ranges of the self-pricing factor by energy, in order of time."""
    ranges = {}
    for energy, rows in table["self_pricing"].items():
        filed = tuple(
            FiledRange(date.fromisoformat(row["from"]), Decimal(row["min"]), Decimal(row["max"]))
            for row in rows
        )
        if any(one.effective_from >= other.effective_from for one, other in pairwise(filed)):
            raise TableError(f"commercial_factors: ranges of {energy} are not in order of time")
        if any(one.low > one.high for one in filed):
            raise TableError(f"commercial_factors: a range of {energy} is empty")
        ranges[energy] = filed
    return MappingProxyType(ranges)


def tax_bands(table: Mapping[str, Any]) -> tuple[TaxBand, ...]:
    """Return the statutory ranges of passenger cars by displacement."""
    return tuple(
        TaxBand(low, high, least * 100, most * 100)
        for low, high, least, most in table["passenger_by_ml"]
    )


@dataclass(frozen=True, slots=True)
class TaxSchedule:
    """What one province asks a year, in fen; per_tonne by curb mass."""

    name: str
    passenger_fen: tuple[int, ...]
    bus_fen: int
    truck_per_tonne_fen: int
    special_per_tonne_fen: int
    motorcycle_fen: int


def tax_schedules(
    statute: Mapping[str, Any], regions: Mapping[str, Any]
) -> Mapping[str, TaxSchedule]:
    """Return the provinces' amounts by code; each lies in the statutory range (车船税法 第二条)."""
    schedules = {}
    for region, entry in regions["regions"].items():
        asked = [*zip(entry["passenger"], statute["passenger_by_ml"], strict=True)]
        ranges = [(yuan, row[2], row[3]) for yuan, row in asked]
        ranges += [
            (entry[name], *statute[name])
            for name in ("bus", "truck_per_tonne", "special_per_tonne", "motorcycle")
        ]
        if not all(least <= yuan <= most for yuan, least, most in ranges):
            raise TableError(
                f"vehicle_tax_regions: an amount of {region} is outside the statutory range"
            )
        schedules[region] = TaxSchedule(
            name=entry["name"],
            passenger_fen=tuple(yuan * 100 for yuan in entry["passenger"]),
            bus_fen=entry["bus"] * 100,
            truck_per_tonne_fen=entry["truck_per_tonne"] * 100,
            special_per_tonne_fen=entry["special_per_tonne"] * 100,
            motorcycle_fen=entry["motorcycle"] * 100,
        )
    if "default" not in schedules:
        raise TableError("vehicle_tax_regions: no default")
    return MappingProxyType(schedules)
