"""A table as cells: a path and a value each, as CSV that a person edits, and what was changed.

A CSV has the columns 项目, 现行值 and 新值; an empty 新值 keeps the value, 删除 removes the item.
A new item takes the kind of value of its neighbours.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from baozhen.insurance.products.errors import CellsInvalid

HEADER = ("项目", "现行值", "新值")
REMOVED, NOTHING = "删除", "空"
HEAD_NAMES = frozenset(
    {
        "table",
        "version",
        "jurisdiction",
        "region",
        "effective_from",
        "effective_to",
        "source",
        "confirmed",
    }
)
_ROWS_MAX = 20_000
_FAULTS_SHOWN_MAX = 20
_COLUMNS_MIN = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that two contents have differently; None: not there."""

    path: str
    before: str | None
    after: str | None


def cells_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a content by path, its head left out."""
    body = {name: value for name, value in content.items() if name not in HEAD_NAMES}
    return dict(_walk(body, ""))


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    # An empty container is a value of its own: a cover that needs no other has "needs": [].
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from _walk(part, f"{path}/{name}".lstrip("/"))
    elif isinstance(value, list) and value:
        for index, part in enumerate(value):
            yield from _walk(part, f"{path}/{index}")
    else:
        yield path, value


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return what became different, in the order of the newer content."""
    old, new = cells_of(before), cells_of(after)
    paths = [*new, *(path for path in old if path not in new)]
    return tuple(
        Change(path, _said(old, path), _said(new, path))
        for path in paths
        if old.get(path, _ABSENT) != new.get(path, _ABSENT)
    )


_ABSENT = object()


def _said(cells: Mapping[str, Any], path: str) -> str | None:
    return write_value(cells[path]) if path in cells else None


def write_value(value: Any) -> str:
    """Return a value as a cell says it."""
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def write_csv(content: Mapping[str, Any]) -> str:
    """Return a content as CSV to be edited; a byte order mark lets spreadsheets read Chinese."""
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(HEADER)
    for path, value in cells_of(content).items():
        writer.writerow([_harmless(path), _harmless(write_value(value)), ""])
    return "\ufeff" + made.getvalue()


def _harmless(text: str) -> str:
    # A spreadsheet would take a leading = or @ for a formula; figures keep their sign.
    return f"'{text}" if text.startswith(("=", "@", "\t", "\r")) else text


def _typed(text: str) -> str:
    """Return a cell without the apostrophe that kept a spreadsheet from reckoning."""
    text = text.strip()
    return text[1:] if text.startswith(("'=", "'@")) else text


def read_csv(data: bytes, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content with the new values of a CSV; raises CellsInvalid with every fault."""
    made, cells = deepcopy(dict(content)), cells_of(content)
    faults: list[str] = []
    removed: list[str] = []
    for number, row in _rows(data):
        path, new = _typed(row[0]), _typed(row[2])
        try:
            if new == REMOVED:
                removed.append(_known(cells, path))
            elif path and new:
                _put(made, _inside(path), _read(new, _model(cells, path)))
        except _CellFault as fault:
            faults.append(f"第 {number} 行“{fault.column}”：{fault}")
    if faults:
        raise CellsInvalid(problems=_first(faults))
    # From the end, so that the places of what stays before do not move.
    for path in sorted(removed, key=_order, reverse=True):
        _take(made, path)
    return made


class _CellFault(Exception):
    """What is wrong in one column of one line."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column


def _inside(path: str) -> str:
    if path.split("/", maxsplit=1)[0] in HEAD_NAMES:
        raise _CellFault("项目", f"{path} 不是表内的项目")
    return path


def _known(cells: Mapping[str, Any], path: str) -> str:
    if path not in cells:
        raise _CellFault("项目", f"没有 {path} 这一项，无法删除")
    return path


def _first(faults: Sequence[str]) -> str:
    more = f"；另有 {len(faults) - _FAULTS_SHOWN_MAX} 处" if len(faults) > _FAULTS_SHOWN_MAX else ""
    return "；".join(faults[:_FAULTS_SHOWN_MAX]) + more


def _rows(data: bytes) -> list[tuple[int, list[str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            raise CellsInvalid(problems="文件不是 UTF-8 或 GBK 编码的 CSV") from None
    try:
        rows = [(number, row) for number, row in enumerate(csv.reader(io.StringIO(text)), 1) if row]
    except csv.Error as error:
        raise CellsInvalid(problems=f"文件不是 CSV（{error}）") from None
    if not rows or tuple(cell.strip() for cell in rows[0][1][:3]) != HEADER:
        raise CellsInvalid(problems=f"第 1 行须为表头：{'、'.join(HEADER)}")
    if len(rows) > _ROWS_MAX:
        raise CellsInvalid(problems=f"最多 {_ROWS_MAX} 行")
    short = [number for number, row in rows if len(row) < _COLUMNS_MIN]
    if short:
        raise CellsInvalid(problems=f"第 {short[0]} 行不足三列")
    return rows[1:]


def _model(cells: Mapping[str, Any], path: str) -> Any:
    """Return a value whose kind the cell has: its own, or a neighbour's."""
    if path in cells:
        return cells[path]
    above, _, name = path.rpartition("/")
    for other, value in cells.items():
        over, _, last = other.rpartition("/")
        if over == above and last.isdigit() == name.isdigit():
            return value
    parts = path.split("/")
    for other, value in cells.items():
        others = other.split("/")
        if len(others) == len(parts) and others[0] == parts[0] and others[-1] == parts[-1]:
            return value
    return _ABSENT


def _read(new: str, model: Any) -> Any:
    if new == NOTHING:
        return None
    if isinstance(model, bool):
        return _boolean(new)
    if isinstance(model, int):
        if not new.lstrip("-").isdigit() or not new.isascii():
            raise _CellFault("新值", f"{new} 须为整数")
        return int(new)
    if isinstance(model, str):
        if _is_number(model) and not _is_number(new):
            raise _CellFault("新值", f"{new} 须为数字")
        return new
    try:
        return json.loads(new)
    except ValueError:
        return new


def _boolean(new: str) -> bool:
    if new not in ("true", "false"):
        raise _CellFault("新值", f"{new} 须为 true 或 false")
    return new == "true"


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _put(content: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split("/")
    part: Any = content
    for name in way:
        if isinstance(part, list):
            part = part[_index(part, name, path)]
        elif isinstance(part, dict):
            part = part.setdefault(name, {})
        else:
            raise _CellFault("项目", f"{path} 的上一级是一个值，不能再分")
    if isinstance(part, list):
        place = _index(part, last, path, allows_next=True)
        part[place : place + 1] = [value]
    elif isinstance(part, dict):
        part[last] = value
    else:
        raise _CellFault("项目", f"{path} 的上一级是一个值，不能再分")


def _index(part: list[Any], name: str, path: str, *, allows_next: bool = False) -> int:
    most = len(part) if allows_next else len(part) - 1
    if not name.isdigit() or not name.isascii() or int(name) > most:
        raise _CellFault("项目", f"{path} 的序号 {name} 不存在（应为 0 至 {most}）")
    return int(name)


def _take(content: dict[str, Any], path: str) -> None:
    *way, last = path.split("/")
    parts: list[tuple[Any, Any]] = []
    part: Any = content
    for name in way:
        key = int(name) if isinstance(part, list) else name
        parts.append((part, key))
        part = part[key]
    del part[int(last) if isinstance(part, list) else last]
    # A container that became empty goes with its last item.
    for above, key in reversed(parts):
        if above[key]:
            break
        del above[key]


def _order(path: str) -> tuple[tuple[int, int | str], ...]:
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in path.split("/"))
