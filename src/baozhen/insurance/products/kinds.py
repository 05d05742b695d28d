"""The kinds of versioned tables: rating tables, products, solvency, and what later stages add."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from baozhen.insurance.products.solvency import SOLVENCY, check_solvency
from baozhen.insurance.products.table_parts import TableError
from baozhen.insurance.products.tables import TABLE_NAMES, build_tables, load_table

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """One table: its name in words, how its content is checked, and what ships with us.

    `check` gets the content and the contents of every other table in force.
    """

    name: str
    title: str
    check: Callable[[Content, Mapping[str, Content]], object]
    shipped: Callable[[], dict[str, Any]] | None


_TITLES = {
    "compulsory_base": "交强险基础费率",
    "compulsory_floats": "交强险浮动方案",
    "regions": "地区",
    "compulsory_short_term": "短期费率系数",
    "compulsory_limits": "交强险责任限额",
    "tractor_compulsory": "拖拉机交强险费率",
    "coverages": "商业险险别",
    "commercial_factors": "商业险费率系数",
    "commercial_rates": "商业险费率",
    "vehicle_models": "车型库",
    "vehicle_tax": "车船税法定税额幅度",
    "vehicle_tax_regions": "各省车船税税额",
    "depreciation": "折旧系数",
    "special_agreements": "特别约定库",
    "products": "产品",
}
_installed: dict[str, Kind] = {}


def install_kind(kind: Kind) -> None:
    """Add the table of a later stage; called once, at start-up."""
    _installed[kind.name] = kind


def kinds() -> Mapping[str, Kind]:
    """Return every kind by name."""
    rating = {
        name: Kind(name, title, _check_rating, lambda name=name: load_table(name))  # type: ignore[misc]
        for name, title in _TITLES.items()
    }
    own = {
        SOLVENCY: Kind(SOLVENCY, "偿付能力", lambda content, _: check_solvency(content), None),
    }
    return {**rating, **own, **_installed}


def _check_rating(content: Content, in_force: Mapping[str, Content]) -> None:
    rating = {name: in_force[name] for name in TABLE_NAMES}
    build_tables({**rating, content["table"]: content})


def check_content(content: Content, in_force: Mapping[str, Content]) -> None:
    """Raise TableError unless a content may come into force beside the others."""
    kind = kinds()[content["table"]]
    try:
        kind.check(content, in_force)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        if isinstance(error, TableError):
            raise
        raise TableError(f"{kind.title}缺少或写错了一项：{error}") from error
