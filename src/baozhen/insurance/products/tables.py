"""The product's rating tables of one day: versioned data, validated as it is read.

`SHIPPED` are the tables that come with the programme; an installation's own versions, approved by
two persons, take their place from the day they name (`products.queries.tables_on`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import resources
from types import MappingProxyType
from typing import Any

from baozhen.insurance.products import table_parts as parts
from baozhen.insurance.products.commercial_rates import (
    CommercialRates,
    ModelLibrary,
    read_models,
    read_rates,
)
from baozhen.insurance.products.offers import Product, read_products
from baozhen.insurance.products.table_parts import TableError

_HEAD = ("table", "version", "jurisdiction", "region", "effective_from", "source", "confirmed")
TABLE_NAMES = (
    "compulsory_base",
    "compulsory_floats",
    "regions",
    "compulsory_short_term",
    "compulsory_limits",
    "tractor_compulsory",
    "coverages",
    "commercial_factors",
    "commercial_rates",
    "vehicle_models",
    "vehicle_tax",
    "vehicle_tax_regions",
    "depreciation",
    "special_agreements",
    "products",
)


@dataclass(frozen=True, slots=True)
class Tables:
    """Every table in force, read into typed rows, with the version of each."""

    versions: Mapping[str, str]
    unconfirmed: frozenset[str]
    compulsory_classes: Mapping[str, parts.RateClass]
    class_of_use: Mapping[str, Mapping[str, str]]
    class_of_kind: Mapping[str, str]
    tractors: Mapping[str, Any]
    float_schemes: Mapping[str, Mapping[str, Decimal]]
    codes_without_float: frozenset[str]
    kinds_without_float: frozenset[str]
    grounds_without_float: frozenset[str]
    provinces: Mapping[str, parts.Province]
    cities: Mapping[str, parts.Province]
    short_term_percent: tuple[int, ...]
    limits_fault: Mapping[str, int]
    limits_no_fault: Mapping[str, int]
    covers: Mapping[str, Mapping[str, parts.CoverKind]]
    third_party_limit_yuan: tuple[int, int]
    scratch_limits_yuan: frozenset[int]
    ncd_by_level: Mapping[int, Decimal]
    self_pricing: Mapping[str, tuple[parts.FiledRange, ...]]
    traffic_violation: Mapping[str, tuple[Decimal, Decimal]]
    expense_ratio: Decimal
    rates: CommercialRates
    models: ModelLibrary
    vehicle_tax: Mapping[str, Any]
    tax_bands: tuple[parts.TaxBand, ...]
    tax_schedules: Mapping[str, parts.TaxSchedule]
    depreciation: Mapping[str, Any]
    special_agreements: Mapping[str, str]
    float_codes: frozenset[str]
    ncd_values: frozenset[Decimal]
    products: Mapping[str, Product]


def load_table(name: str) -> dict[str, Any]:
    """Return a shipped table by name, with its head checked."""
    text = resources.files(__package__).joinpath(f"data/{name}.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    check_head(name, table)
    return table


def check_head(name: str, table: Mapping[str, Any]) -> None:
    """Raise TableError unless a table says what it is, since when, and from where."""
    missing = [key for key in _HEAD if key not in table]
    if missing or table["table"] != name:
        raise TableError(f"{name}: head lacks {missing or 'its own name'}")
    date.fromisoformat(table["effective_from"])


def shipped_contents() -> dict[str, dict[str, Any]]:
    """Return the raw content of every shipped table."""
    return {name: load_table(name) for name in TABLE_NAMES}


def build_tables(contents: Mapping[str, Mapping[str, Any]]) -> Tables:
    """Read raw tables into one; raises TableError where one is wrong or they do not fit."""
    try:
        return _build(contents)
    except (KeyError, ValueError, TypeError, IndexError, ArithmeticError) as error:
        if isinstance(error, TableError):
            raise
        raise TableError(f"{type(error).__name__}: {error}") from error


def _build(contents: Mapping[str, Mapping[str, Any]]) -> Tables:
    base, floats = contents["compulsory_base"], contents["compulsory_floats"]
    factors, limits = contents["commercial_factors"], contents["compulsory_limits"]
    offered, statute = contents["coverages"], contents["vehicle_tax"]
    schemes, covers = parts.float_schemes(floats), parts.covers(offered)
    return Tables(
        versions=MappingProxyType({name: contents[name]["version"] for name in TABLE_NAMES}),
        unconfirmed=frozenset(name for name in TABLE_NAMES if not contents[name]["confirmed"]),
        compulsory_classes=parts.compulsory_classes(base),
        class_of_use=MappingProxyType(base["class_of_use"]),
        class_of_kind=MappingProxyType(base["class_of_kind"]),
        tractors=MappingProxyType(contents["tractor_compulsory"]),
        float_schemes=schemes,
        codes_without_float=frozenset(floats["codes_without_float"]),
        kinds_without_float=frozenset(floats["kinds_without_float"]),
        grounds_without_float=frozenset(floats["grounds_without_float"]),
        provinces=parts.provinces(contents["regions"]["provinces"], schemes),
        cities=parts.provinces(contents["regions"].get("cities", {}), schemes),
        short_term_percent=_percents(contents["compulsory_short_term"]),
        limits_fault=MappingProxyType(limits["fault"]),
        limits_no_fault=MappingProxyType(limits["no_fault"]),
        covers=covers,
        third_party_limit_yuan=tuple(offered["third_party_limit_yuan"]),
        scratch_limits_yuan=frozenset(offered["scratch_limits_yuan"]),
        ncd_by_level=_ncd(factors),
        self_pricing=parts.self_pricing(factors),
        traffic_violation=_violations(factors),
        expense_ratio=_expense_ratio(factors),
        rates=read_rates(contents["commercial_rates"], covers),
        models=read_models(contents["vehicle_models"]),
        vehicle_tax=MappingProxyType(statute),
        tax_bands=parts.tax_bands(statute),
        tax_schedules=parts.tax_schedules(statute, contents["vehicle_tax_regions"]),
        depreciation=MappingProxyType(contents["depreciation"]),
        special_agreements=MappingProxyType(contents["special_agreements"]["agreements"]),
        float_codes=frozenset(floats["codes"]),
        ncd_values=frozenset(_ncd(factors).values()),
        products=read_products(contents["products"]),
    )


def _percents(table: Mapping[str, Any]) -> tuple[int, ...]:
    percents = tuple(int(percent) for percent in table["percent_by_months"])
    if len(percents) != 12 or sorted(percents) != list(percents) or percents[-1] != 100:  # noqa: PLR2004
        raise TableError("compulsory_short_term: twelve rising percents up to 100 are wanted")
    return percents


def _ncd(table: Mapping[str, Any]) -> Mapping[int, Decimal]:
    by_level = {int(level): Decimal(value) for level, value in table["ncd_by_level"].items()}
    ladder = [by_level[level] for level in sorted(by_level)]
    if sorted(ladder) != ladder or by_level[0] != 1 or ladder[0] <= 0:
        raise TableError("commercial_factors: the NCD ladder does not rise, or level 0 is not 1")
    return MappingProxyType(by_level)


def _violations(table: Mapping[str, Any]) -> Mapping[str, tuple[Decimal, Decimal]]:
    ranges = {
        region: (Decimal(low), Decimal(high))
        for region, (low, high) in table["traffic_violation"].items()
    }
    if any(not 0 < low <= high for low, high in ranges.values()) or "default" not in ranges:
        raise TableError("commercial_factors: a range of the traffic violation factor is empty")
    return MappingProxyType(ranges)


def _expense_ratio(table: Mapping[str, Any]) -> Decimal:
    ratio = Decimal(table["expense_ratio"])
    if not 0 <= ratio < 1:
        raise TableError("commercial_factors: an expense ratio lies between 0 and 1")
    return ratio


SHIPPED = build_tables(shipped_contents())

# The version of every shipped table; what was quoted by them is kept with the policy.
TABLE_VERSIONS = SHIPPED.versions
PROVINCES = SHIPPED.provinces
PROVINCE_NAMES = frozenset(province.name for province in PROVINCES.values())
