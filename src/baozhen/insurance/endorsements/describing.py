"""Before and after, as rows that people read: field, old, new."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from baozhen.foundation.masking import mask_id, mask_mobile
from baozhen.foundation.money import fen_from_yuan
from baozhen.insurance.endorsements.patching import Content
from baozhen.insurance.endorsements.periods import SUSPENDED, SUSPENDED_UNTIL
from baozhen.insurance.endorsements.states import ChangeKind
from baozhen.insurance.products.enumerations import label
from baozhen.insurance.proposals.print_wording import figures, format_date, format_period

Row = list[str]  # field, before, after
_NONE = "无"
_PLATES: Mapping[str, str] = {
    "plate_no": "号牌号码",
    "temporary_plate_no": "临时号牌",
    "vin": "车架号",
    "engine_no": "发动机号",
    "motor_no": "电机号",
}
_MEASURES: Mapping[str, tuple[str, str]] = {
    "seats": ("核定载客", "人"),
    "displacement_ml": ("排量", "毫升"),
    "curb_mass_kg": ("整备质量", "千克"),
}


def rows_of(kind: str, cover: str, before: Content, after: Content) -> list[Row]:
    """Return what one policy's endorsement says: every difference that concerns this cover."""
    rows = [*_vehicle(before, after), *_parties(before, after), *_agreements(before, after)]
    rows += _period(cover, before, after)
    if cover == "compulsory":
        rows += _tax(before, after)
    if cover == "commercial":
        rows += _rest(before, after)
        rows += _coverages(before, after)
    rows += _premium(cover, before, after)
    if kind in {ChangeKind.SURRENDER, ChangeKind.CANCELLATION}:
        rows.append(["合同效力", "有效", "已解除" if kind == ChangeKind.SURRENDER else "已注销"])
    return [row for row in rows if row[1] != row[2]]


def said_of(cover: str, content: Content) -> list[tuple[str, str]]:
    """Return what one policy insures, worded as endorsements word it; nobody's data is in it."""
    vehicle = content["vehicle"]
    rows = [("保险期间", _said(content[cover]))]
    if cover == "commercial":
        rows.append(("停驶", _resting(content)))
        rows += [(line["name"], _insured(line)) for line in content["commercial"]["coverages"]]
    rows.append(("使用性质", label("use_nature", vehicle["use_nature"])))
    rows.append(("核定载客", _measured(vehicle, "seats", "人")))
    agreements = content.get("special_agreements", ())
    return rows + [(f"特别约定 {item['code']}", item["text"]) for item in agreements]


def _vehicle(before: Content, after: Content) -> Iterator[Row]:
    old, new = before["vehicle"], after["vehicle"]
    for name, title in _PLATES.items():
        yield [title, old.get(name) or _NONE, new.get(name) or _NONE]
    for name in ("plate_type", "use_nature"):
        title = "号牌种类" if name == "plate_type" else "使用性质"
        yield [title, label(name, old[name]), label(name, new[name])]

    for name, (title, unit) in _MEASURES.items():
        yield [title, _measured(old, name, unit), _measured(new, name, unit)]


def _measured(vehicle: Mapping[str, Any], name: str, unit: str) -> str:
    return f"{vehicle[name]}{unit}" if vehicle.get(name) is not None else _NONE


def _tax(before: Content, after: Content) -> Iterator[Row]:
    old, new = before["vehicle_tax"], after["vehicle_tax"]
    yield [
        "车船税纳税情况",
        *(label("tax_relief", tax["relief"]) for tax in (old, new)),
    ]
    yield [
        "完税、减免税凭证",
        *((tax.get("certificate") or {}).get("no", _NONE) for tax in (old, new)),
    ]
    yield [f"{new['year']}年度车船税合计", _yuan(old["total"]), _yuan(new["total"])]


def _parties(before: Content, after: Content) -> Iterator[Row]:
    for role, title in (("policyholder", "投保人"), ("insured", "被保险人"), ("owner", "车主")):
        old, new = before[role], after[role]
        yield [title, old["name"], new["name"]]
        yield [f"{title}证件号码", mask_id(old["id_no"]), mask_id(new["id_no"])]
        if role == "insured":
            yield [f"{title}电话", _mobile(old), _mobile(new)]
            yield [f"{title}住址", _address(old), _address(new)]


def _mobile(party: Mapping[str, Any]) -> str:
    return mask_mobile(party["mobile"]) if party.get("mobile") else _NONE


def _address(party: Mapping[str, Any]) -> str:
    address = party.get("address")
    if not address:
        return _NONE
    parts = dict.fromkeys(address[name] for name in ("province", "city", "county", "detail"))
    return "".join(parts)


def _agreements(before: Content, after: Content) -> Iterator[Row]:
    old = {item["code"]: item["text"] for item in before.get("special_agreements", ())}
    new = {item["code"]: item["text"] for item in after.get("special_agreements", ())}
    for code in sorted(old.keys() | new.keys()):
        yield [f"特别约定 {code}", old.get(code, _NONE), new.get(code, _NONE)]


def _period(cover: str, before: Content, after: Content) -> Iterator[Row]:
    yield ["保险期间", _said(before[cover]), _said(after[cover])]


def _said(cover: Mapping[str, Any]) -> str:
    return format_period(
        datetime.fromisoformat(cover["cover_starts_at"]),
        datetime.fromisoformat(cover["cover_ends_at"]),
    )


def _rest(before: Content, after: Content) -> Iterator[Row]:
    yield ["停驶", _resting(before), _resting(after)]


def _resting(content: Content) -> str:
    cover = content["commercial"]
    if not cover.get(SUSPENDED):
        return "未停驶"
    since, until = (
        format_date(date.fromisoformat(cover[name])) for name in (SUSPENDED, SUSPENDED_UNTIL)
    )
    return f"自{since}零时起停驶，{until}零时自动恢复"


def _coverages(before: Content, after: Content) -> Iterator[Row]:
    old = {line["code"]: line for line in before["commercial"]["coverages"]}
    new = {line["code"]: line for line in after["commercial"]["coverages"]}
    for code in dict.fromkeys([*old, *new]):
        one, other = old.get(code), new.get(code)
        name = (one or other or {})["name"]
        yield [name, _insured(one), _insured(other)]
        if one and other:
            yield [f"{name}年保险费", _yuan(one["premium"]), _yuan(other["premium"])]


def _insured(line: Mapping[str, Any] | None) -> str:
    if line is None:
        return "未投保"
    seats = f" × {line['seats']}座" if line.get("seats") else ""
    return f"保险金额 {_yuan(line['sum_insured'])}{seats}"


def _premium(cover: str, before: Content, after: Content) -> Iterator[Row]:
    yield ["年保险费合计", _yuan(before[cover]["premium"]), _yuan(after[cover]["premium"])]


def _yuan(text: str) -> str:
    return f"{figures(fen_from_yuan(text))}元"
