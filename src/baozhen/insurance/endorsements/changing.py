"""What each kind of change does to a policy's content: values in, patches out.

Content is a proposal as JSON (`proposals.intake.canonical`). A patch is a path in it and the value
that stands there afterwards; None takes the field away. Nothing here knows a database or a clock.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from baozhen.foundation.money import fen_from_yuan, yuan_from_fen
from baozhen.insurance.endorsements.errors import ChangeIncomplete, ChangeNotAllowed
from baozhen.insurance.endorsements.pricing import base_premium_fen, compulsory_base_fen, line_fen
from baozhen.insurance.endorsements.states import ChangeKind
from baozhen.insurance.parties.rules import birth_and_gender
from baozhen.insurance.products.tables import Tables

Content = dict[str, Any]
Values = Mapping[str, str]
SUSPENDED = "suspended_from"
_LIMIT_YUAN_MAX = 100_000_000
_TEMPORARY = ("temporary_plate_no", "temporary_plate_office", "temporary_plate_valid_to")
_NEW_ENERGY_COLORS = {"51": "yellow_green", "52": "gradient_green"}


@dataclass(frozen=True, slots=True)
class Patch:
    """One place of the content and what stands there after the change."""

    path: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked: the kind, the values, the cover it was asked for, and from which day."""

    kind: ChangeKind
    values: Values
    cover: str
    effective_on: date
    tables: Tables


def patches_of(content: Content, asked: Asked) -> list[Patch]:
    """Return what a change does to the content.

    Raises ChangeIncomplete for a value that is missing or says nothing new, NoRateKnown where a
    person has to work the premium out, ChangeNotAllowed for what cannot be done on line.
    """
    return list(_CHANGES[asked.kind](content, asked))


def apply(content: Content, patches: list[Patch]) -> Content:
    """Return a copy of the content with the patches in place and the sums worked out again."""
    changed = deepcopy(content)
    for patch in patches:
        *parents, last = patch.path.split(".")
        part: Any = changed
        for name in parents:
            part = part[int(name)] if isinstance(part, list) else part.setdefault(name, {})
        if patch.value is None:
            part.pop(last, None)
        else:
            part[last] = deepcopy(patch.value)
    _sum_up(changed)
    return changed


def _sum_up(content: Content) -> None:
    """The yearly premiums follow from their lines."""
    total = fen_from_yuan(content["compulsory"]["premium"])
    total += fen_from_yuan(content["vehicle_tax"]["total"])
    commercial = content.get("commercial")
    if commercial:
        fen = sum(fen_from_yuan(line["premium"]) for line in commercial["coverages"])
        commercial["premium"] = yuan_from_fen(fen)
        total += fen
    content["total"] = yuan_from_fen(total)


# --- the kinds ---


def _plate(content: Content, asked: Asked) -> Iterator[Patch]:
    plate = _value(asked, "plate_no", "请填写新的号牌号码").upper().replace(" ", "")
    vehicle = content["vehicle"]
    _require_new(plate, vehicle.get("plate_no"), "plate_no", "新号牌与保单上的号牌相同")
    plate_type = asked.values.get("plate_type") or _plate_type(vehicle)
    color = asked.values.get("plate_color") or _NEW_ENERGY_COLORS.get(plate_type)
    yield Patch("vehicle.plate_status", "issued")
    yield Patch("vehicle.plate_no", plate)
    yield Patch("vehicle.plate_type", plate_type)
    if color:
        yield Patch("vehicle.plate_color", color)
    if not vehicle.get("first_registered_on"):
        yield Patch("vehicle.first_registered_on", asked.effective_on.isoformat())
    for name in _TEMPORARY:
        if vehicle.get(name) is not None:
            yield Patch(f"vehicle.{name}", None)


def _plate_type(vehicle: Mapping[str, Any]) -> str:
    """A temporary plate (22) gives way to the small plate of the vehicle's energy."""
    known = str(vehicle["plate_type"])
    if known != "22":
        return known
    return "02" if vehicle["fuel"] in {"fuel", "other_hybrid", "other"} else "52"


def _correction(content: Content, asked: Asked) -> Iterator[Patch]:
    vehicle = content["vehicle"]
    found = [
        Patch(f"vehicle.{name}", asked.values[name].strip().upper())
        for name in ("vin", "engine_no", "motor_no")
        if asked.values.get(name, "").strip()
        and asked.values[name].strip().upper() != vehicle.get(name)
    ]
    if not found:
        raise ChangeIncomplete(path="vin", what="请填写要更正的车架号或发动机号")
    yield from found


