"""What the pieces of a paper say: the vehicle licence 行驶证 and the id card 居民身份证. Pure.

A field that cannot be read for sure is left out: the person types it, and checks the rest. Readers
tell no order that could be relied on: a value is what stands right of its label.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

from baozhen.insurance.applications.pieces import Piece, right_of, ways_up
from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.parties.rules import person_name, resident_id
from baozhen.insurance.proposals.vehicles import engine_no, has_check_digit, vin

_DATE = re.compile(r"(\d{4})[-年./](\d{1,2})[-月./](\d{1,2})")
_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
_PLATE = re.compile(
    rf"([{_PROVINCES}][A-HJ-NP-Z])[·•・.]?([A-HJ-NP-Z0-9]{{5,6}})(?![A-Z0-9])", re.ASCII
)
_VIN = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{17}(?![0-9A-Z])")
# A VIN has no I, O and Q: where one is read, the digit of its shape stands there.
_VIN_MISREAD = str.maketrans("IOQ", "100")
_ID = re.compile(r"(?<!\d)\d{17}[0-9Xx](?!\d)", re.ASCII)
_RANGE = re.compile(
    r"(\d{4})[.,](\d{2})[.,](\d{2})[-—–一至~](长期|(\d{4})[.,](\d{2})[.,](\d{2}))", re.ASCII
)
_NUMBER = re.compile(r"\d+", re.ASCII)
_MODEL = re.compile(r"[\u4e00-\u9fff].*[A-Z0-9]{2}")
# What may stand behind a label instead of its value, on either paper.
_LABELS = (
    "号牌号码",
    "车辆类型",
    "所有人",
    "住址",
    "使用性质",
    "品牌型号",
    "车辆识别代号",
    "发动机号码",
    "注册日期",
    "发证日期",
    "档案编号",
    "核定载人数",
    "总质量",
    "整备质量",
    "核定载质量",
    "外廓尺寸",
    "姓名",
    "性别",
    "民族",
    "出生",
    "公民身份号码",
    "签发机关",
    "有效期限",
)
_LABEL = re.compile("|".join(_LABELS))
# The licence names its fields in two languages, which readers may put into one piece.
_ENGLISH = re.compile(
    r"(?:Plate ?No|Vehicle ?Type|Owner|Address|Use ?Character|Model|VIN|Engine ?No|Register ?Date"
    r"|Issue ?Date)[.:]*",
    re.IGNORECASE,
)
_USES = {
    "非营运": "family",
    "家庭自用": "family",
    "货运": "commercial_freight",
    "出租客运": "commercial_taxi",
    "租赁": "commercial_rental",
    "预约出租客运": "ride_hailing",
    "旅游客运": "commercial_tourism",
}


def vehicle_licence(pieces: Sequence[Piece]) -> dict[str, Any]:
    """Return the fields of a proposal's vehicle that a licence tells, on either page."""
    return _fullest(pieces, _licence)


def id_card(pieces: Sequence[Piece]) -> dict[str, Any]:
    """Return name, number and validity that an id card tells, front or back."""
    return _fullest(pieces, _card)


def _fullest(
    pieces: Sequence[Piece], reading: Callable[[Sequence[Piece]], dict[str, Any]]
) -> dict[str, Any]:
    """Read the paper both ways up: the right one tells more."""
    clean = [replace(piece, text=_clean(piece.text)) for piece in pieces]
    return max(map(reading, ways_up(clean)), key=len)


def _licence(pieces: Sequence[Piece]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for piece in pieces:
        plate = _PLATE.search(piece.text)
        if plate and "plate_no" not in found:
            found |= {"plate_no": plate[1] + plate[2], "plate_status": "issued"}
        number = _vin_in(piece.text)
        if number:
            found["vin"] = number
    return found | _labelled(pieces)


def _vin_in(text: str) -> str | None:
    match = _VIN.search(_LABEL.sub(" ", _ENGLISH.sub(" ", text)).upper())
    number = match[0].translate(_VIN_MISREAD) if match else ""
    return number if _holds(vin, number) and has_check_digit(number) else None


def _labelled(pieces: Sequence[Piece]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    engine = _value(pieces, "发动机号码").upper()
    if _holds(engine_no, engine):
        found["engine_no"] = engine
    model = _value(pieces, "品牌型号")
    if _MODEL.search(model):
        found["brand_model"] = model
    use = _USES.get(_value(pieces, "使用性质"))
    if use:
        found["use_nature"] = use
    registered = _DATE.search(_value(pieces, "注册日期"))
    if registered:
        year, month, day = map(int, registered.groups())
        with suppress(ValueError):  # a day that the calendar does not have was misread
            found["first_registered_on"] = date(year, month, day).isoformat()
    for label, name in (("核定载人数", "seats"), ("整备质量", "curb_mass_kg")):
        number = _NUMBER.match(_value(pieces, label))
        if number:
            found[name] = int(number[0])
    return found


def _card(pieces: Sequence[Piece]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for piece in pieces:
        number = _ID.search(piece.text)
        if number and _holds(resident_id, number[0].upper()):
            found["id_no"] = number[0].upper()
        period = _RANGE.search(piece.text)
        if period:
            found["id_valid_from"] = "-".join(period.group(1, 2, 3))
            is_forever = period[4] == "长期"
            found["id_valid_to"] = None if is_forever else "-".join(period.group(5, 6, 7))
    name = _value(pieces, "姓名")
    if _holds(person_name, name):
        found["name"] = name
    return found


def _value(pieces: Sequence[Piece], label: str) -> str:
    """Return what stands behind a label in its piece, or in the next one to its right."""
    for piece in pieces:
        _, mark, behind = piece.text.partition(label)
        if not mark:
            continue
        value = _until_label(behind)
        beside = None if value else right_of(piece, pieces)
        if beside:
            value = _until_label(beside.text)
        if value:
            return value
    return ""


def _until_label(text: str) -> str:
    """Return a value without the label's second language, up to the next label."""
    plain = text.lstrip(":")
    english = _ENGLISH.match(plain)
    return _LABEL.split(plain[english.end() :] if english else plain, maxsplit=1)[0].strip(":")


def _clean(text: str) -> str:
    """Return one form of each sign: readers return wide and narrow colons and digits."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _holds(rule: Callable[[str], str], value: str) -> bool:
    try:
        rule(value)
    except Unfit:
        return False
    return True
