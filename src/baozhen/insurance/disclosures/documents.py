"""What the proposal form 投保单 says: every string that its template prints, frozen as plain data.

S0-4.2.3b (DOMAIN 2.1): the six sections with the blocks H, T, Y, A–S, Z and N. A field is
`[key, label, value]`; a row has one field or two. The template decides how it looks, never what it
says; the reading page shows the same data as text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from baozhen.foundation.money import chinese_capitals, format_yuan
from baozhen.insurance.disclosures.texts import Solvency, applicant_statement, application_tips
from baozhen.insurance.products.clauses import clause_product
from baozhen.insurance.products.enumerations import label, trade_code
from baozhen.insurance.products.norms import norms
from baozhen.insurance.proposals.content import Party, ProposalData
from baozhen.insurance.proposals.cover_wording import (
    address_words,
    coverage_field,
    factors_field,
    limits_fields,
    premium_field,
    tax_rows,
)
from baozhen.insurance.proposals.insurer_wording import InsurerFacts, source_rows
from baozhen.insurance.proposals.print_wording import (
    Field,
    Row,
    figures,
    format_date,
    format_moment,
    format_period,
    format_rate,
    pair_up,
)
from baozhen.insurance.proposals.vehicle_wording import vehicle_fields

Content = dict[str, Any]

TEMPLATE_CODE = "proposal"
TEMPLATE_VERSION = "1"
# What each form rests on (S0-4.2.3a1), as the norm register names it.
BASIS = ("保险法-2015", "反洗钱法-2024", "示范条款-2020", "交强险条例-2019")


@dataclass(frozen=True, kw_only=True)
class FiledText:
    """One of the files read together with the form, as the form lists it."""

    title: str
    version: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class FormFacts:
    """What making the form adds: its time, the address of its code, solvency, files, filings."""

    made_at: datetime
    address: str
    solvency: Solvency
    files: Sequence[FiledText]
    filings: Mapping[str, str]


def proposal_form(proposal: ProposalData, *, facts: FormFacts, insurer: InsurerFacts) -> Content:
    """What the proposal form says, in its six sections."""
    tips, statement = application_tips(), applicant_statement()
    return {
        "kind": TEMPLATE_CODE,
        "form": proposal.form,
        "insurer_name": insurer.name,
        "insurer_short": insurer.short_name,
        "qr": facts.address,
        "heads": _heads(proposal, facts),
        "filings": _filings(proposal, facts.filings),
        "basis": ["basis", "制定依据", "；".join(basis_titles())],
        "tips": {"version": tips.version, "items": _numbered("tips", tips.items)},
        "solvency": _solvency(facts.solvency),
        "parties": _parties(proposal),
        "vehicle": pair_up(vehicle_fields(proposal.vehicle)),
        "commercial": _commercial(proposal),
        "compulsory": _compulsory(proposal),
        "tax": tax_rows(proposal.vehicle_tax),
        "total": [
            "total",
            "应缴合计（保险费与车船税）",
            format_yuan(proposal.total_fen),
            chinese_capitals(proposal.total_fen),
        ],
        "agreements": [
            [f"special_agreements.{index}", agreement.code, agreement.text]
            for index, agreement in enumerate(proposal.special_agreements)
        ],
        "terms": _terms(proposal),
        "source": [*source_rows(proposal.source), *_insurer(proposal, insurer)],
        "statement": {
            "version": statement.version,
            "items": [
                [f"declarations.{code}", trade_code("declaration", code), text]
                for code, text in statement.items.items()
            ],
        },
        "files": [
            [f"files.{index}", file.title, file.version, file.sha256]
            for index, file in enumerate(facts.files)
        ],
        "signed_by": ["signature", "投保人", proposal.policyholder.name],
    }


def basis_titles() -> list[str]:
    """Return the titles of the laws and model clauses that the form is designed on."""
    return [f"《{norms()[key].title}》" for key in BASIS]


def printed_text(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (key, text) of everything that the printed form must say, word for word."""
    found: list[tuple[str, str]] = []
    for name, part in content.items():
        if name not in ("kind", "form", "qr"):
            _collect(name, part, found)
    return found


def _collect(name: str, part: Any, found: list[tuple[str, str]]) -> None:
    if part is None:
        return
    if isinstance(part, str):
        found.append((name, part))
    elif isinstance(part, Mapping):
        for key, value in part.items():
            _collect(f"{name}.{key}", value, found)
    elif part and isinstance(part[0], str):
        found.append((part[0], part[2]))
        found += [(f"{part[0]}.{index}", text) for index, text in enumerate(part[3:])]
    else:
        for item in part:
            _collect(name, item, found)


def _heads(proposal: ProposalData, facts: FormFacts) -> list[Field]:
    return [
        ["proposal_no", "投保单号", proposal.proposal_no],
        ["made_at", "生成时间", format_moment(facts.made_at)],
        ["form", "投保单版本", trade_code("form", proposal.form)],
    ]


def _filings(proposal: ProposalData, filings: Mapping[str, str]) -> list[Field]:
    kinds = [("compulsory", "交强险备案号")]
    if proposal.commercial is not None:
        kinds.append(("commercial", "商业险备案号"))
    return [
        [f"filing.{kind}", name, filings[clause_product(proposal.form, kind)]]
        for kind, name in kinds
    ]


def _numbered(name: str, items: Sequence[str]) -> list[Field]:
    return [[f"{name}.{index}", f"{index}.", text] for index, text in enumerate(items, 1)]


