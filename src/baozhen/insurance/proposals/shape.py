"""The fields of a proposal as JSON has them, section by section: names, kinds, limits of size."""

from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.parties.rules import bank_account
from baozhen.insurance.proposals import content
from baozhen.insurance.proposals.fields import (
    day_field,
    decimal_field,
    instant_field,
    money_field,
    nested,
    plain,
    words_field,
)
from baozhen.insurance.proposals.sections import List, Presence, Section
from baozhen.insurance.proposals.shape_parties import INSURED, OWNER, POLICYHOLDER
from baozhen.insurance.proposals.values import boolean, choice, integer, text
from baozhen.insurance.proposals.vehicles import engine_no, temporary_plate, vin

OPTIONAL, NULLABLE = Presence.OPTIONAL, Presence.NULLABLE


def _business_number(value: str) -> str:
    # It becomes part of file names and addresses.
    if not value.isascii() or not value.replace("-", "").replace("_", "").isalnum():
        raise Unfit("number_format_wrong")
    return value


_number = text(40, _business_number)
_name = text(60)
_phrase = text(120)

_TRIP = Section(
    content.Trip,
    plain("origin", _name),
    plain("destination", _name),
    plain("planned_km", integer(1, 20_000)),
    plain("delivery_mode", _name, OPTIONAL),
)

_CHARGING_PILE = Section(
    content.ChargingPile,
    plain("model", _name),
    plain("serial_no", _name),
    plain("install_address", _phrase),
    plain("kind", choice("charging_pile_kind")),
    money_field("value"),
    plain("owner_name", _name, OPTIONAL),
)

_EQUIPMENT = Section(
    content.Equipment,
    plain("name", _name),
    plain("model", _name, OPTIONAL),
    money_field("value"),
)

_VEHICLE = Section(
    content.Vehicle,
    plain("plate_status", choice("plate_status")),
    plain("plate_no", text(12), OPTIONAL),
    plain("plate_type", choice("plate_type")),
    plain("plate_color", choice("plate_color")),
    plain("temporary_plate_no", text(12, temporary_plate), OPTIONAL),
    plain("temporary_plate_office", _name, OPTIONAL),
    day_field("temporary_plate_valid_to", OPTIONAL),
    plain("vin", text(30, vin)),
    plain("engine_no", text(30, engine_no)),
    plain("brand_model", _name),
    plain("model_code", text(20)),
    plain("kind", choice("vehicle_kind")),
    plain("use_nature", choice("use_nature")),
    plain("fuel", choice("fuel")),
    plain("seats", integer(1, 99)),
    plain("approved_load_kg", integer(1, 200_000), OPTIONAL),
    plain("curb_mass_kg", integer(1, 200_000)),
    plain("displacement_ml", integer(1, 30_000), OPTIONAL),
    decimal_field("power_kw", "0.1", "5000", OPTIONAL),
    day_field("first_registered_on", OPTIONAL),
    day_field("invoice_on", OPTIONAL),
    plain("transferred", boolean),
    day_field("transferred_on", OPTIONAL),
    plain("imported", boolean),
    money_field("new_price"),
    money_field("actual_value", OPTIONAL),
    plain("last_policy_no", _number, OPTIONAL),
    plain("battery_type", _name, OPTIONAL),
    decimal_field("battery_kwh", "0.1", "5000", OPTIONAL),
    plain("electric_range_km", integer(1, 5_000), OPTIONAL),
    plain("motor_no", text(30, engine_no), OPTIONAL),
    nested("charging_pile", _CHARGING_PILE, OPTIONAL),
    plain("special_class", integer(1, 4), OPTIONAL),
    plain("special_use", _name, OPTIONAL),
    nested("fixed_equipment", List(_EQUIPMENT, 0, 30), OPTIONAL),
    plain("working_area", _name, OPTIONAL),
    plain("motorcycle_class", choice("motorcycle_class"), OPTIONAL),
    plain("tractor_type", choice("tractor_type"), OPTIONAL),
    nested("trip", _TRIP, OPTIONAL),
)

_LIMIT_SET = Section(
    content.LimitSet,
    plain("death", integer(0, 100_000_000)),
    plain("medical", integer(0, 100_000_000)),
    plain("property", integer(0, 100_000_000)),
)

_LIMITS = Section(content.Limits, nested("fault", _LIMIT_SET), nested("no_fault", _LIMIT_SET))

