"""Values that do not fit each other: one fault each, at its place; and what may be told apart."""

import pytest

from baozhen.insurance.proposals.intake import parse_proposal
from tests.insurance.proposal_forms import (
    AT,
    DELETE,
    FORMS,
    ORGANISATION,
    car,
    line,
    motorcycle,
    new_energy,
    single_trip,
    special,
    spoil,
)

# form, path, value -> the fault expected at that path, or at another one when it is given
SINGLE_FAULTS = [
    ("car", "policyholder.id_no", "110199198506151018", "id_check_digit_wrong"),
    ("car", "policyholder.id_no", "110199198502301011", "id_date_impossible"),
    ("car", "policyholder.birth_date", "1985-06-16", "birth_date_disagrees"),
    ("car", "policyholder.gender", "female", "gender_disagrees"),
    ("car", "policyholder.id_type", "uscc", "id_type_disagrees"),
    ("car", "policyholder.id_valid_to", "2010-01-01", "id_validity_reversed"),
    ("car", "policyholder.address.province", "示例省", "province_unknown"),
    ("car", "policyholder.address.postcode", "1000", "postcode_wrong"),
    ("car", "policyholder.name", "甲", "name_length_wrong"),
    ("car", "policyholder.name", "测试1", "name_characters_wrong"),
    ("car", "insured.mobile", "12100000001", "mobile_wrong"),
    ("special", "insured.id_no", "91110199FAKEPART8N", "uscc_check_digit_wrong"),
    ("special", "owner.id_type", "resident_id", "id_type_disagrees"),
    ("special", "insured.contact_name", DELETE, "field_missing"),
    ("car", "relation_to_insured", "friend", "word_unknown"),
    ("car", "submitted_at", "2027-01-01T00:00:00+08:00", "submitted_in_future"),
    ("car", "vehicle.vin", "L9TESTAA8MA000001", "vin_check_digit_wrong"),
    ("car", "vehicle.engine_no", "t20 a", "engine_no_wrong"),
    ("car", "vehicle.plate_no", None, "plate_no_missing"),
    ("car", "vehicle.plate_no", "京I12345", "plate_format_wrong"),
    ("car", "vehicle.plate_type", "07", "plate_type_disagrees"),
    ("car", "vehicle.plate_type", "22", "plate_type_disagrees"),
    ("car", "vehicle.plate_color", "gradient_green", "plate_color_disagrees"),
    ("car", "vehicle.kind", "trailer", "trailer_not_insured"),
    ("car", "vehicle.kind", "motorcycle", "kind_form_disagree"),
    ("car", "vehicle.fuel", "battery_electric", "fuel_needs_new_energy_form"),
    ("new_energy", "vehicle.fuel", "fuel", "fuel_not_new_energy"),
    ("new_energy", "vehicle.plate_no", "粤ZF12345", "plate_energy_disagrees"),
    ("new_energy", "vehicle.plate_no", "粤ZD1234", "plate_new_energy_wrong"),
    ("new_energy", "vehicle.kind", "motorcycle", "kind_form_disagree"),
    ("new_energy", "vehicle.battery_kwh", None, "field_missing_for_form"),
    ("new_energy", "vehicle.charging_pile", None, "insured_thing_missing"),
    ("car", "vehicle.displacement_ml", None, "field_missing_for_form"),
    ("special", "vehicle.special_class", None, "field_missing_for_form"),
    ("motorcycle_tractor", "vehicle.motorcycle_class", DELETE, "field_missing_for_form"),
    ("single_trip", "vehicle.trip", None, "field_missing_for_form"),
    ("single_trip", "vehicle.plate_no", "京Z12345", "plate_no_unexpected"),
    ("single_trip", "vehicle.temporary_plate_office", None, "temporary_plate_part_missing"),
    ("single_trip", "vehicle.invoice_on", None, "invoice_on_missing"),
    ("car", "vehicle.first_registered_on", None, "first_registered_on_missing"),
    ("car", "vehicle.first_registered_on", "2027-01-01", "vehicle_date_future"),
    ("car", "vehicle.new_price", "0.00", "new_price_zero"),
    ("car", "vehicle.actual_value", "180000.01", "actual_value_above_price"),
    ("car", "compulsory.limits.fault.death", 1, "limit_not_statutory"),
    ("car", "compulsory.limits.no_fault.property", 2000, "limit_not_statutory"),
    ("car", "compulsory.base_premium", "1000.00", "base_premium_wrong"),
    ("single_trip", "compulsory.base_premium", "950.00", "base_premium_wrong"),
    ("car", "compulsory.float_rate", "-0.36", "float_rate_not_filed"),
    ("car", "compulsory.float_rate", "-0.3", "float_rate_not_filed"),
    ("car", "compulsory.float_code", "A1", "float_code_disagrees"),
    ("car", "compulsory.float_code", "A9", "word_unknown"),
    ("motorcycle_tractor", "compulsory.float_code", "A4", "float_not_applicable"),
    ("car", "compulsory.premium", "617.51", "compulsory_premium_wrong"),
    ("car", "compulsory.cover_ends_at", "2020-01-01T00:00:00+08:00", "cover_ends_before_start"),
    ("car", "compulsory.cover_ends_at", "2027-03-15T00:00:00+08:00", "term_not_one_year"),
    ("car", "commercial.cover_ends_at", "2027-03-17T00:00:00+08:00", "term_not_one_year"),
    (
        "single_trip",
        "compulsory.cover_ends_at",
        "2026-04-04T00:00:00+08:00",
        "term_single_trip_wrong",
    ),
    (
        "single_trip",
        "commercial.cover_ends_at",
        "2026-04-14T00:00:01+08:00",
        "term_single_trip_wrong",
    ),
    ("single_trip", "compulsory.term_ground", None, "term_ground_missing"),
    ("car", "commercial.premium", "1.00", "commercial_premium_wrong"),
    ("car", "commercial.policy_no", "PDZA202611D00009001", "policy_no_repeated"),
    ("car", "commercial.factors.ncd", "0.55", "ncd_not_filed"),
    ("car", "commercial.factors.self_pricing", "1.51", "factor_outside_filed_range"),
    ("new_energy", "commercial.factors.self_pricing", "1.36", "factor_outside_filed_range"),
    ("car", "commercial.factors.traffic_violation", "1.5", "factor_outside_filed_range"),
    ("car", "commercial.coverages.0.code", "QQ", "coverage_unknown"),
    ("car", "commercial.coverages.0.code", "B", "coverage_repeated", "commercial.coverages.1.code"),
    ("car", "commercial.coverages.0.name", "玻璃单独破碎险", "coverage_name_wrong"),
    ("car", "commercial.coverages.0.premium", "816.01", "coverage_premium_wrong"),
    ("car", "commercial.coverages.0.sum_insured", "180000.01", "sum_above_price"),
    ("car", "commercial.coverages.0.sum_insured", "0.00", "sum_insured_zero"),
    ("car", "commercial.coverages.1.sum_insured", "99999.00", "third_party_limit_wrong"),
    ("car", "commercial.coverages.1.sum_insured", "10000001.00", "third_party_limit_wrong"),
    ("car", "commercial.coverages.3.seats", None, "coverage_seats_missing"),
    ("car", "commercial.coverages.3.seats", 5, "coverage_seats_wrong"),
    ("new_energy", "commercial.coverages.5.sum_insured", "3000.01", "sum_above_pile"),
    ("special", "commercial.coverages.2.sum_insured", "300000.01", "sum_above_equipment"),
    ("special", "vehicle.fixed_equipment", None, "insured_thing_missing"),
    ("car", "vehicle_tax.total", "481.00", "tax_total_wrong"),
    ("car", "vehicle_tax.current", "10.00", "tax_out_of_range"),
    ("car", "vehicle_tax.year", 2025, "tax_year_wrong"),
    ("car", "vehicle_tax.relief", "not_taxable", "tax_relief_not_taxable_wrong"),
    ("car", "vehicle_tax.relief", "deferred", "tax_relief_deferred_wrong"),
    ("car", "vehicle_tax.relief", "exempt", "tax_certificate_missing", "vehicle_tax.certificate"),
    ("car", "vehicle_tax.relief", "reduced", "tax_certificate_missing", "vehicle_tax.certificate"),
    ("car", "vehicle_tax.relief", "paid", "tax_not_due", "vehicle_tax.current"),
    ("car", "vehicle_tax.relief", "arrears", "tax_arrears_missing", "vehicle_tax.arrears"),
    ("new_energy", "vehicle_tax.relief", "normal", "tax_relief_normal_wrong"),
    ("new_energy", "vehicle_tax.current", "480.00", "tax_not_due"),
    ("car", "special_agreements.0.code", "T999", "special_agreement_unknown"),
    ("car", "special_agreements.0.text", "免赔一切。", "special_agreement_text_wrong"),
    ("car", "dispute.mode", "arbitration", "arbitration_body_missing", "dispute.body"),
    ("car", "source.channel", "agency", "intermediary_missing", "source.licence_no"),
    ("car", "total", "1.00", "total_wrong"),
    ("car", "form", "new_energy", "form_covers_disagree"),
    ("car", "form", "spaceship", "form_unknown"),
]


