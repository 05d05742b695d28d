"""The gate's rules about money: paid by the policyholder, in full, before cover and policy.

Pay-first 见费出单 is a rule as data (payments/data/pay_first.json, or the file that
BAOZHEN_PAY_FIRST names): only an approved, dated exception lets a policy be issued before its
premium has come.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from baozhen.insurance.products.region_duties import demands_payer, region_of_branch
from baozhen.insurance.proposals.content import Commercial, Compulsory, ProposalData
from baozhen.insurance.proposals.faults import Fault, fault
from baozhen.insurance.proposals.wording import moment, yuan

_DATA = Path(__file__).with_name("data") / "pay_first.json"
# Printed on the policy in a narrow place, with the glyphs that every font has.
_APPROVAL_NO = re.compile(r"[0-9A-Za-z-]{1,32}")


class PayFirstError(ValueError):
    """An exception to pay-first lacks what it has to have; none of them holds then."""


@dataclass(frozen=True, slots=True)
class PayFirstException:
    """An approved exception: its number, who approved it, when, why, for how long, for what.

    The scope names branches, forms or single proposals; what it names must all fit.
    """

    approval_no: str
    approved_by: str
    approved_on: date
    basis: str
    valid_from: date
    valid_to: date
    branches: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    proposals: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not _APPROVAL_NO.fullmatch(self.approval_no):
            raise PayFirstError("见费出单的例外必须有批准号：字母、数字和连字符，不超过 32 个字符")
        if not self.approved_by.strip() or not self.basis.strip():
            raise PayFirstError("见费出单的例外必须写明批准人和依据")
        if not self.approved_on <= self.valid_from <= self.valid_to:
            raise PayFirstError("见费出单的例外必须先批准后生效，且止期不早于起期")
        if not (self.branches or self.forms or self.proposals):
            raise PayFirstError("见费出单的例外必须写明适用的机构、投保单版本或投保单号")

    def covers(self, proposal: ProposalData, on: date) -> bool:
        """Return whether the exception holds for a proposal on a day."""
        return (
            self.valid_from <= on <= self.valid_to
            and (not self.branches or proposal.branch.code in self.branches)
            and (not self.forms or proposal.form in self.forms)
            and (not self.proposals or proposal.proposal_no in self.proposals)
        )


def read_exceptions(table: Mapping[str, Any]) -> tuple[PayFirstException, ...]:
    """Return the exceptions of a table as pay_first.json has them."""
    return tuple(
        PayFirstException(
            approval_no=row["approval_no"],
            approved_by=row["approved_by"],
            approved_on=date.fromisoformat(row["approved_on"]),
            basis=row["basis"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]),
            branches=frozenset(row.get("branches", ())),
            forms=frozenset(row.get("forms", ())),
            proposals=frozenset(row.get("proposals", ())),
        )
        for row in table["exceptions"]
    )


def pay_first_exceptions() -> tuple[PayFirstException, ...]:
    """Return the insurer's exceptions; the product itself carries none."""
    return _load(os.environ.get("BAOZHEN_PAY_FIRST") or str(_DATA))


@cache
def _load(path: str) -> tuple[PayFirstException, ...]:
    return read_exceptions(json.loads(Path(path).read_text(encoding="utf-8")))


def check_paid(
    proposal: ProposalData, now: datetime, exceptions: Sequence[PayFirstException]
) -> Iterator[Fault]:
    """The premium has been received (S0-4.3.2), or an exception holds today."""
    if proposal.payment is None and find_exception(proposal, now, exceptions) is None:
        yield fault("payment_missing", "payment")


def find_exception(
    proposal: ProposalData, now: datetime, exceptions: Sequence[PayFirstException]
) -> PayFirstException | None:
    """Return the first exception that holds for a proposal today; None when none does."""
    # The day of the proposal's own zone: exceptions are dated in China.
    on = now.astimezone(proposal.submitted_at.tzinfo).date()
    return next((exception for exception in exceptions if exception.covers(proposal, on)), None)


def check_payer_name(proposal: ProposalData) -> Iterator[Fault]:
    """The payer is the policyholder, by name (S0-4.2.4d2), where the region asks (d6)."""
    payment = proposal.payment
    if not demands_payer(region_of_branch(proposal.branch.code)):
        return
    if payment is not None and payment.payer_name != proposal.policyholder.name:
        yield fault("payer_name_disagrees", "payment.payer_name")


def check_payer_id(proposal: ProposalData) -> Iterator[Fault]:
    """The payer is the policyholder, by id number (S0-4.2.4d2), where the region asks (d6)."""
    payment = proposal.payment
    if not demands_payer(region_of_branch(proposal.branch.code)):
        return
    if payment is not None and payment.payer_id_no.upper() != proposal.policyholder.id_no.upper():
        yield fault("payer_id_disagrees", "payment.payer_id_no")


def check_amount(proposal: ProposalData) -> Iterator[Fault]:
    """What was paid is the total, in one sum (交强险条例 第十二条)."""
    payment = proposal.payment
    if payment is not None and payment.amount_fen != proposal.total_fen:
        yield fault("amount_paid_disagrees", "payment.amount", total=yuan(proposal.total_fen))


def check_start(
    proposal: ProposalData, cover: Compulsory | Commercial | None, part: str
) -> Iterator[Fault]:
    """Cover begins after the premium came, under an exception after acceptance at least."""
    if cover is None:
        return
    path = f"{part}.cover_starts_at"
    if proposal.payment is not None:
        code, since = "cover_starts_before_payment", proposal.payment.paid_at
    elif proposal.underwriting is not None:
        code, since = "cover_starts_before_acceptance", proposal.underwriting.decided_at
    else:
        return
    if cover.cover_starts_at < since:
        yield fault(code, path, moment=moment(since))
