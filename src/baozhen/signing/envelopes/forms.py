"""Ready-made documents: which parameters they have, and what they say when these are filled in.

A form is data (scenarios/*.json): fields with their kinds, the parts that show them, and the text.
All faults of a filling are told at once.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from baozhen.foundation.money import chinese_capitals, format_yuan
from baozhen.signing.envelopes.errors import FlowUnknown, ValuesInvalid
from baozhen.signing.templates.fields import Field as Question
from baozhen.signing.templates.values import show as show_answer

SCENARIOS = Path(__file__).with_name("scenarios")
TEMPLATES = SCENARIOS / "templates"
TEXT_CHARACTERS_MAX = 500
ROWS_MAX = 500
FEN_MAX = 10**14
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(\.[\w-]+)+", re.ASCII)
_REFERENCE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One parameter: text, email, number, date, amount (in fen), choice or table."""

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    options: Sequence[str] = ()
    columns: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class FlowPlace:
    """Where a role's mark goes, in points of the last page, origin at the lower left."""

    x: float
    y: float
    width: float
    height: float
    page: int = -1
    riding: bool = False


@dataclass(frozen=True, kw_only=True)
class FlowAction:
    """One step of a ready-made flow."""

    role: str
    type: str
    order: int
    silent: bool = False
    condition: Mapping[str, Any] | None = None
    places: Sequence[FlowPlace] = ()


@dataclass(frozen=True, kw_only=True)
class FlowRole:
    """A party of a ready-made flow; `own` is the insurer itself."""

    role: str
    label: str
    kind: str
    own: bool = False
    papers: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A ready-made flow with its form. `questions` are answered by a party, when it signs."""

    code: str
    title: str
    document_type: str
    fields: Sequence[Field]
    parts: Sequence[Mapping[str, Any]]
    roles: Sequence[FlowRole]
    actions: Sequence[FlowAction]
    expires_days: int = 30
    rules: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    questions: Sequence[Question] = ()


@dataclass(frozen=True)
class ValueFault:
    """What is wrong with one parameter."""

    code: str
    path: str
    message: str


@cache
def flows() -> Mapping[str, Flow]:
    """Return the ready-made flows by code."""
    found = {}
    for path in sorted(SCENARIOS.glob("*.json")):
        raw = json.loads(path.read_text(encoding="utf-8"))
        raw["fields"] = tuple(Field(**entry) for entry in raw["fields"])
        raw["roles"] = tuple(FlowRole(**entry) for entry in raw["roles"])
        raw["actions"] = tuple(
            FlowAction(
                **{**entry, "places": tuple(FlowPlace(**p) for p in entry.get("places", ()))}
            )
            for entry in raw["actions"]
        )
        raw["questions"] = tuple(map(Question.from_json, raw.get("questions", ())))
        found[raw["code"]] = Flow(**raw)
    return found


def flow_of(code: str) -> Flow:
    """Return one flow, or raise FlowUnknown."""
    try:
        return flows()[code]
    except KeyError:
        raise FlowUnknown(path="flow", flow=code) from None


def check_values(flow: Flow, values: Mapping[str, Any]) -> None:
    """Raise ValuesInvalid with every fault in `facts["faults"]`."""
    faults = [fault for entry in flow.fields for fault in _faults_of(entry, values.get(entry.name))]
    known = {entry.name for entry in flow.fields}
    faults += [
        ValueFault("value_unknown", name, f"没有参数 {name}")
        for name in values
        if name not in known
    ]
    if faults:
        refusal = ValuesInvalid(count=len(faults))
        refusal.facts["faults"] = faults
        raise refusal


def content_of(
    flow: Flow,
    values: Mapping[str, Any],
    *,
    insurer: str,
    number: str,
    on: date,
    answers: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what the form says, as the typesetter's data; without `answers` they are to come."""
    shown = {entry.name: _show(entry, values.get(entry.name)) for entry in flow.fields}
    labels = {entry.name: entry.label for entry in flow.fields}
    return {
        "title": flow.title,
        "insurer": insurer,
        "number": number,
        "day": f"{on.year}年{on.month}月{on.day}日",
        "parts": [
            _asked_part(part, flow, values, answers)
            if part["kind"] == "asked"
            else _part(part, shown, labels, flow, values)
            for part in flow.parts
        ],
        "signers": [
            role.label + ("（盖章）" if role.kind == "organization" else "（签名）")
            for role in flow.roles
            if any(action.role == role.role and action.places for action in flow.actions)
        ],
    }


