"""Underwriting: the automatic rules as data, the register of covers, the person who decides."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.errors import DevelopmentOnly
from baozhen.insurance.policies.queries import compulsory_of_vehicle
from baozhen.insurance.products.rating import Record, quote, request_from_content
from baozhen.insurance.products.table_parts import TableError
from baozhen.insurance.products.tables import SHIPPED
from baozhen.insurance.underwriting import errors, register
from baozhen.insurance.underwriting.facts import facts_of
from baozhen.insurance.underwriting.models import AssessmentRow, Referral
from baozhen.insurance.underwriting.offers import apply_offer, check_offer
from baozhen.insurance.underwriting.register import (
    DevelopmentRegister,
    VehicleQuery,
    find_duplicate,
    install_own_cover,
)
from baozhen.insurance.underwriting.rules import FACTS, TABLE, judge, read_rules
from baozhen.insurance.underwriting.services import (
    accept_referral,
    assess_content,
    decline_referral,
    kind_of_rules,
    offer_referral,
    rules_on,
    vehicle_record,
    withdraw_referral,
)
from baozhen.insurance.underwriting.states import Decision, ReferralState
from tests.insurance.making import accept
from tests.insurance.proposal_forms import FORMS

AT = datetime(2026, 3, 10, 2, tzinfo=UTC)
ON = date(2026, 3, 10)
UNDERWRITER = "staff:underwriter"
_LATER = ("underwriting", "signature", "payment")


def content_of(form: str = "car", **vehicle: Any) -> dict[str, Any]:
    content = FORMS[form]()
    for part in _LATER:
        del content[part]
    content["vehicle"] |= vehicle
    return content


def judged(content: dict[str, Any], record: Record | None = None, **more: Any):
    known = record or Record(first_insured=False, free_years=3, claim_free_years=3)
    facts = facts_of(
        content, known, has_duplicate=more.get("has_duplicate", False), on=ON, tables=SHIPPED
    )
    table = kind_of_rules().shipped()
    return judge(facts, read_rules(table), table["version"])


@pytest.fixture
def no_own_covers(monkeypatch):
    monkeypatch.setattr(register, "_own_covers", [])


# --- The rules ---


@pytest.mark.parametrize("form", sorted(FORMS))
def test_an_ordinary_proposal_is_accepted(form):
    assessment = judged(content_of(form))
    assert (assessment.decision, assessment.hits) == (Decision.ACCEPTED, ())


@pytest.mark.parametrize(
    ("vehicle", "record", "code", "decision"),
    [
        ({"first_registered_on": "2016-03-15"}, {}, "hull_of_old_vehicle", Decision.REFERRED),
        ({"use_nature": "commercial_taxi"}, {}, "commercial_use", Decision.REFERRED),
        ({"transferred": True}, {}, "transferred_with_hull", Decision.REFERRED),
        ({"plate_type": "23"}, {}, "plate_not_accepted", Decision.DECLINED),
        ({}, {"claims": 3}, "many_claims", Decision.REFERRED),
        ({}, {"gap_months": 4}, "long_gap", Decision.REFERRED),
        ({}, {"fatal": True}, "fatal_accident", Decision.REFERRED),
    ],
)
def test_a_rule_hits(vehicle, record, code, decision):
    assessment = judged(content_of(**vehicle), Record(first_insured=False, **record))
    assert [hit.code for hit in assessment.hits] == [code]
    assert assessment.decision == decision
    assert "{" not in assessment.reasons[0]


def test_sums_and_dates_hit_too():
    content = content_of()
    content["commercial"]["coverages"][1]["sum_insured"] = "5000000.01"
    content["commercial"]["coverages"][0]["sum_insured"] = "1000000.01"
    content["compulsory"]["cover_starts_at"] = "2026-06-30T00:00:00+08:00"
    assessment = judged(content)
    assert {hit.code for hit in assessment.hits} == {
        "third_party_limit_high",
        "hull_value_high",
        "cover_starts_too_far",
    }
    # One decline outweighs the referrals, and its reason alone is given.
    assert assessment.decision == Decision.DECLINED
    assert assessment.reasons == ("保险起期距今 112 天，最多提前 90 天投保：请把起期改近",)


def test_an_old_car_without_hull_is_accepted():
    content = content_of(first_registered_on="2006-03-15")
    content["commercial"] = None
    assert judged(content).decision == Decision.ACCEPTED


def test_the_day_on_which_cover_begins_is_chinas():
    """Found: an instant in UTC counted by UTC's day, a day too early for a third of each day."""
    content = content_of()
    content["compulsory"]["cover_starts_at"] = f"{ON - timedelta(days=1)}T16:30:00+00:00"
    facts = facts_of(content, Record(), has_duplicate=False, on=ON, tables=SHIPPED)
    assert facts["period.days_ahead"] == 0


