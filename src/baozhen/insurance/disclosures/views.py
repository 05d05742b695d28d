"""The reading view of a file: the same words as in the PDF, as sections that a page can show.

A section has a title and any of: `rows` of label and value, `items` (a sentence, whether it is
emphasised, its explanation), and a `table`. Numbers of identity cards and telephones are masked:
the exact file, which only the applicant gets, has them in full.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from baozhen.foundation.masking import mask_id, mask_mobile

Section = dict[str, Any]
_LIMIT_HEAD = ["责任限额（每次事故）", "死亡伤残", "医疗费用", "财产损失"]
_COVER_HEAD = ["险别", "绝对免赔", "保险金额／责任限额（元）", "保险费（元）"]


def form_sections(form: Mapping[str, Any]) -> list[Section]:
    """Return the proposal form as sections, in the order of the PDF."""
    total = form["total"]
    return [
        _section("投保单", rows=_plain([*form["heads"], *form["filings"], form["basis"]])),
        _section(
            f"投保提示（版本 {form['tips']['version']}）", items=_items(form["tips"]["items"])
        ),
        _section("保险人偿付能力告知", rows=_rows(form["solvency"])),
        *(
            _section(str(party["title"]).replace("\n", ""), rows=_rows(party["rows"]))
            for party in form["parties"]
        ),
        _section("保险标的", rows=_rows(form["vehicle"])),
        *_covers(form),
        _section("代收车船税", rows=_rows(form["tax"])),
        _section("应缴合计", rows=[[total[1], f"{total[2]}（{total[3]}）"]]),
        _section("特别约定", items=_agreements(form["agreements"])),
        _section("争议解决与业务来源", rows=_rows([*form["terms"], *form["source"]])),
        _section(
            f"投保人声明（版本 {form['statement']['version']}）",
            items=_items(form["statement"]["items"], strong=True),
        ),
    ]


def clause_sections(content: Mapping[str, Any]) -> list[Section]:
    """Return the clauses as sections; exclusions and duties are emphasised (保险法 第十七条)."""
    return [
        _section(
            chapter["title"],
            items=[
                {"text": paragraph, "strong": chapter["bold"], "explain": ""}
                for paragraph in chapter["paragraphs"]
            ],
        )
        for chapter in content["chapters"]
    ]


def notice_sections(content: Mapping[str, Any]) -> list[Section]:
    """Return a notice, explanation, policy or authorisation as sections."""
    return [
        _section(part["title"], items=part["items"], table=part["table"])
        for part in content["sections"]
    ]


def _covers(form: Mapping[str, Any]) -> list[Section]:
    compulsory, commercial = form["compulsory"], form["commercial"]
    found = []
    if commercial is not None:
        lines = [list(line[2:]) for line in commercial["coverages"]]
        rows = [*_rows(commercial["rating"]), _premium(commercial["premium"])]
        found.append(_section("商业保险", rows=rows, table={"head": _COVER_HEAD, "rows": lines}))
    limits = [list(line[1:]) for line in compulsory["limits"]]
    rows = [*_rows(compulsory["rating"]), _premium(compulsory["premium"])]
    found.append(_section("交强险", rows=rows, table={"head": _LIMIT_HEAD, "rows": limits}))
    return found


def _section(
    title: str,
    *,
    rows: Sequence[Sequence[str]] = (),
    items: Sequence[Mapping[str, Any]] = (),
    table: Mapping[str, Any] | None = None,
) -> Section:
    return {"title": title, "rows": list(rows), "items": list(items), "table": table}


def _rows(rows: Sequence[Sequence[Sequence[str]]]) -> list[list[str]]:
    return _plain([field for row in rows for field in row])


def _plain(fields: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[field[1], _masked(field[0], field[2])] for field in fields]


def _masked(key: str, value: str) -> str:
    if key.endswith(".id_no"):
        kind, _, number = value.rpartition(" ")
        return f"{kind} {mask_id(number)}".strip()
    if key.endswith(".mobile"):
        return mask_mobile(value)
    return value


def _premium(field: Sequence[str]) -> list[str]:
    return [field[1], f"{field[2]}（{field[3]}），{field[4]}"]


def _items(fields: Sequence[Sequence[str]], *, strong: bool = False) -> list[dict[str, Any]]:
    return [{"text": f"{field[1]} {field[2]}", "strong": strong, "explain": ""} for field in fields]


def _agreements(fields: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    if not fields:
        return [{"text": "无。", "strong": False, "explain": ""}]
    return [{"text": field[2], "strong": False, "explain": ""} for field in fields]
