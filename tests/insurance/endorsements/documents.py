"""Reference endorsements: the raised limit and the cancellation of scenario S-06."""

from datetime import UTC, datetime

from baozhen.insurance.endorsements.amounts import Line
from baozhen.insurance.endorsements.documents import (
    EndorsementFacts,
    endorsement_content,
    endorsement_number,
)
from baozhen.insurance.proposals.intake import canonical
from baozhen.signing.organizations.insurer import get_insurer
from tests.typesetting import DEMO, fullest, parsed

_RAISED = {
    "kind": "limit",
    "policy_kind": "commercial",
    "ground": "",
    "rows": [
        ["机动车第三者责任保险", "保险金额 2,000,000.00元", "保险金额 3,000,000.00元"],
        ["机动车第三者责任保险年保险费", "470.26元", "548.08元"],
        ["年保险费合计", "1,376.45元", "1,454.27元"],
    ],
    "lines": [Line("保险费差额", "年差额 77.8209元 × 288 ÷ 365 天", 6140)],
    "premium_fen": 6140,
}
_CANCELLED = {
    "kind": "cancellation",
    "policy_kind": "commercial",
    "ground": "deregistration",
    "rows": [["合同效力", "有效", "已注销"]],
    "lines": [
        Line("商业险", "1,376.45 × 196 ÷ 365 天", -73913),
        Line("第1号批单", "61.40 × 196 ÷ 288 天", -4179),
    ],
    "premium_fen": -78092,
}


def endorsements():
    """Return the content of each reference endorsement by its name."""
    return {
        "endorsement-limit": _content(1, _RAISED),
        "endorsement-cancellation": _content(2, _CANCELLED),
    }


def _content(sequence, changes):
    proposal = canonical(parsed(fullest(DEMO, "car")))
    policy_no = proposal["commercial"]["policy_no"]
    number = endorsement_number(policy_no, sequence)
    facts = EndorsementFacts(
        number=number,
        policy_no=policy_no,
        policy_sha256="5b" * 32,
        sequence=sequence,
        reason="",
        asked_at=datetime(2025, 5, 31, 2, 0, tzinfo=UTC),
        confirmed_at=datetime(2025, 5, 31, 2, 0, 20, tzinfo=UTC),
        effective_at=datetime(2025, 5, 31, 16, 0, tzinfo=UTC),
        numbered_at=datetime(2025, 5, 31, 2, 1, tzinfo=UTC),
        consent_no="con_06bt3k9q2w8v5n7r4t6y8z0a1c",
        approver="示例领导",
        verification_url=f"https://verify.example.com/v/{number}/9F8A7C6B5D4E0011",
        **changes,
    )
    return endorsement_content(proposal, facts, get_insurer())
