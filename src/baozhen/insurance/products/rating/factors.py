"""The factors of the commercial premium: NCD ladder, traffic violation, self-pricing."""

from dataclasses import dataclass
from decimal import Decimal

from baozhen.insurance.products import rules
from baozhen.insurance.products.errors import FactorOutsideRange, RegionUnknown
from baozhen.insurance.products.rating.request import (
    CommercialChoice,
    QuoteRequest,
    Record,
    VehicleFacts,
)
from baozhen.insurance.products.rating.steps import Step, plain
from baozhen.insurance.products.tables import Tables

# A break of up to three months is none; up to six the level may only rise; longer ends it.
_GAP_MONTHS_IGNORED = 3
_GAP_MONTHS_MAX = 6
_FACTORS = ("commercial_factors",)


@dataclass(frozen=True, slots=True)
class Factors:
    """费率系数, and how they are said in a formula."""

    ncd: Decimal
    traffic_violation: Decimal
    self_pricing: Decimal
    said: str

    def as_json(self) -> dict[str, str]:
        """Return the factors as a proposal has them."""
        return {
            "ncd": str(self.ncd),
            "traffic_violation": str(self.traffic_violation),
            "self_pricing": str(self.self_pricing),
        }


def rate_factors(
    request: QuoteRequest, choice: CommercialChoice, by: Tables
) -> tuple[Factors, list[Step]]:
    """Return the factors and why; raises FactorOutsideRange outside what was filed."""
    ncd, reason = _ncd(request, by)
    violation = choice.traffic_violation
    _check_violation(violation, request.region, by)
    own = choice.self_pricing
    if own is None:
        own = by.rates.self_pricing[request.form]
    filed = _check_own(own, request, by)
    said = f"无赔款优待 {plain(ncd)} × 交通违法 {plain(violation)} × 自主定价 {plain(own)}"
    steps = [
        Step("commercial", "无赔款优待系数", reason, None, _FACTORS),
        Step("commercial", "自主定价系数", filed, None, _FACTORS),
    ]
    return Factors(ncd, violation, own, said), steps


def ncd_level(record: Record, vehicle: VehicleFacts) -> tuple[int, str]:
    """Return the level of the ladder, and the reason."""
    if record.first_insured:
        return 0, "首次投保：等级 0"
    if vehicle.transferred:
        return 0, "车辆过户：等级 0"
    if record.gap_months > _GAP_MONTHS_MAX:
        return 0, f"脱保 {record.gap_months} 个月，超过 6 个月：等级 0"
    level = rules.ncd_level(record.claims, record.claim_free_years)
    told = f"连续 {record.claim_free_years} 年投保且没有赔款，赔款 {record.claims} 次：等级 {level}"
    if record.gap_months >= _GAP_MONTHS_IGNORED:
        level = max(level, record.previous_level or 0)
        told = f"脱保 {record.gap_months} 个月，等级只升不降：等级 {level}"
    return level, told


def _ncd(request: QuoteRequest, by: Tables) -> tuple[Decimal, str]:
    if request.form in by.rates.forms_without_ncd:
        return Decimal(1), "这类投保单不适用无赔款优待：系数 1"
    level, told = ncd_level(request.record, request.vehicle)
    ncd = by.ncd_by_level[level]
    return ncd, f"{told}，系数 {plain(ncd)}"


def _check_violation(violation: Decimal, region: str, by: Tables) -> None:
    filed = rules.violation_range(region, by)
    if filed is None:
        raise RegionUnknown(path="region", region=region)
    if not filed[0] <= violation <= filed[1]:
        _refuse("traffic_violation", "交通违法系数", (violation, *filed), by)


def _check_own(own: Decimal, request: QuoteRequest, by: Tables) -> str:
    filed = rules.self_pricing_range(request.vehicle.fuel, request.quoted_on, by)
    if filed is None:
        _refuse("self_pricing", "自主定价系数", (own, Decimal(1), Decimal(1)), by)
    elif not filed.low <= own <= filed.high:
        _refuse("self_pricing", "自主定价系数", (own, filed.low, filed.high), by)
    else:
        return f"{plain(own)}，在 {filed.effective_from} 起备案的 {filed.low} 至 {filed.high} 之内"
    return ""


def _refuse(part: str, factor: str, numbers: tuple[Decimal, Decimal, Decimal], by: Tables) -> None:
    given, low, high = numbers
    raise FactorOutsideRange(
        path=f"commercial.factors.{part}",
        factor=factor,
        given=given,
        low=low,
        high=high,
        table="commercial_factors",
        version=by.versions["commercial_factors"],
    )
