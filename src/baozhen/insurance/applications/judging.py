"""What is wrong with an application: a proposal's own checks, sorted by the step that mends it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from baozhen.insurance.applications.questions import judge_answers
from baozhen.insurance.applications.steps import SECTIONS, Step
from baozhen.insurance.parties.rules import birth_and_gender
from baozhen.insurance.products.queries import tables_on
from baozhen.insurance.proposals.content import Party, ProposalData
from baozhen.insurance.proposals.faults import UNREADABLE, Fault, fault
from baozhen.insurance.proposals.intake import Intake, parse_proposal
from baozhen.insurance.proposals.values import CHINA

_PERSONS = ("policyholder", "insured", "owner")
LATER = ("underwriting", "signature", "payment")


def faults_of_step(
    step: Step, content: Mapping[str, Any], inputs: Mapping[str, Any], *, at: datetime
) -> list[Fault]:
    """Return every fault of one step, at once."""
    if step is Step.ANSWERS:
        return judge_answers(inputs.get("answers") or {})
    sections = SECTIONS.get(step)
    if sections is None:
        return all_faults(content, inputs, at=at)
    found = _faults(content, at)
    return [one for one in found if one.path.partition(".")[0] in sections]


def all_faults(
    content: Mapping[str, Any], inputs: Mapping[str, Any], *, at: datetime
) -> list[Fault]:
    """Return everything that stands against submitting."""
    return [*_faults(content, at), *judge_answers(inputs.get("answers") or {})]


def read(content: Mapping[str, Any], *, at: datetime) -> Intake:
    """Return the content as a proposal would be read, in China's calendar."""
    local = at.astimezone(CHINA)
    made = {**content, "submitted_at": local.isoformat()}
    return parse_proposal(made, at=local, tables_on=tables_on)


def completed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content with what a person's number says of them: nobody is asked twice."""
    made = dict(content)
    for role in _PERSONS:
        party = made.get(role)
        if isinstance(party, Mapping) and party.get("kind") == "person":
            made[role] = {**party, **_told_by_number(party)}
    return made


def _told_by_number(party: Mapping[str, Any]) -> dict[str, str]:
    try:
        told = birth_and_gender(str(party.get("id_type")), str(party.get("id_no", "")).upper())
    except (ValueError, IndexError):
        return {}  # The number's own fault is reported where it stands.
    if told is None:
        return {}
    return {"birth_date": told[0].isoformat(), "gender": told[1]}


def _faults(content: Mapping[str, Any], at: datetime) -> list[Fault]:
    intake = read(content, at=at)
    found = list(intake.faults)
    if intake.readable is not None:
        found += _expired_ids(intake.readable, at)
    return list(dict.fromkeys(found))


def _expired_ids(proposal: ProposalData, at: datetime) -> list[Fault]:
    """An id that has run out cannot carry a signature today (S0-4.2)."""
    today = at.astimezone(CHINA).date()
    found = []
    for role in _PERSONS:
        party: Party = getattr(proposal, role)
        if party is UNREADABLE or party.id_valid_to is UNREADABLE:
            continue
        if party.id_valid_to is not None and party.id_valid_to < today:
            found.append(fault("id_expired", f"{role}.id_valid_to"))
    return found
