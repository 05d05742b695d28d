"""A change from its draft to the decision: asked for, submitted, approved or refused, withdrawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter, move
from baozhen.foundation.storage import get_storage
from baozhen.insurance.endorsements import rules
from baozhen.insurance.endorsements.errors import (
    ApproverInvolved,
    ChangeIncomplete,
    ChangeStale,
    ChangeUnderWay,
)
from baozhen.insurance.endorsements.models import Change, ChangePaper
from baozhen.insurance.endorsements.queries import content_digest, current_content, open_change
from baozhen.insurance.endorsements.rules import change_table
from baozhen.insurance.endorsements.services.planning import Plan, Wish, plan_change
from baozhen.insurance.endorsements.states import ChangeState
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.proposals.models import Proposal
from baozhen.signing.identity.models import Subject

PAPER_BYTES_MAX = 10 * 1024 * 1024
_PAPER_TYPES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
)
_REASON_CHARACTERS_MAX = 200


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks: the holder in person, or a program with its own number for the change."""

    actor: str
    holder: Subject | None = None
    client: str = "mobile"
    client_no: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Paper:
    paper: str
    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, kw_only=True)
class Papers:
    """The papers that came with the wish, by their names in data/changes.json."""

    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def draft_change(
    policy: Policy, wish: Wish, *, asker: Asker, papers: Papers | None = None, at: datetime
) -> Change:
    """Work a change out and keep it as a draft; an earlier draft of the same policies goes.

    The same `client_no` of a client returns the change that it made before. Raises what
    `plan_change` raises, and ChangeIncomplete for a paper.
    """
    known = _known(asker)
    if known is not None:
        return known
    files = (papers or Papers()).files
    plan = plan_change(policy, wish, at=at)
    rules.check_papers(wish.kind, wish.ground, files)
    kept = [_keep(name, data) for name, data in files.items()]
    with transaction.atomic(durable=True):
        Proposal.objects.select_for_update(of=("self",)).get(pk=policy.proposal_id)
        for earlier in Change.objects.filter(
            proposal=policy.proposal_id, state=ChangeState.DRAFT, client=asker.client
        ):
            move(earlier, ChangeState.WITHDRAWN, actor=asker.actor, at=at, closed_at=at)
        change = _row(policy, plan, asker, at=at)
        change.save(force_insert=True)
        enter(change, actor=asker.actor, at=at)
        ChangePaper.objects.bulk_create(
            ChangePaper(
                change=change,
                paper=one.paper,
                sha256=one.sha256,
                size=one.size,
                media_type=one.media_type,
                uploaded_at=at,
            )
            for one in kept
        )
    return change


@transaction.atomic(durable=True)
def submit_change(change_id: int, *, actor: str, at: datetime) -> Change:
    """Submit a draft: to a leader where the rule says so, else straight to the holder.

    Raises ChangeUnderWay while another change of the same policies is not finished, ChangeStale
    when the policies or the day have moved on.
    """
    change = lock_change(change_id)
    if change.state != ChangeState.DRAFT:
        return change
    if open_change(change.proposal) is not None:
        raise ChangeUnderWay
    require_fresh(change, at=at)
    if change.needs_approval:
        move(change, ChangeState.SUBMITTED, actor=actor, at=at, submitted_at=at)
    else:
        move(change, ChangeState.ACCEPTED, actor=actor, at=at, submitted_at=at)
    return change


@transaction.atomic(durable=True)
def decide_change(
    change_id: int, *, approved: bool, decision: str, actor: str, name: str, at: datetime
) -> Change:
    """A leader approves or refuses; `name` is what the endorsement calls the approver.

    Raises ChangeIncomplete when a refusal has no reason, ApproverInvolved, IllegalMove.
    """
    words = decision.strip()[:_REASON_CHARACTERS_MAX]
    if not approved and not words:
        raise ChangeIncomplete(path="decision", what="请写明不同意的理由，客户会看到")
    change = lock_change(change_id)
    if change.client == actor:
        raise ApproverInvolved
    facts = {"decided_by": name, "decision": words, "decided_at": at}
    if approved:
        require_fresh(change, at=at)
        move(change, ChangeState.ACCEPTED, actor=actor, at=at, **facts)
    else:
        move(change, ChangeState.REFUSED, actor=actor, at=at, closed_at=at, **facts)
    return change


