"""The directory as one CSV file, for systems that speak no SCIM."""

import csv
import io

from baozhen.signing.organizations.directory.planning import (
    DirectoryPerson,
    DirectoryUnit,
    Snapshot,
)
from baozhen.signing.organizations.errors import DirectoryInvalid

COLUMNS = ("类型", "编号", "名称", "上级或所属机构编号", "用户名", "工号", "手机号", "邮箱", "状态")
ROWS_MAX = 100_000
_GONE = frozenset({"离职", "停用", "否", "0"})


def read_table(data: bytes, *, is_full: bool) -> Snapshot:
    """Read the table (UTF-8 or GB 18030); raises DirectoryInvalid, naming the line."""
    rows = csv.DictReader(io.StringIO(_text(data)))
    missing = set(COLUMNS) - set(rows.fieldnames or ())
    if missing:
        raise DirectoryInvalid(reason=f"缺少列：{'、'.join(sorted(missing))}")
    units: list[DirectoryUnit] = []
    people: list[DirectoryPerson] = []
    for line, row in enumerate(rows, start=2):
        if line > ROWS_MAX + 1:
            raise DirectoryInvalid(reason=f"最多 {ROWS_MAX:,} 行")
        values = {name: (row[name] or "").strip() for name in COLUMNS}
        match values["类型"]:
            case "机构" | "分支机构" | "部门":
                units.append(_unit(values))
            case "人员":
                people.append(_person(values))
            case other:
                reason = f"第 {line} 行的类型是“{other}”，应为机构、分支机构、部门或人员"
                raise DirectoryInvalid(reason=reason)
    return Snapshot(units=tuple(units), people=tuple(people), is_full=is_full)


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DirectoryInvalid(reason="文件编码应为 UTF-8 或 GB 18030")


def _unit(values: dict[str, str]) -> DirectoryUnit:
    return DirectoryUnit(
        external_id=values["编号"],
        name=values["名称"],
        parent=values["上级或所属机构编号"],
        kind="branch" if values["类型"] == "分支机构" else "department",
    )


def _person(values: dict[str, str]) -> DirectoryPerson:
    return DirectoryPerson(
        external_id=values["编号"],
        username=values["用户名"] or values["工号"] or values["编号"],
        display_name=values["名称"],
        unit=values["上级或所属机构编号"],
        staff_no=values["工号"],
        mobile=values["手机号"],
        email=values["邮箱"],
        active=values["状态"] not in _GONE,
    )
