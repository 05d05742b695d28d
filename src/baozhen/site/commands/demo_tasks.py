"""Signing tasks of the demonstration: one that waits for answers; alone, a handful in every state.

The signing centre alone has no policies to look at: its tasks show what comes of one. Whoever
repeats the command finds them as they are.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.models import Action, Envelope
from baozhen.signing.envelopes.services.acts import StampPlace, decline, pre_stamp, recall
from baozhen.signing.envelopes.services.scenarios import FlowOrder, PartyFacts, start_flow
from baozhen.signing.envelopes.states import ActionState, EnvelopeState
from baozhen.signing.identity.services.subjects import SubjectFacts
from baozhen.signing.organizations.extent import is_alone
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import UnitFacts, create_unit
from baozhen.signing.organizations.states import UnitKind
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.states import SealKind, SealState

NUMBER: Final = "DEMO-HEALTH-1"
STARTER: Final = "staff:jingban"
_LEADER: Final = "staff:fuze"
_PARTNER: Final = "示例合作有限公司"
# Nobody's: region code 990000, a mobile of the range for tests.
_PERSON: Final = SubjectFacts(
    kind="person",
    name="测试伟",
    id_type="id_card",
    id_no="990000199001010019",
    mobile="19900000001",
)
_POLICY: Final = "DEMO-P-0001"


@dataclass(frozen=True, kw_only=True)
class DemoTask:
    """A task of a ready-made flow: what is filled in, who signs, and what is done to it at once."""

    number: str
    flow: str
    values: Mapping[str, Any]
    parties: Mapping[str, PartyFacts]
    told: str
    then: Callable[[Envelope, Action, datetime], object] | None = None
    actor: str = field(default=STARTER)


def start_tasks(client: str) -> str:
    """Start what is not there yet; return what to tell, a line each."""
    at = now()
    asked = list(_alone()) if is_alone() else []
    return "\n".join(_start(task, client, at=at) for task in (_waiting(client), *asked))


def _start(task: DemoTask, client: str, *, at: datetime) -> str:
    order = FlowOrder(
        flow=task.flow,
        client=client,
        unit=root_unit(),
        values=task.values,
        parties=task.parties,
        biz_no=task.number,
    )
    envelope = start_flow(order, actor=task.actor, at=at)
    action = envelope.actions.filter(state=ActionState.READY).order_by("order", "pk").first()
    is_new = envelope.state == EnvelopeState.IN_PROGRESS and envelope.created_at == at
    if task.then is not None and action is not None and is_new:
        task.then(envelope, action, at)
    return f"演示签署任务：{envelope.title} {envelope.public_id}，{task.told}。"


def _waiting(client: str) -> DemoTask:
    return DemoTask(
        number=NUMBER,
        flow="health_disclosure",
        values={
            "application_no": NUMBER,
            "product": "示例意外伤害保险",
            "policyholder": _PERSON.name,
            "insured": _PERSON.name,
        },
        parties={"insured": PartyFacts(subject=_PERSON)},
        told="签署链接在开发短信箱里",
        actor=client,
    )


def _alone() -> Iterator[DemoTask]:
    """Yield one that waits for a person, one for a leader, one that is sealed; then ended ones."""
    person = PartyFacts(subject=_PERSON)
    yield DemoTask(
        number="DEMO-AGENT-1",
        flow="agent_contract",
        values={
            "agent_name": _PERSON.name,
            "agent_no": "DEMO-0001",
            "region": "示例市",
            "commission": "按附件标准",
            "from_on": "2027-01-01",
            "until_on": "2027-12-31",
        },
        parties={"agent": person},
        told="等代理人签名，签署链接在开发短信箱里",
    )
    yield DemoTask(
        number="DEMO-TREATY-1",
        flow="reinsurance_contract",
        values={
            "treaty_no": "DEMO-TREATY-1",
            "reinsurer": _PARTNER,
            "business": "企业财产",
            "share": 20,
            "sum_fen": 500_000_000,
            "from_on": "2027-01-01",
            "until_on": "2027-12-31",
        },
        parties={"reinsurer": PartyFacts(unit=_partner())},
        told="等业务负责人审批",
    )
    yield DemoTask(
        number="DEMO-GUARANTEE-1",
        flow="litigation_guarantee",
        values={
            "guarantee_no": "DEMO-GUARANTEE-1",
            "court": "示例市人民法院",
            "applicant": _PERSON.name,
            "respondent": "示例建材有限公司",
            "sum_fen": 30_000_000,
        },
        parties={},
        told="已选定盖章位置，由任务进程盖章完成",
        then=_stamp,
    )
    yield from _ended(person)


def _ended(person: PartyFacts) -> Iterator[DemoTask]:
    """Yield a task that its party declined, and one that was taken back."""
    yield DemoTask(
        number="DEMO-RECEIPT-1",
        flow="customer_receipt",
        values={
            "policy_no": _POLICY,
            "policyholder": _PERSON.name,
            "received_on": "2026-12-01",
        },
        parties={"policyholder": person},
        told="客户已退回",
        then=lambda envelope, action, at: decline(
            action.pk, reason="签收日期不对，请改后重发", actor=_subject(action), at=at
        ),
    )
    yield DemoTask(
        number="DEMO-CLAIM-1",
        flow="claim_application",
        values={
            "policy_no": _POLICY,
            "claimant": _PERSON.name,
            "accident_on": "2026-10-01",
            "accident": "下雨路滑，车辆刮擦护栏",
            "sum_fen": 260_000,
            "account": "0001",
        },
        parties={"claimant": person},
        told="发起人已撤回",
        then=lambda envelope, action, at: recall(
            envelope.pk, reason="金额填错，另行发起", actor=STARTER, at=at
        ),
    )


def _stamp(envelope: Envelope, action: Action, at: datetime) -> None:
    """Choose the contract seal and its place, as a leader does; the worker puts it there."""
    seals = Seal.objects.filter(unit=envelope.unit, category="contract", state=SealState.ACTIVE)
    chosen = seals.filter(kind=SealKind.ELECTRONIC).first()
    if chosen is not None:
        place = StampPlace(document=1, page=0, x=380, y=60)
        pre_stamp(action.pk, [place], chosen=chosen, actor=_LEADER, at=at)


def _subject(action: Action) -> str:
    subject = action.signatory.subject
    return f"subject:{subject.public_id}" if subject is not None else STARTER


def _partner() -> OrgUnit:
    """Return the company outside, made when it is not there yet."""
    known = OrgUnit.objects.filter(name=_PARTNER, kind=UnitKind.OUTSIDE).first()
    if known is not None:
        return known
    return create_unit(UnitFacts(name=_PARTNER, kind=UnitKind.OUTSIDE), actor="system", at=now())
