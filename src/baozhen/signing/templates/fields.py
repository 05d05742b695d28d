"""The fields of a template: what is filled in and who signs where, checked and as JSON. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any, Final, Self

from baozhen.signing.templates.conditions import ConditionInvalid, parse_condition

FIELDS_MAX = 500
TEXT_CHARACTERS_MAX = 2_000
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,47}", re.ASCII)
_SIDES = 4
Box = tuple[float, float, float, float]


class FieldKind(StrEnum):
    """What a field takes."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    AMOUNT = "amount"
    AMOUNT_CAPITALS = "amount_capitals"
    CHOICE = "choice"
    CHECKBOX = "checkbox"
    PICTURE = "picture"
    ATTACHMENT = "attachment"
    TABLE = "table"
    SIGNATURE = "signature"
    SEAL = "seal"
    RIDING_SEAL = "riding_seal"
    QR = "qr"


KIND_LABELS: Final = {
    FieldKind.TEXT: "文字",
    FieldKind.NUMBER: "数字",
    FieldKind.DATE: "日期",
    FieldKind.AMOUNT: "金额",
    FieldKind.AMOUNT_CAPITALS: "大写金额",
    FieldKind.CHOICE: "单选",
    FieldKind.CHECKBOX: "勾选",
    FieldKind.PICTURE: "图片",
    FieldKind.ATTACHMENT: "附件",
    FieldKind.TABLE: "表格",
    FieldKind.SIGNATURE: "签名",
    FieldKind.SEAL: "印章",
    FieldKind.RIDING_SEAL: "骑缝章",
    FieldKind.QR: "二维码",
}
SIGNED: Final = frozenset({FieldKind.SIGNATURE, FieldKind.SEAL, FieldKind.RIDING_SEAL})
# What the parties put in later, when the document is signed.
LEFT_OPEN: Final = SIGNED | {FieldKind.ATTACHMENT}
# What a party is asked before it signs, where the field names it: it becomes part of the document.
ASKED: Final = frozenset(
    {FieldKind.TEXT, FieldKind.NUMBER, FieldKind.DATE, FieldKind.CHOICE, FieldKind.CHECKBOX}
)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field. `rect` is in fractions of the page as seen, origin at the top left; pages from 0.

    A page of -1 is the last one. `source` names the field whose value this one shows again, as
    capitals do with an amount. A field whose `condition` does not hold is not there.
    """

    name: str
    kind: FieldKind
    label: str = ""
    page: int = 0
    rect: Box | None = None
    keyword: str = ""
    role: str = ""
    required: bool = True
    options: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    condition: str = ""
    source: str = ""
    length_max: int = TEXT_CHARACTERS_MAX
    size: float = 10.5
    align: str = "left"

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Return the field of a JSON object whose shape has been checked."""
        facts = dict(raw)
        facts["kind"] = FieldKind(facts["kind"])
        facts["rect"] = tuple(facts["rect"]) if facts.get("rect") else None
        for name in ("options", "columns"):
            facts[name] = tuple(facts.get(name) or ())
        return cls(**facts)

    def to_json(self) -> dict[str, Any]:
        """Return the field as a JSON object, without what is as usual."""
        found: dict[str, Any] = {}
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.default is MISSING or value != entry.default:
                found[entry.name] = list(value) if isinstance(value, tuple) else value
        return found | {"kind": self.kind.value}

    @property
    def shown_label(self) -> str:
        """What people call it."""
        return self.label or self.name

    @property
    def is_asked(self) -> bool:
        """Whether a party answers it at the signing, not whoever begins the task."""
        return self.kind in ASKED and bool(self.role) and not self.source

    def is_there(self, values: Mapping[str, Any]) -> bool:
        """Tell whether its condition holds."""
        return not self.condition or parse_condition(self.condition).holds(values)


@dataclass(frozen=True)
class Fault:
    """What is wrong, and where."""

    path: str
    code: str
    message: str


_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "name": str,
    "label": str,
    "page": int,
    "keyword": str,
    "role": str,
    "required": bool,
    "condition": str,
    "source": str,
    "length_max": int,
    "size": (int, float),
    "align": str,
    "options": list,
    "columns": list,
    "rect": (list, type(None)),
    "kind": str,
}


def fields_to_json(found: Iterable[Field]) -> list[dict[str, Any]]:
    """Return the fields as JSON values."""
    return [field.to_json() for field in found]


