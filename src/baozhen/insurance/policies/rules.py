"""The gate before the key: whether the policies of a proposal may be issued now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from baozhen.insurance.disclosures import rules as disclosures
from baozhen.insurance.payments import rules as payments
from baozhen.insurance.payments.rules import PayFirstException
from baozhen.insurance.proposals import rules as proposals
from baozhen.insurance.proposals.content import ProposalData
from baozhen.insurance.proposals.faults import Fault, collect
from baozhen.insurance.proposals.intake import Intake
from baozhen.insurance.proposals.party_checks import ROLES
from baozhen.insurance.proposals.printing import Printable, check_printable

_ON_PROPOSAL = (
    proposals.check_underwriting,
    proposals.check_temporary_plate,
    disclosures.check_signed,
    disclosures.check_documents_read,
    disclosures.check_declarations,
    payments.check_payer_name,
    payments.check_payer_id,
    payments.check_amount,
)


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the gate has to know besides the proposal.

    `printable` returns the characters of a text that the fonts lack; None leaves that unasked.
    """

    now: datetime
    exceptions: Sequence[PayFirstException] = ()
    printable: Printable | None = None


def check_ready_to_issue(proposal: ProposalData, facts: GateFacts) -> tuple[Fault, ...]:
    """Return everything that stands in the way of issuing; nothing when it is empty."""
    found: list[Fault] = []
    for check in _ON_PROPOSAL:
        collect(found, check, proposal)
    collect(found, proposals.check_order, proposal, facts.now)
    collect(found, payments.check_paid, proposal, facts.now, facts.exceptions)
    for part in ("compulsory", "commercial"):
        collect(found, payments.check_start, proposal, getattr(proposal, part), part)
    for role in ROLES:
        party = getattr(proposal, role)
        collect(found, proposals.check_id_valid_from, proposal, party, role)
        collect(found, proposals.check_id_valid_to, proposal, party, role)
    if facts.printable is not None:
        collect(found, check_printable, proposal, facts.printable)
    return tuple(found)


def find_refusals(intake: Intake, facts: GateFacts) -> tuple[Fault, ...]:
    """Return all faults of what came in at once: of form and values, then of the gate.

    Where values could not be read, the gate still says what it can of the others.
    """
    if intake.readable is None:
        return intake.faults
    gate = check_ready_to_issue(intake.readable, facts)
    return tuple(dict.fromkeys((*intake.faults, *gate)))
