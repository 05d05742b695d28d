"""The values of one filling: every fault at once, and how a value is shown. Pure."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final

from baozhen.foundation.money import FEN_MAX, chinese_capitals, format_yuan
from baozhen.signing.templates.fields import LEFT_OPEN, Fault, Field, FieldKind

ROWS_MAX = 1_000
CELL_CHARACTERS_MAX = 200
PICTURE_BYTES_MAX = 2 * 1024 * 1024
QR_CHARACTERS_MAX = 512
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


class Answers(StrEnum):
    """Whether the values hold what parties answer at the signing: never, perhaps, or all of it."""

    NONE = "none"
    SOME = "some"
    ALL = "all"


def check_values(
    fields: Sequence[Field], values: Mapping[str, Any], *, answers: Answers = Answers.NONE
) -> list[Fault]:
    """Return everything that is wrong with the values, with the path of each."""
    by_name = {field.name: field for field in fields}
    faults = [fault for name in values if (fault := _not_taken(by_name.get(name), name, answers))]
    for field in fields:
        is_wanted = is_filled(field) or (field.is_asked and answers is Answers.ALL)
        if is_wanted and field.is_there(values):
            faults += faults_of(field, values.get(field.name))
    return faults


def is_filled(field: Field) -> bool:
    """Tell whether the field takes a value of its own when the template is filled."""
    return field.kind not in LEFT_OPEN and not field.source and not field.is_asked


def _not_taken(field: Field | None, name: str, answers: Answers) -> Fault | None:
    if field is not None and field.is_asked and answers is Answers.NONE:
        text = f"“{field.shown_label}”由签署方（{field.role}）签署时自己填写，不能代填"
        return Fault(name, "value_asked", text)
    if field is None or not (is_filled(field) or field.is_asked):
        return Fault(name, "value_unknown", f"模版没有参数 {name}")
    return None


def show_values(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each field that is there; checked values, tables and pictures left out."""
    return {
        field.name: show(field, values.get(field.source or field.name))
        for field in fields
        if field.kind not in LEFT_OPEN and field.is_there(values)
    }


def show(field: Field, value: Any) -> str:
    """Return the text of one checked value."""
    if value is None or value == "" or field.kind in {FieldKind.TABLE, FieldKind.PICTURE}:
        return ""
    if field.kind is FieldKind.AMOUNT:
        return format_yuan(value)
    if field.kind is FieldKind.AMOUNT_CAPITALS:
        return chinese_capitals(value)
    if field.kind is FieldKind.DATE:
        on = date.fromisoformat(value)
        return f"{on.year}年{on.month}月{on.day}日"
    if field.kind is FieldKind.CHECKBOX:
        return "☑" if value else "☐"
    return str(value)


def picture_of(value: str) -> bytes:
    """Return the bytes of a checked picture."""
    return base64.b64decode(value, validate=True)


def faults_of(field: Field, value: Any) -> list[Fault]:
    """Return what is wrong with one value."""
    if value is None or value in ("", []):
        if field.required and field.kind is not FieldKind.CHECKBOX:
            return [Fault(field.name, "value_missing", f"请填写“{field.shown_label}”")]
        return []
    problem = _CHECKS[field.kind](field, value)
    if not problem:
        return []
    return [Fault(field.name, "value_invalid", f"“{field.shown_label}”{problem}")]


def _text_problem(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        return "应为文字"
    return "" if len(value) <= field.length_max else f"不能超过 {field.length_max} 字"


def _number_problem(_: Field, value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if is_number else "应为数字"


def _amount_problem(_: Field, value: Any) -> str:
    is_fen = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < FEN_MAX
    return "" if is_fen else "应为以分为单位的非负整数"


def _date_problem(_: Field, value: Any) -> str:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return "应为日期，如 2026-01-15"
    return ""


def _choice_problem(field: Field, value: Any) -> str:
    return "" if value in field.options else f"应为其中之一：{'、'.join(field.options)}"


def _checkbox_problem(_: Field, value: Any) -> str:
    return "" if isinstance(value, bool) else "应为 true 或 false"


def _picture_problem(_: Field, value: Any) -> str:
    try:
        data = picture_of(value)
    except (TypeError, ValueError, binascii.Error):
        return "应为 Base64 编码的图片"
    if len(data) > PICTURE_BYTES_MAX:
        return f"不能超过 {PICTURE_BYTES_MAX // 1024 // 1024} MB"
    return "" if data.startswith(_PICTURES) else "应为 PNG 或 JPEG 图片"


def _table_problem(field: Field, value: Any) -> str:
    if not isinstance(value, list) or len(value) > ROWS_MAX:
        return f"应为不超过 {ROWS_MAX} 行的表"
    width = len(field.columns)
    for number, row in enumerate(value, 1):
        if not isinstance(row, list) or len(row) != width:
            return f"第 {number} 行应有 {width} 列"
        if not all(isinstance(cell, str) and len(cell) <= CELL_CHARACTERS_MAX for cell in row):
            return f"第 {number} 行的每一格应为不超过 {CELL_CHARACTERS_MAX} 字的文字"
    return ""


def _qr_problem(_: Field, value: Any) -> str:
    is_short = isinstance(value, str) and len(value) <= QR_CHARACTERS_MAX
    return "" if is_short else f"应为不超过 {QR_CHARACTERS_MAX} 字的文字"


_CHECKS: Final[Mapping[FieldKind, Callable[[Field, Any], str]]] = {
    FieldKind.TEXT: _text_problem,
    FieldKind.NUMBER: _number_problem,
    FieldKind.DATE: _date_problem,
    FieldKind.AMOUNT: _amount_problem,
    FieldKind.AMOUNT_CAPITALS: _amount_problem,
    FieldKind.CHOICE: _choice_problem,
    FieldKind.CHECKBOX: _checkbox_problem,
    FieldKind.PICTURE: _picture_problem,
    FieldKind.TABLE: _table_problem,
    FieldKind.QR: _qr_problem,
}
