"""Work a change out: what it does to the content, what each policy's endorsement says and costs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import F

from baozhen.foundation.clock import SHANGHAI, shanghai_date
from baozhen.foundation.errors import Refusal
from baozhen.foundation.money import fen_from_yuan, yuan_from_fen
from baozhen.insurance.endorsements import rules
from baozhen.insurance.endorsements.amounts import (
    Line,
    Premium,
    Term,
    difference_fen,
    early_refund_lines,
    refund_lines,
)
from baozhen.insurance.endorsements.changing import patches_of
from baozhen.insurance.endorsements.describing import rows_of
from baozhen.insurance.endorsements.errors import ChangeInvalid, ChangeNotAllowed
from baozhen.insurance.endorsements.models import Change, Endorsement
from baozhen.insurance.endorsements.patching import Asked, Content, apply
from baozhen.insurance.endorsements.periods import (
    SUSPENDED,
    SUSPENDED_UNTIL,
    rested_days,
    rests_of,
)
from baozhen.insurance.endorsements.queries import content_digest, current_content
from baozhen.insurance.endorsements.rules import PolicyFacts, change_table
from baozhen.insurance.endorsements.states import (
    ENDING_KINDS,
    ChangeKind,
    ChangeState,
    EndorsementState,
)
from baozhen.insurance.payments.models import Payment
from baozhen.insurance.payments.states import PaymentState
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.policies.states import PolicyKind, PolicyState
from baozhen.insurance.products.queries import tables_on
from baozhen.insurance.proposals.faults import Fault
from baozhen.insurance.proposals.intake import parse_proposal

# What rests or is over has a term that no new policy could have: it is not judged as one.
_UNJUDGED = ENDING_KINDS | {ChangeKind.SUSPENSION, ChangeKind.RESUMPTION}
_PRICED = frozenset(
    {
        ChangeKind.LIMIT,
        ChangeKind.COVER_ADD,
        ChangeKind.COVER_REMOVE,
        ChangeKind.USE_NATURE,
        ChangeKind.SEATS,
        ChangeKind.TAX,
    }
)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants: the kind, the values, from which day, on what ground and why."""

    kind: ChangeKind
    values: Mapping[str, str] = field(default_factory=dict)
    effective_on: date | None = None
    ground: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one policy's endorsement says: rows, calculation, difference, days it is paid for."""

    policy_no: str
    cover: str
    rows: Sequence[Sequence[str]]
    lines: Sequence[Line]
    premium_fen: int
    days: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A change, worked out."""

    wish: Wish
    patches: Sequence[Mapping[str, Any]]
    parts: Sequence[Part]
    premium_fen: int
    effective_at: datetime
    base_sha256: str
    sha256: str

    def as_rows(self) -> list[dict[str, Any]]:
        """Return the parts as plain data."""
        return [asdict(part) for part in self.parts]


def plan_change(policy: Policy, wish: Wish, *, at: datetime) -> Plan:
    """Work out what a wish about a policy does to it and to its sister of the same proposal.

    Raises ChangeNotAllowed, CompulsoryStays, ChangeIncomplete, NoRateKnown, ChangeInvalid.
    """
    proposal = policy.proposal
    _require_settled(proposal.pk)
    content = current_content(proposal)
    policies = {row.kind: row for row in proposal.policies.order_by("id")}
    today = shanghai_date(at)
    facts = {kind: _facts(row, content, on=today) for kind, row in policies.items()}
    covers = rules.covers_changed(wish.kind, list(facts.values()), policy.kind)
    rules.check_ground(wish.kind, wish.ground, covers)
    for cover in covers:
        rules.check_allowed(wish.kind, facts[cover], at=at)
    rules.check_effective_on(wish.kind, wish.effective_on, today=today)
    effective_at = _effective_at(wish, at)
    asked = Asked(
        kind=wish.kind,
        values=wish.values,
        cover=policy.kind,
        effective_on=shanghai_date(effective_at),
        tables=tables_on(today),
        first=proposal.content,
        first_tables=tables_on(
            shanghai_date(datetime.fromisoformat(proposal.content["submitted_at"]))
        ),
    )
    patches = patches_of(content, asked)
    changed = apply(content, patches)
    _judge(asked, content, changed, at=at)
    parts = []
    for cover in covers:
        _check_inside(facts[cover], effective_at)
        lines, days = _money(wish.kind, policies[cover], (content, changed), effective_at)
        rows = rows_of(wish.kind, cover, content, changed)
        part = Part(
            policy_no=policies[cover].number,
            cover=cover,
            rows=rows,
            lines=lines,
            premium_fen=sum(line.fen for line in lines),
            days=days,
        )
        # An endorsement that says nothing of a policy is not made: tax is the compulsory one's.
        if rows or lines:
            parts.append(part)
    return _plan(wish, [asdict(patch) for patch in patches], parts, effective_at, content)


def _plan(
    wish: Wish,
    patches: Sequence[Mapping[str, Any]],
    parts: Sequence[Part],
    effective_at: datetime,
    content: Content,
) -> Plan:
    total = sum(part.premium_fen for part in parts)
    base = content_digest(content)
    said = {
        "base": base,
        "kind": wish.kind.value,
        "ground": wish.ground,
        "reason": wish.reason,
        "effective_at": effective_at.isoformat(),
        "patches": list(patches),
        "parts": [asdict(part) for part in parts],
    }
    return Plan(
        wish=wish,
        patches=patches,
        parts=parts,
        premium_fen=total,
        effective_at=effective_at,
        base_sha256=base,
        sha256=content_digest(said),
    )


def _require_settled(proposal_id: int) -> None:
    """A change that waits for its day comes first: the next is worked out from what follows it."""
    waiting = Change.objects.filter(
        proposal=proposal_id, state=ChangeState.ISSUED, applied_at__isnull=True
    ).first()
    if waiting is not None:
        day = shanghai_date(waiting.effective_at)
        raise ChangeNotAllowed(
            reason=f"上一项批改于{day.month}月{day.day}日生效，生效之后才能办理下一项"
        )


def _facts(policy: Policy, content: Content, *, on: date) -> PolicyFacts:
    cover = content[policy.kind]
    since, until = cover.get(SUSPENDED), cover.get(SUSPENDED_UNTIL)
    is_resting = since is not None and on < date.fromisoformat(until)
    return PolicyFacts(
        kind=policy.kind,
        is_issued=policy.state == PolicyState.ISSUED,
        starts_at=datetime.fromisoformat(cover["cover_starts_at"]),
        ends_at=datetime.fromisoformat(cover["cover_ends_at"]),
        suspended_from=date.fromisoformat(since) if is_resting else None,
        rested_days=rested_days(rests_of(cover)),
    )


def _effective_at(wish: Wish, at: datetime) -> datetime:
    if change_table().kinds[wish.kind].is_immediate or wish.effective_on is None:
        return at
    return datetime.combine(wish.effective_on, time.min, tzinfo=SHANGHAI)


def _check_inside(facts: PolicyFacts, effective_at: datetime) -> None:
    if effective_at >= facts.ends_at:
        raise ChangeNotAllowed(reason=f"生效日期晚于{facts.name}的保险止期，请选择更早的日期")


def _judge(asked: Asked, before: Content, after: Content, *, at: datetime) -> None:
    """The changed policy keeps every rule of proposals that it kept before, by today's tables."""
    if asked.kind in _UNJUDGED:
        return

    def faults_of(content: Content) -> tuple[Fault, ...]:
        return parse_proposal(content, at=at, tables_on=lambda _day: asked.tables).faults

    known = {fault.code for fault in faults_of(before)}
    if asked.kind == ChangeKind.TAX:
        # The rules of proposals know certificates of that day only; see `correcting`.
        known.add("tax_certificate_future")
    new = [fault for fault in faults_of(after) if fault.code not in known]
    if new:
        raise ChangeInvalid(faults=new)


