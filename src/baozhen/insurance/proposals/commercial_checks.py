"""Checks of the commercial cover by the model clauses: covers, dependencies, factors, lines."""

from collections.abc import Iterator
from decimal import Decimal

from baozhen.insurance.products import rules
from baozhen.insurance.products.table_parts import CoverKind
from baozhen.insurance.products.tables import Tables
from baozhen.insurance.proposals.content import Commercial, Coverage, Factors, ProposalData, Vehicle
from baozhen.insurance.proposals.faults import UNREADABLE, Fault, fault
from baozhen.insurance.proposals.wording import yuan

_MAIN_ROLES = frozenset({"hull", "third_party", "driver", "passengers", "theft"})


def check_codes(form: str, commercial: Commercial, by: Tables) -> Iterator[Fault]:
    """Every cover is one that the form offers, once."""
    codes = [_code_of(line) for line in commercial.coverages]
    offered = by.covers[form]
    if not any(code in offered for code in codes) and any(
        all(code in other for code in codes) for other in by.covers.values()
    ):
        # All of them belong to another form: then it is the form that is wrong.
        yield fault("form_covers_disagree", "form")
        return
    for index, code in enumerate(codes):
        path = f"commercial.coverages.{index}.code"
        if code is None:
            continue
        if code not in offered:
            yield fault("coverage_unknown", path)
        elif code in codes[:index]:
            yield fault("coverage_repeated", path)


def check_dependencies(form: str, commercial: Commercial, by: Tables) -> Iterator[Fault]:
    """An additional cover comes only with a main cover that it adds to (示范条款 总则)."""
    codes = {line.code for line in commercial.coverages}
    for index, line in enumerate(commercial.coverages):
        kind = rules.cover_kind(form, line.code, by)
        if kind is None or not kind.needs or codes.intersection(kind.needs):
            continue
        names = "”或“".join(by.covers[form][need].name for need in kind.needs)
        yield fault("coverage_needs_main", f"commercial.coverages.{index}.code", names=names)


def check_name(line: Coverage, kind: CoverKind, path: str) -> Iterator[Fault]:
    """The name is the code's."""
    if line.name != kind.name:
        yield fault("coverage_name_wrong", f"{path}.name", name=kind.name)


def check_line_premium(line: Coverage, factors: Factors, path: str) -> Iterator[Fault]:
    """The line is base × the factors, rounded half up."""
    expected = rules.coverage_premium_fen(
        line.base_premium_fen, factors.ncd, factors.traffic_violation, factors.self_pricing
    )
    if line.premium_fen != expected:
        yield fault("coverage_premium_wrong", f"{path}.premium", expected=yuan(expected))


def check_sum_insured(
    line: Coverage, kind: CoverKind, vehicle: Vehicle, path: str, by: Tables
) -> Iterator[Fault]:
    """The sum or limit is one that the cover can have."""
    insured, at = line.sum_insured_fen, f"{path}.sum_insured"
    if insured == 0 and kind.role in _MAIN_ROLES:
        yield fault("sum_insured_zero", at)
    elif kind.role == "third_party":
        least, most = (limit * 100 for limit in by.third_party_limit_yuan)
        if not least <= insured <= most:
            yield fault("third_party_limit_wrong", at)
    elif kind.role == "scratch":
        if insured % 100 or insured // 100 not in by.scratch_limits_yuan:
            yield fault("scratch_limit_wrong", at)
    elif kind.role in _WORTH_OF:
        yield from _check_worth(line, kind, vehicle, path)


def _price(vehicle: Vehicle) -> int | None:
    return vehicle.new_price_fen


def _pile_value(vehicle: Vehicle) -> int | None:
    return None if vehicle.charging_pile is None else vehicle.charging_pile.value_fen


def _equipment_value(vehicle: Vehicle) -> int | None:
    return sum(item.value_fen for item in vehicle.fixed_equipment or ()) or None


# 保险法 第五十五条: no sum insured above the value.
_WORTH_OF = {
    "hull": (_price, "sum_above_price", "new_price"),
    "pile_loss": (_pile_value, "sum_above_pile", "charging_pile"),
    "fixed_equipment": (_equipment_value, "sum_above_equipment", "fixed_equipment"),
}


def _check_worth(line: Coverage, kind: CoverKind, vehicle: Vehicle, path: str) -> Iterator[Fault]:
    worth_of, code, part = _WORTH_OF[kind.role]
    worth = worth_of(vehicle)
    if worth is None:
        yield fault("insured_thing_missing", f"vehicle.{part}", name=kind.name)
    elif line.sum_insured_fen > worth:
        yield fault(code, f"{path}.sum_insured", limit=yuan(worth))


def check_extent(line: Coverage, kind: CoverKind, vehicle: Vehicle, path: str) -> Iterator[Fault]:
    """Seats for passengers, a pile for a pile's liability, a family car for doubled holidays."""
    if kind.role == "passengers":
        if line.seats is None:
            yield fault("coverage_seats_missing", f"{path}.seats")
        elif line.seats > vehicle.seats - 1:
            yield fault("coverage_seats_wrong", f"{path}.seats", limit=vehicle.seats - 1)
    elif kind.role == "pile_liability" and vehicle.charging_pile is None:
        yield fault("insured_thing_missing", "vehicle.charging_pile", name=kind.name)
    elif kind.role == "holiday_doubling" and vehicle.use_nature != "family":
        yield fault("coverage_family_only", f"{path}.code")


def check_ncd(_proposal: ProposalData, factors: Factors, by: Tables) -> Iterator[Fault]:
    """NCD is one of its levels (保险法 第一百三十五条: filed rates only)."""
    if factors.ncd not in by.ncd_values:
        yield fault("ncd_not_filed", "commercial.factors.ncd")


def check_violation(proposal: ProposalData, factors: Factors, by: Tables) -> Iterator[Fault]:
    """The traffic violation factor lies in the region's range, where the region is known."""
    region = rules.region_of(proposal.branch.code, proposal.branch.name, by)
    filed = rules.violation_range(region, by)
    if filed is not None and not filed[0] <= factors.traffic_violation <= filed[1]:
        yield _outside("commercial.factors.traffic_violation", filed[0], filed[1])


def check_self_pricing(proposal: ProposalData, factors: Factors, by: Tables) -> Iterator[Fault]:
    """The self-pricing factor lies in the range filed for the energy."""
    filed = rules.self_pricing_range(proposal.vehicle.fuel, proposal.submitted_at.date(), by)
    if filed is not None and not filed.low <= factors.self_pricing <= filed.high:
        yield _outside("commercial.factors.self_pricing", filed.low, filed.high)


def _outside(path: str, low: Decimal, high: Decimal) -> Fault:
    return fault("factor_outside_filed_range", path, low=low, high=high)


def check_sum(commercial: Commercial) -> Iterator[Fault]:
    """The premium is the sum of its lines."""
    expected = 0
    for line in commercial.coverages:
        expected = expected + line.premium_fen
    if commercial.premium_fen != expected:
        yield fault("commercial_premium_wrong", "commercial.premium", expected=yuan(expected))


def _code_of(line: Coverage) -> str | None:
    return None if line is UNREADABLE or line.code is UNREADABLE else line.code


def kind_of(form: str, line: Coverage, by: Tables) -> CoverKind | None:
    """Return the cover of a line, None where there is none or it could not be read."""
    code = _code_of(line)
    return None if code is None else rules.cover_kind(form, code, by)
