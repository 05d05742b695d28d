"""The products on offer: filing, clauses, laws, and where, through whom and since when sold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from baozhen.insurance.products.clauses import clause_products
from baozhen.insurance.products.norms import norms
from baozhen.insurance.products.table_parts import TableError


@dataclass(frozen=True, slots=True)
class Product:
    """One filed product; `form` None: of every form; regions and channels None: all."""

    code: str
    title: str
    form: str | None
    filing_no: str
    regions: frozenset[str] | None
    channels: frozenset[str] | None
    effective_from: date
    effective_to: date | None
    clauses: str
    clauses_version: str
    norms: tuple[str, ...]

    def is_sold(self, *, region: str, channel: str | None, on: date) -> bool:
        """Tell whether it may be sold there, through that channel, on that day."""
        return (
            self.effective_from <= on
            and (self.effective_to is None or on <= self.effective_to)
            and (self.regions is None or not self.regions.isdisjoint({region, region[:2]}))
            and (self.channels is None or channel is None or channel in self.channels)
        )


def read_products(table: Mapping[str, Any]) -> Mapping[str, Product]:
    """Return the products by code; each has a filing, known clauses and known laws."""
    found = {}
    for code, entry in table["products"].items():
        product = Product(
            code=code,
            title=entry["title"],
            form=entry["form"],
            filing_no=entry["filing_no"],
            regions=_choice(entry["regions"]),
            channels=_choice(entry["channels"]),
            effective_from=date.fromisoformat(entry["effective_from"]),
            effective_to=_day(entry["effective_to"]),
            clauses=entry["clauses"],
            clauses_version=entry["clauses_version"],
            norms=tuple(entry["norms"]),
        )
        if not product.filing_no.strip():
            raise TableError(f"products: {code} 没有备案号")
        if product.clauses not in clause_products():
            raise TableError(f"products: {code} 的条款 {product.clauses} 不存在")
        unknown = [norm for norm in product.norms if norm not in norms()]
        if unknown or not product.norms:
            raise TableError(f"products: {code} 没有列明依据，或依据不在目录中：{unknown}")
        found[code] = product
    clauses = sorted(product.clauses for product in found.values())
    if clauses != sorted(clause_products()):
        raise TableError("products: 每份条款须有且只有一个产品，停售的以 effective_to 写明")
    return MappingProxyType(found)


def filings(products: Mapping[str, Product]) -> Mapping[str, str]:
    """Return the filing number of each product's clauses, by the name of the clauses."""
    return {product.clauses: product.filing_no for product in products.values()}


def _choice(words: list[str] | None) -> frozenset[str] | None:
    return None if words is None else frozenset(words)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
