"""Report a loss, and hand in what proves it. The list of papers is told at once, and whole."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import SHANGHAI, shanghai_date
from baozhen.foundation.masking import mask_name
from baozhen.foundation.states import enter, move
from baozhen.foundation.storage import get_storage
from baozhen.insurance.claims.errors import (
    ClaimFileInvalid,
    ClaimInvalid,
    LossOutsideCover,
    LossReportedAlready,
    LossWhileResting,
    PapersMissing,
    PaperUnknown,
    PolicyNotIssued,
)
from baozhen.insurance.claims.models import Claim, ClaimFile, ClaimPaper
from baozhen.insurance.claims.rules import (
    FILES_PER_PAPER_MAX,
    PHOTOS_MAX,
    PROMPT,
    LossFacts,
    is_within_cover,
    loss_faults,
    media_type_of,
    needed_papers,
    rest_on,
)
from baozhen.insurance.claims.states import ClaimState, Entry
from baozhen.insurance.endorsements.periods import rests_of
from baozhen.insurance.policies.contents import content_now, period_now
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.policies.states import PolicyState
from baozhen.signing.files.services import Document, archive_many
from baozhen.signing.identity.models import Subject
from baozhen.signing.organizations.insurer import get_insurer

DOCUMENT_KIND = "claim"
FILE_BYTES_MAX = 10 * 1024 * 1024
_SAME_LOSS = timedelta(minutes=10)
_NUMBER_DIGITS = 8


@dataclass(frozen=True, kw_only=True)
class Reporter:
    """By which door a report comes, and who brings it."""

    entry: Entry
    actor: str
    subject: Subject | None = None


def report_loss(policy: Policy, loss: LossFacts, reporter: Reporter, *, at: datetime) -> Claim:
    """Register a loss and tell the papers that it needs (保险法 21, 22).

    The same whatever form the policy has and by whichever door it comes (S0-6.5). The loss is
    judged by what the policy said when it happened: a policy that was changed or cancelled since
    still answers for it. Raises ClaimInvalid, PolicyNotIssued, LossOutsideCover, LossWhileResting,
    LossReportedAlready.
    """
    faults = loss_faults(loss, at=at)
    if faults or loss.occurred_at is None:
        raise ClaimInvalid(faults=faults)
    _check_cover(policy, loss.occurred_at)
    with transaction.atomic(durable=True):
        Policy.objects.select_for_update().only("pk").get(pk=policy.pk)
        _check_new(policy, loss.occurred_at)
        claim = _register(policy, loss, loss.occurred_at, reporter, at=at)
        ClaimPaper.objects.bulk_create(
            ClaimPaper(claim=claim, code=paper.code, title=paper.title, note=paper.note)
            for paper in needed_papers(loss.cause, loss.injury)
        )
        move(claim, ClaimState.COLLECTING, actor=reporter.actor, at=at, papers_told_at=at)
    return claim


def add_file(
    claim: Claim, data: bytes, *, actor: str, at: datetime, paper_code: str = ""
) -> ClaimFile:
    """Keep a picture of the scene, or a page of a paper; the same file twice is kept once.

    It joins the dossier of the policy at once (S0-5). Raises ClaimFileInvalid or PaperUnknown;
    papers are taken while they are being collected.
    """
    media_type = media_type_of(data)
    if media_type is None or len(data) > FILE_BYTES_MAX:
        raise ClaimFileInvalid(most=PHOTOS_MAX, path=paper_code or "photos")
    paper = _paper(claim, paper_code) if paper_code else None
    [sha256] = get_storage().put_many([data])
    with transaction.atomic(durable=True):
        Claim.objects.select_for_update().only("pk").get(pk=claim.pk)
        kept = ClaimFile.objects.filter(claim=claim, paper=paper)
        same = kept.filter(sha256=sha256).first()
        if same is not None:
            return same
        most = FILES_PER_PAPER_MAX if paper is not None else PHOTOS_MAX
        if kept.count() >= most:
            raise ClaimFileInvalid(most=most, path=paper_code or "photos")
        file = ClaimFile.objects.create(
            claim=claim,
            paper=paper,
            sha256=sha256,
            media_type=media_type,
            size=len(data),
            at=at,
            by=actor,
        )
        if paper is not None and paper.received_at is None:
            ClaimPaper.objects.filter(pk=paper.pk).update(received_at=at)
        audit.record(
            "claim.file_added",
            subject_id=claim.pk,
            actor=actor,
            at=at,
            facts={"sha256": sha256, "paper": paper_code},
        )
        archive_many([_document(claim, file)], actor=actor, at=at)
    return file


@transaction.atomic(durable=True)
def hand_in(claim: Claim, *, actor: str, at: datetime) -> None:
    """Say that the papers are whole: the days of the decision begin. Raises PapersMissing."""
    missing = missing_papers(claim)
    if missing:
        raise PapersMissing(missing="、".join(paper.title for paper in missing))
    move(claim, ClaimState.ASSESSING, actor=actor, at=at, papers_complete_at=at)


@transaction.atomic(durable=True)
def withdraw(claim: Claim, *, actor: str, at: datetime) -> None:
    """End a claim that its reporter gives up."""
    move(claim, ClaimState.WITHDRAWN, actor=actor, at=at, withdrawn_at=at)


def missing_papers(claim: Claim) -> Sequence[ClaimPaper]:
    """Return the papers that have not come."""
    return list(claim.papers.filter(received_at__isnull=True).order_by("id"))


def _check_cover(policy: Policy, occurred_at: datetime) -> None:
    phone = get_insurer().claim_phone
    if policy.state == PolicyState.NUMBERED:
        raise PolicyNotIssued(number=policy.number, phone=phone)
    starts_at, ends_at = period_now(policy, on=occurred_at)
    ends_at = min(ends_at, policy.cancelled_at or ends_at)
    if not is_within_cover(occurred_at, starts_at=starts_at, ends_at=ends_at):
        raise LossOutsideCover(
            path="occurred_at", starts=_words(starts_at), ends=_words(ends_at), phone=phone
        )
    rests = rests_of(content_now(policy, on=occurred_at)[policy.kind])
    rest = rest_on(shanghai_date(occurred_at), rests)
    if rest is not None:
        starts_on, ends_on = rest
        raise LossWhileResting(
            path="occurred_at", starts=f"{starts_on} 00:00", ends=f"{ends_on} 00:00", phone=phone
        )


def _check_new(policy: Policy, occurred_at: datetime) -> None:
    near = Claim.objects.filter(
        policy=policy,
        occurred_at__range=(occurred_at - _SAME_LOSS, occurred_at + _SAME_LOSS),
    ).exclude(state=ClaimState.WITHDRAWN)
    same = near.order_by("id").first()
    if same is not None:
        raise LossReportedAlready(number=same.number)


def _register(
    policy: Policy, loss: LossFacts, occurred_at: datetime, reporter: Reporter, *, at: datetime
) -> Claim:
    claim = Claim.objects.create(
        state=ClaimState.REGISTERED,
        number=_number(at),
        policy=policy,
        subject=reporter.subject,
        entry=reporter.entry,
        cause=loss.cause,
        injury=loss.injury,
        occurred_at=occurred_at,
        content={
            "reporter": loss.reporter.strip(),
            "mobile": loss.mobile,
            "place": loss.place.strip(),
            "story": loss.story.strip(),
            "driver": loss.driver.strip(),
            "police_no": loss.police_no.strip(),
        },
        reporter_masked=mask_name(loss.reporter.strip()),
        is_police_informed=bool(loss.is_police_informed),
        is_late=at - occurred_at > PROMPT,
        registered_at=at,
    )
    enter(claim, actor=reporter.actor, at=at)
    return claim


def _document(claim: Claim, file: ClaimFile) -> Document:
    """Return what the archive keeps: in the dossier of the application, as the policy is."""
    policy = claim.policy
    starts_at, ends_at = period_now(policy, on=file.at)
    return Document(
        dossier=policy.proposal.proposal_no,
        kind=DOCUMENT_KIND,
        subject_type=claim.NOUN,
        subject_id=claim.pk,
        sha256=file.sha256,
        size=file.size,
        media_type=file.media_type,
        cover=(shanghai_date(starts_at), shanghai_date(ends_at)),
    )


def _paper(claim: Claim, code: str) -> ClaimPaper:
    found = claim.papers.filter(code=code).first()
    if found is None or claim.state != ClaimState.COLLECTING:
        raise PaperUnknown(code=code)
    return found


def _number(at: datetime) -> str:
    """Return a registration number: the day, then digits that cannot be counted up."""
    digits = secrets.randbelow(10**_NUMBER_DIGITS)
    return f"BA{shanghai_date(at):%Y%m%d}{digits:0{_NUMBER_DIGITS}d}"


def _words(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
