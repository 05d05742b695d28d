"""The facts that underwriting judges, taken from a proposal's content: no personal data."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from baozhen.foundation.clock import shanghai_date
from baozhen.insurance.products.rating import Record
from baozhen.insurance.products.rules import MONTHS_A_YEAR, full_months, region_of
from baozhen.insurance.products.tables import Tables

_VEHICLE_WORDS = ("kind", "use_nature", "fuel", "plate_type", "plate_status")


def facts_of(
    content: Mapping[str, Any], record: Record, *, has_duplicate: bool, on: date, tables: Tables
) -> dict[str, Any]:
    """Return every fact of `rules.FACTS`; None where the content does not tell."""
    vehicle, branch = content["vehicle"], content["branch"]
    compulsory = content["compulsory"]
    starts_on = shanghai_date(datetime.fromisoformat(compulsory["cover_starts_at"]))
    since = vehicle.get("first_registered_on") or vehicle.get("invoice_on")
    holder_born = content["policyholder"].get("birth_date")
    return {
        "form": content["form"],
        # A rule speaks of provinces; a city with rates of its own is in its province.
        "region": (region_of(branch["code"], branch["name"], tables) or "")[:2] or None,
        "channel": (content.get("source") or {}).get("channel"),
        **{f"vehicle.{name}": vehicle.get(name) for name in _VEHICLE_WORDS},
        "vehicle.imported": vehicle.get("imported", False),
        "vehicle.transferred": vehicle.get("transferred", False),
        "vehicle.age_years": _years(since, starts_on),
        "vehicle.new_price_yuan": Decimal(vehicle["new_price"]),
        "vehicle.seats": vehicle["seats"],
        "holder.age_years": _years(holder_born, on),
        "insured.kind": content["insured"].get("kind"),
        "compulsory.duplicate": has_duplicate,
        "compulsory.is_short": compulsory.get("term_ground") is not None,
        "period.days_ahead": (starts_on - on).days,
        **_cover_facts(content, tables),
        "record.first_insured": record.first_insured,
        "record.claims": record.claims,
        "record.accidents": record.accidents,
        "record.fatal": record.fatal,
        "record.gap_months": record.gap_months,
        "total_yuan": Decimal(content.get("total") or "0"),
    }


def _cover_facts(content: Mapping[str, Any], tables: Tables) -> dict[str, Any]:
    commercial = content.get("commercial") or {}
    lines = commercial.get("coverages") or []
    offered = tables.covers[content["form"]]
    roles = {
        offered[line["code"]].role: Decimal(line["sum_insured"])
        for line in lines
        if line["code"] in offered
    }
    own = (commercial.get("factors") or {}).get("self_pricing")
    return {
        "covers.is_commercial": bool(lines),
        "covers.codes": [line["code"] for line in lines],
        "covers.roles": sorted(roles),
        "covers.third_party_yuan": roles.get("third_party"),
        "covers.hull_yuan": roles.get("hull"),
        "factors.self_pricing": None if own is None else Decimal(own),
    }


def _years(since: str | None, until: date) -> int | None:
    if since is None:
        return None
    return full_months(date.fromisoformat(since), until) // MONTHS_A_YEAR
