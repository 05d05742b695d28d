"""The fields of the three parties: how much must be known of each, by role and by kind."""

from dataclasses import replace
from typing import Any

from baozhen.insurance.parties import rules as parties
from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.proposals import content
from baozhen.insurance.proposals.faults import UNREADABLE, Findings
from baozhen.insurance.proposals.fields import day_field, nested, plain
from baozhen.insurance.proposals.sections import Presence, Section
from baozhen.insurance.proposals.values import choice, text

OPTIONAL, NULLABLE = Presence.OPTIONAL, Presence.NULLABLE

_ADDRESS = Section(
    content.Address,
    plain("province", text(20)),
    plain("city", text(40)),
    plain("county", text(40)),
    plain("detail", text(120)),
    plain("postcode", text(10, parties.postcode), OPTIONAL),
)


def _party(
    identified: Presence, reachable: Presence, *, mailed: Presence, located: Presence
) -> Section:
    """Return the section of a natural person; how much must be known depends on the role."""
    return Section(
        content.Party,
        plain("kind", choice("party_kind")),
        plain("name", text(60, parties.person_name)),
        plain("id_type", choice("id_type")),
        plain("id_no", text(20)),
        day_field("id_valid_from", identified),
        # Null means permanent 长期, so it must be said.
        day_field("id_valid_to", NULLABLE if identified is Presence.REQUIRED else OPTIONAL),
        plain("gender", choice("gender"), identified),
        day_field("birth_date", identified),
        plain("mobile", text(20, parties.mobile), reachable),
        plain("email", text(120, parties.email), mailed),
        plain("nationality", text(10, parties.nationality), OPTIONAL),
        plain("occupation", text(60), OPTIONAL),
        plain("contact_name", text(60, parties.person_name), OPTIONAL),
        nested("address", _ADDRESS, located),
    )


def _organisation(contact: Presence) -> Section:
    return Section(
        content.Party,
        plain("kind", choice("party_kind")),
        plain("name", text(60, parties.organisation_name)),
        plain("id_type", choice("id_type")),
        plain("id_no", text(20)),
        day_field("id_valid_from", OPTIONAL),
        day_field("id_valid_to", OPTIONAL),
        plain("gender", choice("gender"), OPTIONAL),
        day_field("birth_date", OPTIONAL),
        plain("mobile", text(20, parties.telephone), contact),
        plain("email", text(120, parties.email), OPTIONAL),
        plain("nationality", text(10, parties.nationality), OPTIONAL),
        plain("occupation", text(60), OPTIONAL),
        plain("contact_name", text(60, parties.person_name), contact),
        nested("address", _ADDRESS, contact),
    )


_REQUIRED = Presence.REQUIRED
_PERSONS = {
    "policyholder": _party(_REQUIRED, _REQUIRED, mailed=_REQUIRED, located=_REQUIRED),
    "insured": _party(_REQUIRED, _REQUIRED, mailed=OPTIONAL, located=_REQUIRED),
    "owner": _party(OPTIONAL, OPTIONAL, mailed=OPTIONAL, located=OPTIONAL),
}
_ORGANISATIONS = {"insured": _organisation(_REQUIRED), "owner": _organisation(OPTIONAL)}


class _Role:
    """The section of a person or an organisation, whichever `kind` says stands in the role."""

    def __init__(self, role: str) -> None:
        self.role = role

    def read(self, raw: object, path: str, findings: Findings) -> Any:
        """Return the party; its id number is judged by the kind of its id."""
        is_organisation = type(raw) is dict and raw.get("kind") == "organisation"
        if is_organisation and self.role == "policyholder":
            # S0-4.2: nothing else of an enterprise applicant is judged in this flow.
            findings.add("policyholder_not_natural_person", f"{path}.kind")
            return UNREADABLE
        section = (_ORGANISATIONS if is_organisation else _PERSONS)[self.role]
        party = section.read(raw, path, findings)
        return party if party is UNREADABLE else _judge_identity(party, path, findings)

    def write(self, party: content.Party) -> object:
        """Return the JSON of the party."""
        organisation = party.kind == "organisation"
        return (_ORGANISATIONS if organisation else _PERSONS)[self.role].write(party)


_IDS_OF_KIND = {
    "person": parties.IDS_OF_PERSONS,
    "organisation": parties.IDS_OF_ORGANISATIONS,
}


def _judge_identity(party: content.Party, path: str, findings: Findings) -> content.Party:
    if party.id_type is UNREADABLE or party.id_no is UNREADABLE:
        return party
    # Which ids fit is open when it could not be read who stands there.
    allowed = None if party.kind is UNREADABLE else _IDS_OF_KIND[party.kind]
    if allowed is not None and party.id_type not in allowed:
        findings.add("id_type_disagrees", f"{path}.id_type")
        return replace(party, id_no=UNREADABLE)
    try:
        number = parties.identity_number(party.id_type, party.id_no)
    except Unfit as error:
        findings.unfit(error, f"{path}.id_no")
        return replace(party, id_no=UNREADABLE)
    return party if number == party.id_no else replace(party, id_no=number)


POLICYHOLDER, INSURED, OWNER = _Role("policyholder"), _Role("insured"), _Role("owner")
