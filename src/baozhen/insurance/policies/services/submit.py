"""Submit one proposal, as the API does: accepted, numbered and promised in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from baozhen.foundation.errors import Refusal
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.insurance.policies.services.accept import accept_proposals
from baozhen.insurance.policies.services.outcomes import Candidate, Outcome, Sender
from baozhen.insurance.proposals.faults import Fault
from baozhen.insurance.proposals.models import Proposal
from baozhen.insurance.proposals.services import use_idempotency_key
from baozhen.insurance.proposals.states import ItemStatus


class ProposalRefused(Refusal):
    """The proposal has faults; all of them are told at once."""

    code = "proposal_refused"
    message = "投保单 {proposal_no} 有 {count} 处不符合要求"

    def __init__(self, *, proposal_no: str, faults: Sequence[Fault]) -> None:
        super().__init__(proposal_no=proposal_no, count=len(faults))
        self.faults = tuple(faults)

    def __reduce__(self) -> tuple[object, ...]:
        return (_refused, (self.facts["proposal_no"], self.faults))


class ProposalDiffers(ProposalRefused):
    """The number was used for other content: 409; the faults' paths name what differs."""

    code = "proposal_conflict"
    message = "投保单号 {proposal_no} 已用于另一份投保单，有 {count} 处内容不同"

    def __reduce__(self) -> tuple[object, ...]:
        return (_differs, (self.facts["proposal_no"], self.faults))


class ProposalFailed(Exception):
    """A bug, already logged under the trace number."""

    def __init__(self, trace_no: str) -> None:
        super().__init__(f"trace {trace_no}")
        self.trace_no = trace_no


@dataclass(frozen=True, kw_only=True)
class Submission:
    """The accepted proposal, and whether it had been accepted before."""

    proposal: Proposal
    is_repeat: bool


def submit_proposal(
    raw: Mapping[str, object],
    *,
    client: str,
    at: datetime,
    idempotency_key: str | None = None,
    request: bytes = b"",
) -> Submission:
    """Accept a paid proposal and promise its policies; the same proposal again is the same.

    Raises ProposalRefused (every fault), ProposalDiffers (409), IdempotencyKeyReused,
    PlatformOutage, ProposalFailed. A refusal leaves nothing behind.
    """
    if idempotency_key is not None:
        use_idempotency_key(client, idempotency_key, request=request, at=at)
    sender = Sender(client=client, timestamp_mode=live_timestamp_mode())
    acceptance = accept_proposals([Candidate(line=1, raw=raw)], sender, at=at, follow=True)
    outcome = acceptance.outcomes[0]
    _raise_for(outcome)
    return Submission(
        proposal=Proposal.objects.get(proposal_no=outcome.proposal_no),
        is_repeat=outcome.is_repeat,
    )


def live_timestamp_mode() -> str:
    """Return how the time of proposals that come one by one is attested (BAOZHEN_TIMESTAMP)."""
    return TimestampMode(getattr(settings, "BAOZHEN_TIMESTAMP", TimestampMode.EACH))


def _raise_for(outcome: Outcome) -> None:
    if outcome.status == ItemStatus.FAILED:
        raise ProposalFailed(outcome.trace_no)
    if outcome.status == ItemStatus.CONFLICT:
        raise ProposalDiffers(proposal_no=outcome.proposal_no, faults=outcome.errors)
    if outcome.status == ItemStatus.REFUSED:
        raise ProposalRefused(proposal_no=outcome.proposal_no, faults=outcome.errors)


def _refused(proposal_no: str, faults: tuple[Fault, ...]) -> ProposalRefused:
    return ProposalRefused(proposal_no=proposal_no, faults=faults)


def _differs(proposal_no: str, faults: tuple[Fault, ...]) -> ProposalDiffers:
    return ProposalDiffers(proposal_no=proposal_no, faults=faults)