def _faults_of(entry: Field, value: Any) -> list[ValueFault]:
    if value is None or value in ("", []):
        if not entry.required:
            return []
        return [ValueFault("value_missing", entry.name, f"请填写“{entry.label}”")]
    problem = _CHECKS[entry.kind](entry, value)
    return [ValueFault("value_invalid", entry.name, f"“{entry.label}”{problem}")] if problem else []


def _text_problem(_entry: Field, value: Any) -> str:
    if not isinstance(value, str):
        return "应为文字"
    return "" if len(value) <= TEXT_CHARACTERS_MAX else f"不能超过 {TEXT_CHARACTERS_MAX} 字"


def _number_problem(_entry: Field, value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if is_number else "应为数字"


def _amount_problem(_entry: Field, value: Any) -> str:
    is_fen = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < FEN_MAX
    return "" if is_fen else "应为以分为单位的非负整数"


def _date_problem(_entry: Field, value: Any) -> str:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return "应为日期，如 2026-01-15"
    return ""


def _choice_problem(entry: Field, value: Any) -> str:
    return "" if value in entry.options else f"应为其中之一：{'、'.join(entry.options)}"


def _table_problem(entry: Field, value: Any) -> str:
    if not isinstance(value, list) or len(value) > ROWS_MAX:
        return f"应为不超过 {ROWS_MAX} 行的表"
    width = len(entry.columns)
    for number, row in enumerate(value, 1):
        is_row = isinstance(row, list) and len(row) == width
        if not is_row or not all(isinstance(cell, str) for cell in row):
            return f"第 {number} 行应有 {width} 列文字"
    return ""


def _email_problem(_entry: Field, value: Any) -> str:
    is_address = isinstance(value, str) and _EMAIL.fullmatch(value)
    return "" if is_address else "应为邮箱地址"


_CHECKS = {
    "email": _email_problem,
    "text": _text_problem,
    "number": _number_problem,
    "amount": _amount_problem,
    "date": _date_problem,
    "choice": _choice_problem,
    "table": _table_problem,
}


def _show(entry: Field, value: Any) -> str:
    if value is None or value == "":
        return "—"
    if entry.kind == "amount":
        return f"{format_yuan(value)}（{chinese_capitals(value)}）"
    if entry.kind == "date":
        on = date.fromisoformat(value)
        return f"{on.year}年{on.month}月{on.day}日"
    return "" if entry.kind == "table" else str(value)


def _asked_part(
    part: Mapping[str, Any],
    flow: Flow,
    values: Mapping[str, Any],
    answers: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the questions, each with its answer: a question that was not asked says so."""
    rows = []
    for number, question in enumerate(flow.questions, 1):
        if answers is None:
            said = "待本人回答"
        elif not question.is_there({**values, **answers}):
            said = "不适用"
        else:
            said = show_answer(question, answers.get(question.name)) or "未填写"
        rows.append([str(number), question.shown_label, said])
    return {"kind": "asked", "title": part.get("title", ""), "rows": rows}


def _part(
    part: Mapping[str, Any],
    shown: Mapping[str, str],
    labels: Mapping[str, str],
    flow: Flow,
    values: Mapping[str, Any],
) -> dict[str, Any]:
    kind, title = part["kind"], part.get("title", "")
    if kind == "rows":
        rows = [
            [text for name in row for text in (labels[name], shown[name])] for row in part["rows"]
        ]
        return {"kind": kind, "title": title, "rows": rows}
    if kind == "table":
        entry = next(entry for entry in flow.fields if entry.name == part["field"])
        rows = values.get(entry.name) or []
        return {"kind": kind, "title": title, "columns": list(entry.columns), "rows": rows}
    lines = [_REFERENCE.sub(lambda match: shown[match[1]], line) for line in part["lines"]]
    return {"kind": "text", "title": title, "lines": lines, "strong": part.get("strong", False)}