def codes(raw):
    return {(fault.code, fault.path) for fault in parse_proposal(raw, at=AT).faults}


@pytest.mark.requirement("S0-4.2.2a")
@pytest.mark.parametrize("case", SINGLE_FAULTS, ids=lambda case: f"{case[0]}:{case[1]}:{case[3]}")
def test_a_fault_is_found_at_its_place(case):
    form, path, value, code, *at = case
    raw = spoil(FORMS[form](), path, value)
    assert (code, at[0] if at else path) in codes(raw)


@pytest.mark.requirement("S0-4.2")
def test_an_organisation_cannot_propose_electronically():
    raw = car()
    raw["policyholder"] = ORGANISATION
    raw["relation_to_insured"] = raw["relation_to_owner"] = "other"
    assert codes(raw) == {("policyholder_not_natural_person", "policyholder.kind")}
    # It may be insured and own the vehicle all the same.
    assert codes(special()) == set()


def test_who_is_said_to_be_the_policyholder_is():
    raw = car()
    raw["insured"]["name"] = "测试乙"
    assert codes(raw) == {("relation_self_disagrees", "relation_to_insured")}
    raw["relation_to_insured"] = "spouse"
    assert codes(raw) == set()


def test_children_do_not_contract():
    raw = car()
    raw["policyholder"] |= {"id_no": "110199201507057078", "birth_date": "2015-07-05"}
    raw["relation_to_insured"] = raw["relation_to_owner"] = "parent"
    assert codes(raw) == {("policyholder_minor", "policyholder.birth_date")}


