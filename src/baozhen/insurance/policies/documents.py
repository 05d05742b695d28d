"""What a policy and its mark say: every string that their templates print, frozen as plain data.

S0-4.3.3b (DOMAIN 2.6, 2.8): head, persons, vehicle, cover, premium, tax, period, agreements,
dispute, insurer. A field is `[key, label, value]`, its key the path of the input it comes from; a
row has one field or two. The template decides how it looks, never what it says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from baozhen.foundation.masking import mask_id, mask_mobile, mask_vin
from baozhen.insurance.payments.rules import find_exception, pay_first_exceptions
from baozhen.insurance.policies.states import PolicyKind
from baozhen.insurance.products.clauses import clause_product
from baozhen.insurance.products.enumerations import label
from baozhen.insurance.proposals.content import (
    Party,
    ProposalData,
)
from baozhen.insurance.proposals.cover_wording import (
    address_words,
    coverage_field,
    factors_field,
    limits_fields,
    premium_field,
    tax_rows,
)
from baozhen.insurance.proposals.insurer_wording import InsurerFacts, insurer_rows, source_rows
from baozhen.insurance.proposals.print_wording import (
    Field,
    Row,
    figures,
    format_date,
    format_moment,
    format_period,
    format_rate,
    pair_up,
    present,
)
from baozhen.insurance.proposals.vehicle_wording import plate_words, vehicle_fields

Content = dict[str, Any]

TEMPLATE_VERSION = "1"
_MARK_SUFFIX = "-BZ"
_PAID_LATER = "按约定后付"


@dataclass(frozen=True, kw_only=True)
class IssueFacts:
    """What issuing adds to a proposal: code, times, who made it, and the address of the QR code."""

    confirmation_code: str
    numbered_at: datetime
    verification_url: str
    operator: str
    handler: str
    mask_ids: bool = True


def mark_number(compulsory_policy_no: str) -> str:
    """The number of the electronic insurance mark that belongs to a compulsory policy."""
    return f"{compulsory_policy_no}{_MARK_SUFFIX}"


def policy_content(
    proposal: ProposalData,
    *,
    kind: PolicyKind,
    facts: IssueFacts,
    insurer: InsurerFacts,
    filings: Mapping[str, str],
) -> Content:
    """What the policy of one cover says.

    Raises ValueError when the proposal has no such cover, or is neither paid nor excepted from
    paying first: the gate asks that before.
    """
    shared: Content = {
        "kind": str(kind),
        "form": proposal.form,
        "insurer_name": insurer.name,
        "insurer_short": insurer.short_name,
        "qr": facts.verification_url,
        "filing": ["filing_no", "产品备案号", filings[clause_product(proposal.form, kind)]],
        "parties": _parties(proposal, mask=facts.mask_ids),
        "vehicle": pair_up(vehicle_fields(proposal.vehicle)),
        "agreements": [
            [f"special_agreements.{index}", agreement.code, agreement.text]
            for index, agreement in enumerate(proposal.special_agreements)
        ],
        "insurer": [
            *insurer_rows(insurer, proposal.branch),
            *source_rows(proposal.source),
            [
                ["underwriting.underwriter", "核保", present(proposal.underwriting).underwriter],
                ["operator", "制单", facts.operator],
                ["handler", "经办", facts.handler],
            ],
        ],
        "signed_on": ["numbered_at", "签单日期", _day(facts.numbered_at)],
    }
    cover = (
        _compulsory_part(proposal) if kind == PolicyKind.COMPULSORY else _commercial_part(proposal)
    )
    cover["period"] += _terms(proposal, facts)
    return shared | cover | {"heads": _heads(proposal, cover["number"], facts)}


def mark_content(proposal: ProposalData, *, facts: IssueFacts, insurer: InsurerFacts) -> Content:
    """What the electronic insurance mark (电子保险标志) says: 交强险条例 第十二条, DOMAIN 2.8."""
    cover = proposal.compulsory
    number = mark_number(cover.policy_no)
    return {
        "kind": "mark",
        "form": proposal.form,
        "insurer_name": insurer.name,
        "qr": facts.verification_url,
        "number": number,
        "plate": ["vehicle.plate_no", "号牌号码", plate_words(proposal.vehicle)],
        "year": ["cover_year", "保险年度", f"{_last_year(cover.cover_ends_at)}"],
        "rows": [
            ["mark_no", "标志编号", number],
            ["compulsory.policy_no", "保险单号", cover.policy_no],
            ["vehicle.vin", "车架号", mask_vin(proposal.vehicle.vin)],
            [
                "compulsory.period",
                "保险期间",
                format_period(cover.cover_starts_at, cover.cover_ends_at),
            ],
            ["insurer.name", "保险公司", insurer.name],
            ["insurer.address", "公司地址", insurer.address],
            ["insurer.claim_phone", "报案电话", insurer.claim_phone],
            ["numbered_at", "生成时间", format_moment(facts.numbered_at)],
        ],
    }


def expected_text(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (key, text) of everything that the printed document must say, word for word."""
    found: list[tuple[str, str]] = []
    for name, part in content.items():
        if name not in ("kind", "form", "qr", "number"):
            _collect(name, part, found)
    return found


