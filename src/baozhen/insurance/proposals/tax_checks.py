"""Checks of the vehicle tax by the law, and of the remaining small parts and the total."""

from collections.abc import Iterator

from baozhen.insurance.products import rules
from baozhen.insurance.products.tables import Tables
from baozhen.insurance.proposals.content import ProposalData, VehicleTax
from baozhen.insurance.proposals.faults import Fault, fault
from baozhen.insurance.proposals.wording import yuan

_NEEDS_CERTIFICATE = frozenset({"exempt", "paid", "reduced"})
_NOTHING_DUE = frozenset({"not_taxable", "exempt", "deferred"})
_INTERMEDIARY_PARTS = {
    "agency": ("intermediary", "licence_no"),
    "broker": ("intermediary", "licence_no"),
    "bancassurance": ("intermediary", "licence_no"),
    "individual_agent": ("agent_name", "agent_licence_no"),
}


def check_tax_total(tax: VehicleTax) -> Iterator[Fault]:
    """The total is this year's, the arrears and the late fee."""
    expected = tax.current_fen + tax.arrears_fen + tax.late_fee_fen
    if tax.total_fen != expected:
        yield fault("tax_total_wrong", "vehicle_tax.total", expected=yuan(expected))


def check_relief(proposal: ProposalData) -> Iterator[Fault]:
    """The relief is one that this vehicle and form can have."""
    relief, vehicle = proposal.vehicle_tax.relief, proposal.vehicle
    outside = rules.may_be_outside_vehicle_tax(vehicle)
    if relief == "not_taxable" and not outside:
        yield fault("tax_relief_not_taxable_wrong", "vehicle_tax.relief")
    elif relief == "deferred" and proposal.form != "single_trip":
        yield fault("tax_relief_deferred_wrong", "vehicle_tax.relief")
    elif relief in {"normal", "reduced"} and outside:
        yield fault("tax_relief_normal_wrong", "vehicle_tax.relief")


def check_certificate(proposal: ProposalData) -> Iterator[Fault]:
    """An exemption or a payment made elsewhere shows its certificate."""
    tax = proposal.vehicle_tax
    if tax.relief not in _NEEDS_CERTIFICATE:
        return
    if tax.certificate is None:
        yield fault("tax_certificate_missing", "vehicle_tax.certificate")
    elif tax.certificate.issued_on > proposal.submitted_at.date():
        yield fault("tax_certificate_future", "vehicle_tax.certificate.issued_on")


def check_nothing_due(tax: VehicleTax) -> Iterator[Fault]:
    """Where nothing is due nothing is collected; arrears are named where they are collected."""
    if tax.relief in _NOTHING_DUE:
        for name in ("current", "arrears", "late_fee"):
            if getattr(tax, f"{name}_fen"):
                yield fault("tax_not_due", f"vehicle_tax.{name}")
    elif tax.relief == "paid" and tax.current_fen:
        yield fault("tax_not_due", "vehicle_tax.current")
    elif tax.relief == "arrears" and not tax.arrears_fen:
        yield fault("tax_arrears_missing", "vehicle_tax.arrears")


def check_tax_range(proposal: ProposalData, by: Tables) -> Iterator[Fault]:
    """The year's tax lies in the statutory range, less for a vehicle bought in that year."""
    tax, vehicle = proposal.vehicle_tax, proposal.vehicle
    allowed = rules.vehicle_tax_range_fen(vehicle, by)
    if tax.relief not in {"normal", "arrears", "reduced"} or allowed is None:
        return
    least, most = allowed
    if tax.relief == "reduced":
        # 车船税法 第四条: listed energy-saving cars pay half.
        least //= 2
    bought_on = vehicle.invoice_on or vehicle.first_registered_on
    if bought_on is not None:
        least = least * max(0, rules.months_taxed(bought_on, tax.year)) // rules.MONTHS_A_YEAR
    if not least <= tax.current_fen <= most:
        facts = {"low": yuan(least), "high": yuan(most)}
        yield fault("tax_out_of_range", "vehicle_tax.current", **facts)


def check_tax_year(proposal: ProposalData) -> Iterator[Fault]:
    """The tax is of the year of the proposal or of the year in which cover begins."""
    # 车船税法实施条例 第二十三条: 车船税按年申报
    first = proposal.submitted_at.year
    last = max(first, proposal.compulsory.cover_starts_at.year)
    if not first <= proposal.vehicle_tax.year <= last:
        yield fault("tax_year_wrong", "vehicle_tax.year")


def check_agreements(proposal: ProposalData, by: Tables) -> Iterator[Fault]:
    """Special agreements come from the approved library, in its words, each once."""
    seen: set[str] = set()
    for index, agreement in enumerate(proposal.special_agreements):
        path = f"special_agreements.{index}"
        approved = by.special_agreements.get(agreement.code)
        if approved is None:
            yield fault("special_agreement_unknown", f"{path}.code")
        elif agreement.text != approved:
            yield fault("special_agreement_text_wrong", f"{path}.text")
        elif agreement.code in seen:
            yield fault("special_agreement_repeated", f"{path}.code")
        seen.add(agreement.code)


def check_dispute(proposal: ProposalData) -> Iterator[Fault]:
    """Arbitration names its body."""
    if proposal.dispute.mode == "arbitration" and proposal.dispute.body is None:
        yield fault("arbitration_body_missing", "dispute.body")


def check_source(proposal: ProposalData) -> Iterator[Fault]:
    """An intermediary shows its name and licence."""
    for name in _INTERMEDIARY_PARTS.get(proposal.source.channel, ()):
        if getattr(proposal.source, name) is None:
            yield fault("intermediary_missing", f"source.{name}")


def check_total(proposal: ProposalData) -> Iterator[Fault]:
    """The total is the two premiums and the tax."""
    commercial = proposal.commercial
    expected = proposal.compulsory.premium_fen + proposal.vehicle_tax.total_fen
    if commercial is not None:
        expected = expected + commercial.premium_fen
    if proposal.total_fen != expected:
        yield fault("total_wrong", "total", expected=yuan(expected))


def check_policy_numbers(proposal: ProposalData) -> Iterator[Fault]:
    """The two policies have numbers of their own."""
    commercial = proposal.commercial
    if commercial is not None and commercial.policy_no == proposal.compulsory.policy_no:
        yield fault("policy_no_repeated", "commercial.policy_no")
