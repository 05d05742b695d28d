"""The texts of 说明告知 as versioned data: tips, statement, solvency figures, combined files.

Each text has an id, a version, the days it is in force and the least seconds of reading. Which
sections a person gets depends on the form and on whether commercial cover is asked for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from baozhen.foundation.errors import Refusal
from baozhen.insurance.products.clauses import clause_content, clause_product
from baozhen.insurance.products.enumerations import ENUMERATIONS
from baozhen.insurance.products.norms import norms

PROPOSAL = "proposal"
CLAUSES = "clauses"
NOTICES = tuple(kind for kind in ENUMERATIONS["document"] if kind not in {PROPOSAL, CLAUSES})
# A page of dense text is not read faster than this.
PROPOSAL_SECONDS, CLAUSES_SECONDS = 15, 20


class TextNotInForce(Refusal):
    """No version of a text is in force on that day: nothing may be signed without it."""

    code = "disclosure_text_missing"
    message = "{what}在{day}没有有效的版本，暂时不能签名，请联系客服"


@dataclass(frozen=True)
class Tips:
    """投保提示."""

    version: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """投保人声明: code of the declaration -> its words."""

    version: str
    items: Mapping[str, str]


@dataclass(frozen=True)
class Solvency:
    """偿付能力 of one quarter, as the insurer published it."""

    quarter: str
    label: str
    effective_from: str
    core_percent: str
    comprehensive_percent: str
    rating: str
    rating_quarter: str
    is_sufficient: bool
    link: str


@dataclass(frozen=True)
class Text:
    """One file that is read: what it says, which version, how long at least."""

    kind: str
    variant: str
    version: str
    title: str
    seconds: int
    content: dict[str, Any]


def application_tips() -> Tips:
    """Return the tips in force."""
    raw = _read("proposal")["tips"]
    return Tips(raw["version"], tuple(raw["items"]))


def applicant_statement() -> Statement:
    """Return the words of the six declarations."""
    raw = _read("proposal")["statement"]
    return Statement(raw["version"], dict(raw["items"]))


def solvency_on(day: date) -> Solvency:
    """Return the latest quarter that was published by a day; raises TextNotInForce."""
    published = [
        entry
        for entry in _read("proposal")["solvency"]
        if date.fromisoformat(entry["effective_from"]) <= day
    ]
    if not published:
        raise TextNotInForce(what="偿付能力信息", day=day.isoformat())
    latest = max(published, key=lambda entry: str(entry["effective_from"]))
    return Solvency(**{name: latest[name] for name in Solvency.__dataclass_fields__})


def entered_solvency(table: Mapping[str, Any]) -> Solvency:
    """Return the figures that were entered and approved as a versioned table of products."""
    year, _, number = str(table["quarter"]).partition("-Q")
    label = f"{year}年第{number}季度"
    return Solvency(
        quarter=str(table["quarter"]),
        label=label,
        effective_from=str(table.get("effective_from", "")),
        core_percent=str(table["core_percent"]),
        comprehensive_percent=str(table["comprehensive_percent"]),
        rating=str(table["rating"]),
        rating_quarter=label,
        is_sufficient=bool(table["is_sufficient"]),
        link=str(table["link"]),
    )


def combined_texts(
    form: str,
    *,
    has_commercial: bool,
    insurer_name: str,
    filings: Mapping[str, str],
    day: date,
) -> list[Text]:
    """Return the files that are read together with the form, in their order (S0-4.2.4b1)."""
    covers = ["compulsory", "commercial"] if has_commercial else ["compulsory"]
    clauses = [_clauses(form, cover, insurer_name, filings) for cover in covers]
    return clauses + [_notice(kind, form, covers, insurer_name, day) for kind in NOTICES]


def _clauses(form: str, cover: str, insurer_name: str, filings: Mapping[str, str]) -> Text:
    product = clause_product(form, cover)
    content = clause_content(product, insurer_name=insurer_name, filings=filings)
    return Text(CLAUSES, product, content["version"], content["title"], CLAUSES_SECONDS, content)


def _notice(kind: str, form: str, covers: list[str], insurer_name: str, day: date) -> Text:
    raw = _in_force(kind, day)
    told = {None, *covers} | ({form} if "commercial" in covers else set())
    sections = [section for section in raw["sections"] if section.get("when") in told]
    content = {
        "kind": "combined",
        "title": raw["title"],
        "version": raw["version"],
        "insurer_name": insurer_name,
        "basis": "；".join(f"《{norms()[norm].title}》" for norm in raw["norms"]),
        "note": _note(raw),
        "lead": raw["lead"],
        "sections": [
            {
                "title": section["title"],
                "items": [
                    {
                        "text": item["text"],
                        "strong": bool(item.get("strong")),
                        "explain": item.get("explain", ""),
                    }
                    for item in section["items"]
                ],
                "table": section.get("table"),
            }
            for section in sections
        ],
    }
    variant = "-".join([form, *covers])
    return Text(kind, variant, raw["version"], raw["title"], raw["seconds"], content)


def _note(raw: Mapping[str, Any]) -> str:
    return "" if raw["confirmed"] else "示范文本：本文仅供演示系统使用，生产前由保险人审定。"


def _in_force(kind: str, day: date) -> dict[str, Any]:
    for raw in _read("notices")["notices"]:
        starts, ends = raw["effective_from"], raw["effective_to"]
        is_in_force = date.fromisoformat(starts) <= day and (
            ends is None or day < date.fromisoformat(ends)
        )
        if raw["id"] == kind and is_in_force:
            found: dict[str, Any] = raw
            return found
    raise TextNotInForce(what=ENUMERATIONS["document"][kind][1], day=day.isoformat())


@cache
def _read(name: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(f"data/{name}.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table
