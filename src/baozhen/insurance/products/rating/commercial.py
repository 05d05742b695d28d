"""Rating of the commercial covers: base × NCD × traffic violation × self-pricing, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from baozhen.insurance.products import rules
from baozhen.insurance.products.commercial_rates import CoverRate
from baozhen.insurance.products.errors import AmountNotOffered, RateMissing
from baozhen.insurance.products.rating.compulsory import check_start, check_term, default_end
from baozhen.insurance.products.rating.covers import MAIN_ROLES, Insured, check_chosen, insure
from baozhen.insurance.products.rating.factors import Factors, rate_factors
from baozhen.insurance.products.rating.hull import Worth, pure_risk, worth_of
from baozhen.insurance.products.rating.request import CommercialChoice, QuoteRequest, VehicleFacts
from baozhen.insurance.products.rating.steps import Step, amount, percent, plain, wan, yuan
from baozhen.insurance.products.tables import Tables

_TEN_THOUSAND_YUAN_FEN = 1_000_000
_RATES = ("commercial_rates",)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the commercial cover."""

    code: str
    name: str
    sum_insured_fen: int
    seats: int | None
    deductible_rate: Decimal | None
    base_fen: int
    premium_fen: int

    def as_json(self) -> dict[str, Any]:
        """Return the line as a proposal has it."""
        line: dict[str, Any] = {
            "code": self.code,
            "name": self.name,
            "sum_insured": amount(self.sum_insured_fen),
            "base_premium": amount(self.base_fen),
            "premium": amount(self.premium_fen),
        }
        if self.seats is not None:
            line["seats"] = self.seats
        if self.deductible_rate is not None:
            line["deductible_rate"] = str(self.deductible_rate)
        return line


@dataclass(frozen=True, slots=True)
class CommercialQuote:
    """What the commercial covers cost, and why."""

    cover_starts_at: datetime
    cover_ends_at: datetime
    factors: Factors
    lines: tuple[Line, ...]
    premium_fen: int
    depreciated_fen: int
    steps: tuple[Step, ...]

    def section(self) -> dict[str, Any]:
        """Return the section `commercial` of a proposal, without its policy number."""
        return {
            "cover_starts_at": self.cover_starts_at.isoformat(),
            "cover_ends_at": self.cover_ends_at.isoformat(),
            "factors": self.factors.as_json(),
            "coverages": [line.as_json() for line in self.lines],
            "premium": amount(self.premium_fen),
        }


@dataclass(slots=True)
class _Rating:
    """What the lines of one quote share."""

    form: str
    vehicle: VehicleFacts
    worth: Worth
    by: Tables
    has_water_exclusion: bool
    risk_class: str | None
    bases: dict[str, int]


def rate_commercial(request: QuoteRequest, choice: CommercialChoice, by: Tables) -> CommercialQuote:
    """Rate the chosen commercial covers."""
    ground = request.compulsory.term_ground
    check_start(choice.cover_starts_at, request.quoted_on, "commercial")
    ends_at = choice.cover_ends_at or default_end(request.form, choice.cover_starts_at)
    check_term(request.form, choice.cover_starts_at, ends_at, ground, "commercial")
    check_chosen(request.form, choice.covers, request.vehicle, by)
    worth = worth_of(
        request.vehicle, choice.cover_starts_at.date(), _insured_apart_fen(request, by), by
    )
    covers = insure(request.form, choice.covers, request.vehicle, worth, by)
    factors, steps = rate_factors(request, choice, by)
    rating = _rating(request, covers, worth, by)
    months = None
    if ground is not None and request.form != "single_trip":
        months = rules.started_months(choice.cover_starts_at, ends_at)
    if any(cover.kind.role == "hull" for cover in covers):
        steps = [worth.step, *steps]
    lines: dict[int, Line] = {}
    # A cover whose base is a share of others is rated after them.
    for cover in sorted(covers, key=lambda one: bool(_rate_of(rating, one).of)):
        line, made = _rate_line(rating, cover, factors, months)
        lines[cover.index] = line
        steps.append(made)
    ordered = tuple(lines[index] for index in range(len(covers)))
    premium_fen = sum(line.premium_fen for line in ordered)
    said = " + ".join(yuan(line.premium_fen) for line in ordered if line.premium_fen)
    steps.append(
        Step("commercial", "商业险保费", f"{said or '0.00元'} = {yuan(premium_fen)}", premium_fen)
    )
    return CommercialQuote(
        cover_starts_at=choice.cover_starts_at,
        cover_ends_at=ends_at,
        factors=factors,
        lines=ordered,
        premium_fen=premium_fen,
        depreciated_fen=worth.depreciated_fen,
        steps=tuple(steps),
    )


def _insured_apart_fen(request: QuoteRequest, by: Tables) -> int:
    offered = by.covers[request.form]
    chosen = request.commercial.covers if request.commercial else ()
    apart = any(offered[cover.code].role == "fixed_equipment" for cover in chosen)
    return (request.vehicle.equipment_value_fen or 0) if apart else 0


def _rating(request: QuoteRequest, covers: list[Insured], worth: Worth, by: Tables) -> _Rating:
    vehicle = request.vehicle
    risk = next(
        (
            found.name
            for found in by.rates.classes
            if vehicle.kind in found.kinds
            and (not found.uses or vehicle.use_nature in found.uses)
            and found.seats[0] <= vehicle.seats
            and (found.seats[1] is None or vehicle.seats < found.seats[1])
        ),
        None,
    )
    excluded = any(cover.kind.role == "water_exclusion" for cover in covers)
    return _Rating(request.form, vehicle, worth, by, excluded, risk, {})