def _transfer(content: Content, asked: Asked) -> Iterator[Patch]:
    name = _value(asked, "name", "请填写新车主的姓名")
    id_no = _value(asked, "id_no", "请填写新车主的身份证号码").upper()
    _require_new(id_no, content["owner"].get("id_no"), "id_no", "新车主与保单上的车主是同一个人")
    told = birth_and_gender("resident_id", id_no)
    if told is None:
        raise ChangeIncomplete(path="id_no", what="身份证号码有误，请核对 18 位号码")
    person = {
        "kind": "person",
        "name": name,
        "id_type": "resident_id",
        "id_no": id_no,
        "id_valid_from": _value(asked, "id_valid_from", "请填写身份证有效期的起始日期"),
        "id_valid_to": asked.values.get("id_valid_to") or None,
        "birth_date": told[0].isoformat(),
        "gender": told[1],
        "mobile": _value(asked, "mobile", "请填写新车主的手机号"),
        "nationality": "CHN",
        "address": {
            part: _value(asked, part, "请填写新车主的住址")
            for part in ("province", "city", "county", "detail")
        },
    }
    # 保险法 第四十九条: who takes the vehicle over takes the rights and duties of the insured.
    yield Patch("owner", person)
    yield Patch("insured", person)
    is_holder = id_no == content["policyholder"]["id_no"]
    for relation in ("relation_to_owner", "relation_to_insured"):
        yield Patch(relation, "self" if is_holder else "other")


def _insured_name(content: Content, asked: Asked) -> Iterator[Patch]:
    name = _value(asked, "name", "请填写被保险人现在的姓名")
    _require_new(name, content["insured"]["name"], "name", "姓名与保单上的相同")
    number = content["insured"]["id_no"]
    for role in ("insured", "policyholder", "owner"):
        if content[role].get("id_no") == number:
            yield Patch(f"{role}.name", name)


def _use_nature(content: Content, asked: Asked) -> Iterator[Patch]:
    use = _value(asked, "use_nature", "请选择新的使用性质")
    _require_new(use, content["vehicle"]["use_nature"], "use_nature", "使用性质没有变化")
    changed = apply(content, [Patch("vehicle.use_nature", use)])
    yield Patch("vehicle.use_nature", use)
    compulsory = content["compulsory"]
    base = compulsory_base_fen(changed, asked.tables)
    yield Patch("compulsory.base_premium", yuan_from_fen(base))
    premium = line_fen(base, [1 + Decimal(compulsory["float_rate"])])
    yield Patch("compulsory.premium", yuan_from_fen(premium))
    for index, line in enumerate((content.get("commercial") or {}).get("coverages", ())):
        yield from _repriced(changed, index, line, asked)


def _limit(content: Content, asked: Asked) -> Iterator[Patch]:
    code = _value(asked, "code", "请选择要变更的险种")
    limit = yuan_from_fen(_limit_fen(asked))
    index, line = _line(content, code)
    _require_new(limit, line["sum_insured"], "sum_insured", "保险金额没有变化")
    yield Patch(f"commercial.coverages.{index}.sum_insured", limit)
    changed = apply(content, [Patch(f"commercial.coverages.{index}.sum_insured", limit)])
    yield from _repriced(changed, index, line, asked)


def _cover_add(content: Content, asked: Asked) -> Iterator[Patch]:
    code = _value(asked, "code", "请选择要增加的险种")
    offered = asked.tables.covers[content["form"]]
    if code not in offered:
        raise ChangeIncomplete(path="code", what="这份保单不能增加所选的险种")
    coverages = content["commercial"]["coverages"]
    if any(line["code"] == code for line in coverages):
        raise ChangeIncomplete(path="code", what=f"保单已经有“{offered[code].name}”")
    line: Content = {
        "code": code,
        "name": offered[code].name,
        "sum_insured": yuan_from_fen(_limit_fen(asked)),
        "base_premium": "0.00",
        "premium": "0.00",
    }
    if offered[code].role == "passengers":
        line["seats"] = content["vehicle"]["seats"] - 1
    extended = apply(content, [Patch("commercial.coverages", [*coverages, line])])
    for patch in _repriced(extended, len(coverages), line, asked):
        line[patch.path.rpartition(".")[2]] = patch.value
    yield Patch("commercial.coverages", [*coverages, line])


def _cover_remove(content: Content, asked: Asked) -> Iterator[Patch]:
    index, _ = _line(content, _value(asked, "code", "请选择要减少的险种"))
    coverages = content["commercial"]["coverages"]
    if len(coverages) == 1:
        raise ChangeNotAllowed(reason="只剩一个险种时不能再减少，不再需要商业险请办理退保")
    yield Patch("commercial.coverages", [*coverages[:index], *coverages[index + 1 :]])


