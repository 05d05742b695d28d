"""Do the values of a proposal fit each other? Every check of form and values, in one order."""

from datetime import datetime

from baozhen.insurance.products.tables import Tables
from baozhen.insurance.proposals import commercial_checks as commercial_rules
from baozhen.insurance.proposals import compulsory_checks as compulsory_rules
from baozhen.insurance.proposals import party_checks as party_rules
from baozhen.insurance.proposals import tax_checks as tax_rules
from baozhen.insurance.proposals import vehicle_checks as vehicle_rules
from baozhen.insurance.proposals.content import ProposalData
from baozhen.insurance.proposals.faults import Fault, collect, fault

_OF_PARTY = (
    party_rules.check_birth_date,
    party_rules.check_gender,
    party_rules.check_validity,
    party_rules.check_province,
)
_OF_VEHICLE = (
    vehicle_rules.check_plate_status,
    vehicle_rules.check_plate_no,
    vehicle_rules.check_plate_type,
    vehicle_rules.check_plate_color,
    vehicle_rules.check_transfer,
    vehicle_rules.check_vin,
    vehicle_rules.check_prices,
)
_OF_PROPOSAL = (
    party_rules.check_relations,
    party_rules.check_capacity,
    vehicle_rules.check_kind,
    vehicle_rules.check_energy,
    vehicle_rules.check_asked,
    compulsory_rules.check_ground,
    compulsory_rules.check_base,
    compulsory_rules.check_float,
    tax_rules.check_relief,
    tax_rules.check_certificate,
    tax_rules.check_tax_range,
    tax_rules.check_tax_year,
    tax_rules.check_agreements,
    tax_rules.check_dispute,
    tax_rules.check_source,
    tax_rules.check_policy_numbers,
    tax_rules.check_total,
)
# Those of the above that need the tables in force when the proposal was made.
_BY_TABLES = frozenset(
    {
        compulsory_rules.check_base,
        compulsory_rules.check_float,
        tax_rules.check_tax_range,
        tax_rules.check_agreements,
    }
)
_OF_FACTORS = (
    commercial_rules.check_ncd,
    commercial_rules.check_violation,
    commercial_rules.check_self_pricing,
)
_OF_COVERS = (commercial_rules.check_codes, commercial_rules.check_dependencies)


def check_values(proposal: ProposalData, at: datetime, by: Tables) -> list[Fault]:
    """Return every fault of values that do not fit each other, or the tables."""
    found: list[Fault] = []
    collect(found, _check_submitted, proposal, at)
    for role in party_rules.ROLES:
        party = getattr(proposal, role)
        for of_party in _OF_PARTY:
            collect(found, of_party, party, role)
        collect(found, party_rules.check_born, party, role, at.date())
    for of_vehicle in _OF_VEHICLE:
        collect(found, of_vehicle, proposal.vehicle)
    collect(found, vehicle_rules.check_registration, proposal.vehicle, at.date())
    collect(found, compulsory_rules.check_limits, proposal.compulsory, by)
    collect(found, compulsory_rules.check_premium, proposal.compulsory)
    for of_proposal in _OF_PROPOSAL:
        facts = (proposal, by) if of_proposal in _BY_TABLES else (proposal,)
        collect(found, of_proposal, *facts)
    for of_tax in (tax_rules.check_tax_total, tax_rules.check_nothing_due):
        collect(found, of_tax, proposal.vehicle_tax)
    collect(found, _check_terms, proposal, found)
    if proposal.commercial is not None:
        collect(found, _check_commercial, proposal, found, by)
    return found


def _check_submitted(proposal: ProposalData, at: datetime) -> list[Fault]:
    return [fault("submitted_in_future", "submitted_at")] if proposal.submitted_at > at else []


def _check_terms(proposal: ProposalData, found: list[Fault]) -> tuple[()]:
    ground = proposal.compulsory.term_ground
    for name in ("compulsory", "commercial"):
        cover = getattr(proposal, name)
        if cover is None:
            continue
        collect(found, compulsory_rules.check_term, proposal.form, cover, ground, name)
    return ()


def _check_commercial(proposal: ProposalData, found: list[Fault], by: Tables) -> tuple[()]:
    commercial = proposal.commercial
    if commercial is None:
        return ()
    for of_factors in _OF_FACTORS:
        collect(found, of_factors, proposal, commercial.factors, by)
    for of_covers in _OF_COVERS:
        collect(found, of_covers, proposal.form, commercial, by)
    for index, line in enumerate(commercial.coverages):
        path = f"commercial.coverages.{index}"
        collect(found, commercial_rules.check_line_premium, line, commercial.factors, path)
        kind = commercial_rules.kind_of(proposal.form, line, by)
        if kind is None:
            continue
        collect(found, commercial_rules.check_name, line, kind, path)
        vehicle = proposal.vehicle
        collect(found, commercial_rules.check_sum_insured, line, kind, vehicle, path, by)
        collect(found, commercial_rules.check_extent, line, kind, vehicle, path)
    collect(found, commercial_rules.check_sum, commercial)
    return ()


def find_warnings(proposal: ProposalData) -> list[Fault]:
    """Return what deserves a look but does not stop the proposal."""
    found: list[Fault] = []
    collect(found, vehicle_rules.warn_of_vin, proposal.vehicle)
    collect(found, party_rules.warn_of_youth, proposal)
    return found
