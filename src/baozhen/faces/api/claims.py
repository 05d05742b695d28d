"""Claims for programs: a report by another system, the claims system's messages, the state."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import REPEATABLE, Made, client_name, idempotent
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.limits import LIVE, QUERY
from baozhen.foundation.clock import now
from baozhen.foundation.money import fen_from_yuan, yuan_from_fen
from baozhen.insurance.claims.models import Claim
from baozhen.insurance.claims.queries import clocks_of, get_claim, steps_of
from baozhen.insurance.claims.rules import LossFacts
from baozhen.insurance.claims.services.messages import Message, take_message
from baozhen.insurance.claims.services.reporting import Reporter, report_loss
from baozhen.insurance.claims.states import STATE_LABELS, Entry
from baozhen.insurance.policies.queries import get_policy
from baozhen.signing.organizations.services import Scope

router = Router(tags=["理赔"])
Yuan = Annotated[str, Field(pattern=r"^[0-9]{1,12}\.[0-9]{2}$", examples=["1234.56"])]


class LossIn(Schema):
    """What was reported; the rules judge each field and name every fault."""

    occurred_at: datetime
    place: str = Field(max_length=400)
    cause: str = Field(description="collision、single、theft、fire、nature、glass")
    story: str = Field(max_length=4000)
    injury: str = Field(description="none、hurt、death")
    is_police_informed: bool
    reporter: str = Field(max_length=60)
    mobile: str = Field(max_length=11)
    police_no: str = Field("", max_length=60)
    driver: str = Field("", max_length=60)

    def facts(self) -> LossFacts:
        """Return the facts as the claims room takes them."""
        return LossFacts(**self.dict())


class ReportIn(Schema):
    """A report that another system took, the call centre's for instance."""

    policy_no: str = Field(max_length=48)
    loss: LossIn


class PaperInfo(Schema):
    """One paper of the list that was told once."""

    code: str
    title: str
    note: str
    is_supplement: bool
    received_at: datetime | None


class ClockInfo(Schema):
    """One duty of the insurer with its last day."""

    name: str
    label: str
    due: date
    source: str
    done: date | None


class StepInfo(Schema):
    """One step of the progress."""

    label: str
    at: datetime | None
    note: str


class ClaimInfo(Schema):
    """A claim, without personal data."""

    claim_no: str
    policy_no: str
    state: str
    state_label: str
    entry: str
    occurred_at: datetime
    registered_at: datetime
    survey_at: datetime | None
    amount: str | None = Field(description="核定金额，元")
    paid: str | None = Field(description="赔付金额，元")
    reason: str = Field(description="核定的理由")
    papers: list[PaperInfo]
    clocks: list[ClockInfo]
    progress: list[StepInfo]


class SupplementIn(Schema):
    """One more paper."""

    code: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    title: str = Field(min_length=2, max_length=60)


class LineIn(Schema):
    """One line of the settlement, amounts in yuan."""

    item: str = Field(max_length=60)
    claimed: Yuan
    accepted: Yuan
    note: str = Field("", max_length=120)


class SurveyIn(Schema):
    """An appointment with the surveyor."""

    kind: Literal["survey"]
    survey_at: datetime
    note: str = Field("", max_length=200)


class PapersIn(Schema):
    """Everything that is still needed, once."""

    kind: Literal["papers"]
    papers: list[SupplementIn] = Field(min_length=1, max_length=30)


class DecisionIn(Schema):
    """The decision, with its reasons."""

    kind: Literal["decision"]
    is_covered: bool
    reason: str = Field(max_length=2000)
    amount: Yuan = "0.00"
    lines: list[LineIn] = Field(default_factory=list, max_length=100)


class MoneyIn(Schema):
    """Money that was paid: ahead (`advance`) or in the end (`payment`)."""

    kind: Literal["advance", "payment"]
    amount: Yuan


class ReviewIn(Schema):
    """The end of a review."""

    kind: Literal["review"]
    is_reopened: bool
    reason: str = Field(max_length=2000)


class MessageIn(Schema):
    """One message of the claims system, by its own number: told twice, done once."""

    message_no: str = Field(min_length=1, max_length=64)
    content: SurveyIn | PapersIn | DecisionIn | MoneyIn | ReviewIn = Field(discriminator="kind")


@router.post(
    "/claims",
    response={201: ClaimInfo, **PROBLEMS},
    auth=Bearer(Scope.CLAIMS_WRITE, LIVE),
    summary="报案",
    openapi_extra=REPEATABLE,
)
def report(request: HttpRequest, body: ReportIn) -> Status[Any]:
    """Register a loss; the answer lists every paper that is needed."""

    def act() -> Made:
        reporter = Reporter(entry=Entry.SYSTEM, actor=client_name(request))
        policy = get_policy(body.policy_no)
        claim = report_loss(policy, body.loss.facts(), reporter, at=now())
        return Made(201, claim_info(claim), claim.number)

    return idempotent(request, act)


@router.get(
    "/claims/{number}",
    response={200: ClaimInfo, **PROBLEMS},
    auth=Bearer(Scope.CLAIMS_READ, QUERY),
    summary="案件进度",
)
def show(request: HttpRequest, number: str) -> Mapping[str, Any]:
    """Describe a claim without personal data."""
    return claim_info(get_claim(number))


@router.post(
    "/claims/{number}/messages",
    response={200: ClaimInfo, **PROBLEMS},
    auth=Bearer(Scope.CLAIMS_WRITE, LIVE),
    summary="理赔系统回传查勘、材料、核定、支付与复核",
)
def message(request: HttpRequest, number: str, body: MessageIn) -> Mapping[str, Any]:
    """Take a message; the same `message_no` with the same content changes nothing."""
    told = Message(
        claim_no=number,
        message_no=body.message_no,
        kind=body.content.kind,
        content=_content(body.content),
    )
    claim, _ = take_message(told, client=client_name(request), at=now())
    return claim_info(get_claim(claim.number))


def claim_info(claim: Claim) -> dict[str, Any]:
    """Return a claim as the API says it."""
    return {
        "claim_no": claim.number,
        "policy_no": claim.policy.number,
        "state": claim.state,
        "state_label": STATE_LABELS[claim.state],
        "entry": claim.entry,
        "occurred_at": claim.occurred_at,
        "registered_at": claim.registered_at,
        "survey_at": claim.survey_at,
        "amount": _yuan(claim.amount_fen),
        "paid": _yuan(claim.paid_fen),
        "reason": str(claim.decision),
        "papers": [
            {
                "code": paper.code,
                "title": paper.title,
                "note": paper.note,
                "is_supplement": paper.is_supplement,
                "received_at": paper.received_at,
            }
            for paper in claim.papers.order_by("id")
        ],
        "clocks": [
            {
                "name": clock.name,
                "label": clock.label,
                "due": clock.due,
                "source": clock.source,
                "done": clock.done,
            }
            for clock in clocks_of(claim)
        ],
        "progress": [
            {"label": step.label, "at": step.at, "note": step.note} for step in steps_of(claim)
        ],
    }


def _content(body: SurveyIn | PapersIn | DecisionIn | MoneyIn | ReviewIn) -> dict[str, Any]:
    content = body.dict(exclude={"kind"})
    if isinstance(body, PapersIn):
        content["papers"] = [(paper.code, paper.title) for paper in body.papers]
    if "amount" in content:
        content["amount_fen"] = fen_from_yuan(content.pop("amount"))
    return content


def _yuan(fen: int | None) -> str | None:
    return yuan_from_fen(fen) if fen is not None else None
