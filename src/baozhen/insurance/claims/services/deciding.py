"""What the insurer does with a claim: survey, ask once more, decide, pay, review.

Each verb is one transaction, or part of that of a message which the claims system sends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.states import move
from baozhen.insurance.claims.errors import DecisionInvalid, PapersToldOnce
from baozhen.insurance.claims.models import Claim, ClaimPaper
from baozhen.insurance.claims.states import ClaimState

_REASON_CHARACTERS_MIN = 10


@dataclass(frozen=True, kw_only=True)
class Decision:
    """核定: an amount with its lines, or a refusal; always with reasons (保险法 23, 24)."""

    is_covered: bool
    reason: str
    amount_fen: int = 0
    # {"item", "claimed", "accepted", "note"}: amounts in yuan as text.
    lines: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


@transaction.atomic
def appoint_survey(
    claim: Claim, *, survey_at: datetime, note: str, actor: str, at: datetime
) -> None:
    """Make or move an appointment with the surveyor."""
    Claim.objects.filter(pk=claim.pk).update(survey_at=survey_at, survey_note=note[:200])
    claim.survey_at, claim.survey_note = survey_at, note[:200]
    audit.record(
        "claim.survey_appointed",
        subject_id=claim.pk,
        actor=actor,
        at=at,
        facts={"survey_at": survey_at.isoformat()},
    )


@transaction.atomic
def ask_more_papers(
    claim: Claim, papers: Sequence[tuple[str, str]], *, actor: str, at: datetime
) -> None:
    """Ask for everything else that is needed, once (保险法 22); raises PapersToldOnce."""
    locked = Claim.objects.select_for_update().get(pk=claim.pk)
    if locked.papers_asked_again_at is not None:
        raise PapersToldOnce(number=locked.number)
    if not papers:
        raise DecisionInvalid(path="papers", reason="请一次性列出需要补充的全部材料")
    ClaimPaper.objects.bulk_create(
        ClaimPaper(claim=locked, code=code, title=title[:60], is_supplement=True)
        for code, title in papers
    )
    if locked.state == ClaimState.ASSESSING:
        # The days of the decision begin again when the papers are whole.
        move(
            locked,
            ClaimState.COLLECTING,
            actor=actor,
            at=at,
            papers_asked_again_at=at,
            papers_complete_at=None,
        )
    else:
        Claim.objects.filter(pk=locked.pk).update(papers_asked_again_at=at)
        audit.record("claim.papers_asked_again", subject_id=locked.pk, actor=actor, at=at)
    claim.refresh_from_db()


@transaction.atomic
def decide(claim: Claim, decision: Decision, *, actor: str, at: datetime) -> None:
    """Decide; a refusal says why, an amount says how it comes about. Raises DecisionInvalid."""
    if len(decision.reason.strip()) < _REASON_CHARACTERS_MIN:
        raise DecisionInvalid(
            path="reason", reason=f"请写明核定的理由和依据，至少 {_REASON_CHARACTERS_MIN} 个字"
        )
    if decision.is_covered and decision.amount_fen <= 0:
        raise DecisionInvalid(path="amount", reason="请填写核定的赔付金额")
    move(
        claim,
        ClaimState.OFFERED if decision.is_covered else ClaimState.REFUSED,
        actor=actor,
        at=at,
        decided_at=at,
        decision=decision.reason.strip(),
        amount_fen=decision.amount_fen if decision.is_covered else None,
        settlement=[dict(line) for line in decision.lines],
    )


@transaction.atomic
def agree(claim: Claim, *, actor: str, at: datetime) -> None:
    """Take the offered amount: the ten days of the payment begin (保险法 23)."""
    move(claim, ClaimState.AGREED, actor=actor, at=at, agreed_at=at)


@transaction.atomic
def dispute(claim: Claim, reason: str, *, actor: str, at: datetime) -> None:
    """Ask for a review of the decision, with the reason."""
    if len(reason.strip()) < _REASON_CHARACTERS_MIN:
        raise DecisionInvalid(
            path="reason", reason=f"请写明您不同意的地方，至少 {_REASON_CHARACTERS_MIN} 个字"
        )
    move(claim, ClaimState.DISPUTED, actor=actor, at=at, dispute=reason.strip())


@transaction.atomic
def review(claim: Claim, *, is_reopened: bool, reason: str, actor: str, at: datetime) -> None:
    """End a review: assess anew, or keep the decision, with the reason."""
    if len(reason.strip()) < _REASON_CHARACTERS_MIN:
        raise DecisionInvalid(path="reason", reason="请写明复核的结论和理由，至少 10 个字")
    if is_reopened:
        # Assessed anew: the earlier decision stands in the record, its clock begins again.
        move(
            claim,
            ClaimState.ASSESSING,
            actor=actor,
            at=at,
            papers_complete_at=at,
            decided_at=None,
            refusal_sent_at=None,
            amount_fen=None,
            settlement=[],
        )
    else:
        move(claim, ClaimState.CLOSED, actor=actor, at=at, decision=reason.strip())


@transaction.atomic
def note_advance(claim: Claim, *, amount_fen: int, actor: str, at: datetime) -> None:
    """Note that the part that is certain was paid ahead (保险法 25)."""
    if amount_fen <= 0:
        raise DecisionInvalid(path="amount", reason="先付金额须大于零")
    Claim.objects.filter(pk=claim.pk).update(advanced_fen=amount_fen, advanced_at=at)
    audit.record(
        "claim.advanced", subject_id=claim.pk, actor=actor, at=at, facts={"amount_fen": amount_fen}
    )


@transaction.atomic
def note_paid(claim: Claim, *, amount_fen: int, actor: str, at: datetime) -> None:
    """Note that the claims system has paid."""
    if amount_fen < 0:
        raise DecisionInvalid(path="amount", reason="赔付金额不能为负")
    move(claim, ClaimState.PAID, actor=actor, at=at, paid_fen=amount_fen, paid_at=at)
