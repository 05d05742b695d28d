"""Quotes by REST: one vehicle, several packages of covers side by side, each explained."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.limits import QUERY
from baozhen.foundation.clock import shanghai_date, today
from baozhen.foundation.errors import Refusal
from baozhen.insurance.products.queries import tables_on
from baozhen.insurance.products.rating import quote, request_from_json
from baozhen.insurance.products.tables import Tables
from baozhen.insurance.underwriting.register import VehicleQuery, get_register
from baozhen.signing.organizations.services import Scope

router = Router(tags=["报价"])
_PACKAGES_MAX, _COVERS_MAX = 6, 40
_Yuan = Annotated[
    str, Field(pattern=r"^(0|[1-9][0-9]{0,10})\.[0-9]{2}$", description="元，两位小数")
]
_Factor = Annotated[str, Field(pattern=r"^[0-9](\.[0-9]{1,6})?$")]
_Word = Annotated[str, Field(max_length=40)]
_Count = Annotated[int, Field(ge=0, le=1000)]
_Amount = Annotated[int, Field(ge=1, le=200_000)]


class PileFacts(Schema):
    """自用充电桩 or equipment: what it is worth."""

    value: _Yuan


class QuotedVehicle(Schema):
    """The vehicle, with the field names of a proposal."""

    vin: _Word | None = Field(None, description="给出时按车架号查询出险记录")
    kind: _Word
    use_nature: _Word
    fuel: _Word
    seats: int = Field(ge=1, le=99)
    curb_mass_kg: _Amount
    new_price: _Yuan
    model_code: _Word = ""
    approved_load_kg: _Amount | None = None
    displacement_ml: Annotated[int, Field(ge=1, le=30_000)] | None = None
    power_kw: Annotated[str, Field(pattern=r"^[0-9]{1,4}(\.[0-9])?$")] | None = None
    motorcycle_class: _Word | None = None
    tractor_type: _Word | None = None
    special_class: Annotated[int, Field(ge=1, le=4)] | None = None
    first_registered_on: date | None = None
    invoice_on: date | None = None
    transferred: bool = False
    transferred_on: date | None = None
    charging_pile: PileFacts | None = None
    fixed_equipment: list[PileFacts] = Field(default_factory=list, max_length=30)


class QuotedPeriod(Schema):
    """交强险: the period; shorter than a year only on a ground."""

    cover_starts_at: datetime
    cover_ends_at: datetime | None = None
    term_ground: _Word | None = None


class QuotedCover(Schema):
    """One cover of a package."""

    code: _Word
    sum_insured: _Yuan | None = None
    seats: Annotated[int, Field(ge=1, le=99)] | None = None
    deductible_rate: _Factor | None = None


class QuotedPackage(Schema):
    """One choice of covers; none: 交强险 alone."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    covers: list[QuotedCover] = Field(default_factory=list, max_length=_COVERS_MAX)
    self_pricing: _Factor | None = None
    traffic_violation: _Factor = "1"


class QuotedRecord(Schema):
    """The record that moves the premiums; left out, the platform is asked."""

    first_insured: bool = True
    free_years: _Count = 0
    accidents: _Count = 0
    fatal: bool = False
    claim_free_years: _Count = 0
    claims: _Count = 0
    gap_months: _Count = 0
    previous_level: Annotated[int, Field(ge=-4, le=5)] | None = None


class QuoteAsked(Schema):
    """What shall be quoted."""

    form: _Word
    region: _Word = Field(description="出单地区的省级行政区划代码")
    channel: _Word | None = None
    vehicle: QuotedVehicle
    compulsory: QuotedPeriod
    packages: list[QuotedPackage] = Field(min_length=1, max_length=_PACKAGES_MAX)
    record: QuotedRecord | None = None


class QuoteStep(Schema):
    """One step of the explanation."""

    section: str
    item: str
    formula: str
    amount: str | None
    tables: list[str]


class QuoteRefusal(Schema):
    """Why a package cannot be quoted."""

    code: str
    path: str
    message: str


class QuotedResult(Schema):
    """One package: its sections as a proposal has them, or why not."""

    name: str
    total: str | None
    sections: dict[str, Any] | None
    steps: list[QuoteStep]
    refusal: QuoteRefusal | None


class QuoteAnswer(Schema):
    """The packages side by side, and the tables they rest on."""

    quoted_on: date
    versions: dict[str, str]
    unconfirmed: list[str] = Field(description="含未确认事实的费率表")
    packages: list[QuotedResult]


@router.post(
    "/quotes",
    response={200: QuoteAnswer, **PROBLEMS},
    auth=Bearer(Scope.PROPOSALS_READ, QUERY),
    summary="报价，可一次比较多个险种组合",
)
def make_quotes(request: HttpRequest, asked: QuoteAsked) -> dict[str, Any]:
    """Quote every package by the tables of today; nothing is stored."""
    day = today()
    tables = tables_on(day)
    raw = asked.model_dump(mode="json", exclude={"packages"})
    raw |= {"quoted_on": day.isoformat(), "record": raw["record"] or _record(asked)}
    return {
        "quoted_on": day,
        "versions": dict(tables.versions),
        "unconfirmed": sorted(tables.unconfirmed),
        "packages": [_result(raw, package, tables) for package in asked.packages],
    }


def _record(asked: QuoteAsked) -> dict[str, Any]:
    """Return what the industry platform tells of the vehicle; a first insurance without a VIN."""
    if asked.vehicle.vin is None:
        return {}
    query = VehicleQuery(
        vin=asked.vehicle.vin,
        plate_no=None,
        registered_on=asked.vehicle.first_registered_on or asked.vehicle.invoice_on,
        starts_on=shanghai_date(asked.compulsory.cover_starts_at),
    )
    found = get_register().record(query)
    return {name: getattr(found, name) for name in QuotedRecord.model_fields}


def _result(raw: Mapping[str, Any], package: QuotedPackage, tables: Tables) -> dict[str, Any]:
    commercial = None
    if package.covers:
        period = raw["compulsory"]
        chosen = package.model_dump(mode="json", exclude={"name"})
        commercial = {**chosen, **{name: period[name] for name in _PERIOD}}
    try:
        made = quote(request_from_json({**raw, "commercial": commercial}), tables)
    except Refusal as refusal:
        told = {"code": refusal.code, "path": refusal.path, "message": str(refusal)}
        return {
            "name": package.name,
            "total": None,
            "sections": None,
            "steps": [],
            "refusal": told,
        }
    sections = made.sections()
    return {
        "name": package.name,
        "total": sections["total"],
        "sections": sections,
        "steps": [step.as_json(made.versions) for step in made.explain()],
        "refusal": None,
    }


_PERIOD = ("cover_starts_at", "cover_ends_at")
