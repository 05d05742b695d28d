"""What the documents say: every field of DOMAIN 2.6 and 2.8, in the words of the trade."""

import json
from decimal import Decimal

import pytest

from baozhen.insurance.policies.documents import expected_text, mark_number
from baozhen.insurance.proposals.print_wording import (
    figures,
    format_moment,
    format_period,
    format_rate,
    pair_up,
    plain,
)
from baozhen.trust.pdf.render import Template
from tests.typesetting import (
    AT,
    DEMO,
    FORMS,
    KINDS,
    TEMPLATES,
    content_of,
    fullest,
    parsed,
    read_proposals,
)


def said(form, kind, **changes):
    proposal = parsed(fullest(DEMO, form))
    return dict(expected_text(content_of(proposal, kind, **changes)))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_content_is_plain_data(form, kind):
    content = content_of(parsed(fullest(DEMO, form)), kind)
    assert json.loads(json.dumps(content)) == content
    assert all(text for _, text in expected_text(content))


@pytest.mark.requirement("S0-4.3.3b1")
@pytest.mark.parametrize("kind", ["compulsory", "commercial"])
def test_head_has_number_codes_times_and_filing(kind):
    words = said("car", kind)
    raw = fullest(DEMO, "car")
    assert words["policy_no"] == raw[kind]["policy_no"]
    assert words["confirmation_code"].startswith("DEMO")
    assert words["numbered_at"]
    assert words["payment.paid_at"] == format_moment(parsed(raw).payment.paid_at)
    assert words["signature.otp_verified_at"]
    assert words["filing_no"]


@pytest.mark.requirement("S0-4.3.3b2", "S0-4.3.3a")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["compulsory", "commercial"])
def test_body_has_every_part_that_the_standard_names(form, kind):
    words = said(form, kind)
    for key in (
        "policyholder.name", "policyholder.id_no", "insured.name", "insured.id_no", "owner.name",
        "owner.id_no", "vehicle.plate_no", "vehicle.vin", "vehicle.engine_no", "vehicle.use_nature",
        f"{kind}.premium", f"{kind}.period", "dispute.mode", "payment.mode", "insurer.name",
        "branch.name", "insurer.address", "insurer.postcode", "insurer.service_phone",
        "insurer.claim_phone", "insurer.website", "insurer.licence_no", "source.channel",
        "underwriting.underwriter", "operator", "handler",
    ):  # fmt: skip
        assert words[key], key
    if kind == "compulsory":
        assert {"compulsory.limits.fault", "compulsory.limits.no_fault"} <= words.keys()
        assert {"compulsory.base_premium", "compulsory.float_rate"} <= words.keys()
        assert {"vehicle_tax.relief", "vehicle_tax.total"} <= words.keys()
    else:
        assert {"commercial.factors", "commercial.coverages.0"} <= words.keys()


@pytest.mark.parametrize(
    ("form", "keys"),
    [
        ("new_energy", {"motor_no", "battery_type", "battery_kwh", "electric_range_km"}),
        ("special", {"special_use", "working_area", "fixed_equipment"}),
        ("single_trip", {"trip.origin", "trip.planned_km", "temporary_plate_valid_to"}),
        ("motorcycle_tractor", {"kind"}),
    ],
)
def test_each_form_adds_its_own_fields(form, keys):
    assert {f"vehicle.{key}" for key in keys} <= said(form, "compulsory").keys()


def test_all_six_limits_stand_in_figures():
    content = content_of(parsed(fullest(DEMO, "car")), "compulsory")
    assert [row[2:] for row in content["limits"]] == [
        ["180,000元", "18,000元", "2,000元"],
        ["18,000元", "1,800元", "100元"],
    ]


def test_premium_says_figures_capitals_and_tax():
    from baozhen.insurance.proposals.cover_wording import premium_field

    # DOMAIN.md scenario S-01
    assert premium_field("commercial.premium", 137645)[2:] == [
        "¥1,376.45",
        "人民币壹仟叁佰柒拾陆元肆角伍分",
        "不含税保险费 1,298.54元　增值税（6%）77.91元",
    ]


def test_ids_are_masked_unless_the_policy_shall_show_them():
    number = fullest(DEMO, "car")["policyholder"]["id_no"]
    masked = said("car", "commercial")
    shown = said("car", "commercial", mask_ids=False)
    assert number not in json.dumps(masked)
    assert shown["policyholder.id_no"].endswith(number)
    assert masked["policyholder.id_no"].endswith(number[-4:])


@pytest.mark.requirement("S0-4.3.3a")
def test_mark_says_what_the_regulation_names():
    raw = fullest(DEMO, "car")
    words = said("car", "mark")
    assert words["mark_no"] == mark_number(raw["compulsory"]["policy_no"])
    assert words["mark_no"] == f"{raw['compulsory']['policy_no']}-BZ"
    assert words["vehicle.plate_no"] == raw["vehicle"]["plate_no"]
    assert raw["vehicle"]["vin"] not in json.dumps(words)
    for key in ("compulsory.period", "insurer.name", "insurer.address", "insurer.claim_phone"):
        assert words[key]


def test_new_vehicle_shows_its_temporary_plate():
    raw = fullest(DEMO, "single_trip")
    assert said("single_trip", "mark")["vehicle.plate_no"] == raw["vehicle"]["temporary_plate_no"]


def test_periods_are_said_as_policies_say_them():
    from datetime import datetime

    def at(text):
        return datetime.fromisoformat(f"{text}+08:00")

    assert (
        format_period(at("2026-01-22T00:00:00"), at("2027-01-22T00:00:00"))
        == "自2026年1月22日零时起至2027年1月21日二十四时止"
    )
    assert (
        format_period(at("2026-01-22T10:30:00"), at("2026-02-01T10:05:00"))
        == "自2026年1月22日10时30分起至2026年2月1日10时05分止"
    )
    assert format_moment(AT) == "2026年11月20日 09:30:05"


def test_figures_and_rates():
    assert figures(137645) == "1,376.45"
    assert figures(-5) == "-0.05"
    assert [plain(Decimal(text)) for text in ("1", "0.920", "1E+1")] == ["1.0", "0.92", "10.0"]
    rates = [format_rate(Decimal(text)) for text in ("-0.3", "0", "0.1", "-0.35")]
    assert rates == ["-30%", "0%", "+10%", "-35%"]


def test_short_fields_share_a_row_and_long_ones_do_not():
    short, long = ["a", "甲", "短"], ["b", "乙", "长" * 30]
    code = ["c", "丙", "居民身份证 1101**********1017"]
    assert pair_up([short, code, long, None, short]) == [[short, code], [long], [short]]


def test_codes_and_norms_of_templates_are_registered():
    from baozhen.insurance.products.norms import norms

    for code in (*KINDS, "clauses"):
        template = Template.load(TEMPLATES, code, "1")
        assert (template.code, template.version) == (code, "1")
        assert set(template.norms) <= norms().keys()


def test_every_demonstration_proposal_has_content():
    for raw in read_proposals(DEMO):
        proposal = parsed(raw)
        for kind in KINDS:
            if kind != "commercial" or proposal.commercial:
                assert expected_text(content_of(proposal, kind))