# --- money ---


def term_of(cover: Mapping[str, Any]) -> Term:
    """Return the days of cover as the content has them, with the days on which it rested."""
    return Term(
        starts_on=shanghai_date(datetime.fromisoformat(cover["cover_starts_at"])),
        ends_on=shanghai_date(datetime.fromisoformat(cover["cover_ends_at"])),
        pauses=tuple(rests_of(cover)),
    )


def _money(
    kind: ChangeKind, policy: Policy, contents: tuple[Content, Content], effective_at: datetime
) -> tuple[list[Line], int]:
    """Return the lines of the calculation and the days that the difference is paid for."""
    before, after = contents
    term = term_of(before[policy.kind])
    left = term.left(shanghai_date(effective_at))
    lines: list[Line] = []
    if kind in ENDING_KINDS:
        lines = _ending(policy, term, left, effective_at)
    elif kind in _PRICED:
        yearly = _yearly(policy.kind, after) - _yearly(policy.kind, before)
        if yearly:
            words = f"年差额 {_yuan(yearly)} × {left} ÷ {term.days} 天"
            fen = difference_fen(yearly, left=left, days=term.days)
            lines = [Line(name="保险费差额", words=words, fen=fen)]
        if policy.kind == PolicyKind.COMPULSORY:
            lines += _tax_lines(before, after)
    if lines:
        _require_paid(policy)
    return lines, left


