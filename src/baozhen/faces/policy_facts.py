"""What the register says, arranged for a page: the very strings that the sealed files print.

The content of a file was frozen when its number was given; the page reads the same content, so a
query and a download cannot disagree (S0-4.3.1b).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from baozhen.faces import reports
from baozhen.faces.templatetags.faces import day, moment
from baozhen.faces.words import FILE_KINDS, KINDS_IN_FULL
from baozhen.foundation.masking import mask_email, mask_name, mask_plate, mask_vin
from baozhen.insurance.endorsements.describing import said_of
from baozhen.insurance.endorsements.models import Endorsement
from baozhen.insurance.endorsements.queries import (
    current_content,
    endorsements_of,
    standing_of_endorsement,
    word_of_file,
)
from baozhen.insurance.endorsements.rules import change_table
from baozhen.insurance.policies.contents import period_now
from baozhen.insurance.policies.models import ClauseDocument, Policy, PolicyFile
from baozhen.insurance.policies.queries import clause_document_for
from baozhen.insurance.policies.states import FileKind, PolicyState, Standing

Row = tuple[str, str, bool]
Group = dict[str, Any]

# Content parts in the order in which the page shows them, with their headings.
_PARTS: Sequence[tuple[str, str]] = (
    ("heads", "保单信息"),
    ("period", "保险期间与争议解决"),
    ("parties", "投保人、被保险人与车主"),
    ("vehicle", "保险车辆"),
    ("rating", "费率"),
    ("tax", "代收车船税"),
    ("insurer", "保险人"),
)


def public_facts(file: PolicyFile) -> list[tuple[str, str]]:
    """Return what anybody who holds the document may be told, masked."""
    policy = file.policy
    return [
        ("文件", FILE_KINDS[file.kind]),
        ("险种", KINDS_IN_FULL[policy.kind]),
        ("编号", file.number),
        ("号牌号码", policy.plate_masked or "未上牌"),
        ("保险期间", f"{moment(policy.cover_starts_at)} 起至 {moment(policy.cover_ends_at)} 止"),
        *history_facts(policy),
    ]


def facts_on(policy: Policy, *, on: datetime) -> list[tuple[str, str]]:
    """Return what a policy insured at an instant, with the changes in effect then, masked."""
    content = current_content(policy.proposal, on=on)
    vehicle = content["vehicle"]
    plate = vehicle.get("plate_no") or vehicle.get("temporary_plate_no") or ""
    return [
        ("被保险人", mask_name(content["insured"]["name"])),
        ("号牌号码", mask_plate(plate) if plate else "未上牌"),
        ("车架号", mask_vin(vehicle["vin"])),
        *said_of(policy.kind, content),
    ]


def history_facts(policy: Policy) -> list[tuple[str, str]]:
    """Return what was endorsed and when the policy ended: kinds and days, nobody's data."""
    facts = [
        (f"批单 {row.sequence}", f"{endorsement_label(row)}，{day(row.change.effective_at)}起生效")
        for row in endorsements_of(policy)
    ]
    if policy.cancelled_at is not None:
        facts.append(("终止日期", f"{day(policy.cancelled_at)}零时"))
    return facts


def endorsement_label(endorsement: Endorsement) -> str:
    """Return what an endorsement is about, in words."""
    return change_table().kinds[endorsement.change.kind].label


def endorsement_facts(endorsement: Endorsement) -> list[tuple[str, str]]:
    """Return what the register says of an endorsement, for whoever holds it."""
    return [
        ("文件", "电子批单"),
        ("批单号", endorsement.number),
        ("保险单号", endorsement.policy.number),
        ("批改类型", endorsement_label(endorsement)),
        ("生效时间", moment(endorsement.change.effective_at)),
    ]


def endorsement_word(endorsement: Endorsement) -> dict[str, Any]:
    """Return the word on an endorsement: in force, or ended with its policy."""
    return reports.word_of(standing_of_endorsement(endorsement))


def clause_facts(document: ClauseDocument) -> list[tuple[str, str]]:
    """Return what the register says of published clauses, for whoever has them."""
    return [
        ("文件", "保险条款"),
        ("名称", document.title),
        ("条款版本", document.version),
        ("产品备案号", document.filing_no),
    ]


