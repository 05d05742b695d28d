"""The product's own rating tables: versioned data, read once and validated as it is read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import resources
from itertools import pairwise
from types import MappingProxyType
from typing import Any

_HEAD = ("table", "version", "jurisdiction", "region", "effective_from", "source", "confirmed")
_VERSIONS: dict[str, str] = {}

# The version of every table in use; what was quoted by them is kept with the policy.
TABLE_VERSIONS: Mapping[str, str] = MappingProxyType(_VERSIONS)


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
    """A province of GB/T 2260, its plate prefix and its compulsory float scheme."""

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


def load_table(name: str) -> dict[str, Any]:
    """Return a table by name, with its head checked, and note its version."""
    text = resources.files(__package__).joinpath(f"data/{name}.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    missing = [key for key in _HEAD if key not in table]
    if missing or table["table"] != name:
        raise TableError(f"{name}: head lacks {missing or 'its own name'}")
    date.fromisoformat(table["effective_from"])
    _VERSIONS[name] = table["version"]
    return table


def bands(rows: Sequence[Sequence[int | None]], name: str) -> tuple[Band, ...]:
    """Return rows of [low, high, yuan] as bands that join without gap or overlap."""
    made = tuple(Band(low or 0, high, (yuan or 0) * 100) for low, high, yuan in rows)
    for one, following in pairwise(made):
        if one.high != following.low:
            raise TableError(f"{name}: bands do not join at {one.high}")
    if not made or any(band.fen <= 0 for band in made):
        raise TableError(f"{name}: empty, or an amount that is not positive")
    return made


def _compulsory_classes(table: dict[str, Any]) -> Mapping[str, RateClass]:
    return MappingProxyType(
        {
            name: RateClass(entry["label"], entry["by"], bands(entry["rows"], name))
            for name, entry in table["classes"].items()
        }
    )


def _schemes(table: dict[str, Any]) -> Mapping[str, Mapping[str, Decimal]]:
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


def _provinces(table: dict[str, Any], schemes: Mapping[str, object]) -> Mapping[str, Province]:
    provinces = {
        code: Province(code, name, prefix, scheme)
        for code, (name, prefix, scheme) in table["provinces"].items()
    }
    for province in provinces.values():
        if province.scheme is not None and province.scheme not in schemes:
            raise TableError(f"regions: {province.name} has an unknown float scheme")
    return MappingProxyType(provinces)


def _covers(table: dict[str, Any]) -> Mapping[str, Mapping[str, CoverKind]]:
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


def _self_pricing(table: dict[str, Any]) -> Mapping[str, tuple[FiledRange, ...]]:
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


def _tax_bands(table: dict[str, Any]) -> tuple[TaxBand, ...]:
    rows = tuple(
        TaxBand(low, high, least * 100, most * 100)
        for low, high, least, most in table["passenger_by_ml"]
    )
    amounts = table["demo_region"]["passenger"]
    # A province sets its amount inside the statutory range (车船税法 第二条).
    for row, yuan in zip(rows, amounts, strict=True):
        if not row.least_fen <= yuan * 100 <= row.most_fen:
            raise TableError("vehicle_tax: an amount of the region is outside the statutory range")
    return rows


_BASE = load_table("compulsory_base")
_FLOATS = load_table("compulsory_floats")
_FACTORS = load_table("commercial_factors")
_LIMITS = load_table("compulsory_limits")
_COVERAGES = load_table("coverages")

COMPULSORY_CLASSES = _compulsory_classes(_BASE)
CLASS_OF_USE: Mapping[str, Mapping[str, str]] = MappingProxyType(_BASE["class_of_use"])
CLASS_OF_KIND: Mapping[str, str] = MappingProxyType(_BASE["class_of_kind"])

FLOAT_SCHEMES = _schemes(_FLOATS)
FLOAT_CODES = frozenset(_FLOATS["codes"])
CODES_WITHOUT_FLOAT = frozenset(_FLOATS["codes_without_float"])
KINDS_WITHOUT_FLOAT = frozenset(_FLOATS["kinds_without_float"])
GROUNDS_WITHOUT_FLOAT = frozenset(_FLOATS["grounds_without_float"])
PROVINCES = _provinces(load_table("regions"), FLOAT_SCHEMES)
PROVINCE_NAMES = frozenset(province.name for province in PROVINCES.values())

SHORT_TERM_PERCENT: tuple[int, ...] = tuple(
    load_table("compulsory_short_term")["percent_by_months"]
)
LIMITS_FAULT: Mapping[str, int] = MappingProxyType(_LIMITS["fault"])
LIMITS_NO_FAULT: Mapping[str, int] = MappingProxyType(_LIMITS["no_fault"])

COVERS = _covers(_COVERAGES)
THIRD_PARTY_LIMIT_YUAN: tuple[int, int] = tuple(_COVERAGES["third_party_limit_yuan"])
SCRATCH_LIMITS_YUAN = frozenset(_COVERAGES["scratch_limits_yuan"])
NCD_VALUES = frozenset(Decimal(value) for value in _FACTORS["ncd_by_level"].values())
NCD_BY_LEVEL: Mapping[int, Decimal] = MappingProxyType(
    {int(level): Decimal(value) for level, value in _FACTORS["ncd_by_level"].items()}
)
SELF_PRICING = _self_pricing(_FACTORS)
TRAFFIC_VIOLATION: Mapping[str, tuple[Decimal, Decimal]] = MappingProxyType(
    {
        region: (Decimal(low), Decimal(high))
        for region, (low, high) in _FACTORS["traffic_violation"].items()
    }
)
EXPENSE_RATIO = Decimal(_FACTORS["expense_ratio"])

VEHICLE_TAX: Mapping[str, Any] = MappingProxyType(load_table("vehicle_tax"))
TAX_BANDS = _tax_bands(load_table("vehicle_tax"))
DEPRECIATION: Mapping[str, Any] = MappingProxyType(load_table("depreciation"))
DEMO_RATES: Mapping[str, Any] = MappingProxyType(load_table("demo_rates"))
SPECIAL_AGREEMENTS: Mapping[str, str] = MappingProxyType(
    load_table("special_agreements")["agreements"]
)