def _solvency(solvency: Solvency) -> list[Row]:
    """保险人偿付能力告知: quarterly data."""
    verdict = "达到监管要求" if solvency.is_sufficient else "未达到监管要求"
    return pair_up(
        [
            ["solvency.quarter", "报告期", f"{solvency.label}末"],
            ["solvency.verdict", "结论", f"偿付能力充足率{verdict}"],
            ["solvency.core", "核心充足率", f"{solvency.core_percent}%"],
            ["solvency.comprehensive", "综合充足率", f"{solvency.comprehensive_percent}%"],
            [
                "solvency.rating",
                "风险评级",
                f"{solvency.rating}类（{solvency.rating_quarter}风险综合评级）",
            ],
            ["solvency.link", "信息披露", solvency.link],
        ]
    )


def _parties(proposal: ProposalData) -> list[Content]:
    holder, insured, owner = proposal.policyholder, proposal.insured, proposal.owner
    relations: list[Field | None] = [
        [
            "relation_to_insured",
            "与被保险人",
            label("relation", proposal.relation_to_insured),
        ],
        ["relation_to_owner", "与车主", label("relation", proposal.relation_to_owner)],
    ]
    return [
        {"title": "投保人", "rows": pair_up([*_party("policyholder", holder), *relations])},
        {"title": "被保\n险人", "rows": pair_up(_party("insured", insured))},
        {
            "title": "车主",
            "rows": pair_up(
                [
                    ["owner.name", "行驶证车主", owner.name],
                    ["owner.kind", "车主性质", label("party_kind", owner.kind)],
                    _identity("owner", owner),
                ]
            ),
        },
    ]


def _party(key: str, party: Party) -> list[Field | None]:
    gender = label("gender", party.gender) if party.gender else None
    address = address_words(party.address) if party.address else None
    return [
        [f"{key}.name", "姓名或名称", party.name],
        [f"{key}.kind", "性质", label("party_kind", party.kind)],
        _identity(key, party),
        _validity(key, party),
        [f"{key}.gender", "性别", gender] if gender else None,
        _day(f"{key}.birth_date", "出生日期", party.birth_date),
        [f"{key}.mobile", "手机号", party.mobile] if party.mobile else None,
        [f"{key}.email", "电子邮箱", party.email] if party.email else None,
        [f"{key}.nationality", "国籍", _nationality(party.nationality)]
        if party.nationality
        else None,
        [f"{key}.occupation", "职业", party.occupation] if party.occupation else None,
        [f"{key}.contact_name", "联系人", party.contact_name] if party.contact_name else None,
        [f"{key}.address", "地址", address] if address else None,
    ]


def _identity(key: str, party: Party) -> Field:
    return [f"{key}.id_no", "证件", f"{label('id_type', party.id_type)} {party.id_no}"]


def _nationality(code: str) -> str:
    return "中国" if code == "CHN" else code


def _validity(key: str, party: Party) -> Field | None:
    if party.id_valid_from is None:
        return None
    until = format_date(party.id_valid_to) if party.id_valid_to else "长期"
    return [f"{key}.id_valid", "证件有效期", f"{format_date(party.id_valid_from)}至{until}"]


def _day(key: str, name: str, on: date | None) -> Field | None:
    return [key, name, format_date(on)] if on else None


def _commercial(proposal: ProposalData) -> Content | None:
    cover = proposal.commercial
    if cover is None:
        return None
    return {
        "coverages": [
            coverage_field(index, coverage) for index, coverage in enumerate(cover.coverages)
        ],
        "rating": [
            [factors_field(cover)],
            [
                [
                    "commercial.period",
                    "保险期间",
                    format_period(cover.cover_starts_at, cover.cover_ends_at),
                ]
            ],
        ],
        "premium": premium_field("commercial.premium", cover.premium_fen),
    }


def _compulsory(proposal: ProposalData) -> Content:
    cover = proposal.compulsory
    ground = label("term_ground", cover.term_ground) if cover.term_ground else None
    fields: list[Field | None] = [
        ["compulsory.base_premium", "基础保险费", f"{figures(cover.base_premium_fen)}元"],
        ["compulsory.float_rate", "费率浮动", format_rate(cover.float_rate)],
        ["compulsory.float_code", "浮动原因", label("float_code", cover.float_code)],
        ["compulsory.term_ground", "短期投保", ground] if ground else None,
        [
            "compulsory.period",
            "保险期间",
            format_period(cover.cover_starts_at, cover.cover_ends_at),
        ],
    ]
    return {
        "limits": limits_fields(cover.limits),
        "rating": pair_up(fields),
        "premium": premium_field("compulsory.premium", cover.premium_fen),
    }


def _insurer(proposal: ProposalData, insurer: InsurerFacts) -> list[Row]:
    return pair_up(
        [
            ["insurer.name", "保险人", insurer.name],
            ["branch.name", "出单机构", proposal.branch.name],
            ["insurer.service_phone", "客服电话", insurer.service_phone],
            ["insurer.claim_phone", "报案电话", insurer.claim_phone],
        ]
    )


def _terms(proposal: ProposalData) -> list[Row]:
    dispute = proposal.dispute
    mode = label("dispute_mode", dispute.mode)
    said = f"{mode}（{dispute.body}）" if dispute.body else mode
    return [[["dispute.mode", "争议解决", said], ["payment.mode", "交费方式", "一次交清"]]]
