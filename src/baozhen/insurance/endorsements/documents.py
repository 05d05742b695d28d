"""What an e-endorsement 批单 says: every string that its template prints, frozen as plain data.

DOMAIN 2.7: numbers, times, before and after, the difference in figures and capitals, who asked and
how that was confirmed, who approved, and the digest of the policy that it belongs to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from baozhen.foundation.masking import mask_id, mask_vin
from baozhen.foundation.money import chinese_capitals, format_yuan
from baozhen.insurance.endorsements.amounts import Line, tax_fen
from baozhen.insurance.endorsements.rules import change_table
from baozhen.insurance.endorsements.states import ENDING_KINDS, ChangeKind
from baozhen.insurance.products.enumerations import label
from baozhen.insurance.proposals.insurer_wording import InsurerFacts
from baozhen.insurance.proposals.print_wording import Field, Row, figures, format_moment, pair_up

Content = dict[str, Any]

TEMPLATE_CODE, TEMPLATE_VERSION = "endorsement", "1"
_KINDS: Mapping[str, str] = {"compulsory": "机动车交通事故责任强制保险", "commercial": "商业保险"}
_TAX_NOTE = (
    "车船税由税务机关征收，保险公司代收后不办理退税：符合退税情形（如车辆报废、灭失、被盗抢）的，"
    "请凭完税凭证和有关证明向纳税所在地的主管税务机关申请。"
)

_TAX_CORRECTED_NOTE = (
    "更正后的车船税由保险公司向税务机关申报，税额以税务机关的核定为准；"
    "已经开具的保险费发票备注的车船税金额以本批单为准。"
)


@dataclass(frozen=True, kw_only=True)
class EndorsementFacts:
    """What one endorsement rests on besides the policy's content."""

    number: str
    policy_no: str
    policy_kind: str
    policy_sha256: str
    sequence: int
    kind: str
    ground: str
    reason: str
    rows: Sequence[Sequence[str]]
    lines: Sequence[Line]
    premium_fen: int
    asked_at: datetime
    confirmed_at: datetime
    effective_at: datetime
    numbered_at: datetime
    consent_no: str
    approver: str
    verification_url: str


def endorsement_number(policy_no: str, sequence: int) -> str:
    """The number of a policy's endorsement: the policy's own and a running one."""
    return f"{policy_no}-P{sequence:02d}"


def endorsement_content(
    proposal: Mapping[str, Any], facts: EndorsementFacts, insurer: InsurerFacts
) -> Content:
    """What the endorsement of one policy says; `proposal` is the content before the change."""
    rule = change_table().kinds[facts.kind]
    return {
        "kind": TEMPLATE_CODE,
        "form": proposal["form"],
        "insurer_name": insurer.name,
        "insurer_short": insurer.short_name,
        "qr": facts.verification_url,
        "number": facts.number,
        "subtitle": f"{_KINDS[facts.policy_kind]}　{rule.label}　第{facts.sequence}号",
        "heads": [
            ["endorsement_no", "批单号", facts.number],
            ["policy_no", "保险单号", facts.policy_no],
            ["asked_at", "申请时间", format_moment(facts.asked_at)],
            ["confirmed_at", "确认时间", format_moment(facts.confirmed_at)],
            ["numbered_at", "批单生成时间", format_moment(facts.numbered_at)],
        ],
        "subject": _subject(proposal),
        "change": _change(facts, rule.label),
        "table": [[f"table.{index}", *row] for index, row in enumerate(facts.rows)],
        "premium": _premium(facts),
        "calculation": [
            [f"calculation.{index}", line.name, f"{line.words} = {figures(line.fen)}元"]
            for index, line in enumerate(facts.lines)
        ],
        "proof": _proof(facts),
        "notes": _notes(facts),
        "insurer": _insurer(proposal, insurer),
        "signed_on": ["numbered_at", "签发日期", format_moment(facts.numbered_at).split(" ")[0]],
    }