_COMPULSORY = Section(
    content.Compulsory,
    plain("policy_no", _number),
    instant_field("cover_starts_at"),
    instant_field("cover_ends_at"),
    plain("term_ground", choice("term_ground"), NULLABLE),
    money_field("base_premium"),
    plain("float_code", choice("float_code")),
    decimal_field("float_rate", "-1", "1"),
    money_field("premium"),
    nested("limits", _LIMITS),
)

_FACTORS = Section(
    content.Factors,
    decimal_field("ncd", "0", "10"),
    decimal_field("traffic_violation", "0", "10"),
    decimal_field("self_pricing", "0", "10"),
)

_COVERAGE = Section(
    content.Coverage,
    plain("code", text(20)),
    plain("name", _name),
    money_field("sum_insured"),
    money_field("base_premium"),
    money_field("premium"),
    plain("seats", integer(1, 99), OPTIONAL),
    money_field("deductible", OPTIONAL),
    decimal_field("deductible_rate", "0", "1", OPTIONAL),
)

_COMMERCIAL = Section(
    content.Commercial,
    plain("policy_no", _number),
    instant_field("cover_starts_at"),
    instant_field("cover_ends_at"),
    nested("factors", _FACTORS),
    nested("coverages", List(_COVERAGE, 1, 40)),
    money_field("premium"),
)

_TAX_CERTIFICATE = Section(
    content.TaxCertificate,
    plain("no", _name),
    plain("office", _name),
    day_field("issued_on"),
)

_VEHICLE_TAX = Section(
    content.VehicleTax,
    plain("relief", choice("tax_relief")),
    nested("certificate", _TAX_CERTIFICATE, OPTIONAL),
    plain("taxpayer_id", text(20), OPTIONAL),
    plain("year", integer(2012, 2200)),
    money_field("current"),
    money_field("arrears"),
    money_field("late_fee"),
    money_field("total"),
)

PROPOSAL = Section(
    content.ProposalData,
    plain("proposal_no", _number),
    plain("form", choice("form", "form_unknown")),
    plain("insurer", text(20)),
    nested("branch", Section(content.Branch, plain("code", text(24)), plain("name", _name))),
    instant_field("submitted_at"),
    nested("policyholder", POLICYHOLDER),
    plain("relation_to_insured", choice("relation")),
    plain("relation_to_owner", choice("relation")),
    nested("insured", INSURED),
    nested("owner", OWNER),
    nested("vehicle", _VEHICLE),
    nested("compulsory", _COMPULSORY),
    nested("commercial", _COMMERCIAL, NULLABLE),
    nested("vehicle_tax", _VEHICLE_TAX),
    nested(
        "special_agreements",
        List(
            Section(content.SpecialAgreement, plain("code", text(20)), plain("text", text(300))),
            0,
            20,
        ),
    ),
    nested(
        "dispute",
        Section(
            content.Dispute, plain("mode", choice("dispute_mode")), plain("body", _name, OPTIONAL)
        ),
    ),
    nested(
        "source",
        Section(
            content.Source,
            plain("channel", choice("channel")),
            plain("intermediary", _name, OPTIONAL),
            plain("licence_no", text(40), OPTIONAL),
            plain("agent_name", _name, OPTIONAL),
            plain("agent_licence_no", text(40), OPTIONAL),
        ),
    ),
    # Underwriting, signature and payment come later in a proposal's life; the gate asks for them.
    nested(
        "underwriting",
        Section(
            content.Underwriting,
            plain("decision", choice("decision")),
            instant_field("decided_at"),
            plain("underwriter", text(40)),
        ),
        OPTIONAL,
    ),
    nested(
        "signature",
        Section(
            content.Signature,
            instant_field("signed_at"),
            instant_field("otp_verified_at", NULLABLE),
            plain("method", choice("signature_method")),
            words_field("declarations", "declaration"),
            plain("evidence_no", _number),
            words_field("documents_read", "document"),
        ),
        OPTIONAL,
    ),
    nested(
        "payment",
        Section(
            content.Payment,
            plain("order_no", text(64, _business_number)),
            plain("payer_name", _name),
            plain("payer_id_no", text(20)),
            plain("account", text(30, bank_account), OPTIONAL),
            plain("channel", choice("payment_channel")),
            money_field("amount"),
            instant_field("paid_at"),
        ),
        OPTIONAL,
    ),
    money_field("total"),
)