def _agreement(content: Content, asked: Asked) -> Iterator[Patch]:
    code = _value(asked, "code", "请选择特别约定")
    present = content.get("special_agreements", [])
    if any(item["code"] == code for item in present):
        yield Patch("special_agreements", [item for item in present if item["code"] != code])
        return
    if code not in asked.tables.special_agreements:
        raise ChangeIncomplete(path="code", what="特别约定只能从约定库中选择")
    agreement = {"code": code, "text": asked.tables.special_agreements[code]}
    yield Patch("special_agreements", [*present, agreement])


def _period(content: Content, asked: Asked) -> Iterator[Patch]:
    starts = datetime.fromisoformat(content[asked.cover]["cover_starts_at"])
    ends = datetime.fromisoformat(content[asked.cover]["cover_ends_at"])
    chosen = _day(_value(asked, "starts_on", "请选择新的起保日期"), "starts_on")
    _require_new(chosen, starts.date(), "starts_on", "起保日期没有变化")
    moved = starts + (chosen - starts.date())
    yield Patch(f"{asked.cover}.cover_starts_at", moved.isoformat())
    is_year = (ends.month, ends.day) == (starts.month, starts.day)
    end = moved.replace(year=moved.year + 1) if is_year else moved + (ends - starts)
    yield Patch(f"{asked.cover}.cover_ends_at", end.isoformat())


def _suspension(_content: Content, asked: Asked) -> Iterator[Patch]:
    yield Patch(f"commercial.{SUSPENDED}", asked.effective_on.isoformat())


def _resumption(content: Content, asked: Asked) -> Iterator[Patch]:
    commercial = content["commercial"]
    rested = asked.effective_on - date.fromisoformat(commercial[SUSPENDED])
    if rested <= timedelta(0):
        raise ChangeIncomplete(path="effective_on", what="复驶日期须晚于停驶日期")
    ends = datetime.fromisoformat(commercial["cover_ends_at"]) + rested
    yield Patch(f"commercial.{SUSPENDED}", None)
    yield Patch("commercial.cover_ends_at", ends.isoformat())
    pauses = [*commercial.get("pauses", ())]
    yield Patch(
        "commercial.pauses", [*pauses, [commercial[SUSPENDED], asked.effective_on.isoformat()]]
    )


def _ending(_content: Content, _asked: Asked) -> Iterator[Patch]:
    yield from ()


_CHANGES: Mapping[ChangeKind, Callable[[Content, Asked], Iterator[Patch]]] = {
    ChangeKind.PLATE: _plate,
    ChangeKind.CORRECTION: _correction,
    ChangeKind.TRANSFER: _transfer,
    ChangeKind.INSURED_NAME: _insured_name,
    ChangeKind.USE_NATURE: _use_nature,
    ChangeKind.LIMIT: _limit,
    ChangeKind.COVER_ADD: _cover_add,
    ChangeKind.COVER_REMOVE: _cover_remove,
    ChangeKind.AGREEMENT: _agreement,
    ChangeKind.PERIOD: _period,
    ChangeKind.SUSPENSION: _suspension,
    ChangeKind.RESUMPTION: _resumption,
    ChangeKind.SURRENDER: _ending,
    ChangeKind.CANCELLATION: _ending,
}


# --- small parts ---


def _repriced(content: Content, index: int, line: Content, asked: Asked) -> Iterator[Patch]:
    """Yield the line's new base, from the tables, and its premium by the policy's own factors."""
    base = base_premium_fen(content, index, asked.tables)
    factors = content["commercial"]["factors"]
    product = [Decimal(factors[name]) for name in ("ncd", "traffic_violation", "self_pricing")]
    place = f"commercial.coverages.{index}"
    yield Patch(f"{place}.base_premium", yuan_from_fen(base))
    yield Patch(f"{place}.premium", yuan_from_fen(line_fen(base, product)))


def _line(content: Content, code: str) -> tuple[int, Content]:
    for index, line in enumerate(content["commercial"]["coverages"]):
        if line["code"] == code:
            return index, line
    raise ChangeIncomplete(path="code", what="保单没有所选的险种")


def _limit_fen(asked: Asked) -> int:
    text = _value(asked, "sum_insured", "请填写新的保险金额")
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _LIMIT_YUAN_MAX:
        raise ChangeIncomplete(path="sum_insured", what="保险金额请填写以元为单位的整数")
    return int(text) * 100


def _value(asked: Asked, name: str, what: str) -> str:
    value = asked.values.get(name, "").strip()
    if not value:
        raise ChangeIncomplete(path=name, what=what)
    return value


def _require_new(new: object, old: object, path: str, what: str) -> None:
    if new == old:
        raise ChangeIncomplete(path=path, what=what)


def _day(text: str, path: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ChangeIncomplete(path=path, what="日期请写成 2026-01-31 的样子") from error