def _collect(name: str, part: Any, found: list[tuple[str, str]]) -> None:
    if isinstance(part, str):
        found.append((name, part))
    elif part and isinstance(part[0], str):
        found.append((part[0], part[2]))
        found += [(f"{part[0]}.{index}", text) for index, text in enumerate(part[3:])]
    else:
        for item in part:
            _collect(name, item, found)


def _heads(proposal: ProposalData, number: str, facts: IssueFacts) -> list[Field]:
    payment, signature = proposal.payment, present(proposal.signature)
    paid = format_moment(payment.paid_at) if payment is not None else _PAID_LATER
    confirmed_at = signature.otp_verified_at or signature.signed_at
    return [
        ["policy_no", "保险单号", number],
        ["confirmation_code", "投保确认码", facts.confirmation_code],
        ["payment.paid_at", "收费确认时间", paid],
        ["signature.otp_verified_at", "投保确认时间", format_moment(confirmed_at)],
        ["numbered_at", "保单生成时间", format_moment(facts.numbered_at)],
    ]


def _parties(proposal: ProposalData, *, mask: bool) -> list[Row]:
    holder, insured, owner = proposal.policyholder, proposal.insured, proposal.owner
    fields = [
        ["policyholder.name", "投保人", holder.name],
        _identity("policyholder", "投保人证件", holder, mask=mask),
        _mobile("policyholder", "投保人电话", holder, mask=mask),
        ["relation_to_insured", "与被保险人", label("relation", proposal.relation_to_insured)],
        ["insured.name", "被保险人", insured.name],
        _identity("insured", "被保险人证件", insured, mask=mask),
        _mobile("insured", "被保险人电话", insured, mask=mask),
        _contact(insured),
        _address(insured),
        ["owner.name", "行驶证车主", owner.name],
        _identity("owner", "车主证件", owner, mask=mask),
    ]
    return pair_up(fields)


def _identity(key: str, name: str, party: Party, *, mask: bool) -> Field:
    number = mask_id(party.id_no) if mask else party.id_no
    return [f"{key}.id_no", name, f"{label('id_type', party.id_type)} {number}"]


def _mobile(key: str, name: str, party: Party, *, mask: bool) -> Field | None:
    if party.mobile is None:
        return None
    return [f"{key}.mobile", name, mask_mobile(party.mobile) if mask else party.mobile]


def _contact(party: Party) -> Field | None:
    return ["insured.contact_name", "联系人", party.contact_name] if party.contact_name else None


def _address(party: Party) -> Field | None:
    if party.address is None:
        return None
    return ["insured.address", "被保险人住址", address_words(party.address)]


def _compulsory_part(proposal: ProposalData) -> Content:
    cover = proposal.compulsory
    ground = label("term_ground", cover.term_ground) if cover.term_ground else None
    return {
        "number": cover.policy_no,
        "limits": limits_fields(cover.limits),
        "rating": pair_up(
            [
                ["compulsory.base_premium", "基础保险费", f"{figures(cover.base_premium_fen)}元"],
                ["compulsory.float_rate", "费率浮动", format_rate(cover.float_rate)],
                ["compulsory.float_code", "浮动原因", label("float_code", cover.float_code)],
                ["compulsory.term_ground", "短期投保", ground] if ground else None,
            ]
        ),
        "premium": premium_field("compulsory.premium", cover.premium_fen),
        "tax": tax_rows(proposal.vehicle_tax),
        "period": _period("compulsory", cover.cover_starts_at, cover.cover_ends_at),
    }


def _commercial_part(proposal: ProposalData) -> Content:
    cover = present(proposal.commercial)
    return {
        "number": cover.policy_no,
        "coverages": [
            coverage_field(index, coverage) for index, coverage in enumerate(cover.coverages)
        ],
        "rating": [[factors_field(cover)]],
        "premium": premium_field("commercial.premium", cover.premium_fen),
        "period": _period("commercial", cover.cover_starts_at, cover.cover_ends_at),
    }


def _period(name: str, starts_at: datetime, ends_at: datetime) -> list[Row]:
    return [[[f"{name}.period", "保险期间", format_period(starts_at, ends_at)]]]


def _terms(proposal: ProposalData, facts: IssueFacts) -> list[Row]:
    """How disputes are settled and how the premium is paid; both are said on every policy."""
    dispute = proposal.dispute
    mode = label("dispute_mode", dispute.mode)
    said = f"{mode}（{dispute.body}）" if dispute.body else mode
    settled = ["dispute.mode", "争议解决方式", said]
    if proposal.payment is not None:
        return [[settled, ["payment.mode", "交费方式", "一次交清"]]]
    # S0-4.3.2: the policy itself says by which approval it came before its premium.
    exception = present(find_exception(proposal, facts.numbered_at, pay_first_exceptions()))
    approved_on = format_date(exception.approved_on)
    approval = f"{_PAID_LATER}（例外批准号 {exception.approval_no}，批准日期 {approved_on}）"
    return [[settled], [["payment.mode", "交费方式", approval]]]


def _day(at: datetime) -> str:
    return format_moment(at).split(" ")[0]


def _last_year(ends_at: datetime) -> str:
    return format_moment(ends_at)[:4]
