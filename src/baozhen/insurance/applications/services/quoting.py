"""What a filled-in application costs: the packages side by side, and the choice that was made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from baozhen.foundation.errors import Refusal
from baozhen.insurance.applications.packages import (
    COMPULSORY_ONLY,
    OWN,
    Package,
    packages_for,
)
from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.products.queries import tables_on
from baozhen.insurance.products.rating import Quote, Record, quote, request_from_content
from baozhen.insurance.products.tables import Tables
from baozhen.insurance.proposals.faults import Fault
from baozhen.insurance.proposals.values import CHINA, day
from baozhen.insurance.underwriting.services import vehicle_record

TRIP_GROUND = "临时上道路"
_FIRST_DAY = timedelta(days=1)
_LAST_DAY = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Priced:
    """What a choice came to: parts of a proposal's content, or why it has no price."""

    sections: Mapping[str, Any] = field(default_factory=dict)
    stored: dict[str, Any] | None = None
    total_fen: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One column of the table that compares packages: the quote, or why there is none."""

    package: Package | None
    made: Quote | None
    why_not: str = ""


def tables_for(at: datetime) -> Tables:
    """Return the tables that quotes of this moment rest on."""
    return tables_on(at.astimezone(CHINA).date())


def price(
    content: Mapping[str, Any], inputs: Mapping[str, Any], *, proposal_no: str, at: datetime
) -> Priced:
    """Return what the chosen covers cost; without a choice, what is missing."""
    cover = inputs.get("cover") or {}
    faults = judge_facts(cover, content.get("form", ""), at)
    if "package" not in cover:
        faults.append(
            Fault("cover_not_chosen", "cover.package", "请选择一种方案；可以只买交强险。")
        )
    if faults:
        return Priced(faults=tuple(faults))
    try:
        made = quote_of(content, cover, chosen_covers(content, cover), at=at)
    except Refusal as refusal:
        return Priced(faults=(Fault(refusal.code, refusal.path, f"{refusal}。"),))
    sections = made.sections(policy_numbers(proposal_no))
    return Priced(
        sections=sections,
        stored={**made.stored(), "package": cover["package"]},
        total_fen=made.total_fen,
        versions=dict(made.versions),
    )


def compare(
    content: Mapping[str, Any], cover: Mapping[str, Any], *, at: datetime
) -> list[Comparison]:
    """Return the compulsory cover alone and every package, each with its price."""
    form = str(content["form"])
    columns: list[Package | None] = [None, *packages_for(form, content.get("vehicle") or {})]
    return [_column(content, cover, package, at) for package in columns]


def judge_facts(cover: Mapping[str, Any], form: str, at: datetime) -> list[Fault]:
    """Return what is wrong with the facts that a quote needs, besides the vehicle."""
    found = []
    starts_on = _day(cover.get("starts_on"))
    today = at.astimezone(CHINA).date()
    if starts_on is None:
        found.append(Fault("date_expected", "cover.starts_on", "请选择保险从哪一天开始。"))
    elif not today + _FIRST_DAY <= starts_on <= today + _LAST_DAY:
        last = today + _LAST_DAY
        words = f"保险最早从明天、最晚从 {last.month}月{last.day}日开始，请重新选择。"
        found.append(Fault("cover_start_out_of_range", "cover.starts_on", words))
    if not isinstance(cover.get("record"), Mapping):
        found.append(
            Fault("record_missing", "cover.record", "还没有查到这辆车以往的投保和出险记录。")
        )
    if form == "single_trip" and cover.get("days") not in (10, 30):
        found.append(Fault("trip_days_missing", "cover.days", "请选择保险期间：10 天或 30 天。"))
    return found


def chosen_covers(
    content: Mapping[str, Any], cover: Mapping[str, Any]
) -> tuple[Mapping[str, Any], ...]:
    """Return the commercial covers that were chosen; none with the compulsory cover alone."""
    name = cover.get("package")
    if name == COMPULSORY_ONLY:
        return ()
    if name == OWN:
        return tuple(cover.get("covers") or ())
    for package in packages_for(str(content["form"]), content.get("vehicle") or {}):
        if package.code == name:
            return package.covers
    return ()


def quote_of(
    content: Mapping[str, Any],
    cover: Mapping[str, Any],
    covers: tuple[Mapping[str, Any], ...],
    *,
    at: datetime,
) -> Quote:
    """Return the quote for these covers; raises the refusals of products."""
    starts_on = _day(cover["starts_on"]) or at.astimezone(CHINA).date() + _FIRST_DAY
    period = _period(starts_on, content["form"], cover)
    asked = {
        **content,
        "submitted_at": at.astimezone(CHINA).isoformat(),
        "compulsory": {
            **period,
            "term_ground": TRIP_GROUND if content["form"] == "single_trip" else None,
        },
        "commercial": {**period, "coverages": [dict(one) for one in covers]} if covers else None,
        "vehicle_tax": cover.get("tax") or {},
    }
    own = cover.get("self_pricing")
    request = request_from_content(
        asked,
        record=Record(**cover["record"]),
        self_pricing=None if own is None else Decimal(own),
    )
    return quote(request, tables_for(at))


def record_of(content: Mapping[str, Any], starts_on: str) -> Record:
    """Return the vehicle's record as the industry platform tells it; raises RegisterOutage."""
    begins = f"{starts_on}T00:00:00+08:00"
    return vehicle_record({**content, "compulsory": {"cover_starts_at": begins}})


def policy_numbers(proposal_no: str) -> dict[str, str]:
    """Return the numbers that the policies of a proposal will have."""
    serial = proposal_no.removeprefix("TB")
    return {"compulsory": f"PDZA{serial}", "commercial": f"PDAA{serial}"}


def _column(
    content: Mapping[str, Any], cover: Mapping[str, Any], package: Package | None, at: datetime
) -> Comparison:
    try:
        made = quote_of(content, cover, package.covers if package else (), at=at)
    except Refusal as refusal:
        return Comparison(package=package, made=None, why_not=str(refusal))
    return Comparison(package=package, made=made)


def _period(starts_on: date, form: str, cover: Mapping[str, Any]) -> dict[str, str]:
    begins = datetime(starts_on.year, starts_on.month, starts_on.day, tzinfo=CHINA)
    period = {"cover_starts_at": begins.isoformat()}
    if form == "single_trip":
        period["cover_ends_at"] = (begins + timedelta(days=cover["days"])).isoformat()
    return period


def _day(text: object) -> date | None:
    try:
        read = day(text)
    except Unfit:
        return None
    return read if isinstance(read, date) else None
