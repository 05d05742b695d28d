"""Accept proposals and number their policies: steps 1 to 5 of docs/issuance.md, for one or many.

A proposal that is refused, or meets a bug, never disturbs the others of its chunk.
"""

import hashlib
import json
import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from django.db import IntegrityError

from baozhen.foundation.clock import shanghai_date
from baozhen.insurance.payments.models import Payment
from baozhen.insurance.payments.rules import pay_first_exceptions
from baozhen.insurance.policies.errors import NumberTaken, ProposalConflict
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.policies.rules import GateFacts, check_ready_to_issue, find_refusals
from baozhen.insurance.policies.services.numbering import (
    Accepted,
    Numbered,
    build_rows,
    confirm_covers,
    number_proposals,
)
from baozhen.insurance.policies.services.outcomes import Candidate, Outcome, Sender
from baozhen.insurance.policies.services.resources import printable_check
from baozhen.insurance.products.queries import filings_on, tables_on
from baozhen.insurance.proposals.content import ProposalData
from baozhen.insurance.proposals.faults import Fault
from baozhen.insurance.proposals.intake import canonical, changed_paths, parse_proposal
from baozhen.insurance.proposals.models import Proposal
from baozhen.insurance.proposals.states import ItemStatus

logger = logging.getLogger(__name__)

# A race for a number is lost at most once: the second look sees who won it.
_LOOKS_MAX = 3


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """Outcomes in the order of the candidates, and what has just been numbered."""

    outcomes: list[Outcome]
    numbered: list[Numbered]


def accept_proposals(
    candidates: Sequence[Candidate], sender: Sender, *, at: datetime, follow: bool
) -> Acceptance:
    """Accept and number what is new and right; tell repeats, refusals and conflicts apart.

    `follow=False` promises no jobs: for a caller that seals what it numbered.
    """
    outcomes: dict[int, Outcome] = {}
    readable = _read(candidates, outcomes, at=at)
    numbered = _number(readable, outcomes, sender, at=at, follow=follow)
    return Acceptance(
        outcomes=[outcomes[candidate.line] for candidate in candidates], numbered=numbered
    )


def _read(
    candidates: Sequence[Candidate], outcomes: dict[int, Outcome], *, at: datetime
) -> list[Accepted]:
    """Step 1: form and values; of what is refused the gate's faults are told at once, too."""
    readable = []
    facts = _gate_facts(at)
    # Once a day and chunk: the proposals of a chunk are mostly of one day.
    in_force = cache(tables_on)
    for candidate in candidates:
        number = _proposal_no(candidate)
        try:
            intake = parse_proposal(candidate.raw, at=at, tables_on=in_force)
            faults = () if intake.proposal else find_refusals(intake, facts)
            accepted = _accepted(candidate, intake.proposal) if intake.proposal else None
        except Exception:  # noqa: BLE001 -- a bug met by one proposal must not stop the others
            outcomes[candidate.line] = failure(candidate.line, number)
            continue
        if accepted is None:
            outcomes[candidate.line] = _refused(candidate.line, number, faults)
        else:
            readable.append(accepted)
    return readable


def _gate_facts(at: datetime) -> GateFacts:
    return GateFacts(now=at, exceptions=pay_first_exceptions(), printable=printable_check())