def test_an_owner_may_be_known_by_name_and_id_alone():
    raw = car()
    raw["owner"] = {k: raw["owner"][k] for k in ("kind", "name", "id_type", "id_no")}
    assert codes(raw) == set()


def test_an_imported_car_without_check_digit_is_a_warning():
    raw = spoil(spoil(car(), "vehicle.imported", True), "vehicle.vin", "L9TESTAA8MA000001")
    intake = parse_proposal(raw, at=AT)
    assert intake.faults == ()
    assert [(w.code, w.path) for w in intake.warnings] == [
        ("vin_check_digit_absent", "vehicle.vin")
    ]
    # The danger: the same number on a car made here is a slip.
    assert ("vin_check_digit_wrong", "vehicle.vin") in codes(spoil(raw, "vehicle.imported", False))


def test_an_unregistered_new_car_has_no_plate():
    raw = car()
    raw["vehicle"] |= {
        "plate_status": "unregistered",
        "plate_no": None,
        "first_registered_on": None,
        "invoice_on": "2026-03-01",
    }
    assert codes(raw) == set()


def test_a_transfer_resets_the_float():
    raw = car()
    raw["vehicle"] |= {"transferred": True, "transferred_on": "2026-02-01"}
    assert codes(raw) == {("float_not_applicable", "compulsory.float_code")}
    raw["vehicle"] |= {"transferred_on": "2020-02-01"}
    assert ("transferred_before_registered", "vehicle.transferred_on") in codes(raw)
    raw["vehicle"] |= {"transferred_on": None}
    assert ("transferred_on_missing", "vehicle.transferred_on") in codes(raw)


