"""The arithmetic of motor products, over the tables: what a vehicle pays and what may be sold.

Amounts are in fen. A function returns None where the tables do not know the case; only the
insurer's own tables can tell then, and nothing is refused. `by` are the tables in force.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol, TypeVar

from baozhen.insurance.products.table_parts import (
    Band,
    CoverKind,
    FiledRange,
    Province,
    RateClass,
)
from baozhen.insurance.products.tables import SHIPPED, Tables

_T = TypeVar("_T")
_ONE = Decimal(1)
MONTHS_A_YEAR = 12
NEW_ENERGY_FUELS = frozenset({"battery_electric", "fuel_cell", "plug_in_hybrid"})
# 新能源汽车商业保险专属条款 总则: not for motorcycles, tractors and special vehicles.
KINDS_OUTSIDE_NEW_ENERGY = frozenset({"motorcycle", "tractor", "special"})
KINDS_OF_FORM: Mapping[str, frozenset[str]] = {
    "car": frozenset({"passenger", "truck", "low_speed_truck", "three_wheeler"}),
    "new_energy": frozenset({"passenger", "truck"}),
    "special": frozenset({"special"}),
    "motorcycle_tractor": frozenset({"motorcycle", "tractor"}),
    "single_trip": frozenset(
        {"passenger", "truck", "low_speed_truck", "three_wheeler", "special", "motorcycle"}
    ),
}
SINGLE_TRIP_DAYS = frozenset({10, 30})


class RatedVehicle(Protocol):
    """What the tables ask of a vehicle."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def use_nature(self) -> str: ...  # noqa: D102
    @property
    def fuel(self) -> str: ...  # noqa: D102
    @property
    def seats(self) -> int: ...  # noqa: D102
    @property
    def approved_load_kg(self) -> int | None: ...  # noqa: D102
    @property
    def curb_mass_kg(self) -> int: ...  # noqa: D102
    @property
    def displacement_ml(self) -> int | None: ...  # noqa: D102
    @property
    def motorcycle_class(self) -> str | None: ...  # noqa: D102
    @property
    def special_class(self) -> int | None: ...  # noqa: D102


def round_fen(amount: Decimal) -> int:
    """Round an amount in fen, half up."""
    return int(amount.quantize(_ONE, rounding=ROUND_HALF_UP))


def region_of(branch_code: str, branch_name: str, by: Tables = SHIPPED) -> str | None:
    """Return the region of a branch: its code ends in the region's, or its name contains it.

    A city with rates of its own (4403) goes before its province (44).
    """
    for code, city in by.cities.items():
        if branch_code.endswith(code) or city.name in branch_name:
            return code
    if branch_code[-2:] in by.provinces:
        return branch_code[-2:]
    for code, province in by.provinces.items():
        if province.name in branch_name:
            return code
    return None


def place_of(region: str, by: Tables = SHIPPED) -> Province | None:
    """Return the province or city of a region's code."""
    return by.cities.get(region) or by.provinces.get(region)


def of_region(rows: Mapping[str, _T], region: str) -> _T:
    """Return a region's row: its own, else its province's, else the default."""
    return rows.get(region) or rows.get(region[:2]) or rows["default"]


# --- 交强险 ---


def compulsory_class(vehicle: RatedVehicle, by: Tables = SHIPPED) -> RateClass | None:
    """Return the class of a vehicle in the compulsory base table."""
    by_use = by.class_of_use.get(vehicle.kind)
    name = by_use.get(vehicle.use_nature) if by_use else by.class_of_kind.get(vehicle.kind)
    return None if name is None else by.compulsory_classes[name]


def compulsory_base_fen(vehicle: RatedVehicle, by: Tables = SHIPPED) -> int | None:
    """Return the yearly base premium of a vehicle (交强险基础费率表)."""
    rate_class = compulsory_class(vehicle, by)
    if rate_class is None:
        return None
    if rate_class.by == "cc":
        return _motorcycle_base_fen(vehicle, rate_class.bands)
    measure = _measure(vehicle, rate_class.by)
    if measure is None:
        return None
    for band in rate_class.bands:
        # Lower bound inclusive, upper exclusive.
        if band.low <= measure and (band.high is None or measure < band.high):
            return band.fen
    return None


def _measure(vehicle: RatedVehicle, by: str) -> Decimal | int | None:
    if by == "seats":
        return vehicle.seats
    if by == "class":
        return vehicle.special_class
    load = vehicle.approved_load_kg
    return None if load is None else Decimal(load) / 1000


def _motorcycle_base_fen(vehicle: RatedVehicle, bands: tuple[Band, ...]) -> int | None:
    if vehicle.motorcycle_class == "side_car":
        return bands[-1].fen
    cc = vehicle.displacement_ml
    if cc is None:
        return None
    for band in bands:
        # 50 cc itself belongs to the first row, 250 to the second.
        if band.high is None or cc <= band.high:
            return band.fen
    return None


