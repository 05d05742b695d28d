"""Rating of the compulsory cover 交强险: base, short term, float (交强险条例 第八、二十条)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from baozhen.insurance.products import rules
from baozhen.insurance.products.errors import PeriodNotAllowed, RateMissing, RegionUnknown
from baozhen.insurance.products.rating.request import QuoteRequest, Record, VehicleFacts
from baozhen.insurance.products.rating.steps import Step, amount, percent, yuan
from baozhen.insurance.products.tables import Tables

TRIP_DAYS_DEFAULT = 30
_FREE_YEARS_MAX = 3
_ACCIDENTS_MAX = 2
_START_DAYS_MAX = 366


@dataclass(frozen=True, slots=True)
class CompulsoryQuote:
    """What the compulsory cover costs, and why."""

    cover_starts_at: datetime
    cover_ends_at: datetime
    term_ground: str | None
    base_fen: int  # what the term costs before the float
    float_code: str
    float_rate: Decimal
    premium_fen: int
    limits: dict[str, dict[str, int]]
    steps: tuple[Step, ...]

    def section(self) -> dict[str, Any]:
        """Return the section `compulsory` of a proposal, without its policy number."""
        return {
            "cover_starts_at": self.cover_starts_at.isoformat(),
            "cover_ends_at": self.cover_ends_at.isoformat(),
            "term_ground": self.term_ground,
            "base_premium": amount(self.base_fen),
            "float_code": self.float_code,
            "float_rate": f"{self.float_rate.normalize():f}",
            "premium": amount(self.premium_fen),
            "limits": self.limits,
        }


def rate_compulsory(request: QuoteRequest, by: Tables) -> CompulsoryQuote:
    """Rate the compulsory cover."""
    choice, vehicle = request.compulsory, request.vehicle
    check_start(choice.cover_starts_at, request.quoted_on, "compulsory")
    ends_at = choice.cover_ends_at or default_end(request.form, choice.cover_starts_at)
    check_term(request.form, choice.cover_starts_at, ends_at, choice.term_ground, "compulsory")
    if request.form == "single_trip" and choice.term_ground is None:
        raise PeriodNotAllowed(
            path="compulsory.term_ground",
            why="单程提车的交强险是短期的：请选择理由，一般为“机动车临时上道路行驶”",
        )
    year_fen, base_step = _year_base(request.region, vehicle, by)
    steps = [base_step]
    base_fen = year_fen
    if choice.term_ground is not None:
        base_fen, step = short_term(year_fen, choice.cover_starts_at, ends_at, by)
        steps.append(step)
    code = float_code(request.record, vehicle, choice.term_ground, by)
    rate = _float_rate(code, request.region, by)
    premium_fen = rules.compulsory_premium_fen(base_fen, rate)
    steps.append(_float_step(request.region, code, rate, (base_fen, premium_fen), by))
    return CompulsoryQuote(
        cover_starts_at=choice.cover_starts_at,
        cover_ends_at=ends_at,
        term_ground=choice.term_ground,
        base_fen=base_fen,
        float_code=code,
        float_rate=rate,
        premium_fen=premium_fen,
        limits={"fault": dict(by.limits_fault), "no_fault": dict(by.limits_no_fault)},
        steps=tuple(steps),
    )


def default_end(form: str, starts_at: datetime) -> datetime:
    """Return where cover ends when nothing else was asked."""
    if form == "single_trip":
        return starts_at + timedelta(days=TRIP_DAYS_DEFAULT)
    return rules.ends_of_year(starts_at)[0]


def check_start(starts_at: datetime, quoted_on: date, part: str) -> None:
    """Raise PeriodNotAllowed for a start that no tables of the day of the quote can be for."""
    if abs((starts_at.date() - quoted_on).days) > _START_DAYS_MAX:
        raise PeriodNotAllowed(
            path=f"{part}.cover_starts_at", why="保险起期离报价日超过一年，请重新选择"
        )


def check_term(
    form: str, starts_at: datetime, ends_at: datetime, ground: str | None, part: str
) -> None:
    """Raise PeriodNotAllowed unless the term is one that may be sold."""
    path = f"{part}.cover_ends_at"
    if ends_at <= starts_at:
        raise PeriodNotAllowed(path=path, why="保险止期须晚于起期，请重新选择")
    if form == "single_trip":
        term = ends_at - starts_at
        if term.days not in rules.SINGLE_TRIP_DAYS or term != timedelta(days=term.days):
            raise PeriodNotAllowed(path=path, why="单程提车的保险期间为 10 天或 30 天，请重新选择")
    elif ground is None and ends_at not in rules.ends_of_year(starts_at):
        # 交强险条例 第二十条
        raise PeriodNotAllowed(
            path=path, why="保险期间为一年；只有法定情形可以短于一年，请改为一年或选择理由"
        )
    elif ends_at > max(rules.ends_of_year(starts_at)):
        raise PeriodNotAllowed(path=path, why="保险期间不能超过一年，请重新选择止期")


def _year_base(region: str, vehicle: VehicleFacts, by: Tables) -> tuple[int, Step]:
    if vehicle.kind == "tractor":
        return _tractor_base(region, vehicle, by)
    found = rules.compulsory_class(vehicle, by)
    year_fen = rules.compulsory_base_fen(vehicle, by)
    if found is None or year_fen is None:
        raise RateMissing(
            path="vehicle.use_nature", table="交强险基础费率表", what="这种车辆与使用性质"
        )
    measures = {
        "seats": f"核定载客 {vehicle.seats} 人",
        "tonnes": f"核定载质量 {vehicle.approved_load_kg} 千克",
        "cc": f"排量 {vehicle.displacement_ml} 毫升",
        "class": f"特种车 {vehicle.special_class} 类",
    }
    formula = f"{found.label}，{measures[found.by]}：每年 {yuan(year_fen)}"
    return year_fen, Step("compulsory", "基础保险费", formula, year_fen, ("compulsory_base",))


def _tractor_base(region: str, vehicle: VehicleFacts, by: Tables) -> tuple[int, Step]:
    if vehicle.tractor_type is None or vehicle.power_kw is None:
        raise RateMissing(
            path="vehicle.power_kw", table="拖拉机交强险费率表", what="未填类型或功率的拖拉机"
        )
    amounts = rules.of_region(by.tractors["regions"], region).get(vehicle.tractor_type)
    if amounts is None:
        raise RateMissing(
            path="vehicle.tractor_type", table="拖拉机交强险费率表", what="这一类型的拖拉机"
        )
    is_stronger = vehicle.power_kw > Decimal(by.tractors["power_kw_limit"])
    year_fen = amounts[1 if is_stronger else 0] * 100
    formula = f"拖拉机，功率 {vehicle.power_kw} 千瓦：每年 {yuan(year_fen)}"
    return year_fen, Step("compulsory", "基础保险费", formula, year_fen, ("tractor_compulsory",))


def short_term(
    year_fen: int, starts_at: datetime, ends_at: datetime, by: Tables
) -> tuple[int, Step]:
    """Return what a short term costs; a part of a month counts as one."""
    months = rules.started_months(starts_at, ends_at)
    fen = rules.short_term_fen(year_fen, months, by)
    share = by.short_term_percent[min(months, rules.MONTHS_A_YEAR) - 1]
    formula = f"{yuan(year_fen)} × 短期系数 {share}%（{months} 个月）= {yuan(fen)}"
    return fen, Step("compulsory", "短期保险费", formula, fen, ("compulsory_short_term",))


def float_code(record: Record, vehicle: VehicleFacts, ground: str | None, by: Tables) -> str:
    """Return the one float that applies; several are never added (保监发〔2007〕52号)."""
    transferred = vehicle.transferred
    if not rules.float_applies(vehicle.kind, ground, transferred=transferred, by=by):
        return "none"
    if record.first_insured:
        return "new"
    if record.fatal:
        return "A6"
    if record.accidents:
        return "A5" if record.accidents >= _ACCIDENTS_MAX else "A4"
    # Accidents without fault do not raise (交强险条例 第八条).
    years = min(record.free_years, _FREE_YEARS_MAX)
    return f"A{years}" if years else "none"


def _float_rate(code: str, region: str, by: Tables) -> Decimal:
    place = rules.place_of(region, by)
    if place is None or place.scheme is None:
        raise RegionUnknown(path="region", region=region)
    [rate] = rules.float_rates(code, region, by)
    return rate


_REASONS = {
    "A1": "上一年度没有有责任事故",
    "A2": "连续两年没有有责任事故",
    "A3": "连续三年及以上没有有责任事故",
    "A4": "上一年度一次有责任、不涉及死亡的事故",
    "A5": "上一年度两次及以上有责任、不涉及死亡的事故",
    "A6": "上一年度有责任死亡事故",
    "new": "首次投保，不浮动",
    "none": "不适用费率浮动",
}


def _float_step(
    region: str, code: str, rate: Decimal, amounts: tuple[int, int], by: Tables
) -> Step:
    base_fen, premium_fen = amounts
    place = rules.place_of(region, by)
    where = f"{place.name}方案 {place.scheme}" if place else region
    formula = (
        f"{yuan(base_fen)} ×（1 + 浮动 {percent(rate)}）= {yuan(premium_fen)}"
        f"；{_REASONS[code]}（{where}）"
    )
    return Step("compulsory", "交强险保费", formula, premium_fen, ("compulsory_floats", "regions"))