def _accepted(candidate: Candidate, data: ProposalData) -> Accepted:
    form = canonical(data)
    text = json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Accepted(
        line=candidate.line,
        data=data,
        canonical=form,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def _number(
    readable: Sequence[Accepted],
    outcomes: dict[int, Outcome],
    sender: Sender,
    *,
    at: datetime,
    follow: bool,
) -> list[Numbered]:
    """Steps 2 to 5. When somebody else took a number meanwhile, look again, one at a time."""
    waiting = [list(readable)] if readable else []
    numbered: list[Numbered] = []
    looks: dict[int, int] = {}
    while waiting:
        group = waiting.pop()
        fresh = _settle_known(group, outcomes, at=at)
        if not fresh:
            continue
        codes = confirm_covers([accepted.data for accepted in fresh], at=at)
        done = _build(fresh, codes, sender, outcomes, at=at)
        try:
            number_proposals(done, actor=sender.client, at=at, follow=follow)
        except IntegrityError:
            waiting += _one_by_one(group, outcomes, looks)
            continue
        numbered += done
        for entry in done:
            outcomes[entry.line] = Outcome(
                line=entry.line,
                status=ItemStatus.ISSUED,
                proposal_no=entry.proposal.proposal_no,
                proposal_id=entry.proposal.pk,
            )
        _settle_twins(group, outcomes)
    return numbered


def _build(
    fresh: Sequence[Accepted],
    codes: Mapping[str, str],
    sender: Sender,
    outcomes: dict[int, Outcome],
    *,
    at: datetime,
) -> list[Numbered]:
    """Make the rows of each proposal; one that meets a bug is set aside."""
    built = []
    filings = filings_on(shanghai_date(at))
    for accepted in fresh:
        try:
            built.append(build_rows(accepted, codes, sender, filings=filings, at=at))
        except Exception:  # noqa: BLE001 -- a bug met by one proposal must not stop the others
            outcomes[accepted.line] = failure(accepted.line, accepted.data.proposal_no)
    return built


def _one_by_one(
    group: Sequence[Accepted], outcomes: dict[int, Outcome], looks: dict[int, int]
) -> list[list[Accepted]]:
    """Return the undecided of a group that lost a race, each alone; give up on those that persist.

    They come in reverse, because the caller takes the last one first.
    """
    again = []
    for accepted in reversed(group):
        line = accepted.line
        looks[line] = looks.get(line, 0) + 1
        if line in outcomes:
            continue
        if looks[line] >= _LOOKS_MAX:
            outcomes[line] = failure(line, accepted.data.proposal_no)
        else:
            again.append([accepted])
    return again


def _settle_known(
    group: Sequence[Accepted], outcomes: dict[int, Outcome], *, at: datetime
) -> list[Accepted]:
    """Steps 2 and 3: give repeats, conflicts and refusals their outcomes; return what is new."""
    numbers = [accepted.data.proposal_no for accepted in group]
    known = {row.proposal_no: row for row in Proposal.objects.filter(proposal_no__in=numbers)}
    taken = _taken_numbers(group)
    facts = _gate_facts(at)
    first: dict[str, Accepted] = {}
    fresh = []
    for accepted in group:
        number = accepted.data.proposal_no
        if number in known:
            outcomes[accepted.line] = _against_known(accepted, known[number])
        elif number in first:
            _against_twin(accepted, first[number], outcomes)
        elif faults := [*check_ready_to_issue(accepted.data, facts), *taken(accepted.data)]:
            outcomes[accepted.line] = _refused(accepted.line, number, faults)
        else:
            first[number] = accepted
            fresh.append(accepted)
    return fresh


def _against_known(accepted: Accepted, known: Proposal) -> Outcome:
    number = accepted.data.proposal_no
    if known.content_sha256 == accepted.sha256:
        return Outcome(
            line=accepted.line,
            status=ItemStatus.ISSUED,
            proposal_no=number,
            proposal_id=known.pk,
            is_repeat=True,
        )
    return _conflict(accepted, known.content)


def _against_twin(accepted: Accepted, twin: Accepted, outcomes: dict[int, Outcome]) -> None:
    """The same number twice in one chunk: the later line waits for what becomes of the first."""
    if accepted.sha256 != twin.sha256:
        outcomes[accepted.line] = _conflict(accepted, twin.canonical)


def _settle_twins(group: Iterable[Accepted], outcomes: dict[int, Outcome]) -> None:
    """Give a line that repeats an earlier line of its chunk what became of the earlier one."""
    settled = {
        outcome.proposal_no: outcome
        for outcome in outcomes.values()
        if outcome.status in {ItemStatus.ISSUED, ItemStatus.FAILED}
    }
    for accepted in group:
        if accepted.line not in outcomes:
            twin = settled[accepted.data.proposal_no]
            outcomes[accepted.line] = replace(twin, line=accepted.line, is_repeat=True)


def _conflict(accepted: Accepted, before: dict[str, Any]) -> Outcome:
    """Name what differs, never the values: they may be somebody else's personal data."""
    number = accepted.data.proposal_no
    paths = changed_paths(before, accepted.canonical)
    error = ProposalConflict(proposal_no=number, differences=paths)
    return Outcome(
        line=accepted.line,
        status=ItemStatus.CONFLICT,
        proposal_no=number,
        errors=[Fault(error.code, path, str(error)) for path in paths],
    )


class _Taken:
    """Policy and order numbers that other proposals have, in the database or in this group."""

    def __init__(self, policies: set[str], orders: set[str]) -> None:
        self._policies = policies
        self._orders = orders

    def __call__(self, data: ProposalData) -> list[Fault]:
        """Return a fault for each number that is taken; take those of a proposal without one."""
        wanted = _policy_numbers(data)
        faults = [
            _fault(path, "保单号", number)
            for path, number in wanted.items()
            if number in self._policies
        ]
        order_no = data.payment.order_no if data.payment else ""
        if order_no in self._orders:
            faults.append(_fault("payment.order_no", "支付订单号", order_no))
        if not faults:
            self._policies.update(wanted.values())
            self._orders.add(order_no)
        return faults


def _taken_numbers(group: Sequence[Accepted]) -> _Taken:
    policies = [number for entry in group for number in _policy_numbers(entry.data).values()]
    orders = [entry.data.payment.order_no for entry in group if entry.data.payment]
    return _Taken(
        set(Policy.objects.filter(number__in=policies).values_list("number", flat=True)),
        set(Payment.objects.filter(order_no__in=orders).values_list("order_no", flat=True)),
    )


def _policy_numbers(data: ProposalData) -> dict[str, str]:
    numbers = {"compulsory.policy_no": data.compulsory.policy_no}
    if data.commercial is not None:
        numbers["commercial.policy_no"] = data.commercial.policy_no
    return numbers


def _fault(path: str, name: str, number: str) -> Fault:
    error = NumberTaken(path=path, name=name, number=number)
    return Fault(error.code, path, str(error))


def _refused(line: int, number: str, faults: Sequence[Fault]) -> Outcome:
    return Outcome(line=line, status=ItemStatus.REFUSED, proposal_no=number, errors=list(faults))


def failure(line: int, number: str) -> Outcome:
    """Log the bug being handled under a trace number and return the outcome that tells it."""
    trace = secrets.token_hex(6)
    logger.exception("proposal %s failed (trace %s)", number, trace)
    message = f"程序出错，本条未能出单；请凭追踪号 {trace} 查日志"
    return Outcome(
        line=line,
        status=ItemStatus.FAILED,
        proposal_no=number,
        errors=[Fault("bug", "", message)],
        trace_no=trace,
    )


def _proposal_no(candidate: Candidate) -> str:
    number = candidate.raw.get("proposal_no")
    return number[:40] if isinstance(number, str) else ""
