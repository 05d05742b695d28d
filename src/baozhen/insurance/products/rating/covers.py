"""Which covers may be chosen together, with what sums and extent (示范条款 总则)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from baozhen.insurance.products.errors import AmountNotOffered, CoverNotOffered
from baozhen.insurance.products.rating.hull import Worth, check_agreed
from baozhen.insurance.products.rating.request import CoverChoice, VehicleFacts
from baozhen.insurance.products.rating.steps import percent, yuan
from baozhen.insurance.products.table_parts import CoverKind
from baozhen.insurance.products.tables import Tables

MAIN_ROLES = frozenset({"hull", "third_party", "driver", "passengers", "theft"})
_SEAT_LIMIT_DEFAULT_FEN = 1_000_000
Offered = Mapping[str, CoverKind]


def check_chosen(
    form: str, covers: Sequence[CoverChoice], vehicle: VehicleFacts, by: Tables
) -> None:
    """Raise CoverNotOffered unless the form offers each cover, once, with its main cover."""
    offered = by.covers[form]
    codes = [cover.code for cover in covers]
    for index, code in enumerate(codes):
        path = f"commercial.coverages.{index}.code"
        kind = offered.get(code)
        if kind is None:
            raise CoverNotOffered(path=path, why=f"这一投保单没有代码为 {code} 的险种，请重新选择")
        if code in codes[:index]:
            raise CoverNotOffered(path=path, why=f"“{kind.name}”选了两次，请去掉一个")
        if kind.needs and not any(need in codes for need in kind.needs):
            names = "”或“".join(offered[need].name for need in kind.needs)
            raise CoverNotOffered(
                path=path, why=f"“{kind.name}”须与“{names}”一起投保，请加上主险或去掉它"
            )
        if kind.role == "holiday_doubling" and vehicle.use_nature != "family":
            raise CoverNotOffered(path=path, why=f"“{kind.name}”只供家庭自用汽车投保，请去掉")
    if not codes:
        raise CoverNotOffered(path="commercial.coverages", why="没有选择商业险的险种，请至少选一个")


@dataclass(frozen=True, slots=True)
class Insured:
    """One cover as it will be insured: every sum known."""

    index: int
    kind: CoverKind
    sum_fen: int
    seats: int | None
    deductible_rate: Decimal | None

    @property
    def path(self) -> str:
        """Return where the cover stands in a proposal."""
        return f"commercial.coverages.{self.index}"


def insure(
    form: str, covers: Sequence[CoverChoice], vehicle: VehicleFacts, worth: Worth, by: Tables
) -> list[Insured]:
    """Return the covers with their sums, in the order they were chosen."""
    offered = by.covers[form]
    rates = deductible_rates(covers, offered, by)
    insured: list[Insured] = []
    known: dict[str, int] = {}
    for index, cover in enumerate(covers):
        kind = offered[cover.code]
        one = Insured(index, kind, -1, cover.seats, rates.get(cover.code))
        if kind.role in ("driver", "passengers"):
            one = _seated(one, cover, vehicle)
        else:
            sum_fen = _sum_of(cover, kind, vehicle, worth)
            if sum_fen is not None:
                one = replace(one, sum_fen=sum_fen)
        if one.sum_fen >= 0:
            known[cover.code] = one.sum_fen
        insured.append(one)
    insured = [_derived(one, form, known, by) for one in insured]
    for one in insured:
        _check_sum(one, vehicle, worth, by)
    return insured


def _seated(one: Insured, cover: CoverChoice, vehicle: VehicleFacts) -> Insured:
    sum_fen = cover.sum_insured_fen
    sum_fen = _SEAT_LIMIT_DEFAULT_FEN if sum_fen is None else sum_fen
    if one.kind.role == "driver":
        return replace(one, sum_fen=sum_fen, seats=None)
    most = vehicle.seats - 1
    seats = most if cover.seats is None else cover.seats
    if not 1 <= seats <= most:
        raise AmountNotOffered(
            path=f"{one.path}.seats", why=f"乘客座位数须在 1 至 {most} 之间，请修改"
        )
    return replace(one, sum_fen=sum_fen, seats=seats)


def _sum_of(cover: CoverChoice, kind: CoverKind, vehicle: VehicleFacts, worth: Worth) -> int | None:
    if cover.sum_insured_fen is not None:
        return cover.sum_insured_fen
    return {
        "hull": worth.depreciated_fen,
        "theft": worth.depreciated_fen,
        "pile_loss": vehicle.pile_value_fen,
        "fixed_equipment": vehicle.equipment_value_fen,
    }.get(kind.role)


def _derived(one: Insured, form: str, known: Mapping[str, int], by: Tables) -> Insured:
    """Give a cover without a sum of its own the sum it follows."""
    if one.sum_fen >= 0:
        return one
    rate = by.rates.covers[form][one.kind.code]
    if rate.method == "none":
        return replace(one, sum_fen=0)
    # A cover that is a share of another, or adds to one thing only, follows its sum.
    follows = rate.of or (one.kind.needs if one.kind.role == "external_grid" else ())
    for code in follows:
        if code in known:
            return replace(one, sum_fen=known[code])
    raise AmountNotOffered(
        path=f"{one.path}.sum_insured", why=f"“{one.kind.name}”没有保险金额，请填写"
    )


def _check_sum(one: Insured, vehicle: VehicleFacts, worth: Worth, by: Tables) -> None:
    path, name = f"{one.path}.sum_insured", one.kind.name
    if one.sum_fen == 0 and one.kind.role in MAIN_ROLES:
        raise AmountNotOffered(path=path, why=f"“{name}”的保险金额为零，请填写")
    if one.kind.role in ("hull", "theft"):
        check_agreed(one.sum_fen, worth, vehicle.new_price_fen, by, path=path)
    elif one.kind.role == "third_party":
        least, most = (limit * 100 for limit in by.third_party_limit_yuan)
        if not least <= one.sum_fen <= most:
            raise AmountNotOffered(
                path=path, why=f"“{name}”的限额须在 {yuan(least)} 至 {yuan(most)} 之间，请修改"
            )
    elif one.kind.role in ("pile_loss", "pile_liability"):
        _check_things(one, vehicle.pile_value_fen, "charging_pile", "充电桩")
    elif one.kind.role == "fixed_equipment":
        _check_things(one, vehicle.equipment_value_fen, "fixed_equipment", "固定设备")


def _check_things(one: Insured, worth_fen: int | None, part: str, what: str) -> None:
    if worth_fen is None:
        raise AmountNotOffered(
            path=f"vehicle.{part}", why=f"投保“{one.kind.name}”请先填写{what}及其价值"
        )
    if one.kind.role != "pile_liability" and one.sum_fen > worth_fen:
        # 保险法 第五十五条
        raise AmountNotOffered(
            path=f"{one.path}.sum_insured",
            why=f"“{one.kind.name}”的保险金额不能超过{what}的价值 {yuan(worth_fen)}，请修改",
        )


def deductible_rates(
    covers: Sequence[CoverChoice], offered: Offered, by: Tables
) -> dict[str, Decimal]:
    """Return the deductible of each main cover; the clause that carries it has to be chosen."""
    clauses = [cover for cover in covers if offered[cover.code].role == "deductible"]
    mains = [cover for cover in covers if offered[cover.code].role in MAIN_ROLES]
    common = clauses[0].deductible_rate if clauses else None
    rates = {main.code: main.deductible_rate or common for main in mains}
    chosen = {code: rate for code, rate in rates.items() if rate is not None}
    if bool(clauses) != bool(chosen):
        raise AmountNotOffered(
            path="commercial.coverages",
            why="绝对免赔率须与“附加绝对免赔率特约条款”一起选择，请补全或去掉其中之一",
        )
    for rate in chosen.values():
        if rate not in by.rates.deductible_discounts:
            rates_said = "、".join(percent(one) for one in by.rates.deductible_discounts)
            raise AmountNotOffered(
                path="commercial.coverages", why=f"绝对免赔率只能是 {rates_said}，请修改"
            )
    return chosen
