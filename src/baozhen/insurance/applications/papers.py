"""What the lines of a paper say: the vehicle licence 行驶证 and the id card 居民身份证. Pure.

A field that cannot be read for sure is left out: the person types it, and checks the rest.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.parties.rules import person_name, resident_id
from baozhen.insurance.proposals.vehicles import engine_no, has_check_digit, vin

_DATE = re.compile(r"(\d{4})[-年./](\d{1,2})[-月./](\d{1,2})")
_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
_PLATE = re.compile(rf"[{_PROVINCES}][A-HJ-NP-Z][A-HJ-NP-Z0-9]{{5,6}}(?![A-Z0-9])")
_VIN = re.compile(r"[0-9A-HJ-NPR-Z]{17}")
_ID = re.compile(r"\d{17}[0-9Xx]")
_RANGE = re.compile(r"(\d{4})\.(\d{2})\.(\d{2})\s*[-—至]\s*(长期|(\d{4})\.(\d{2})\.(\d{2}))")
_NUMBER = re.compile(r"\d+")
# The labels of a licence in two languages, as readers return them.
_LABELS = ("使用性质", "品牌型号", "发动机号码", "注册日期", "核定载人数", "整备质量")
_USES = {
    "非营运": "family",
    "家庭自用": "family",
    "货运": "commercial_freight",
    "出租客运": "commercial_taxi",
    "租赁": "commercial_rental",
    "预约出租客运": "ride_hailing",
    "旅游客运": "commercial_tourism",
}


def vehicle_licence(lines: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a proposal's vehicle that a licence tells."""
    text = [_clean(line) for line in lines]
    found: dict[str, Any] = {}
    for line in text:
        plate, number = _PLATE.search(line), _VIN.search(line)
        if plate and "plate_no" not in found:
            found |= {"plate_no": plate[0], "plate_status": "issued"}
        if number and _holds(vin, number[0]) and has_check_digit(number[0]):
            found["vin"] = number[0]
    found |= _labelled(text)
    return found


def id_card(lines: Sequence[str]) -> dict[str, Any]:
    """Return name, number and validity that an id card tells, front or back."""
    text = [_clean(line) for line in lines]
    found: dict[str, Any] = {}
    for line in text:
        number = _ID.search(line)
        if number and _holds(resident_id, number[0].upper()):
            found["id_no"] = number[0].upper()
        period = _RANGE.search(line)
        if period:
            found["id_valid_from"] = "-".join(period.group(1, 2, 3))
            is_forever = period[4] == "长期"
            found["id_valid_to"] = None if is_forever else "-".join(period.group(5, 6, 7))
    name = _after(text, "姓名")
    if name and _holds(person_name, name):
        found["name"] = name
    return found


def _labelled(text: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    engine = _after(text, "发动机号码")
    if engine and _holds(engine_no, engine.upper()):
        found["engine_no"] = engine.upper()
    model = _after(text, "品牌型号")
    if model:
        found["brand_model"] = model
    use = _USES.get(_after(text, "使用性质") or "")
    if use:
        found["use_nature"] = use
    registered = _DATE.search(_after(text, "注册日期") or "")
    if registered:
        year, month, day = registered.groups()
        found["first_registered_on"] = f"{year}-{int(month):02d}-{int(day):02d}"
    for label, name in (("核定载人数", "seats"), ("整备质量", "curb_mass_kg")):
        number = _NUMBER.match(_after(text, label) or "")
        if number:
            found[name] = int(number[0])
    return found


def _after(text: Sequence[str], label: str) -> str | None:
    """Return what stands behind a label, or alone on the line that follows it."""
    for place, line in enumerate(text):
        if label not in line:
            continue
        rest = line.partition(label)[2].strip(":：")
        if rest:
            return rest
        following = text[place + 1] if place + 1 < len(text) else ""
        return following if following and not _is_label(following) else None
    return None


def _is_label(line: str) -> bool:
    return any(line.startswith(label) for label in (*_LABELS, "姓名", "性别", "住址"))


def _clean(line: str) -> str:
    return "".join(line.split())


def _holds(rule: Callable[[str], str], value: str) -> bool:
    try:
        rule(value)
    except Unfit:
        return False
    return True