def _tax_lines(before: Content, after: Content) -> list[Line]:
    """Tax is owed by the year: its difference is whole, whatever days of cover are left."""
    old, new = (fen_from_yuan(content["vehicle_tax"]["total"]) for content in (before, after))
    if new == old:
        return []
    words = f"{yuan_from_fen(new)} − {yuan_from_fen(old)}"
    return [Line(name="代收车船税差额", words=words, fen=new - old, is_tax=True)]


def _ending(policy: Policy, term: Term, left: int, effective_at: datetime) -> list[Line]:
    premiums = premiums_of(policy, term)
    starts_on = term.starts_on
    if shanghai_date(effective_at) <= starts_on:
        is_commercial = policy.kind == PolicyKind.COMMERCIAL
        fee = change_table().early_surrender_fee_rate if is_commercial else Decimal(0)
        return early_refund_lines(premiums, fee_rate=fee)
    return refund_lines(premiums, left=left)


def premiums_of(policy: Policy, term: Term) -> list[Premium]:
    """Return what was paid for a policy: its own premium, then its endorsements' differences."""
    name = "交强险" if policy.kind == PolicyKind.COMPULSORY else "商业险"
    first = Premium(name, policy.premium_fen, term.days, payment_of(policy).order_no)
    issued = Endorsement.objects.filter(policy=policy, state=EndorsementState.ISSUED)
    rows = issued.exclude(premium_fen=F("tax_fen")).select_related("change").order_by("sequence")
    return [
        first,
        *(
            Premium(
                f"第{row.sequence}号批单",
                row.premium_fen - row.tax_fen,
                row.days,
                row.change.order_no,
            )
            for row in rows
        ),
    ]


def payment_of(policy: Policy) -> Payment:
    """Return the one payment of a policy's proposal."""
    return Payment.objects.get(proposal=policy.proposal_id)


def _require_paid(policy: Policy) -> None:
    """A difference of a premium that has not come yet is settled by a person."""
    if payment_of(policy).state != PaymentState.CONFIRMED:
        raise ChangeNotAllowed(reason="保险费尚未交清，涉及保险费变动的批改请致电客服办理")


def _yearly(cover: str, content: Content) -> Decimal:
    """Return a cover's premium a year in fen before any rounding: base times factors."""
    part = content[cover]
    if cover == PolicyKind.COMPULSORY:
        return fen_from_yuan(part["base_premium"]) * (1 + Decimal(part["float_rate"]))
    factors = part["factors"]
    product = Decimal(1)
    for name in ("ncd", "traffic_violation", "self_pricing"):
        product *= Decimal(factors[name])
    base = sum(fen_from_yuan(line["base_premium"]) for line in part["coverages"])
    return base * product


def _yuan(fen: Decimal) -> str:
    return f"{fen / 100:,.4f}元"


def kinds_offered(policy: Policy, *, at: datetime) -> list[tuple[ChangeKind, str]]:
    """Return every kind with the reason why it can't be made now; no reason means it can."""
    content = current_content(policy.proposal)
    rows, today = policy.proposal.policies.order_by("id"), shanghai_date(at)
    facts = {row.kind: _facts(row, content, on=today) for row in rows}
    return [(kind, _why_not(kind, facts, policy.kind, at=at)) for kind in ChangeKind]


def _why_not(
    kind: ChangeKind, facts: Mapping[str, PolicyFacts], chosen: str, *, at: datetime
) -> str:
    try:
        for cover in rules.covers_changed(kind, list(facts.values()), chosen):
            rules.check_allowed(kind, facts[cover], at=at)
        if kind == ChangeKind.SURRENDER and chosen == PolicyKind.COMPULSORY:
            rules.check_ground(kind, "", [chosen])
    except Refusal as refusal:
        return str(refusal)
    return ""