def printed_text(content: Mapping[str, Any]) -> list[str]:
    """Return everything that the printed endorsement must say, word for word."""
    found: list[str] = []
    for name, part in content.items():
        if name not in {"kind", "form", "qr", "number"}:
            _collect(part, found)
    return found


def _collect(part: Any, found: list[str]) -> None:
    if isinstance(part, str):
        found.append(part)
    elif part and isinstance(part[0], str):
        # A field's first string is its key, which is not printed.
        found += part[1:]
    else:
        for item in part:
            _collect(item, found)


def _subject(proposal: Mapping[str, Any]) -> list[Row]:
    holder, insured, vehicle = proposal["policyholder"], proposal["insured"], proposal["vehicle"]
    return pair_up(
        [
            ["policyholder.name", "投保人", holder["name"]],
            ["policyholder.id_no", "证件号码", mask_id(holder["id_no"])],
            ["insured.name", "被保险人", insured["name"]],
            ["vehicle.plate_no", "号牌号码", vehicle.get("plate_no") or "未上牌"],
            ["vehicle.vin", "车架号", mask_vin(vehicle["vin"])],
            ["vehicle.use_nature", "使用性质", label("use_nature", vehicle["use_nature"])],
        ]
    )


def _change(facts: EndorsementFacts, name: str) -> list[Row]:
    fields: list[Field | None] = [
        ["change.kind", "批改类型", name],
        ["change.effective_at", "生效时间", format_moment(facts.effective_at)],
    ]
    if facts.ground:
        ground = change_table().grounds[facts.ground]
        fields.append(["change.ground", "解除事由", f"{ground.label}（{ground.basis}）"])
    if facts.reason:
        fields.append(["change.reason", "批改原因", facts.reason])
    return pair_up(fields)


def _premium(facts: EndorsementFacts) -> Field:
    fen = facts.premium_fen
    word = "补收" if fen > 0 else "退还"
    said = f"{word}{chinese_capitals(abs(fen))}" if fen else "保险费不变"
    sign = "+" if fen > 0 else ""
    name = "费用变动（含代收车船税）" if tax_fen(facts.lines) else "保险费变动"
    return ["premium", name, f"{sign}{format_yuan(fen)}", said]


def _proof(facts: EndorsementFacts) -> list[Row]:
    return [
        [["proof.consent", "意愿确认", f"短信验证码 {facts.consent_no}"]],
        [["proof.approver", "审批人", facts.approver or "按规则自动受理"]],
        [["proof.policy_sha256", "原保单摘要", facts.policy_sha256]],
    ]


def _notes(facts: EndorsementFacts) -> list[list[str]]:
    notes = [
        f"本批单是保险单 {facts.policy_no} 的组成部分，与纸质批单具有同等法律效力；"
        "批改内容以本批单为准，保险单的其他内容不变。"
    ]
    if facts.premium_fen > 0:
        notes.append("补收的费用已经收讫。")
    if facts.premium_fen < 0:
        notes.append("退还的费用原路退回缴费账户，到账时间以支付机构为准。")
    if facts.kind in ENDING_KINDS:
        notes.append("自生效时间起，保险人不再承担本保险单的保险责任。")
    if tax_fen(facts.lines):
        notes.append(_TAX_CORRECTED_NOTE)
    if facts.kind == ChangeKind.CANCELLATION:
        notes.append(_TAX_NOTE)
    return [[f"notes.{index}", note] for index, note in enumerate(notes)]


def _insurer(proposal: Mapping[str, Any], insurer: InsurerFacts) -> list[Row]:
    return [
        [["insurer.name", "保险人", insurer.name]],
        [["branch.name", "出单机构", proposal["branch"]["name"]]],
        [["insurer.address", "公司地址", insurer.address]],
        [
            ["insurer.service_phone", "客服电话", insurer.service_phone],
            ["insurer.website", "公司网址", insurer.website],
        ],
    ]
