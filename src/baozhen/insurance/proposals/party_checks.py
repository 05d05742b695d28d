"""Checks that the parties' values fit each other: id and birth date, relations, places."""

from collections.abc import Iterator
from datetime import date

from baozhen.insurance.parties.rules import birth_and_gender
from baozhen.insurance.products.tables import PROVINCE_NAMES
from baozhen.insurance.proposals.content import Party, ProposalData
from baozhen.insurance.proposals.faults import Fault, fault

# 民法典 第十八条: at sixteen one may have full capacity, at eighteen one has it.
CAPACITY_AGE_MIN = 16
ADULT_AGE = 18
ROLES = ("policyholder", "insured", "owner")


def check_birth_date(party: Party, role: str) -> Iterator[Fault]:
    """The birth date is the one in the id number."""
    told = birth_and_gender(party.id_type, party.id_no)
    if told and party.birth_date is not None and party.birth_date != told[0]:
        yield fault("birth_date_disagrees", f"{role}.birth_date")


def check_gender(party: Party, role: str) -> Iterator[Fault]:
    """The gender is the one in the id number."""
    told = birth_and_gender(party.id_type, party.id_no)
    if told and party.gender is not None and party.gender != told[1]:
        yield fault("gender_disagrees", f"{role}.gender")


def check_born(party: Party, role: str, today: date) -> Iterator[Fault]:
    """Nobody is born after the day of the proposal."""
    if party.birth_date is not None and party.birth_date > today:
        yield fault("birth_date_future", f"{role}.birth_date")


def check_validity(party: Party, role: str) -> Iterator[Fault]:
    """An id does not end before it begins."""
    begins, ends = party.id_valid_from, party.id_valid_to
    if begins is not None and ends is not None and ends < begins:
        yield fault("id_validity_reversed", f"{role}.id_valid_to")


def check_province(party: Party, role: str) -> Iterator[Fault]:
    """The province has its full name of GB/T 2260."""
    if party.address is not None and party.address.province not in PROVINCE_NAMES:
        yield fault("province_unknown", f"{role}.address.province")


def check_relations(proposal: ProposalData) -> Iterator[Fault]:
    """Who is said to be the policyholder has the policyholder's name and id."""
    holder = proposal.policyholder
    for relation, party, path in (
        (proposal.relation_to_insured, proposal.insured, "relation_to_insured"),
        (proposal.relation_to_owner, proposal.owner, "relation_to_owner"),
    ):
        if relation == "self" and (party.id_no, party.name) != (holder.id_no, holder.name):
            yield fault("relation_self_disagrees", path)


def age_on(born: date, on: date) -> int:
    """Return the full years of age on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def check_capacity(proposal: ProposalData) -> Iterator[Fault]:
    """The policyholder may contract."""
    holder = proposal.policyholder
    if holder.birth_date is None:
        return
    if age_on(holder.birth_date, proposal.submitted_at.date()) < CAPACITY_AGE_MIN:
        yield fault("policyholder_minor", "policyholder.birth_date")


def warn_of_youth(proposal: ProposalData) -> Iterator[Fault]:
    """Between sixteen and eighteen the policyholder's own income has to be known."""
    holder = proposal.policyholder
    if holder.birth_date is None:
        return
    age = age_on(holder.birth_date, proposal.submitted_at.date())
    if CAPACITY_AGE_MIN <= age < ADULT_AGE:
        yield fault("policyholder_young", "policyholder.birth_date")