def _rate_of(rating: _Rating, cover: Insured) -> CoverRate:
    return rating.by.rates.covers[rating.form][cover.kind.code]


def _rate_line(
    rating: _Rating, cover: Insured, factors: Factors, months: int | None
) -> tuple[Line, Step]:
    by, rate = rating.by, _rate_of(rating, cover)
    figure, formula, names = _BASE_BY_METHOD[rate.method](rating, cover, rate)
    if rate.is_pure or rate.method == "model":
        figure /= 1 - by.expense_ratio
        formula = f"（{formula}）÷（1 − {plain(by.expense_ratio)}）"
        names = (*names, "commercial_factors")
    if cover.kind.role == "hull" and rating.has_water_exclusion:
        figure *= by.rates.water_exclusion_discount
        formula += f" × 进水除外 {by.rates.water_exclusion_discount}"
    if cover.deductible_rate is not None and cover.kind.role in MAIN_ROLES:
        discount = by.rates.deductible_discounts[cover.deductible_rate]
        figure *= discount
        formula += f" × 免赔率 {percent(cover.deductible_rate)} 系数 {discount}"
    if months is not None:
        share = by.short_term_percent[min(months, rules.MONTHS_A_YEAR) - 1]
        figure = figure * share / 100
        formula += f" × 短期系数 {share}%"
    base_fen = rules.round_fen(figure)
    rating.bases[cover.kind.code] = base_fen
    premium_fen = rules.coverage_premium_fen(
        base_fen, factors.ncd, factors.traffic_violation, factors.self_pricing
    )
    told = f"{formula}，基准保费 {yuan(base_fen)}；× {factors.said} = {yuan(premium_fen)}"
    if rate.method == "none":
        told = "本条款不另收保费，按约定调整主险保费"
    line = Line(
        code=cover.kind.code,
        name=cover.kind.name,
        sum_insured_fen=cover.sum_fen,
        seats=cover.seats,
        deductible_rate=cover.deductible_rate,
        base_fen=base_fen,
        premium_fen=premium_fen,
    )
    return line, Step("commercial", cover.kind.name, told, premium_fen, names)


_Base = tuple[Decimal, str, tuple[str, ...]]


def _by_model(rating: _Rating, cover: Insured, _rate: CoverRate) -> _Base:
    pure, formula = pure_risk(rating.form, rating.vehicle, cover.sum_fen, rating.worth, rating.by)
    return pure, formula, ("vehicle_models", "depreciation")


def _by_limits(rating: _Rating, cover: Insured, rate: CoverRate) -> _Base:
    amounts = rate.classes.get(rating.risk_class or "")
    if amounts is None:
        raise RateMissing(
            path="vehicle.use_nature", table="商业险费率表", what=f"这种车辆的{cover.kind.name}"
        )
    label = next(c.label for c in rating.by.rates.classes if c.name == rating.risk_class)
    figure, formula, names = _of_amounts(cover, amounts)
    return figure, f"{label}，{formula}", names


def _by_amounts(_rating: _Rating, cover: Insured, rate: CoverRate) -> _Base:
    return _of_amounts(cover, rate.amounts)


def _of_amounts(cover: Insured, amounts: Mapping[int, Decimal]) -> _Base:
    figure = amounts.get(cover.sum_fen // 100)
    if figure is None or cover.sum_fen % 100:
        offered = "、".join(wan(yuan_amount * 100) for yuan_amount in amounts)
        raise AmountNotOffered(
            path=f"{cover.path}.sum_insured",
            why=f"“{cover.kind.name}”可选的保险金额为：{offered}，请选择其一",
        )
    return figure * 100, f"限额 {wan(cover.sum_fen)}", _RATES


def _by_seat(_rating: _Rating, cover: Insured, rate: CoverRate) -> _Base:
    seats = cover.seats or 1
    units = Decimal(cover.sum_fen) / _TEN_THOUSAND_YUAN_FEN
    formula = f"每万元 {plain(rate.figure)}元 × {plain(units)} 万元 × {seats} 座"
    return rate.figure * 100 * units * seats, formula, _RATES


def _by_rate(_rating: _Rating, cover: Insured, rate: CoverRate) -> _Base:
    formula = f"保险金额 {yuan(cover.sum_fen)} × {percent(rate.figure)}"
    return cover.sum_fen * rate.figure, formula, _RATES


def _by_fixed(_rating: _Rating, _cover: Insured, rate: CoverRate) -> _Base:
    return rate.figure * 100, f"{rate.figure}元", _RATES


def _by_share(rating: _Rating, _cover: Insured, rate: CoverRate) -> _Base:
    base_fen = sum(rating.bases.get(code, 0) for code in rate.of)
    return base_fen * rate.figure, f"主险基准保费 {yuan(base_fen)} × {percent(rate.figure)}", _RATES


def _by_none(_rating: _Rating, _cover: Insured, _rate: CoverRate) -> _Base:
    return Decimal(0), "0", _RATES


_BASE_BY_METHOD = {
    "model": _by_model,
    "limits": _by_limits,
    "amounts": _by_amounts,
    "per_seat": _by_seat,
    "rate": _by_rate,
    "fixed": _by_fixed,
    "share": _by_share,
    "none": _by_none,
}
