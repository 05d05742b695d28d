"""What a vehicle is worth, and the pure risk of insuring it (示范条款 折旧; 车型库)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from baozhen.insurance.products import rules
from baozhen.insurance.products.errors import AmountNotOffered, RateMissing
from baozhen.insurance.products.rating.request import VehicleFacts
from baozhen.insurance.products.rating.steps import Step, percent, yuan
from baozhen.insurance.products.tables import Tables

_SMALL_SEATS_MAX = 9
_COLUMN_OF_USE = {
    "family": 0,
    "non_commercial_enterprise": 1,
    "non_commercial_person": 1,
    "non_commercial_government": 1,
    "non_commercial_institution": 1,
    "commercial_taxi": 2,
}
_OTHER_COMMERCIAL = 3
_ROW_OF_KIND = {"low_speed_truck": "low_speed", "three_wheeler": "low_speed"}


@dataclass(frozen=True, slots=True)
class Worth:
    """The value of a vehicle on the day its cover starts."""

    months: int
    depreciated_fen: int
    step: Step


def worth_of(vehicle: VehicleFacts, on: date, insured_apart_fen: int, by: Tables) -> Worth:
    """Return the depreciated value; what is insured on its own is no part of it."""
    since = vehicle.first_registered_on or vehicle.invoice_on
    months = 0 if since is None else rules.full_months(since, on)
    rate = monthly_rate(vehicle, by)
    new_fen = vehicle.new_price_fen - insured_apart_fen
    value_fen = rules.depreciated_fen(new_fen, months, rate, by)
    formula = (
        f"新车购置价 {yuan(new_fen)} −（{months} 个整月 × 月折旧率 {percent(rate)}"
        f"，合计不超过 {percent(Decimal(by.depreciation['cap']))}）= {yuan(value_fen)}"
    )
    return Worth(months, value_fen, Step("commercial", "折旧后价值", formula, value_fen, _TABLE))


_TABLE = ("depreciation",)


def monthly_rate(vehicle: VehicleFacts, by: Tables) -> Decimal:
    """Return the monthly depreciation of a vehicle's kind, use and energy."""
    table = by.depreciation
    if vehicle.kind == "passenger" and vehicle.seats <= _SMALL_SEATS_MAX:
        if vehicle.fuel in rules.NEW_ENERGY_FUELS:
            return _new_energy_rate(vehicle, by)
        row = "nine_seats_and_less"
    elif vehicle.kind == "passenger":
        row = "ten_seats_and_more"
    else:
        row = _ROW_OF_KIND.get(vehicle.kind, "other")
    column = _COLUMN_OF_USE.get(vehicle.use_nature, _OTHER_COMMERCIAL)
    rates = table["monthly"][row]
    # Where the table has no family column, a family's vehicle is one in no trade.
    rate = rates[column] if rates[column] is not None else rates[1]
    return Decimal(rate)


def _new_energy_rate(vehicle: VehicleFacts, by: Tables) -> Decimal:
    table = by.depreciation["new_energy_nine_seats_and_less"]
    if vehicle.fuel != "battery_electric":
        return Decimal(table["other"])
    price = Decimal(vehicle.new_price_fen) / 100
    for low, high, rate in table["battery_electric_by_price"]:
        if low <= price and (high is None or price < high):
            return Decimal(rate)
    raise RateMissing(path="vehicle.new_price", table="折旧系数表", what="这一价格")


def check_agreed(
    agreed_fen: int, worth: Worth, new_price_fen: int, by: Tables, *, path: str
) -> None:
    """Raise AmountNotOffered unless an agreed value lies around the depreciated one."""
    tolerance = by.rates.value_tolerance
    low = rules.round_fen(worth.depreciated_fen * (1 - tolerance))
    # 保险法 第五十五条: no sum insured above the value.
    high = min(rules.round_fen(worth.depreciated_fen * (1 + tolerance)), new_price_fen)
    if not low <= agreed_fen <= high:
        raise AmountNotOffered(
            path=path,
            why=f"车辆损失险的保险金额须在 {yuan(low)} 至 {yuan(high)} 之间"
            f"（折旧后价值 {yuan(worth.depreciated_fen)} 上下 {percent(tolerance)}），请修改",
        )


def pure_risk(
    form: str, vehicle: VehicleFacts, agreed_fen: int, worth: Worth, by: Tables
) -> tuple[Decimal, str]:
    """Return the pure risk of a hull in fen, and the formula."""
    model = by.models.models.get(vehicle.model_code)
    if model is not None:
        age = min(worth.months // rules.MONTHS_A_YEAR, len(model.pure_risk_fen) - 1)
        pure = Decimal(model.pure_risk_fen[age])
        formula = f"车型 {model.code} 纯风险保费 {yuan(int(pure))}"
    else:
        share = by.models.share_of_new_price.get(form)
        if share is None:
            raise RateMissing(path="vehicle.model_code", table="车型库", what="这一车型")
        pure = vehicle.new_price_fen * share
        formula = f"库外车型：新车购置价 {yuan(vehicle.new_price_fen)} × {percent(share)}"
    difference = agreed_fen - worth.depreciated_fen
    if difference:
        rate = by.rates.value_rate
        pure += difference * rate
        formula += (
            f" +（约定价值 {yuan(agreed_fen)} − 折旧后价值 {yuan(worth.depreciated_fen)}）"
            f"× {percent(rate)}"
        )
    return pure, formula
