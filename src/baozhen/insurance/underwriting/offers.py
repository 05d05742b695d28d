"""Counter-offers 新方案: which terms an underwriter may change, and the content with them. Pure.

An offer is `{"covers": [{"code", "sum_insured"?, "deductible_rate"?, "removed"?}],
"self_pricing"?}`. `apply_offer` changes the choices alone; the premiums are rated anew.
"""

from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal, InvalidOperation
from typing import Any

from baozhen.insurance.products.tables import Tables
from baozhen.insurance.underwriting.errors import OfferInvalid

_MAIN_ROLES = frozenset({"hull", "third_party", "driver", "passengers", "theft"})


def check_offer(content: Mapping[str, Any], offer: Mapping[str, Any], tables: Tables) -> None:
    """Raise OfferInvalid unless the offer changes terms that the proposal has."""
    lines = {line["code"] for line in (content.get("commercial") or {}).get("coverages", [])}
    covers = offer.get("covers", [])
    if not covers and offer.get("self_pricing") is None:
        raise OfferInvalid(why="没有改变任何条件")
    for cover in covers:
        if cover["code"] not in lines:
            raise OfferInvalid(path="covers", why=f"投保单没有险别 {cover['code']}")
        rate = cover.get("deductible_rate")
        if rate is not None and _decimal(rate) not in tables.rates.deductible_discounts:
            raise OfferInvalid(path="covers", why=f"免赔率 {rate} 不在费率表中")
        if (sum_insured := cover.get("sum_insured")) is not None:
            _decimal(sum_insured)
    if offer.get("self_pricing") is not None:
        _decimal(offer["self_pricing"])


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise OfferInvalid(why=f"{text} 不是数字") from None


def apply_offer(
    content: Mapping[str, Any], offer: Mapping[str, Any], tables: Tables
) -> dict[str, Any]:
    """Return the content with the offered terms; rate it with the offered self-pricing factor."""
    changed = deepcopy(dict(content))
    commercial = changed.get("commercial")
    if commercial is None:
        return changed
    terms = {cover["code"]: cover for cover in offer.get("covers", [])}
    offered = tables.covers[changed["form"]]
    lines = []
    for line in commercial["coverages"]:
        term = terms.get(line["code"], {})
        if term.get("removed"):
            continue
        for name in ("sum_insured", "deductible_rate"):
            if term.get(name) is not None:
                line[name] = term[name]
        lines.append(line)
    kept = _without_orphans(lines, offered)
    if any(line.get("deductible_rate") for line in kept):
        kept = _with_clause(kept, offered)
    commercial["coverages"] = kept
    if not kept:
        changed["commercial"] = None
    return changed


def _without_orphans(lines: list[dict[str, Any]], offered: Mapping[str, Any]) -> list[Any]:
    """Leave out the additional covers whose main cover is gone (示范条款 总则)."""
    codes = {line["code"] for line in lines}
    return [
        line
        for line in lines
        if not offered[line["code"]].needs or codes.intersection(offered[line["code"]].needs)
    ]


def _with_clause(lines: list[dict[str, Any]], offered: Mapping[str, Any]) -> list[Any]:
    """Add the clause that carries deductibles, where it is not chosen yet."""
    if any(offered[line["code"]].role == "deductible" for line in lines):
        return lines
    clause = next(kind for kind in offered.values() if kind.role == "deductible")
    return [*lines, {"code": clause.code, "name": clause.name, "sum_insured": "0.00"}]
