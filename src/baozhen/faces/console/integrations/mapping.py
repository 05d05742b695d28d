"""The field mapping of one flow as a form: a row for each of our fields, and their path."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.http import QueryDict

from baozhen.signing.envelopes.forms import Flow
from baozhen.signing.integrations.rules import ENTRIES_MAX, MappingFault
from baozhen.signing.integrations.services import FlowRequest

PARTY_LABELS: Final = {
    "name": "姓名或名称",
    "id_no": "证件号码",
    "mobile": "手机号",
    "id_type": "证件类型",
    "email": "邮箱",
    "unit": "机构编号",
}
_GENERAL: Final = {"biz_no": "业务编号", "message": "给签署方的留言"}
_PERSON: Final = ("name", "id_no", "mobile")
_TEXT_MAX: Final = 2_000
_SAMPLE_MAX: Final = 100_000


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row as it was typed, with what is wrong with it."""

    target: str = ""
    source: str = ""
    constant: str = ""
    conversion: str = ""
    table: str = ""
    is_optional: bool = False
    faults: tuple[str, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed into it."""
        return not (self.target or self.source or self.constant)

    @property
    def has_more(self) -> bool:
        """Whether something stands in the part that is folded away."""
        return bool(self.constant or self.table or self.is_optional)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A flow's set-up as it was typed."""

    flow: str
    rows: tuple[Row, ...]
    when_path: str = ""
    when_value: str = ""
    sample: str = "{}"
    when_fault: str = ""
    sample_fault: str = ""
    faults: tuple[str, ...] = field(default=())

    @property
    def is_faulty(self) -> bool:
        """Whether anything is wrong."""
        rows = any(row.faults for row in self.rows)
        return bool(rows or self.faults or self.when_fault or self.sample_fault)


def first_draft(flow: Flow) -> Draft:
    """Return a set-up to begin with: a row for everything that the flow must have."""
    targets = ["biz_no", *(f"values.{one.name}" for one in flow.fields if one.required)]
    for role in flow.roles:
        if not role.own:
            names = _PERSON if role.kind == "person" else ("unit",)
            targets += [f"parties.{role.role}.{name}" for name in names]
    return Draft(flow=flow.code, rows=tuple(Row(target=target) for target in targets))


def draft_of(asked: FlowRequest) -> Draft:
    """Return what is in force as a form."""
    return Draft(
        flow=asked.flow,
        rows=tuple(_row(entry) for entry in asked.mapping),
        when_path=asked.when_path,
        when_value=asked.when_value,
        sample=json.dumps(asked.sample, ensure_ascii=False, indent=2),
    )


def typed(flow: str, given: QueryDict) -> Draft:
    """Return what was typed; rows with nothing in them are left out."""

    def text(name: str, length: int = 200) -> str:
        return given.get(name, "").strip()[:length]

    numbers = [one for one in given.getlist("row")[:ENTRIES_MAX] if one.isdecimal()]
    rows = (
        Row(
            target=text(f"target-{number}"),
            source=text(f"source-{number}"),
            constant=text(f"constant-{number}"),
            conversion=text(f"conversion-{number}"),
            table=text(f"table-{number}", _TEXT_MAX),
            is_optional=f"optional-{number}" in given,
        )
        for number in numbers
        if given.get("act") != f"remove-{number}"
    )
    return Draft(
        flow=flow,
        rows=tuple(row for row in rows if not row.is_blank),
        when_path=text("when_path"),
        when_value=text("when_value"),
        sample=text("sample", _SAMPLE_MAX) or "{}",
    )


def read(draft: Draft) -> tuple[FlowRequest, Draft]:
    """Return the draft as a request, and the draft with what cannot be read of it marked."""
    rows, entries = [], []
    for row in draft.rows:
        table, wrong = _table(row.table)
        faults = ["对照表每行写“对方的取值=我方的取值”"] if wrong else []
        if not row.target:
            faults.append("请选择我方字段")
        rows.append(replace(row, faults=tuple(faults)))
        entries.append(_entry(row, table))
    sample, fault = _sample(draft.sample)
    asked = FlowRequest(
        flow=draft.flow,
        mapping=entries,
        when_path=draft.when_path,
        when_value=draft.when_value,
        sample=sample,
    )
    return asked, replace(draft, rows=tuple(rows), sample_fault=fault)


def marked(draft: Draft, faults: Iterable[MappingFault]) -> Draft:
    """Return the draft with each fault at the row that it is about, the others at its head."""
    at_rows: dict[int, list[str]] = {}
    general: list[str] = []
    when = draft.when_fault
    for fault in faults:
        number = _row_of(fault.path, draft.rows)
        if number is not None:
            at_rows.setdefault(number, []).append(fault.message)
        elif fault.path == "when_path":
            when = fault.message
        else:
            general.append(fault.message)
    rows = tuple(
        # Without a field the rest is not worth telling.
        row if not row.target else replace(row, faults=(*row.faults, *at_rows.get(number, ())))
        for number, row in enumerate(draft.rows)
    )
    heads = tuple(dict.fromkeys((*draft.faults, *general)))
    return replace(draft, rows=rows, faults=heads, when_fault=when)


def choices(flow: Flow, rows: Sequence[Row]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return our fields in groups, with any that a row names though the flow has it no more."""
    groups = [
        ("任务", list(_GENERAL.items())),
        ("参数", [(f"values.{one.name}", _label(one.label, one.required)) for one in flow.fields]),
    ]
    groups += [
        (
            role.label,
            [(f"parties.{role.role}.{name}", label) for name, label in PARTY_LABELS.items()],
        )
        for role in flow.roles
    ]
    known = {value for _, options in groups for value, _ in options}
    strange = [(row.target, row.target) for row in rows if row.target not in known | {""}]
    return [*groups, ("流程没有的字段", strange)] if strange else groups


def _label(label: str, required: bool) -> str:
    return label if required else f"{label}（选填）"


def _row(entry: Mapping[str, Any]) -> Row:
    constant = entry.get("constant")
    table = entry.get("table") or {}
    return Row(
        target=str(entry.get("target", "")),
        source=str(entry.get("source", "")),
        constant="" if constant is None else str(constant),
        conversion=str(entry.get("conversion", "")),
        table="\n".join(f"{theirs}={ours}" for theirs, ours in table.items()),
        is_optional=not entry.get("required", True),
    )


def _entry(row: Row, table: Mapping[str, str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"target": row.target}
    if row.source:
        entry["source"] = row.source
    if row.constant:
        entry["constant"] = row.constant
    if row.conversion:
        entry["conversion"] = row.conversion
    if table:
        entry["table"] = dict(table)
    if row.is_optional:
        entry["required"] = False
    return entry


def _table(text: str) -> tuple[dict[str, str], bool]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    pairs = [line.partition("=") for line in lines]
    wrong = any(not (theirs.strip() and sign and ours.strip()) for theirs, sign, ours in pairs)
    return {theirs.strip(): ours.strip() for theirs, _, ours in pairs}, wrong


def _sample(text: str) -> tuple[dict[str, Any], str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return (found, "") if isinstance(found, dict) else ({}, "示例报文应为 JSON 对象")


def _row_of(path: str, rows: Sequence[Row]) -> int | None:
    head, _, number = path.partition(".")
    if head == "mapping" and number.isdecimal():
        return int(number)
    # Of two rows with the same field the later one is the one too many.
    found = [place for place, row in enumerate(rows) if row.target == path]
    return found[-1] if found else None
