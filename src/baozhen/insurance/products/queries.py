"""Reads of the products stage: the tables in force on a day, or of named versions."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import Q

from baozhen.insurance.products.errors import TableUnknown
from baozhen.insurance.products.kinds import kinds
from baozhen.insurance.products.models import TableVersion
from baozhen.insurance.products.offers import Product, filings
from baozhen.insurance.products.solvency import SOLVENCY
from baozhen.insurance.products.states import TableState
from baozhen.insurance.products.tables import SHIPPED, TABLE_NAMES, Tables, build_tables

SHIPPED_BY = "system:shipped"
_APPROVED = (TableState.APPROVED, TableState.RETIRED)


def tables_on(day: date) -> Tables:
    """Return the rating tables in force on a day: approved versions, or what ships with us."""
    chosen = _in_force(day, TABLE_NAMES)
    return _built(tuple(sorted(chosen.values())))


def tables_of(versions: Mapping[str, str]) -> Tables:
    """Return the tables of named versions, for a replay; raises TableUnknown."""
    rows = TableVersion.objects.filter(state__in=_APPROVED, table__in=list(versions))
    keys = {
        table: key
        for key, table, version in rows.values_list("pk", "table", "version")
        if versions[table] == version
    }
    for table, version in versions.items():
        if table not in keys and SHIPPED.versions.get(table) != version:
            raise TableUnknown(name=f"{table} {version}")
    return _built(tuple(sorted(keys.values())))


def _in_force(day: date, names: tuple[str, ...]) -> dict[str, int]:
    """Return the key of the version in force by table; a table without any is left out."""
    rows = TableVersion.objects.filter(
        Q(effective_to__isnull=True) | Q(effective_to__gte=day),
        state=TableState.APPROVED,
        table__in=names,
        effective_from__lte=day,
    )
    return dict(rows.order_by("effective_from").values_list("table", "pk"))


@lru_cache(maxsize=16)
def _built(keys: tuple[int, ...]) -> Tables:
    """Return the tables of versions by key; approved versions never change."""
    if not keys:
        return SHIPPED
    rows = TableVersion.objects.filter(pk__in=keys).values_list("table", "content")
    contents = _shipped_contents() | dict(rows)
    return build_tables(contents)


def _shipped_contents() -> dict[str, dict[str, Any]]:
    found = kinds()
    return {name: kind.shipped() for name in TABLE_NAMES if (kind := found[name]).shipped}


def keys_in_force(day: date) -> set[int]:
    """Return the keys of the versions in force on a day, of every table."""
    return set(_in_force(day, tuple(kinds())).values())


def version_before(version: TableVersion) -> dict[str, Any] | None:
    """Return the content that a version takes the place of, or None for a first one."""
    earlier = TableVersion.objects.filter(
        table=version.table,
        state__in=_APPROVED,
        effective_from__lte=version.effective_from,
    ).exclude(pk=version.pk)
    found = earlier.order_by("-effective_from", "-pk").first()
    if found is None:
        return None
    content: dict[str, Any] = found.content
    return content


def content_on(name: str, day: date) -> dict[str, Any]:
    """Return the raw content of one table in force on a day; raises TableUnknown."""
    kind = kinds().get(name)
    key = _in_force(day, (name,)).get(name)
    if key is not None:
        content: dict[str, Any] = TableVersion.objects.values_list("content", flat=True).get(pk=key)
        return content
    if kind is None or kind.shipped is None:
        raise TableUnknown(name=name)
    return kind.shipped()


def content_of(key: str) -> dict[str, Any]:
    """Return the content of one version by its key; raises TableUnknown."""
    found = TableVersion.objects.filter(pk=int(key)).first() if key.isdecimal() else None
    if found is None:
        raise TableUnknown(name=key)
    content: dict[str, Any] = found.content
    return content


def contents_on(day: date) -> dict[str, dict[str, Any]]:
    """Return the raw content of every table in force on a day."""
    rows = TableVersion.objects.filter(pk__in=_in_force(day, tuple(kinds())).values())
    stored = {row.table: row.content for row in rows}
    shipped = {
        name: kind.shipped()
        for name, kind in kinds().items()
        if kind.shipped is not None and name not in stored
    }
    return shipped | stored


def products_on(day: date) -> Mapping[str, Product]:
    """Return the products of the table in force on a day."""
    return tables_on(day).products


def filings_on(day: date) -> Mapping[str, str]:
    """Return the filing number of each product's clauses, by the table in force on a day."""
    return filings(products_on(day))


def solvency_on(day: date) -> dict[str, Any] | None:
    """Return the solvency figures that were entered and approved by a day, or None."""
    try:
        return content_on(SOLVENCY, day)
    except TableUnknown:
        return None
