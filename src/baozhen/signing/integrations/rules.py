"""How the fields of somebody else's message become parameters of a flow. Pure.

Paths are the plain part of JSONPath (RFC 9535): `$.a.b`, `$['a b']`, `$.items[0]`, `$.items[*].no`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

ENTRIES_MAX: Final = 200
PATH_CHARACTERS_MAX: Final = 200
_STEP: Final = re.compile(
    r"\.(?P<name>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff-]*)"
    r"|\['(?P<quoted>[^']{1,100})'\]|\[(?P<index>\d{1,5})\]|\[(?P<all>\*)\]"
)
_TARGET: Final = re.compile(r"biz_no|message|values\.\w{1,64}|parties\.\w{1,48}\.\w{1,32}")
_MISSING: Final = object()
CONVERSIONS: Final = {
    "": "原样",
    "text": "转为文本",
    "date": "日期（YYYY-MM-DD、YYYYMMDD）",
    "fen": "元转为分",
    "integer": "整数",
    "upper": "大写",
}


@dataclass(frozen=True)
class MappingFault:
    """What is wrong, where: `path` is the target."""

    code: str
    path: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One target: from a path or a constant, converted, then looked up in `table`, if any."""

    target: str
    source: str = ""
    constant: Any = None
    conversion: str = ""
    table: Mapping[str, Any] = field(default_factory=dict)
    required: bool = True


@dataclass(frozen=True)
class Mapped:
    """What a message says in the flow's own words."""

    values: Mapping[str, Any]
    parties: Mapping[str, Mapping[str, Any]]
    biz_no: str
    message: str


def entries_of(raw: Any) -> tuple[list[Entry], list[MappingFault]]:
    """Return the entries of a configuration and everything that is wrong with it."""
    if not isinstance(raw, list) or len(raw) > ENTRIES_MAX:
        return [], [MappingFault("mapping_invalid", "mapping", f"应为至多 {ENTRIES_MAX} 项的列表")]
    entries, faults = [], []
    for number, one in enumerate(raw):
        place = f"mapping.{number}"
        try:
            entry = Entry(**one)
        except TypeError:
            faults.append(MappingFault("mapping_invalid", place, "字段名称有误"))
            continue
        entries.append(entry)
        faults += [MappingFault("mapping_invalid", place, text) for text in _faults_of(entry)]
    targets = [entry.target for entry in entries]
    faults += [
        MappingFault("mapping_invalid", target, "同一目标出现两次")
        for target in sorted({target for target in targets if targets.count(target) > 1})
    ]
    return entries, faults


def _faults_of(entry: Entry) -> list[str]:
    faults = []
    if not _TARGET.fullmatch(str(entry.target)):
        faults.append("目标应为 biz_no、message、values.参数 或 parties.角色.字段")
    if entry.source and not is_path(entry.source):
        faults.append(f"路径 {entry.source!s:.60} 不正确")
    if not entry.source and entry.constant is None:
        faults.append("缺少路径或常量")
    if entry.conversion not in CONVERSIONS:
        faults.append(f"没有转换 {entry.conversion!s:.30}")
    if not isinstance(entry.table, dict):
        faults.append("对照表应为对象")
    return faults


def is_path(text: object) -> bool:
    """Tell whether the text is a path of the kind that is understood."""
    if not isinstance(text, str) or not text.startswith("$") or len(text) > PATH_CHARACTERS_MAX:
        return False
    return _steps(text) is not None


def find(path: str, message: Any) -> Any:
    """Return what stands at the path, a list behind `[*]`, or None when nothing does."""
    found = _walk(_steps(path) or [], message)
    return None if found is _MISSING else found


def apply(entries: Sequence[Entry], message: Any) -> tuple[Mapped, list[MappingFault]]:
    """Return the message in the flow's words, and everything that is missing or wrong."""
    faults: list[MappingFault] = []
    values: dict[str, Any] = {}
    parties: dict[str, dict[str, Any]] = {}
    other: dict[str, str] = {}
    for entry in entries:
        value = find(entry.source, message) if entry.source else None
        if value is None:
            value = entry.constant
        if value is None:
            if entry.required:
                text = f"报文中没有 {entry.source}"
                faults.append(MappingFault("source_missing", entry.target, text))
            continue
        try:
            value = _converted(entry, value)
        except (ValueError, InvalidOperation):
            faults.append(MappingFault("conversion_failed", entry.target, "取值无法转换"))
            continue
        _put(entry.target, value, values, parties, other)
    mapped = Mapped(values, parties, other.get("biz_no", "")[:64], other.get("message", "")[:500])
    return mapped, faults


def takes(when_path: str, when_value: str, message: Any) -> bool:
    """Tell whether a flow with this condition takes the message."""
    return not when_path or str(find(when_path, message)) == when_value


def _put(
    target: str,
    value: Any,
    values: dict[str, Any],
    parties: dict[str, dict[str, Any]],
    other: dict[str, str],
) -> None:
    head, _, rest = target.partition(".")
    if head == "values":
        values[rest] = value
    elif head == "parties":
        role, _, name = rest.partition(".")
        parties.setdefault(role, {})[name] = value
    else:
        other[head] = str(value)


def _converted(entry: Entry, value: Any) -> Any:
    if isinstance(value, list) and entry.conversion:
        return [_convert(entry.conversion, one) for one in value]
    value = _convert(entry.conversion, value)
    if entry.table:
        if str(value) not in entry.table:
            raise ValueError("not in the table")
        return entry.table[str(value)]
    return value


def _convert(conversion: str, value: Any) -> Any:
    text = str(value).strip()
    if conversion == "text":
        return text
    if conversion == "upper":
        return text.upper()
    if conversion == "integer":
        return int(text)
    if conversion == "date":
        return date.fromisoformat(text[:10].replace("/", "-")).isoformat()
    if conversion == "fen":
        fen = Decimal(text.replace(",", "")) * 100
        if not fen.is_finite() or fen != fen.to_integral_value():
            raise ValueError("not whole fen")
        return int(fen)
    return value


def _steps(path: str) -> list[str | int | None] | None:
    """Return names, indexes, and None for `[*]`; None when the path is not understood."""
    steps: list[str | int | None] = []
    place = 1
    while place < len(path):
        step = _STEP.match(path, place)
        if step is None:
            return None
        place = step.end()
        if step["all"]:
            steps.append(None)
        elif step["index"] is not None:
            steps.append(int(step["index"]))
        else:
            steps.append(step["name"] or step["quoted"])
    return steps


def _walk(steps: Sequence[str | int | None], value: Any) -> Any:
    for number, step in enumerate(steps):
        if step is None:
            if not isinstance(value, list):
                return _MISSING
            rest = steps[number + 1 :]
            found = [_walk(rest, one) for one in value]
            return [None if one is _MISSING else one for one in found]
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return _MISSING
            value = value[step]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return _MISSING
    return value