def standing_now(file: PolicyFile, *, at: datetime) -> dict[str, Any]:
    """Return the word on a file at an instant: its standing, then whether cover runs."""
    if file.standing != Standing.CURRENT:
        return reports.word_of(word_of_file(file))
    return reports.word_of(_off_cover(file.policy, at=at) or word_of_file(file))


def documents_of(policy: Policy, *, at: datetime) -> list[dict[str, Any]]:
    """Return the files in force of a policy, the policy first, each with its content in groups."""
    files = policy.files.exclude(standing=Standing.SUPERSEDED).select_related("policy")
    mail = mask_email(policy.proposal.content["policyholder"]["email"])
    clauses = clause_document_for(policy.form, policy.kind, at=policy.numbered_at)
    return [
        {
            "file": file,
            "title": _title(policy, file),
            "short_title": FILE_KINDS[file.kind],
            "word": standing_now(file, at=at),
            "groups": groups_of(file.content),
            "mail": mail,
            "clauses": clauses if file.kind == FileKind.POLICY else None,
        }
        for file in sorted(files, key=lambda file: file.kind != FileKind.POLICY)
    ]


def _title(policy: Policy, file: PolicyFile) -> str:
    if file.kind == FileKind.MARK:
        return FILE_KINDS[file.kind]
    return f"{KINDS_IN_FULL[policy.kind]}电子保单"


def groups_of(content: Mapping[str, Any]) -> list[Group]:
    """Return the content of a file as groups of rows, tables and paragraphs."""
    if content["kind"] == FileKind.MARK:
        rows = [content["plate"], content["year"], *content["rows"]]
        return [{"title": "标志内容", "rows": _rows(rows)}]
    groups: list[Group] = [
        {"title": title, "rows": _rows(_flat(content[name]))}
        for name, title in _PARTS
        if name in content
    ]
    groups[1:1] = [*_cover_groups(content), _premium_group(content["premium"])]
    if content.get("agreements"):
        texts = [f"{index}. {text}" for index, (_, _, text) in enumerate(content["agreements"], 1)]
        groups.append({"title": "特别约定", "paragraphs": texts})
    return groups


def _cover_groups(content: Mapping[str, Any]) -> list[Group]:
    groups: list[Group] = []
    if "limits" in content:
        head = ["责任限额", "死亡伤残", "医疗费用", "财产损失"]
        lines = [line[1:] for line in content["limits"]]
        groups.append({"title": "责任限额", "table": {"head": head, "lines": lines}})
    if "coverages" in content:
        head = ["险别", "绝对免赔", "保险金额或责任限额", "保险费（元）"]
        lines = [line[2:] for line in content["coverages"]]
        groups.append({"title": "承保险别", "table": {"head": head, "lines": lines}})
    return groups


def _premium_group(premium: Sequence[str]) -> Group:
    rows: list[Row] = [(premium[1], premium[2], True), ("大写", premium[3], False)]
    if len(premium) > 4:  # noqa: PLR2004 -- key, label, figures, capitals, then what is in it
        rows.append(("其中", premium[4], False))
    return {"title": "保险费", "rows": rows}


def _flat(part: Sequence[Any]) -> list[Sequence[str]]:
    """Return the fields of a part, whether they stand alone or two in a row."""
    fields: list[Sequence[str]] = []
    for item in part:
        if item and isinstance(item[0], str):
            fields.append(item)
        else:
            fields.extend(item)
    return fields


def _rows(fields: Sequence[Sequence[str]]) -> list[Row]:
    return [(field[1], field[2], False) for field in fields]


def policy_word(policy: Policy, *, at: datetime) -> dict[str, Any]:
    """Return the word on a policy at an instant, as lists show it."""
    if policy.state == PolicyState.NUMBERED:
        return {"label": "签章中", "tone": "amber", "icon": "clock"}
    if policy.state == PolicyState.CANCELLED:
        return reports.word_of(Standing.CANCELLED)
    return reports.word_of(_off_cover(policy, at=at) or Standing.CURRENT)


def _off_cover(policy: Policy, *, at: datetime) -> str:
    """Return the word for cover that has not begun or is over; empty while it runs."""
    starts_at, ends_at = period_now(policy, on=at)
    if at >= ends_at:
        return "expired"
    return "not_started" if at < starts_at else ""