def test_every_fact_is_told_and_none_is_personal():
    facts = facts_of(content_of(), Record(), has_duplicate=False, on=ON, tables=SHIPPED)
    assert set(facts) == set(FACTS)
    assert "测试甲" not in str(facts)
    assert "L9TESTAA7MA000001" not in str(facts)


@pytest.mark.parametrize(
    "change",
    [
        {"decision": "maybe"},
        {"when": []},
        {"reason": " "},
        {"reason": "{holder.name}"},
        {"when": [["vehicle.colour", "=", "red"]]},
        {"when": [["vehicle.age_years", "has", 3]]},
        {"when": [["vehicle.age_years", ">", "old"]]},
        {"when": [["vehicle.kind", "in", "truck"]]},
        {"when": [["vehicle.transferred", "=", "yes"]]},
        {"code": "commercial_use"},
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(change):
    table = deepcopy(kind_of_rules().shipped())
    table["rules"][0] |= change
    with pytest.raises(TableError):
        read_rules(table)


# --- The register ---


def query(vin: str = "L9TESTAA7MA000001", registered_on: date | None = date(2021, 3, 15)):
    return VehicleQuery(
        vin=vin, plate_no=None, registered_on=registered_on, starts_on=date(2026, 3, 16)
    )


def test_the_twin_answers_by_the_letters_of_the_vin():
    twin = DevelopmentRegister()
    assert twin.existing_cover(query()) is None
    assert twin.existing_cover(query("L9TDUP")).ends_on == date(2026, 5, 15)
    assert twin.record(query()).free_years == 3
    assert twin.record(query(registered_on=date(2026, 1, 1))).first_insured
    assert twin.record(query("L9TCLM")).claims == 3
    assert twin.record(query("L9TFAT")).fatal


def test_the_twin_refuses_production(settings):
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        DevelopmentRegister()


def test_our_own_register_is_asked_first(no_own_covers):
    install_own_cover(lambda vin, day: date(2026, 9, 1) if vin.endswith("1") else None)
    assert find_duplicate(query()).ends_on == date(2026, 9, 1)
    assert find_duplicate(query("L9TESTAA7MA000002")) is None


# --- Kept, referred, decided ---


@pytest.mark.django_db(transaction=True)
class TestReferrals:
    def refer(self, **content: Any) -> Referral:
        raw = content_of(use_nature="commercial_taxi") | content
        quoted = quote(request_from_content(content_of(), record=Record()), SHIPPED).stored()
        assert assess_content(raw, at=AT, quote=quoted).decision == Decision.REFERRED
        return Referral.objects.get(state=ReferralState.OPEN)

    def test_an_accepted_proposal_leaves_its_assessment_alone(self):
        assessment = assess_content(content_of(), at=AT)
        assert assessment.decision == Decision.ACCEPTED
        row = AssessmentRow.objects.get()
        assert (row.decision, row.rules_version) == ("accepted", "2026-DEMO")
        assert row.facts["vehicle.age_years"] == 5
        assert not Referral.objects.exists()
        assert [entry.action for entry in entries_of("assessment", row.pk)] == ["assessment.made"]

    def test_a_vehicle_insured_elsewhere_is_declined(self):
        assessment = assess_content(content_of(vin="L9TESTDUP7MA00001"), at=AT)
        assert assessment.decision == Decision.DECLINED
        assert "不能重复投保" in assessment.reasons[0]

    def test_the_platform_is_never_asked_inside_a_transaction(self):
        with pytest.raises(RuntimeError), transaction.atomic():
            assess_content(content_of(), at=AT)

    def test_the_record_comes_from_the_register(self):
        assert vehicle_record(content_of()).claim_free_years == 3

    def test_the_same_content_is_referred_once_and_a_changed_one_anew(self):
        first = self.refer()
        self.refer()
        assert Referral.objects.count() == 1
        second = self.refer(total="9999.00")
        first.refresh_from_db()
        assert (first.state, second.state) == (ReferralState.WITHDRAWN, ReferralState.OPEN)
        assert AssessmentRow.objects.count() == 3

    def test_accepting_and_declining(self):
        referral = self.refer()
        accept_referral(referral.pk, note="", actor=UNDERWRITER, at=AT)
        referral.refresh_from_db()
        assert (referral.state, referral.underwriter) == (ReferralState.ACCEPTED, UNDERWRITER)
        with pytest.raises(errors.ReferralDecided):
            decline_referral(referral.pk, reason="太晚", actor=UNDERWRITER, at=AT)
        other = self.refer(proposal_no="TBD202600009002")
        with pytest.raises(errors.ReferralReasonMissing):
            decline_referral(other.pk, reason=" ", actor=UNDERWRITER, at=AT)
        decline_referral(other.pk, reason="风险过高", actor=UNDERWRITER, at=AT)
        with pytest.raises(errors.ReferralUnknown):
            accept_referral(0, note="", actor=UNDERWRITER, at=AT)

    def test_other_terms_are_offered(self):
        referral = self.refer()
        offer = {"covers": [{"code": "A", "deductible_rate": "0.10"}], "self_pricing": "1.2"}
        offer_referral(referral.pk, offer=offer, reason="加免赔", actor=UNDERWRITER, at=AT)
        referral.refresh_from_db()
        assert (referral.state, referral.offer) == (ReferralState.OFFERED, offer)

    @pytest.mark.parametrize(
        "offer",
        [
            {},
            {"covers": [{"code": "ZZ"}]},
            {"covers": [{"code": "A", "deductible_rate": "0.11"}]},
            {"covers": [{"code": "A", "sum_insured": "many"}]},
            {"self_pricing": "low"},
        ],
    )
    def test_an_offer_that_cannot_be_made(self, offer):
        referral = self.refer()
        with pytest.raises(errors.OfferInvalid):
            offer_referral(referral.pk, offer=offer, reason="试", actor=UNDERWRITER, at=AT)

    def test_a_proposal_that_went_away_needs_no_decision(self):
        referral = self.refer()
        withdraw_referral(referral.proposal_no, actor="system", at=AT)
        withdraw_referral(referral.proposal_no, actor="system", at=AT)
        referral.refresh_from_db()
        assert referral.state == ReferralState.WITHDRAWN

    def test_the_database_keeps_what_was_said(self):
        referral = self.refer()
        with pytest.raises(IntegrityError), transaction.atomic():
            AssessmentRow.objects.update(decision="accepted")
        with pytest.raises(IntegrityError), transaction.atomic():
            Referral.objects.update(proposal_no="OTHER")
        with pytest.raises(IntegrityError), transaction.atomic():
            Referral.objects.update(state="accepted")
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM underwriting_referral WHERE id = %s", [referral.pk])

    def test_the_content_is_not_readable_in_the_database(self):
        referral = self.refer()
        with connection.cursor() as cursor:
            cursor.execute("SELECT content FROM underwriting_referral WHERE id=%s", [referral.pk])
            assert "测试甲".encode() not in bytes(cursor.fetchone()[0])
        assert referral.content["policyholder"]["name"] == "测试甲"

    def test_the_rules_in_force_are_a_version(self):
        version, rules = rules_on(ON + timedelta(days=1))
        assert (version, TABLE) == ("2026-DEMO", "underwriting_rules")
        assert len(rules) > 10


@pytest.mark.usefixtures("platform")
def test_a_vehicle_that_we_insured_is_declined():
    accept(content_of() | {name: FORMS["car"]()[name] for name in _LATER})
    content = content_of()
    vin = content["vehicle"]["vin"]
    assert compulsory_of_vehicle(vin, date(2026, 3, 15)) is None
    assert compulsory_of_vehicle(vin, date(2026, 3, 16)) is not None
    assert compulsory_of_vehicle(vin, date(2027, 3, 15)) is not None
    assert compulsory_of_vehicle(vin, date(2027, 3, 16)) is None
    assert [hit.code for hit in assess_content(content, at=AT).hits] == ["duplicate_compulsory"]


# --- Offers ---


def test_an_offer_changes_terms_alone():
    content = content_of()
    offer = {"covers": [{"code": "A", "deductible_rate": "0.10"}, {"code": "D1", "removed": True}]}
    check_offer(content, offer, SHIPPED)
    changed = apply_offer(content, offer, SHIPPED)
    codes = [line["code"] for line in changed["commercial"]["coverages"]]
    assert codes == ["A", "B", "D2", "F9", "F1"]
    del changed["commercial"]["coverages"][0]["sum_insured"]
    made = quote(request_from_content(changed, record=Record()), SHIPPED)
    # New: NCD 1; 1,200 / 0.75 × 0.90 × 0.85.
    assert made.commercial.lines[0].premium_fen == 122400


def test_an_additional_cover_goes_with_its_main_cover():
    content = content_of()
    offer = {"covers": [{"code": code, "removed": True} for code in ("A", "B", "D1", "D2")]}
    assert apply_offer(content, offer, SHIPPED)["commercial"] is None
    content["commercial"] = None
    assert apply_offer(content, offer, SHIPPED)["commercial"] is None
