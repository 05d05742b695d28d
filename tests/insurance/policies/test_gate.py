"""The gate before the key: what stands in the way of issuing, all of it at once."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baozhen.insurance.policies.rules import GateFacts, check_ready_to_issue, find_refusals
from baozhen.insurance.proposals.intake import parse_proposal
from tests.insurance.proposal_forms import AT, DELETE, FORMS, car, single_trip, special, spoil


def nothing_missing(_text):
    return ()


FACTS = GateFacts(now=AT, printable=nothing_missing)


def refusals(raw, facts=FACTS):
    return {(f.code, f.path) for f in find_refusals(parse_proposal(raw, at=facts.now), facts)}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_ready_passes(form):
    proposal = parse_proposal(FORMS[form](), at=AT).proposal
    assert check_ready_to_issue(proposal, FACTS) == ()


def test_all_good_proposals_pass_now_and_later(shared_dir):
    with (shared_dir / "data" / "motor_proposals.jsonl").open(encoding="utf-8") as lines:
        proposals = [parse_proposal(json.loads(line), at=AT).proposal for line in lines]
    assert len(proposals) == 500
    for now in (AT, AT + timedelta(days=3650)):
        facts = GateFacts(now=now, printable=nothing_missing)
        assert not [p.proposal_no for p in proposals if check_ready_to_issue(p, facts)]


@pytest.mark.requirement("S0-4.2.2a", "S0-4.2.2b", "S0-4.3.2", "S0-4.2")
def test_every_faulty_proposal_is_refused_for_its_fault(shared_dir):
    with (shared_dir / "data" / "motor_proposals_faulty.jsonl").open(encoding="utf-8") as lines:
        faulty = [json.loads(line) for line in lines]
    assert faulty
    for case in faulty:
        path = case["fault"]["path"]
        found = {where for _, where in refusals(case["proposal"])}
        assert any(where == path or where.startswith(f"{path}.") for where in found), path


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("underwriting", None, "underwriting_missing"),
        ("underwriting.decision", "declined", "underwriting_not_accepted"),
        ("signature", None, "signature_missing"),
        ("signature.otp_verified_at", None, "code_not_verified"),
        ("signature.documents_read", ["clauses"], "documents_not_read"),
        ("signature.documents_read", [], "documents_not_read"),
        ("signature.declarations", ["truthful"], "declarations_missing"),
        ("payment", None, "payment_missing"),
        ("payment.payer_name", "测试旁人", "payer_name_disagrees"),
        ("payment.payer_id_no", "110199199009202025", "payer_id_disagrees"),
        ("payment.amount", "2473.94", "amount_paid_disagrees"),
        ("payment.paid_at", "2026-12-01T00:00:00+08:00", "time_in_future"),
        ("payment.paid_at", "2026-03-10T11:05:00+08:00", "time_out_of_order"),
        ("signature.signed_at", "2026-03-10T09:30:00+08:00", "time_out_of_order"),
        ("signature.signed_at", "2026-03-10T12:00:00+08:00", "time_out_of_order"),
        ("signature.otp_verified_at", "2026-03-10T09:30:00+08:00", "time_out_of_order"),
        ("underwriting.decided_at", "2026-03-10T11:15:00+08:00", "time_out_of_order"),
        ("underwriting.decided_at", "2026-03-10T11:05:00+08:00", "time_out_of_order"),
        ("submitted_at", "2026-03-10T12:00:00+08:00", "time_out_of_order"),
        ("policyholder.id_valid_to", "2026-03-09", "id_expired"),
        ("insured.id_valid_from", "2026-03-11", "id_not_yet_valid"),
        ("compulsory.cover_starts_at", "2026-03-10T11:00:00+08:00", "cover_starts_before_payment"),
        ("commercial.cover_starts_at", "2026-03-09T00:00:00+08:00", "cover_starts_before_payment"),
    ],
)
@pytest.mark.requirement("S0-4.2.2b", "S0-4.3.2")
def test_what_is_not_ready_is_refused(path, value, code):
    assert (code, path) in refusals(spoil(car(), path, value))


def test_an_id_is_valid_on_its_last_day():
    assert refusals(spoil(car(), "policyholder.id_valid_to", "2026-03-10")) == set()


@pytest.mark.requirement("S0-4.2.2b")
def test_only_acceptance_by_underwriting_opens_the_gate():
    for decision in ("declined", "referred", "postponed"):
        raw = spoil(car(), "underwriting.decision", decision)
        assert refusals(raw) == {("underwriting_not_accepted", "underwriting.decision")}
    assert refusals(spoil(car(), "underwriting", DELETE)) == {
        ("underwriting_missing", "underwriting")
    }


def test_what_is_paid_later_than_now_is_judged_by_now():
    before = datetime(2026, 3, 10, 3, 15, tzinfo=UTC)
    early = {code for code, _ in refusals(car(), GateFacts(now=before))}
    assert early == {"time_in_future"}
    assert refusals(car(), GateFacts(now=before + timedelta(minutes=5))) == set()


def test_form_and_gate_speak_at_once():
    raw = car()
    spoil(raw, "vehicle.vin", "L9TESTAA8MA000001")
    spoil(raw, "policyholder.id_no", "110199198506151018")
    spoil(raw, "underwriting.decision", "declined")
    spoil(raw, "payment.payer_name", "测试旁人")
    spoil(raw, "payment.amount", "1.00")
    spoil(raw, "signature", DELETE)
    assert refusals(raw) == {
        ("vin_check_digit_wrong", "vehicle.vin"),
        ("id_check_digit_wrong", "policyholder.id_no"),
        ("underwriting_not_accepted", "underwriting.decision"),
        ("payer_name_disagrees", "payment.payer_name"),
        ("amount_paid_disagrees", "payment.amount"),
        ("signature_missing", "signature"),
    }


def lacking(character):
    return lambda text: [one for one in text if one == character]


def test_names_must_be_printable():
    raw = car()
    for role in ("policyholder", "insured", "owner"):
        raw[role]["name"] = "测试𫄨"
    raw["payment"]["payer_name"] = "测试𫄨"
    assert refusals(raw) == set()
    facts = GateFacts(now=AT, printable=lacking("𫄨"))
    assert refusals(raw, facts) == {
        ("name_unprintable", f"{role}.name") for role in ("policyholder", "insured", "owner")
    }
    [fault, *_] = find_refusals(parse_proposal(raw, at=AT), facts)
    assert "𫄨" in fault.message


def test_whatever_is_printed_must_be_printable():
    facts = GateFacts(now=AT, printable=lacking("吊"))
    assert refusals(special(), facts) == {("text_unprintable", "vehicle.fixed_equipment.0.name")}
    facts = GateFacts(now=AT, printable=lacking("临"))
    assert refusals(single_trip(), facts) == {("text_unprintable", "vehicle.temporary_plate_no")}


def test_a_temporary_plate_is_valid_when_cover_begins():
    raw = spoil(single_trip(), "vehicle.temporary_plate_valid_to", "2026-03-14")
    assert refusals(raw) == {("temporary_plate_expired", "vehicle.temporary_plate_valid_to")}


JUNK = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.lists(st.none(), max_size=2)
)


def leaves(value, prefix=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{prefix}{name}"
            yield from leaves(inner, f"{prefix}{name}.")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_the_gate_never_fails_over_what_could_not_be_read(data):
    raw = FORMS[data.draw(st.sampled_from(sorted(FORMS)))]()
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(leaves(raw))))
        spoil(raw, path, data.draw(JUNK))
    intake = parse_proposal(raw, at=AT)
    found = find_refusals(intake, FACTS)
    assert bool(found) >= bool(intake.faults)
