"""Quote requests as JSON: read from what is stored or sent, and written back."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from baozhen.insurance.products.errors import RequestUnreadable
from baozhen.insurance.products.rating.request import (
    CommercialChoice,
    CompulsoryChoice,
    CoverChoice,
    QuoteRequest,
    Record,
    TaxFacts,
    VehicleFacts,
)
from baozhen.insurance.products.rules import region_of

_WORDS = ("kind", "use_nature", "fuel", "model_code")
_NUMBERS = ("seats", "curb_mass_kg")
_WORDS_OPTIONAL = ("motorcycle_class", "tractor_type")
_NUMBERS_OPTIONAL = ("approved_load_kg", "displacement_ml", "special_class")
_PLAIN = (*_WORDS, *_NUMBERS, *_WORDS_OPTIONAL, *_NUMBERS_OPTIONAL)
_NUMBER_MAX = 10_000_000_000
_LEVELS = (-4, 5)
_VEHICLE_DAYS = ("first_registered_on", "invoice_on", "transferred_on")


def request_from_json(raw: Mapping[str, Any]) -> QuoteRequest:
    """Read a request; raises RequestUnreadable where a part is missing or not of its kind."""
    try:
        return QuoteRequest(
            form=_word(raw["form"]),
            region=_word(raw["region"]),
            quoted_on=date.fromisoformat(raw["quoted_on"]),
            vehicle=_vehicle(raw["vehicle"]),
            compulsory=_compulsory(raw["compulsory"]),
            commercial=_commercial(raw.get("commercial")),
            record=_record(raw.get("record") or {}),
            tax=_tax(raw.get("tax") or {}),
            channel=raw.get("channel"),
        )
    except (KeyError, ValueError, TypeError, AttributeError, InvalidOperation) as error:
        raise RequestUnreadable(what=str(error)) from error


def request_from_content(
    content: Mapping[str, Any],
    *,
    record: Record,
    self_pricing: Decimal | None = None,
    traffic_violation: Decimal = Decimal(1),
) -> QuoteRequest:
    """Read a request from the content of a proposal that is being filled in.

    Of its covers only the choices are read; premiums and factors that stand there are not. A sum
    insured of the hull is taken as agreed: leave it out to have it follow the vehicle's value.
    """
    try:
        branch = content["branch"]
        region = region_of(branch["code"], branch["name"])
        submitted_at = _moment(content["submitted_at"])
        commercial = content.get("commercial")
        chosen = None
        if commercial is not None:
            chosen = {
                "cover_starts_at": commercial["cover_starts_at"],
                "cover_ends_at": commercial.get("cover_ends_at"),
                "covers": commercial["coverages"],
                "self_pricing": None if self_pricing is None else str(self_pricing),
                "traffic_violation": str(traffic_violation),
            }
        return QuoteRequest(
            form=content["form"],
            region=region or "",
            quoted_on=submitted_at.date(),
            vehicle=_vehicle(content["vehicle"]),
            compulsory=_compulsory(content["compulsory"]),
            commercial=_commercial(chosen),
            record=record,
            tax=_tax(content.get("vehicle_tax") or {}),
            channel=(content.get("source") or {}).get("channel"),
        )
    except (KeyError, ValueError, TypeError, AttributeError, InvalidOperation) as error:
        raise RequestUnreadable(what=str(error)) from error


def _vehicle(raw: Mapping[str, Any]) -> VehicleFacts:
    pile, equipment = raw.get("charging_pile"), raw.get("fixed_equipment")
    power = raw.get("power_kw")
    facts: dict[str, Any] = {
        **{name: _word(raw[name]) for name in _WORDS},
        **{name: _number(raw[name]) for name in _NUMBERS},
        **{name: _word(raw[name]) for name in _WORDS_OPTIONAL if raw.get(name) is not None},
        **{name: _number(raw[name]) for name in _NUMBERS_OPTIONAL if raw.get(name) is not None},
        **{name: _day(raw.get(name)) for name in _VEHICLE_DAYS},
    }
    return VehicleFacts(
        **facts,
        power_kw=None if power is None else _decimal(power),
        new_price_fen=_fen(raw["new_price"]),
        transferred=_boolean(raw.get("transferred", False)),
        pile_value_fen=None if pile is None else _fen(pile["value"]),
        equipment_value_fen=(sum(_fen(item["value"]) for item in equipment) if equipment else None),
    )


def _compulsory(raw: Mapping[str, Any]) -> CompulsoryChoice:
    return CompulsoryChoice(
        cover_starts_at=_moment(raw["cover_starts_at"]),
        cover_ends_at=_instant(raw.get("cover_ends_at")),
        term_ground=raw.get("term_ground"),
    )


def _commercial(raw: Mapping[str, Any] | None) -> CommercialChoice | None:
    if raw is None:
        return None
    own = raw.get("self_pricing")
    return CommercialChoice(
        cover_starts_at=_moment(raw["cover_starts_at"]),
        cover_ends_at=_instant(raw.get("cover_ends_at")),
        covers=tuple(_cover(cover) for cover in raw["covers"]),
        self_pricing=None if own is None else _decimal(own),
        traffic_violation=_decimal(raw.get("traffic_violation") or "1"),
    )


def _cover(raw: Mapping[str, Any]) -> CoverChoice:
    insured, rate = raw.get("sum_insured"), raw.get("deductible_rate")
    return CoverChoice(
        code=_word(raw["code"]),
        sum_insured_fen=None if insured is None else _fen(insured),
        seats=None if raw.get("seats") is None else _number(raw["seats"]),
        deductible_rate=None if rate is None else _decimal(rate),
    )


def _tax(raw: Mapping[str, Any]) -> TaxFacts:
    return TaxFacts(
        relief=raw.get("relief"),
        year=None if raw.get("year") is None else _number(raw["year"]),
        arrears_fen=_fen(raw.get("arrears") or "0"),
        late_days=_number(raw.get("late_days", 0)),
        certificate=raw.get("certificate"),
        taxpayer_id=raw.get("taxpayer_id"),
    )


def _record(raw: Mapping[str, Any]) -> Record:
    flags = {name: _boolean(raw[name]) for name in ("first_insured", "fatal") if name in raw}
    level = raw.get("previous_level")
    numbers: dict[str, Any] = {
        name: _number(value)
        for name, value in raw.items()
        if name not in ("first_insured", "fatal", "previous_level")
    }
    return Record(**flags, **numbers, previous_level=None if level is None else _level(level))


def _level(value: Any) -> int:
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not _LEVELS[0] <= value <= _LEVELS[1]
    ):
        raise ValueError(f"{value} 不是无赔款优待等级")
    return value


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value} 须为文字")
    return value


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _NUMBER_MAX:
        raise ValueError(f"{value} 须为 0 至 {_NUMBER_MAX} 的整数")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value} 须为 true 或 false")
    return value


def _decimal(text: Any) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or not 0 <= number <= _NUMBER_MAX:
        raise ValueError(f"{text} 不在可用的范围内")
    return number


def _fen(yuan: str) -> int:
    amount = _decimal(yuan) * 100
    if amount != amount.to_integral_value():
        raise ValueError(f"{yuan} 不是以元为单位、至多两位小数的金额")
    return int(amount)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else _moment(text)


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} 须带时区")
    return at


def request_as_json(request: QuoteRequest) -> dict[str, Any]:
    """Return a request as JSON that `request_from_json` reads back to an equal one."""
    vehicle, tax = request.vehicle, request.tax
    written: dict[str, Any] = {
        "form": request.form,
        "region": request.region,
        "quoted_on": request.quoted_on.isoformat(),
        "channel": request.channel,
        "vehicle": {
            **{name: getattr(vehicle, name) for name in _PLAIN},
            **{name: _text(getattr(vehicle, name)) for name in _VEHICLE_DAYS},
            "power_kw": _text(vehicle.power_kw),
            "new_price": _yuan(vehicle.new_price_fen),
            "transferred": vehicle.transferred,
        },
        "compulsory": {
            name: _text(getattr(request.compulsory, name))
            for name in ("cover_starts_at", "cover_ends_at", "term_ground")
        },
        "commercial": _commercial_as_json(request.commercial),
        "record": {item.name: getattr(request.record, item.name) for item in fields(Record)},
        "tax": {
            "relief": tax.relief,
            "year": tax.year,
            "arrears": _yuan(tax.arrears_fen),
            "late_days": tax.late_days,
            "certificate": tax.certificate,
            "taxpayer_id": tax.taxpayer_id,
        },
    }
    if vehicle.pile_value_fen is not None:
        written["vehicle"]["charging_pile"] = {"value": _yuan(vehicle.pile_value_fen)}
    if vehicle.equipment_value_fen is not None:
        written["vehicle"]["fixed_equipment"] = [{"value": _yuan(vehicle.equipment_value_fen)}]
    return written


def _commercial_as_json(choice: CommercialChoice | None) -> dict[str, Any] | None:
    if choice is None:
        return None
    return {
        "cover_starts_at": _text(choice.cover_starts_at),
        "cover_ends_at": _text(choice.cover_ends_at),
        "self_pricing": _text(choice.self_pricing),
        "traffic_violation": _text(choice.traffic_violation),
        "covers": [
            {
                "code": cover.code,
                "sum_insured": (
                    None if cover.sum_insured_fen is None else _yuan(cover.sum_insured_fen)
                ),
                "seats": cover.seats,
                "deductible_rate": _text(cover.deductible_rate),
            }
            for cover in choice.covers
        ],
    }


def _text(value: date | datetime | Decimal | str | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
