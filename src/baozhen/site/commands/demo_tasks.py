"""Signing tasks of the demonstration: one that waits for a person's answers and signature."""

from typing import Final

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.services.scenarios import FlowOrder, PartyFacts, start_flow
from baozhen.signing.identity.services.subjects import SubjectFacts
from baozhen.signing.organizations.queries import root_unit

NUMBER: Final = "DEMO-HEALTH-1"
# Nobody's: region code 990000, a mobile of the range for tests.
_INSURED: Final = SubjectFacts(
    kind="person",
    name="测试伟",
    id_type="id_card",
    id_no="990000199001010019",
    mobile="19900000001",
)


def start_tasks(client: str) -> str:
    """Start what is not there yet; return what to tell."""
    order = FlowOrder(
        flow="health_disclosure",
        client=client,
        unit=root_unit(),
        values={
            "application_no": NUMBER,
            "product": "示例意外伤害保险",
            "policyholder": _INSURED.name,
            "insured": _INSURED.name,
        },
        parties={"insured": PartyFacts(subject=_INSURED)},
        biz_no=NUMBER,
    )
    envelope = start_flow(order, actor=client, at=now())
    return f"演示签署任务：{envelope.title} {envelope.public_id}，签署链接在开发短信箱里。"
