"""The way in: what is good passes, what is not is told all at once, nothing raises."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baozhen.insurance.proposals.catalogue import CATALOGUE
from baozhen.insurance.proposals.faults import FAULTS_MAX
from baozhen.insurance.proposals.intake import canonical, changed_paths, parse_proposal
from tests.insurance.proposal_forms import AT, DELETE, FORMS, car, spoil


def codes(raw, at=AT):
    return [(fault.code, fault.path) for fault in parse_proposal(raw, at=at).faults]


@pytest.fixture(scope="module")
def good_proposals(shared_dir):
    with (shared_dir / "data" / "motor_proposals.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(form):
    intake = parse_proposal(FORMS[form](), at=AT)
    assert intake.faults == ()
    assert intake.warnings == ()
    assert intake.proposal.form == form


@pytest.mark.requirement("S0-4.2.2a")
def test_all_good_proposals_pass(good_proposals):
    for raw in good_proposals:
        intake = parse_proposal(raw, at=AT)
        assert (raw["proposal_no"], intake.faults, intake.warnings) == (raw["proposal_no"], (), ())
        assert parse_proposal(raw, at=AT + timedelta(days=4000)).faults == ()


def test_values_are_typed():
    proposal = parse_proposal(car(), at=AT).proposal
    assert proposal.total_fen == 247395
    assert proposal.compulsory.float_rate == Decimal("-0.35")
    assert proposal.policyholder.birth_date == date(1985, 6, 15)
    assert proposal.payment.paid_at == datetime(2026, 3, 10, 3, 20, tzinfo=UTC)
    assert proposal.payment.paid_at.utcoffset() == timedelta(hours=8)
    assert proposal.vehicle.new_price_fen == 18000000
    assert isinstance(proposal.commercial.coverages, tuple)


@pytest.mark.parametrize("form", FORMS)
def test_the_canonical_form_reads_back(form):
    proposal = parse_proposal(FORMS[form](), at=AT).proposal
    written = canonical(proposal)
    assert parse_proposal(json.loads(json.dumps(written)), at=AT).proposal == proposal
    assert canonical(parse_proposal(written, at=AT).proposal) == written


def test_the_same_said_differently_is_the_same():
    other = car()
    spoil(other, "payment.paid_at", "2026-03-10T03:20:00Z")
    spoil(other, "commercial.factors.traffic_violation", "1")
    spoil(other, "compulsory.float_rate", "-0.350")
    other = dict(reversed(other.items()))
    assert canonical(parse_proposal(other, at=AT).proposal) == canonical(
        parse_proposal(car(), at=AT).proposal
    )


def test_a_conflict_names_what_differs():
    before = canonical(parse_proposal(car(), at=AT).proposal)
    raw = car()
    raw["policyholder"]["mobile"] = "16100000002"
    spoil(raw, "vehicle.engine_no", "T20A000002")
    spoil(raw, "commercial.coverages.4.sum_insured", "200000.00")
    raw["special_agreements"] = []
    after = canonical(parse_proposal(raw, at=AT).proposal)
    assert changed_paths(before, after) == (
        "commercial.coverages.4.sum_insured",
        "policyholder.mobile",
        "special_agreements",
        "vehicle.engine_no",
    )
    assert changed_paths(before, before) == ()


def test_fields_that_core_systems_add_are_warned_of_not_refused():
    raw = car() | {"core_system_id": 7}
    raw["vehicle"]["colour"] = "red"
    raw["vehicle"]["x\u202ey" * 100] = 1
    intake = parse_proposal(raw, at=AT)
    assert intake.faults == ()
    assert ("field_unknown", "core_system_id") in {(w.code, w.path) for w in intake.warnings}
    assert all(len(warning.path) < 100 and warning.path.isascii() for warning in intake.warnings)


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("proposal_no", DELETE, "field_missing"),
        ("proposal_no", None, "field_missing"),
        ("proposal_no", 7, "text_expected"),
        ("proposal_no", "", "text_empty"),
        ("proposal_no", "../../etc", "number_format_wrong"),
        ("proposal_no", "T" * 41, "text_too_long"),
        ("proposal_no", "T" * 1_000_000, "text_too_long"),
        ("branch", [], "object_expected"),
        ("vehicle", "car", "object_expected"),
        ("commercial", DELETE, "field_missing"),
        ("commercial.coverages", {}, "list_expected"),
        ("commercial.coverages", [], "list_empty"),
        ("commercial.coverages", [{}] * 41, "list_too_long"),
        ("special_agreements", None, "field_missing"),
        ("policyholder.id_valid_to", DELETE, "field_missing"),
        ("compulsory.term_ground", DELETE, "field_missing"),
        ("vehicle.seats", True, "integer_expected"),
        ("vehicle.seats", 5.0, "integer_expected"),
        ("vehicle.seats", "5", "integer_expected"),
        ("vehicle.seats", 0, "number_out_of_range"),
        ("vehicle.seats", 10**400, "number_out_of_range"),
        ("vehicle.transferred", 0, "boolean_expected"),
        ("total", 2473.95, "amount_expected"),
        ("total", float("nan"), "amount_expected"),
        ("total", "NaN", "amount_expected"),
        ("total", "2473.9", "amount_expected"),
        ("total", "-2473.95", "amount_expected"),
        ("total", "２473.95", "amount_expected"),
        ("total", "9" * 12 + ".00", "amount_expected"),
        ("compulsory.float_rate", -0.35, "decimal_expected"),
        ("compulsory.float_rate", "1e-1", "decimal_expected"),
        ("compulsory.float_rate", "Infinity", "decimal_expected"),
        ("compulsory.float_rate", "-7", "number_out_of_range"),
        ("policyholder.birth_date", "1985-02-30", "date_impossible"),
        ("policyholder.birth_date", "19850615", "date_expected"),
        ("policyholder.birth_date", "0001-01-01", "date_out_of_range"),
        ("payment.paid_at", "2026-03-10T11:20:00", "instant_expected"),
        ("payment.paid_at", "2026-03-10 11:20:00+08:00", "instant_expected"),
        ("payment.paid_at", "2026-03-10T25:20:00+08:00", "date_impossible"),
        ("payment.paid_at", "9999-12-31T23:59:59-23:00", "date_out_of_range"),
        ("vehicle.fuel", "steam", "word_unknown"),
        ("vehicle.fuel", ["fuel"], "text_expected"),
        ("signature.documents_read", ["clauses", {}], "word_unknown"),
        ("signature.documents_read", ["clauses", "clauses"], "list_repeats"),
        ("signature.declarations", "truthful", "list_expected"),
        ("vehicle.brand_model", " 示例牌", "text_padded"),
        ("vehicle.brand_model", "示例\u202e牌", "text_characters_wrong"),
        ("vehicle.brand_model", "示例\ud800牌", "text_characters_wrong"),
        ("vehicle.brand_model", "\u3000", "text_empty"),
        ("policyholder.address.detail", "示\u0000例", "text_characters_wrong"),
    ],
)
def test_values_of_the_wrong_kind(path, value, code):
    assert (code, path) in codes(spoil(car(), path, value))


@pytest.mark.parametrize("raw", [None, 1, "x", [], True, 1.5, float("nan")])
def test_what_is_no_object_is_one_fault(raw):
    intake = parse_proposal(raw, at=AT)
    assert [fault.code for fault in intake.faults] == ["object_expected"]
    assert intake.proposal is intake.readable is None


def test_an_empty_object_lacks_everything():
    faults = parse_proposal({}, at=AT).faults
    assert {fault.code for fault in faults} == {"field_missing"}
    assert "vehicle" in {fault.path for fault in faults}


def test_all_faults_come_at_once():
    raw = car()
    for path, value in (
        ("policyholder.mobile", "12100000001"),
        ("vehicle.vin", "L9TESTAA8MA000001"),
        ("vehicle.plate_no", "京I12345"),
        ("commercial.coverages.0.premium", "1.00"),
        ("commercial.coverages.1.code", "ZZ"),
        ("dispute.mode", "duel"),
        ("compulsory.limits.fault.death", 1),
        ("total", "1.00"),
    ):
        spoil(raw, path, value)
    assert {path for _, path in codes(raw)} >= {
        "policyholder.mobile",
        "vehicle.vin",
        "vehicle.plate_no",
        "commercial.coverages.0.premium",
        "commercial.coverages.1.code",
        "dispute.mode",
        "compulsory.limits.fault.death",
        "total",
    }


def test_a_flood_of_faults_is_cut_off():
    raw = car()
    raw["commercial"]["coverages"] = [{"code": 1}] * 40
    raw["vehicle"]["fixed_equipment"] = [{}] * 30
    assert len(parse_proposal(raw, at=AT).faults) <= FAULTS_MAX + 40


def test_a_sentence_says_what_to_do_and_carries_no_code():
    for fault in parse_proposal(spoil(car(), "vehicle.vin", "x"), at=AT).faults:
        assert fault.message.endswith("。")
        assert "vin" not in fault.message
        assert CATALOGUE[fault.code]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


def paths(value, prefix=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{prefix}{name}"
            yield from paths(inner, f"{prefix}{name}.")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield f"{prefix}{index}"
            yield from paths(inner, f"{prefix}{index}.")


ALL_PATHS = {form: sorted(paths(make())) for form, make in FORMS.items()}


@given(JSON)
def test_any_json_gives_faults_and_never_an_exception(raw):
    intake = parse_proposal(raw, at=AT)
    assert intake.proposal is None
    assert intake.faults


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_value_at_any_place_gives_an_answer(data):
    form = data.draw(st.sampled_from(sorted(FORMS)))
    raw = FORMS[form]()
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(ALL_PATHS[form]))
        value = data.draw(JSON | st.sampled_from(["0.00", "99999999999.99", "2200-12-31", "A", 99]))
        try:
            spoil(raw, path, value)
        except (KeyError, TypeError, IndexError, ValueError):
            continue
    intake = parse_proposal(raw, at=AT)
    assert (intake.proposal is None) == bool(intake.faults)
    if intake.proposal is not None:
        written = canonical(intake.proposal)
        assert json.dumps(written, ensure_ascii=False).encode()
        assert parse_proposal(written, at=AT).proposal == intake.proposal


def test_deep_nesting_is_not_followed():
    deep = []
    for _ in range(50_000):
        deep = [deep]
    assert ("text_expected", "vehicle.vin") in codes(spoil(car(), "vehicle.vin", deep))
    assert parse_proposal(car() | {"extra": deep}, at=AT).faults == ()
    while deep:  # taken apart by hand, so that letting go of it needs no deep stack either
        deep = deep[0]