def started_months(starts_at: datetime, ends_at: datetime) -> int:
    """Return the months of a half-open period; a part of a month counts as one.

    A month is the calendar's or thirty days, whichever makes fewer of the period: thirty days
    from 15 February are one month.
    """
    by_calendar = (ends_at.year - starts_at.year) * MONTHS_A_YEAR + ends_at.month - starts_at.month
    if (ends_at.day, ends_at.time()) > (starts_at.day, starts_at.time()):
        by_calendar += 1
    by_days = -(-(ends_at - starts_at) // timedelta(days=30))
    return min(by_calendar, by_days)


def short_term_fen(year_fen: int, months: int, by: Tables = SHIPPED) -> int:
    """Return what a term of some months costs (交强险短期费率)."""
    percent = by.short_term_percent[min(months, MONTHS_A_YEAR) - 1]
    return round_fen(Decimal(year_fen) * percent / 100)


def compulsory_premium_fen(base_fen: int, float_rate: Decimal) -> int:
    """Return base × (1 + A), rounded half up to the fen."""
    return round_fen(base_fen * (1 + float_rate))


def float_rates(code: str, region: str | None, by: Tables = SHIPPED) -> frozenset[Decimal]:
    """Return the rates a float code may have: the region's one, or every filed one."""
    if code in by.codes_without_float:
        return frozenset({Decimal(0)})
    place = place_of(region, by) if region else None
    scheme = place.scheme if place else None
    if scheme:
        return frozenset({by.float_schemes[scheme][code]})
    return frozenset(rates[code] for rates in by.float_schemes.values())


def float_applies(
    kind: str, term_ground: str | None, *, transferred: bool, by: Tables = SHIPPED
) -> bool:
    """Return whether the record of a vehicle moves its premium at all."""
    return not (
        transferred or kind in by.kinds_without_float or term_ground in by.grounds_without_float
    )


def ends_of_year(starts_at: datetime) -> tuple[datetime, ...]:
    """Return where cover of one year may end: the same clock on the same day a year later."""
    year = starts_at.year + 1
    try:
        return (starts_at.replace(year=year),)
    except ValueError:  # 29 February: the last day of cover is 28 February, or the day before
        return (starts_at.replace(year=year, month=3, day=1), starts_at.replace(year=year, day=28))


# --- Commercial ---


def cover_kind(form: str, code: str, by: Tables = SHIPPED) -> CoverKind | None:
    """Return the cover that a form offers under a code."""
    return by.covers[form].get(code)


def coverage_premium_fen(base_fen: int, ncd: Decimal, violation: Decimal, own: Decimal) -> int:
    """Return base × NCD × traffic violation × self-pricing, rounded half up to the fen."""
    return round_fen(base_fen * ncd * violation * own)


def base_from_pure_risk_fen(pure_risk_fen: int | Decimal, by: Tables = SHIPPED) -> int:
    """Return the base premium: pure risk / (1 - expense ratio)."""
    return round_fen(Decimal(pure_risk_fen) / (1 - by.expense_ratio))


def ncd_level(claims: int, claim_free_years: int) -> int:
    """Return the NCD level: each claim +1, each year insured without one -1, between -4 and 5."""
    return max(-4, min(5, claims - claim_free_years))


def self_pricing_range(fuel: str, on: date, by: Tables = SHIPPED) -> FiledRange | None:
    """Return the filed range of the self-pricing factor in force on a day."""
    energy = "new_energy" if fuel in NEW_ENERGY_FUELS else "combustion"
    in_force = [filed for filed in by.self_pricing[energy] if filed.effective_from <= on]
    return in_force[-1] if in_force else None


def violation_range(region: str | None, by: Tables = SHIPPED) -> tuple[Decimal, Decimal] | None:
    """Return the range of the traffic violation factor; None where the region is unknown."""
    if region is None:
        return None
    return of_region(by.traffic_violation, region)


def full_months(since: date, until: date) -> int:
    """Return the full months between two days; a part of a month does not count."""
    months = (until.year - since.year) * MONTHS_A_YEAR + until.month - since.month
    return max(0, months - (1 if until.day < since.day else 0))


def depreciated_fen(
    new_price_fen: int, months: int, monthly_rate: Decimal, by: Tables = SHIPPED
) -> int:
    """Return new price less depreciation by full months, which never exceeds the cap."""
    share = min(months * monthly_rate, Decimal(by.depreciation["cap"]))
    return new_price_fen - round_fen(new_price_fen * share)


# --- 车船税 ---


def may_be_outside_vehicle_tax(vehicle: RatedVehicle) -> bool:
    """Return whether a vehicle is outside the tax: battery and fuel-cell passenger cars."""
    return vehicle.kind == "passenger" and vehicle.fuel in {"battery_electric", "fuel_cell"}


def vehicle_tax_range_fen(vehicle: RatedVehicle, by: Tables = SHIPPED) -> tuple[int, int] | None:
    """Return the statutory range of a year's tax (车船税法 附件)."""
    if vehicle.kind == "motorcycle":
        least, most = by.vehicle_tax["motorcycle"]
        return least * 100, most * 100
    if vehicle.kind in {"truck", "special", "low_speed_truck", "three_wheeler"}:
        row = "special_per_tonne" if vehicle.kind == "special" else "truck_per_tonne"
        least, most = by.vehicle_tax[row]
        return least * vehicle.curb_mass_kg // 10, -(-most * vehicle.curb_mass_kg // 10)
    if vehicle.kind != "passenger":
        return None
    if vehicle.seats >= by.vehicle_tax["bus_seats_min"]:
        least, most = by.vehicle_tax["bus"]
        return least * 100, most * 100
    return _passenger_tax_range_fen(vehicle.displacement_ml, by)


def _passenger_tax_range_fen(displacement_ml: int | None, by: Tables) -> tuple[int, int] | None:
    if displacement_ml is None:
        return None
    for band in by.tax_bands:
        if band.high is None or displacement_ml <= band.high:
            return band.least_fen, band.most_fen
    return None


def months_taxed(bought_on: date, year: int) -> int:
    """Return the months of a tax year that a vehicle pays: from the month it was bought on."""
    # 车船税法实施条例 第十九条
    return MONTHS_A_YEAR if bought_on.year < year else MONTHS_A_YEAR + 1 - bought_on.month
