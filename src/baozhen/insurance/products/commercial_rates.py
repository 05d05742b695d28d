"""The insurer's own commercial rates and its library of models, read from their raw tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from baozhen.insurance.products.table_parts import TableError

METHODS = frozenset({"model", "limits", "amounts", "per_seat", "rate", "fixed", "share", "none"})


@dataclass(frozen=True, slots=True)
class RiskClass:
    """A class of vehicles that pay one rate; the first that fits is taken."""

    name: str
    label: str
    kinds: frozenset[str]
    uses: frozenset[str]  # empty: every use
    seats: tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class CoverRate:
    """How a cover's base premium is found.

    `is_pure`: the figures are pure risk premiums, to be divided by 1 - expense ratio.
    `amounts`: yuan by sum insured in yuan; `classes`: the same by risk class.
    """

    method: str
    is_pure: bool
    figure: Decimal
    amounts: Mapping[int, Decimal]
    classes: Mapping[str, Mapping[int, Decimal]]
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommercialRates:
    """The rates of every form: covers, classes of risk, discounts, what the factors do."""

    covers: Mapping[str, Mapping[str, CoverRate]]
    classes: tuple[RiskClass, ...]
    deductible_discounts: Mapping[Decimal, Decimal]
    water_exclusion_discount: Decimal
    value_rate: Decimal
    value_tolerance: Decimal
    forms_without_ncd: frozenset[str]
    self_pricing: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the library: what fixes its hull rate, pure risk in fen by full years of age."""

    code: str
    brand_model: str
    pure_risk_fen: tuple[int, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ModelLibrary:
    """The models by code, and the share of the price that others pay as pure risk, by form."""

    models: Mapping[str, Model]
    share_of_new_price: Mapping[str, Decimal]


def read_rates(
    table: Mapping[str, Any], covers: Mapping[str, Mapping[str, object]]
) -> CommercialRates:
    """Return the rates; every cover that a form offers has one."""
    read = {
        form: MappingProxyType({code: _rate(code, entry) for code, entry in entries.items()})
        for form, entries in table["covers"].items()
    }
    for form, offered in covers.items():
        missing = sorted(set(offered) - set(read.get(form, {})))
        if missing:
            raise TableError(f"commercial_rates: {form} has no rate for {'、'.join(missing)}")
    return CommercialRates(
        covers=MappingProxyType(read),
        classes=tuple(
            RiskClass(
                entry["name"],
                entry["label"],
                frozenset(entry["kinds"]),
                frozenset(entry["uses"]),
                tuple(entry["seats"]),
            )
            for entry in table["classes"]
        ),
        deductible_discounts=_decimals(table["deductible_discounts"], Decimal),
        water_exclusion_discount=Decimal(table["water_exclusion_discount"]),
        value_rate=Decimal(table["value_rate"]),
        value_tolerance=Decimal(table["value_tolerance"]),
        forms_without_ncd=frozenset(table["forms_without_ncd"]),
        self_pricing=_decimals(table["self_pricing"], str),
    )


def _rate(code: str, entry: Mapping[str, Any]) -> CoverRate:
    if entry["method"] not in METHODS:
        raise TableError(f"commercial_rates: {code} has an unknown method")
    rate = CoverRate(
        method=entry["method"],
        is_pure=entry.get("is_pure", False),
        figure=Decimal(entry.get("figure", "0")),
        amounts=_decimals(entry.get("amounts", {}), int),
        classes=MappingProxyType(
            {name: _decimals(rows, int) for name, rows in entry.get("classes", {}).items()}
        ),
        of=tuple(entry.get("of", ())),
    )
    figures = [rate.figure, *rate.amounts.values()]
    figures += [figure for rows in rate.classes.values() for figure in rows.values()]
    if any(figure < 0 for figure in figures):
        raise TableError(f"commercial_rates: {code} has a negative figure")
    return rate


def _decimals(table: Mapping[str, str], key: Any) -> Mapping[Any, Decimal]:
    return MappingProxyType({key(name): Decimal(text) for name, text in table.items()})


def read_models(table: Mapping[str, Any]) -> ModelLibrary:
    """Return the library; each model has a pure risk for its first year at least."""
    models = {}
    for code, entry in table["models"].items():
        by_age = tuple(int(Decimal(text) * 100) for text in entry["pure_risk_by_age"])
        if not by_age or min(by_age) <= 0:
            raise TableError(f"vehicle_models: {code} has no pure risk, or none that is positive")
        models[code] = Model(code, entry["brand_model"], by_age, MappingProxyType(entry))
    shares = _decimals(table["share_of_new_price"], str)
    return ModelLibrary(MappingProxyType(models), shares)