def fields_from_json(raw: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """Return fields that `check_fields` found no fault with."""
    return tuple(Field.from_json(entry) for entry in raw)


def check_fields(raw: Any, *, pages: int | None, needs_place: bool) -> list[Fault]:
    """Return every fault of fields as JSON; `needs_place` for sources without a layout of ours."""
    if not isinstance(raw, list) or len(raw) > FIELDS_MAX:
        return [Fault("fields", "fields_invalid", f"域应为不超过 {FIELDS_MAX} 项的列表")]
    shapes = [_shape_faults(f"fields.{index}", entry) for index, entry in enumerate(raw)]
    faults = [fault for found in shapes for fault in found]
    if faults:
        return faults
    found = fields_from_json(raw)
    names = [field.name for field in found]
    asked = {field.name for field in found if field.is_asked}
    signing = {field.role for field in found if field.kind is FieldKind.SIGNATURE}
    for index, field in enumerate(found):
        path = f"fields.{index}"
        if field.name in names[:index]:
            faults.append(Fault(f"{path}.name", "name_taken", f"域名 {field.name} 重复"))
        faults += _place_faults(path, field, pages, needs_place=needs_place)
        faults += _reference_faults(path, field, names)
        faults += _asked_faults(path, field, asked, signing)
    return faults


def _shape_faults(path: str, entry: Any) -> list[Fault]:
    if not isinstance(entry, Mapping):
        return [Fault(path, "field_invalid", "域应为对象")]
    faults = []
    for name, value in entry.items():
        if name not in _TYPES:
            faults.append(Fault(f"{path}.{name}", "property_unknown", f"域没有属性 {name}"))
        elif not _is_of(value, _TYPES[name]):
            faults.append(Fault(f"{path}.{name}", "property_invalid", f"属性 {name} 的类型不对"))
    if not _NAME.fullmatch(str(entry.get("name", ""))):
        text = "域名应以小写字母开头，由小写字母、数字和下划线组成，不超过 48 个字符"
        faults.append(Fault(f"{path}.name", "name_invalid", text))
    if entry.get("kind") not in set(FieldKind):
        faults.append(Fault(f"{path}.kind", "kind_unknown", "没有这种域"))
    return faults + _list_faults(path, entry)


def _list_faults(path: str, entry: Mapping[str, Any]) -> list[Fault]:
    faults = []
    for name in ("options", "columns"):
        if not all(isinstance(item, str) and item for item in entry.get(name) or ()):
            faults.append(Fault(f"{path}.{name}", "property_invalid", "列表的每一项应为文字"))
    rect = entry.get("rect")
    if rect is not None and not (
        isinstance(rect, list)
        and len(rect) == _SIDES
        and all(_is_of(side, (int, float)) for side in rect)
    ):
        faults.append(Fault(f"{path}.rect", "place_invalid", "位置应为四个 0 至 1 之间的数"))
    return faults


def _is_of(value: Any, kinds: type | tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return kinds is bool
    return isinstance(value, kinds)


def _place_faults(path: str, field: Field, pages: int | None, *, needs_place: bool) -> list[Fault]:
    faults = []
    # Only marks of parties follow a keyword: what is filled in needs a box that it fits.
    is_placed = field.rect is not None or (field.kind in SIGNED and bool(field.keyword))
    wants_place = needs_place or field.kind in SIGNED
    if wants_place and field.kind is not FieldKind.ATTACHMENT and not is_placed:
        text = f"“{field.shown_label}”没有位置"
        faults.append(Fault(f"{path}.rect", "place_missing", text))
    if field.rect is not None:
        left, top, right, bottom = field.rect
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            text = f"“{field.shown_label}”的位置不在页面之内"
            faults.append(Fault(f"{path}.rect", "place_invalid", text))
    if field.page < -1 or (pages is not None and field.page >= pages):
        text = f"“{field.shown_label}”所在的第 {field.page + 1} 页不存在"
        faults.append(Fault(f"{path}.page", "page_missing", text))
    return faults


def _reference_faults(path: str, field: Field, names: Sequence[str]) -> list[Fault]:
    faults = []
    if field.kind in SIGNED and not field.role:
        text = f"“{field.shown_label}”没有签署方"
        faults.append(Fault(f"{path}.role", "role_missing", text))
    if field.kind is FieldKind.CHOICE and not field.options:
        faults.append(Fault(f"{path}.options", "options_missing", "单选没有选项"))
    if field.kind is FieldKind.TABLE and not field.columns:
        faults.append(Fault(f"{path}.columns", "columns_missing", "表格没有列"))
    if field.source and field.source not in names:
        text = f"取值的域 {field.source} 不存在"
        faults.append(Fault(f"{path}.source", "source_unknown", text))
    if field.condition:
        faults += _condition_faults(path, field, names)
    return faults


def _asked_faults(
    path: str, field: Field, asked: AbstractSet[str], signing: AbstractSet[str]
) -> list[Fault]:
    """What a party answers is signed by it, and decides nothing but further questions to it."""
    shown = f"“{field.shown_label}”"
    if field.role and field.kind not in LEFT_OPEN | ASKED:
        text = f"{shown}这种域不能由签署方填写，请清空签署方"
        return [Fault(f"{path}.role", "role_unfit", text)]
    if field.is_asked:
        if field.role not in signing:
            text = f"{shown}由 {field.role} 填写，但这个签署方没有签名域"
            return [Fault(f"{path}.role", "role_unsigned", text)]
        return []
    try:
        decided = parse_condition(field.condition).fields & asked if field.condition else set()
    except ConditionInvalid:
        return []
    if decided:
        text = f"{shown}的条件用了签署时才填写的域 {'、'.join(sorted(decided))}"
        return [Fault(f"{path}.condition", "condition_asked", text)]
    return []


def _condition_faults(path: str, field: Field, names: Sequence[str]) -> list[Fault]:
    try:
        wanted = parse_condition(field.condition).fields
    except ConditionInvalid as error:
        return [Fault(f"{path}.condition", "condition_invalid", str(error))]
    return [
        Fault(f"{path}.condition", "condition_unknown", f"条件里的域 {name} 不存在")
        for name in sorted(wanted - set(names))
    ]