@transaction.atomic(durable=True)
def withdraw_change(change_id: int, *, actor: str, at: datetime) -> Change:
    """Take back what is not confirmed and paid; raises IllegalMove afterwards."""
    change = lock_change(change_id)
    move(change, ChangeState.WITHDRAWN, actor=actor, at=at, closed_at=at)
    return change


def expire_changes(*, at: datetime) -> int:
    """End what nobody confirmed or paid in time; return how many."""
    waiting = [ChangeState.SUBMITTED, ChangeState.ACCEPTED, ChangeState.PAYING]
    due = Change.objects.filter(state__in=waiting, expires_at__lte=at)
    keys = list(due.values_list("pk", flat=True)[:_EXPIRED_MAX])
    count = 0
    for key in keys:
        with transaction.atomic(durable=True):
            change = lock_change(key)
            if change.state in waiting:
                move(change, ChangeState.EXPIRED, actor="system", at=at, closed_at=at)
                count += 1
    return count


_EXPIRED_MAX = 500


def lock_change(change_id: int) -> Change:
    """Return a change with its proposal locked: acts on the same policies come one by one."""
    key = Change.objects.values_list("proposal_id", flat=True).get(pk=change_id)
    Proposal.objects.select_for_update(of=("self",)).get(pk=key)
    return Change.objects.select_related("proposal", "holder").get(pk=change_id)


def require_fresh(change: Change, *, at: datetime) -> None:
    """Raise ChangeStale unless the change still fits the policies and the day."""
    if at >= change.expires_at:
        raise ChangeStale(reason="这项批改已经过了办理期限")
    if content_digest(current_content(change.proposal)) != change.base_sha256:
        raise ChangeStale(reason="保单内容在此期间有了变化")


def note_paper_seen(paper: ChangePaper, *, actor: str, at: datetime) -> None:
    """Record that somebody of the staff looked at a customer's paper."""
    with transaction.atomic(durable=True):
        audit.record(
            "change.paper_seen",
            subject_id=paper.change_id,
            actor=actor,
            at=at,
            facts={"paper": paper.paper, "sha256": paper.sha256},
        )


def _known(asker: Asker) -> Change | None:
    if asker.client_no is None:
        return None
    return Change.objects.filter(client=asker.client, client_no=asker.client_no).first()


def _keep(name: str, data: bytes) -> _Paper:
    """Store one paper; its kind is told by its bytes, not by its name."""
    title = change_table().papers.get(name)
    if title is None:
        raise ChangeIncomplete(path=f"papers.{name}", what="没有要求这份材料")
    if len(data) > PAPER_BYTES_MAX:
        megabytes = PAPER_BYTES_MAX // 1024 // 1024
        raise ChangeIncomplete(path=f"papers.{name}", what=f"{title}超过 {megabytes} MB，请压缩")
    kind = next((kind for start, kind in _PAPER_TYPES if data.startswith(start)), None)
    if kind is None:
        raise ChangeIncomplete(path=f"papers.{name}", what=f"{title}只收 JPEG、PNG 图片或 PDF")
    return _Paper(paper=name, sha256=get_storage().put(data), size=len(data), media_type=kind)


def _row(policy: Policy, plan: Plan, asker: Asker, *, at: datetime) -> Change:
    wish, table = plan.wish, change_table()
    rule = table.kinds[wish.kind]
    last = at + timedelta(days=table.open_days)
    return Change(
        state=ChangeState.DRAFT,
        public_id=new_id("chg", at=at),
        proposal=policy.proposal,
        kind=wish.kind,
        ground=wish.ground,
        reason=wish.reason[:_REASON_CHARACTERS_MAX],
        holder=asker.holder,
        client=asker.client,
        client_no=asker.client_no,
        asked=dict(wish.values),
        patches=list(plan.patches),
        parts=plan.as_rows(),
        premium_fen=plan.premium_fen,
        base_sha256=plan.base_sha256,
        content_sha256=plan.sha256,
        table_version=table.version,
        effective_at=plan.effective_at,
        needs_approval=rule.needs_approval,
        created_at=at,
        # What takes effect on a day is confirmed and paid before that day.
        expires_at=last if rule.is_immediate else min(last, plan.effective_at),
    )
