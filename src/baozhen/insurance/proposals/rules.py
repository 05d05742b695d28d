"""The gate's rules about the proposal itself: underwriting, the order of acts, valid ids.

A proposal is judged by its own times, not by whether its cover has begun.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from baozhen.insurance.proposals.content import Party, ProposalData
from baozhen.insurance.proposals.faults import UNREADABLE, Fault, fault
from baozhen.insurance.proposals.wording import moment


def check_underwriting(proposal: ProposalData) -> Iterator[Fault]:
    """Underwriting has accepted (S0-4.2.2b)."""
    if proposal.underwriting is None:
        yield fault("underwriting_missing", "underwriting")
    elif proposal.underwriting.decision != "accepted":
        yield fault("underwriting_not_accepted", "underwriting.decision")


def _acts(proposal: ProposalData) -> list[tuple[str, str, datetime]]:
    """Return name, path and instant of the acts that are known, in the order they must have."""
    acts = (
        ("投保", "submitted_at", proposal, "submitted_at"),
        ("核保", "underwriting.decided_at", proposal.underwriting, "decided_at"),
        ("签名", "signature.signed_at", proposal.signature, "signed_at"),
        ("短信验证", "signature.otp_verified_at", proposal.signature, "otp_verified_at"),
        ("收费", "payment.paid_at", proposal.payment, "paid_at"),
    )
    known = []
    for name, path, section, attribute in acts:
        if section is not None and section is not UNREADABLE:
            at = getattr(section, attribute)
            if at is not None and at is not UNREADABLE:
                known.append((name, path, at))
    return known


def check_order(proposal: ProposalData, now: datetime) -> Iterator[Fault]:
    """Proposal, underwriting, signature, code and payment follow each other, none after now.

    Where one instant alone breaks the order, the fault is that instant's; otherwise both of a
    pair that stands the wrong way round are named, for nobody can tell which of them is wrong.
    """
    acts = _acts(proposal)
    for name, path, at in acts:
        # Intake has judged the time of the proposal itself.
        if at > now and path != "submitted_at":
            yield fault("time_in_future", path, name=name, moment=moment(at))
    for index in _out_of_order([at for _, _, at in acts]):
        name, path, at = acts[index]
        yield fault("time_out_of_order", path, name=name, moment=moment(at))


def _out_of_order(instants: Sequence[datetime]) -> list[int]:
    if _is_sorted(instants):
        return []
    alone = [
        index
        for index in range(len(instants))
        if _is_sorted([*instants[:index], *instants[index + 1 :]])
    ]
    if len(alone) == 1:
        return alone
    wrong = {
        index
        for later in range(1, len(instants))
        if instants[later] < instants[later - 1]
        for index in (later - 1, later)
    }
    return sorted(wrong)


def _is_sorted(instants: Sequence[datetime]) -> bool:
    return all(one <= other for one, other in pairwise(instants))


def check_id_valid_from(proposal: ProposalData, party: Party, role: str) -> Iterator[Fault]:
    """The id was valid already on the day of the signature."""
    if proposal.signature is None or party.id_valid_from is None:
        return
    if party.id_valid_from > proposal.signature.signed_at.date():
        yield fault("id_not_yet_valid", f"{role}.id_valid_from")


def check_id_valid_to(proposal: ProposalData, party: Party, role: str) -> Iterator[Fault]:
    """The id was still valid on the day of the signature."""
    if proposal.signature is None or party.id_valid_to is None:
        return
    if party.id_valid_to < proposal.signature.signed_at.date():
        yield fault("id_expired", f"{role}.id_valid_to")


def check_temporary_plate(proposal: ProposalData) -> Iterator[Fault]:
    """A temporary plate is valid when cover begins."""
    valid_to = proposal.vehicle.temporary_plate_valid_to
    if valid_to is not None and valid_to < proposal.compulsory.cover_starts_at.date():
        yield fault("temporary_plate_expired", "vehicle.temporary_plate_valid_to")