def test_a_year_with_a_leap_day_is_a_year():
    raw = car()
    for part in ("compulsory", "commercial"):
        raw[part] |= {
            "cover_starts_at": "2027-05-01T14:30:00+08:00",
            "cover_ends_at": "2028-05-01T14:30:00+08:00",
        }
    assert codes(raw) == set()


def test_a_short_term_has_its_ground_and_price():
    raw = car()
    ends = "2026-05-20T00:00:00+08:00"
    raw["compulsory"] |= {
        "cover_ends_at": ends,
        "term_ground": "临时上道路",
        "base_premium": "285.00",  # 950 × 30 %: two months and a part of a third
        "float_code": "none",
        "float_rate": "0",
        "premium": "285.00",
    }
    raw["commercial"] |= {"cover_ends_at": ends}
    raw["total"] = raw["payment"]["amount"] = "2141.45"
    assert codes(raw) == set()
    raw["compulsory"]["cover_ends_at"] = "2027-05-20T00:00:00+08:00"
    assert ("term_longer_than_year", "compulsory.cover_ends_at") in codes(raw)


def test_additional_covers_need_a_main_cover():
    raw = motorcycle()
    raw["commercial"]["coverages"] = [
        line("MF8", "附加精神损害抚慰金责任险", "10000.00", "120.00", "120.00")
    ]
    assert codes(raw) == {("coverage_needs_main", "commercial.coverages.0.code")}


def test_only_families_double_their_holidays():
    raw = car()
    extra = line("F10", "附加法定节假日限额翻倍险", "2000000.00", "100.00", "51.00")
    raw["commercial"]["coverages"].append(extra)
    raw["commercial"]["premium"] = "1427.45"
    raw["total"] = raw["payment"]["amount"] = "2524.95"
    assert codes(raw) == set()
    raw["vehicle"]["use_nature"] = "non_commercial_enterprise"
    assert ("coverage_family_only", "commercial.coverages.5.code") in codes(raw)


@pytest.mark.parametrize("limit", ["2000.00", "5000.00", "10000.00", "20000.00", "3000.00"])
def test_scratches_have_four_limits(limit):
    raw = car()
    raw["commercial"]["coverages"].append(line("F4", "附加车身划痕损失险", limit, "0.00", "0.00"))
    wrong = {("scratch_limit_wrong", "commercial.coverages.5.sum_insured")}
    assert codes(raw) == (wrong if limit == "3000.00" else set())


def test_plug_in_hybrids_show_the_certificate_of_their_exemption():
    raw = new_energy()
    raw["vehicle"] |= {
        "fuel": "plug_in_hybrid",
        "plate_no": "粤ZF12345",
        "displacement_ml": 1498,
    }
    raw["vehicle_tax"] |= {
        "relief": "exempt",
        "certificate": {
            "no": "MS2026000017",
            "office": "国家税务总局广州市税务局",
            "issued_on": "2026-03-01",
        },
    }
    assert codes(raw) == set()
    raw["vehicle_tax"]["certificate"]["issued_on"] = "2026-03-11"
    assert codes(raw) == {("tax_certificate_future", "vehicle_tax.certificate.issued_on")}


def test_a_car_of_this_year_pays_from_its_month():
    raw = car()
    raw["vehicle"] |= {"first_registered_on": "2026-03-05"}
    raw["vehicle_tax"] |= {"current": "400.00", "total": "400.00"}  # ten twelfths of 480
    raw["total"] = raw["payment"]["amount"] = "2393.95"
    assert codes(raw) == set()


def test_regions_that_are_not_known_may_have_any_filed_rate():
    raw = spoil(car(), "branch", {"code": "HQ", "name": "示例财产保险股份有限公司总公司"})
    assert codes(raw) == set()
    assert ("float_rate_not_filed", "compulsory.float_rate") in codes(
        spoil(raw, "compulsory.float_rate", "-0.33")
    )


def test_a_trip_of_ten_days():
    raw = single_trip()
    for part in ("compulsory", "commercial"):
        raw[part]["cover_ends_at"] = "2026-03-25T00:00:00+08:00"
    assert codes(raw) == set()
