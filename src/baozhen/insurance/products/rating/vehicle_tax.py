"""车船税 that is collected with the compulsory cover (车船税法 第六条): amount, months, relief."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from baozhen.insurance.products import rules
from baozhen.insurance.products.errors import RateMissing, ReliefNotAllowed
from baozhen.insurance.products.rating.request import QuoteRequest, TaxFacts, VehicleFacts
from baozhen.insurance.products.rating.steps import Step, amount, yuan
from baozhen.insurance.products.table_parts import TaxSchedule
from baozhen.insurance.products.tables import Tables

# 税收征收管理法 第三十二条: 0.05 % a day.
LATE_RATE = Decimal("0.0005")
_BY_MASS = frozenset({"truck", "low_speed_truck", "three_wheeler"})
_WITH_CERTIFICATE = frozenset({"exempt", "paid", "reduced"})
_TABLES = ("vehicle_tax", "vehicle_tax_regions")


@dataclass(frozen=True, slots=True)
class TaxQuote:
    """What is collected, and why."""

    relief: str
    year: int
    current_fen: int
    arrears_fen: int
    late_fee_fen: int
    facts: TaxFacts
    steps: tuple[Step, ...]

    @property
    def total_fen(self) -> int:
        """Return everything that is collected."""
        return self.current_fen + self.arrears_fen + self.late_fee_fen

    def section(self) -> dict[str, Any]:
        """Return the section `vehicle_tax` of a proposal."""
        section: dict[str, Any] = {
            "relief": self.relief,
            "year": self.year,
            "current": amount(self.current_fen),
            "arrears": amount(self.arrears_fen),
            "late_fee": amount(self.late_fee_fen),
            "total": amount(self.total_fen),
        }
        if self.facts.certificate is not None:
            section["certificate"] = self.facts.certificate
        if self.facts.taxpayer_id is not None:
            section["taxpayer_id"] = self.facts.taxpayer_id
        return section


def rate_vehicle_tax(request: QuoteRequest, by: Tables) -> TaxQuote:
    """Rate the tax of the year in which cover begins."""
    facts = request.tax
    year = facts.year or request.compulsory.cover_starts_at.year
    relief = facts.relief or _relief_by_law(request)
    _check_relief(relief, request)
    if relief in ("normal", "arrears", "reduced"):
        current_fen, steps = _current(request, year, relief, by)
    else:
        current_fen, steps = 0, [Step("vehicle_tax", "当年应缴", _REASONS[relief], 0, _TABLES[:1])]
    arrears_fen = late_fen = 0
    if relief == "arrears":
        arrears_fen = facts.arrears_fen
        late_fen = rules.round_fen(arrears_fen * LATE_RATE * facts.late_days)
        told = f"往年补缴 {yuan(arrears_fen)}，滞纳 {facts.late_days} 天 × 0.05% = {yuan(late_fen)}"
        steps.append(Step("vehicle_tax", "往年补缴与滞纳金", told, arrears_fen + late_fen))
    return TaxQuote(relief, year, current_fen, arrears_fen, late_fen, facts, tuple(steps))


def _relief_by_law(request: QuoteRequest) -> str:
    if rules.may_be_outside_vehicle_tax(request.vehicle):
        return "not_taxable"
    # A vehicle on its way home is not registered yet; its owner pays with the first year's cover.
    return "deferred" if request.form == "single_trip" else "normal"


def _check_relief(relief: str, request: QuoteRequest) -> None:
    outside = rules.may_be_outside_vehicle_tax(request.vehicle)
    why = ""
    if relief == "not_taxable" and not outside:
        why = "只有纯电动、燃料电池乘用车不属于征税范围，请改选车船税标志"
    elif relief in ("normal", "arrears", "reduced") and outside:
        why = "纯电动、燃料电池乘用车不属于车船税征税范围，请改选“不属于征税范围”"
    elif relief == "deferred" and request.form != "single_trip":
        why = "缓税只用于单程提车，请改选车船税标志"
    elif relief in _WITH_CERTIFICATE and request.tax.certificate is None:
        why = "完税、免税或减税须填写凭证号、税务机关和填发日期，请补全"
    elif relief == "arrears" and not request.tax.arrears_fen:
        why = "补税须填写往年应补的税额，请补全"
    if why:
        raise ReliefNotAllowed(path="vehicle_tax.relief", why=why)


_REASONS = {
    "not_taxable": "纯电动、燃料电池乘用车不属于征税范围：0.00元",
    "exempt": "凭免税凭证：0.00元",
    "paid": "凭完税凭证，本年已缴：0.00元",
    "deferred": "车辆尚未登记，首年投保时缴纳：0.00元",
}


def _current(request: QuoteRequest, year: int, relief: str, by: Tables) -> tuple[int, list[Step]]:
    vehicle = request.vehicle
    schedule = rules.of_region(by.tax_schedules, request.region)
    fen, told = _year_amount(vehicle, schedule, by)
    if relief == "reduced":
        # 车船税法 第四条: listed energy-saving cars pay half.
        fen, told = fen / 2, f"{told}，减半"
    bought_on = vehicle.invoice_on or vehicle.first_registered_on
    months = rules.MONTHS_A_YEAR if bought_on is None else rules.months_taxed(bought_on, year)
    if months < rules.MONTHS_A_YEAR:
        # 车船税法实施条例 第十九条: from the month of the invoice.
        fen, told = fen * months / rules.MONTHS_A_YEAR, f"{told} × {months}/12 月"
    current_fen = rules.round_fen(fen)
    formula = f"{schedule.name}，{told} = {yuan(current_fen)}"
    return current_fen, [Step("vehicle_tax", f"{year} 年应缴", formula, current_fen, _TABLES)]


def _year_amount(vehicle: VehicleFacts, schedule: TaxSchedule, by: Tables) -> tuple[Decimal, str]:
    if vehicle.kind == "motorcycle":
        return Decimal(schedule.motorcycle_fen), f"摩托车每年 {yuan(schedule.motorcycle_fen)}"
    if vehicle.kind in _BY_MASS or vehicle.kind == "special":
        per_tonne = (
            schedule.special_per_tonne_fen
            if vehicle.kind == "special"
            else schedule.truck_per_tonne_fen
        )
        # A fraction of a tonne counts as what it is (税务总局公告 2013 年第 42 号).
        fen = Decimal(per_tonne * vehicle.curb_mass_kg) / 1000
        return fen, f"整备质量 {vehicle.curb_mass_kg} 千克 × 每吨 {yuan(per_tonne)}"
    if vehicle.kind == "tractor":
        return Decimal(0), "拖拉机不在征税范围"
    if vehicle.seats >= by.vehicle_tax["bus_seats_min"]:
        return Decimal(schedule.bus_fen), f"客车 {vehicle.seats} 座每年 {yuan(schedule.bus_fen)}"
    return _passenger(vehicle, schedule, by)


def _passenger(vehicle: VehicleFacts, schedule: TaxSchedule, by: Tables) -> tuple[Decimal, str]:
    ml = vehicle.displacement_ml
    if ml is not None:
        for band, fen in zip(by.tax_bands, schedule.passenger_fen, strict=True):
            if band.high is None or ml <= band.high:
                return Decimal(fen), f"排量 {ml} 毫升每年 {yuan(fen)}"
    raise RateMissing(path="vehicle.displacement_ml", table="车船税税额表", what="没有排量的乘用车")
