"""Reads of the claims stage: one claim, lists, timelines and clocks."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.money import format_yuan
from baozhen.insurance.claims.errors import ClaimUnknown
from baozhen.insurance.claims.models import Claim, ClaimFile
from baozhen.insurance.claims.rules import ClaimDates, Clock, clocks
from baozhen.insurance.claims.states import ClaimState
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.verification.holders import own_policy
from baozhen.signing.identity.models import Subject

_SCENE = "事故现场照片"
_LIVING = (
    ClaimState.REGISTERED,
    ClaimState.COLLECTING,
    ClaimState.ASSESSING,
    ClaimState.OFFERED,
    ClaimState.AGREED,
    ClaimState.DISPUTED,
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the progress, as the reporter reads it; `at` is None while it is to come."""

    label: str
    at: datetime | None
    note: str = ""


def get_claim(number: str, *, lock: bool = False) -> Claim:
    """Return a claim by its number or raise ClaimUnknown; `lock` holds it for a change."""
    rows = Claim.objects.select_related("policy__proposal", "subject")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(number=number.strip().upper()).first()
    if found is None:
        raise ClaimUnknown(number=number)
    return found


def own_claim(subject: Subject, number: str) -> Claim:
    """Return a claim under one of the person's own policies, else raise ClaimUnknown."""
    claim = get_claim(number)
    own_policy(subject, claim.policy.number)
    return claim


def claims_of(policy: Policy) -> QuerySet[Claim]:
    """Return the claims under a policy, newest first."""
    return Claim.objects.filter(policy=policy).order_by("-registered_at", "-id")


def paper_titles(claims: Collection[int]) -> dict[tuple[int, str], str]:
    """Return what each file of these claims is, by claim and SHA-256.

    The claim's number, the kind of paper, and which sheet of it: 报案 BA2026…：机动车行驶证 2.
    The same bytes handed in twice bear both titles.
    """
    sheets: dict[tuple[int, int | None], int] = defaultdict(int)
    said: dict[tuple[int, str], list[str]] = defaultdict(list)
    rows = ClaimFile.objects.filter(claim__in=claims).select_related("claim", "paper")
    for row in rows.order_by("at", "pk"):
        sheet = sheets[row.claim_id, row.paper_id] = sheets[row.claim_id, row.paper_id] + 1
        kind = row.paper.title if row.paper is not None else _SCENE
        said[row.claim_id, row.sha256].append(f"{kind} {sheet}")
    numbers = dict(Claim.objects.filter(pk__in=claims).values_list("pk", "number"))
    return {key: f"报案 {numbers[key[0]]}：{'、'.join(kinds)}" for key, kinds in said.items()}


def list_claims(wanted: Mapping[str, str]) -> QuerySet[Claim]:
    """Return claims by state, number (of the claim or the policy) and day, newest first."""
    rows = Claim.objects.select_related("policy").order_by("-registered_at", "-id")
    if wanted.get("state"):
        rows = rows.filter(state=wanted["state"])
    search = wanted.get("search", "").strip().upper()
    if search:
        rows = rows.filter(number=search) | rows.filter(policy__number=search)
    if wanted.get("entry"):
        rows = rows.filter(entry=wanted["entry"])
    return rows


def living_claims() -> QuerySet[Claim]:
    """Return the claims that somebody still has to act on."""
    refused = Claim.objects.filter(state=ClaimState.REFUSED, refusal_sent_at__isnull=True)
    rows = Claim.objects.filter(state__in=_LIVING) | refused
    return rows.select_related("policy").order_by("registered_at", "id")


def clocks_of(claim: Claim) -> list[Clock]:
    """Return the clocks that run for a claim, or ran."""
    dates = ClaimDates(
        registered=shanghai_date(claim.registered_at),
        papers_told=_day(claim.papers_told_at),
        papers_complete=_day(claim.papers_complete_at),
        decided=_day(claim.decided_at),
        refusal_sent=_day(claim.refusal_sent_at),
        agreed=_day(claim.agreed_at),
        advanced=_day(claim.advanced_at),
        paid=_day(claim.paid_at),
    )
    return clocks(dates, kind=claim.policy.kind, state=claim.state)


def overdue_clocks(claim: Claim, *, on: date) -> list[Clock]:
    """Return the clocks of a claim that ran out."""
    return [clock for clock in clocks_of(claim) if clock.is_overdue(on)]


def overdue_by_clock(*, on: date) -> dict[str, set[int]]:
    """Return the keys of the claims in which a clock ran out, by clock: few are alive at a time."""
    found: dict[str, set[int]] = {}
    for claim in living_claims():
        for clock in overdue_clocks(claim, on=on):
            found.setdefault(clock.name, set()).add(claim.pk)
    return found


def steps_of(claim: Claim) -> list[Step]:
    """Return the progress: what was done, and what comes next."""
    steps = [
        Step(label="报案登记", at=claim.registered_at, note=f"报案号 {claim.number}"),
        Step(label="一次性告知所需材料", at=claim.papers_told_at),
    ]
    if claim.survey_at is not None:
        steps.append(Step(label="查勘", at=claim.survey_at, note=claim.survey_note))
    if claim.papers_asked_again_at is not None:
        steps.append(Step(label="一次性通知补充材料", at=claim.papers_asked_again_at))
    if claim.state == ClaimState.WITHDRAWN:
        return [*steps, Step(label="报案人撤回", at=claim.withdrawn_at)]
    steps.append(Step(label="材料齐全，开始核定", at=claim.papers_complete_at))
    steps.append(_decided(claim))
    if claim.advanced_at is not None:
        steps.append(
            Step(
                label="先付可确定的部分",
                at=claim.advanced_at,
                note=format_yuan(claim.advanced_fen),
            )
        )
    if claim.state not in {ClaimState.REFUSED, ClaimState.CLOSED}:
        paid = format_yuan(claim.paid_fen) if claim.paid_fen is not None else ""
        steps += [
            Step(label="达成协议", at=claim.agreed_at),
            Step(label="支付赔款", at=claim.paid_at, note=paid),
        ]
    return steps


def _decided(claim: Claim) -> Step:
    note = ""
    if claim.amount_fen is not None:
        note = f"核定金额 {format_yuan(claim.amount_fen)}"
    elif claim.decided_at is not None:
        note = "不属于保险责任"
    return Step(label="作出核定", at=claim.decided_at, note=note)


def _day(at: datetime | None) -> date | None:
    return shanghai_date(at) if at is not None else None
