"""What each kind of change does to a policy's content: values in, patches out.

Nothing here knows a database or a clock.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from baozhen.foundation.money import yuan_from_fen
from baozhen.insurance.endorsements import correcting, periods
from baozhen.insurance.endorsements.errors import ChangeIncomplete, ChangeNotAllowed
from baozhen.insurance.endorsements.patching import (
    Asked,
    Content,
    Patch,
    apply,
    repriced,
    require_new,
    value_of,
)
from baozhen.insurance.endorsements.states import ChangeKind
from baozhen.insurance.parties.rules import birth_and_gender

_LIMIT_YUAN_MAX = 100_000_000
_TEMPORARY = ("temporary_plate_no", "temporary_plate_office", "temporary_plate_valid_to")
_NEW_ENERGY_COLORS = {"51": "yellow_green", "52": "gradient_green"}


def patches_of(content: Content, asked: Asked) -> list[Patch]:
    """Return what a change does to the content.

    Raises ChangeIncomplete for a value that is missing or says nothing new, NoRateKnown where a
    person has to work the premium out, ChangeNotAllowed for what cannot be done on line.
    """
    return list(_CHANGES[asked.kind](content, asked))


# --- the kinds ---


def _plate(content: Content, asked: Asked) -> Iterator[Patch]:
    plate = value_of(asked, "plate_no", "请填写新的号牌号码").upper().replace(" ", "")
    vehicle = content["vehicle"]
    require_new(plate, vehicle.get("plate_no"), "plate_no", "新号牌与保单上的号牌相同")
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
    name = value_of(asked, "name", "请填写新车主的姓名")
    id_no = value_of(asked, "id_no", "请填写新车主的身份证号码").upper()
    require_new(id_no, content["owner"].get("id_no"), "id_no", "新车主与保单上的车主是同一个人")
    told = birth_and_gender("resident_id", id_no)
    if told is None:
        raise ChangeIncomplete(path="id_no", what="身份证号码有误，请核对 18 位号码")
    person = {
        "kind": "person",
        "name": name,
        "id_type": "resident_id",
        "id_no": id_no,
        "id_valid_from": value_of(asked, "id_valid_from", "请填写身份证有效期的起始日期"),
        "id_valid_to": asked.values.get("id_valid_to") or None,
        "birth_date": told[0].isoformat(),
        "gender": told[1],
        "mobile": value_of(asked, "mobile", "请填写新车主的手机号"),
        "nationality": "CHN",
        "address": {
            part: value_of(asked, part, "请填写新车主的住址")
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
    name = value_of(asked, "name", "请填写被保险人现在的姓名")
    require_new(name, content["insured"]["name"], "name", "姓名与保单上的相同")
    number = content["insured"]["id_no"]
    for role in ("insured", "policyholder", "owner"):
        if content[role].get("id_no") == number:
            yield Patch(f"{role}.name", name)


def _use_nature(content: Content, asked: Asked) -> Iterator[Patch]:
    use = value_of(asked, "use_nature", "请选择新的使用性质")
    require_new(use, content["vehicle"]["use_nature"], "use_nature", "使用性质没有变化")
    changed = apply(content, [Patch("vehicle.use_nature", use)])
    yield Patch("vehicle.use_nature", use)
    yield from correcting.compulsory_repriced(content, changed, asked)
    for index, line in enumerate((content.get("commercial") or {}).get("coverages", ())):
        yield from repriced(changed, index, line, asked)


def _limit(content: Content, asked: Asked) -> Iterator[Patch]:
    code = value_of(asked, "code", "请选择要变更的险种")
    limit = yuan_from_fen(_limit_fen(asked))
    index, line = _line(content, code)
    require_new(limit, line["sum_insured"], "sum_insured", "保险金额没有变化")
    yield Patch(f"commercial.coverages.{index}.sum_insured", limit)
    changed = apply(content, [Patch(f"commercial.coverages.{index}.sum_insured", limit)])
    yield from repriced(changed, index, line, asked)


def _cover_add(content: Content, asked: Asked) -> Iterator[Patch]:
    code = value_of(asked, "code", "请选择要增加的险种")
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
    for patch in repriced(extended, len(coverages), line, asked):
        line[patch.path.rpartition(".")[2]] = patch.value
    yield Patch("commercial.coverages", [*coverages, line])


def _cover_remove(content: Content, asked: Asked) -> Iterator[Patch]:
    index, _ = _line(content, value_of(asked, "code", "请选择要减少的险种"))
    coverages = content["commercial"]["coverages"]
    if len(coverages) == 1:
        raise ChangeNotAllowed(reason="只剩一个险种时不能再减少，不再需要商业险请办理退保")
    yield Patch("commercial.coverages", [*coverages[:index], *coverages[index + 1 :]])


def _agreement(content: Content, asked: Asked) -> Iterator[Patch]:
    code = value_of(asked, "code", "请选择特别约定")
    present = content.get("special_agreements", [])
    if any(item["code"] == code for item in present):
        yield Patch("special_agreements", [item for item in present if item["code"] != code])
        return
    if code not in asked.tables.special_agreements:
        raise ChangeIncomplete(path="code", what="特别约定只能从约定库中选择")
    agreement = {"code": code, "text": asked.tables.special_agreements[code]}
    yield Patch("special_agreements", [*present, agreement])


def _ending(_content: Content, _asked: Asked) -> Iterator[Patch]:
    yield from ()


_CHANGES: Mapping[ChangeKind, Callable[[Content, Asked], Iterator[Patch]]] = {
    ChangeKind.PLATE: _plate,
    ChangeKind.CORRECTION: _correction,
    ChangeKind.TRANSFER: _transfer,
    ChangeKind.INSURED_NAME: _insured_name,
    ChangeKind.USE_NATURE: _use_nature,
    ChangeKind.SEATS: correcting.seats,
    ChangeKind.TAX: correcting.tax,
    ChangeKind.LIMIT: _limit,
    ChangeKind.COVER_ADD: _cover_add,
    ChangeKind.COVER_REMOVE: _cover_remove,
    ChangeKind.AGREEMENT: _agreement,
    ChangeKind.PERIOD: periods.period,
    ChangeKind.SUSPENSION: periods.suspension,
    ChangeKind.RESUMPTION: periods.resumption,
    ChangeKind.SURRENDER: _ending,
    ChangeKind.CANCELLATION: _ending,
}


# --- small parts ---


def _line(content: Content, code: str) -> tuple[int, Content]:
    for index, line in enumerate(content["commercial"]["coverages"]):
        if line["code"] == code:
            return index, line
    raise ChangeIncomplete(path="code", what="保单没有所选的险种")


def _limit_fen(asked: Asked) -> int:
    text = value_of(asked, "sum_insured", "请填写新的保险金额")
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _LIMIT_YUAN_MAX:
        raise ChangeIncomplete(path="sum_insured", what="保险金额请填写以元为单位的整数")
    return int(text) * 100
