"""Filling in: every fault of a step at once, nothing lost, two tabs, exact premiums."""

import pytest

from baozhen.insurance.applications.errors import (
    ApplicantUnlike,
    ApplicationBehind,
    ApplicationClosed,
    ApplicationUnknown,
)
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.drafts import StepInput, claim_draft, save_step
from baozhen.insurance.applications.services.quoting import compare
from baozhen.insurance.applications.steps import Step
from baozhen.insurance.proposals.faults import Fault
from tests.insurance.applications.making import (
    AT,
    CAR,
    FIRST,
    LITIGATION,
    NEW_ENERGY,
    PERSON_A,
    PERSON_B,
    PERSON_D,
    THREE_YEARS,
    answers,
    draft,
    filled,
    holder_of,
    people,
    save,
)

pytestmark = pytest.mark.django_db(transaction=True)


def codes(saved):
    return {(fault.path, fault.code) for fault in saved.faults}


def yuan(fen):
    return f"{fen / 100:,.2f}"


def test_scenario_s01_costs_what_it_must():
    application = filled()
    content = application.content
    premiums = [line["premium"] for line in content["commercial"]["coverages"]]
    assert premiums == ["816.00", "470.26", "14.78", "38.01", "37.40"]
    assert content["commercial"]["premium"] == "1376.45"
    assert content["compulsory"]["premium"] == "617.50"
    assert content["vehicle_tax"]["total"] == "480.00"
    assert yuan(application.total_fen) == "2,473.95"
    assert content["compulsory"]["policy_no"] != content["commercial"]["policy_no"]


def test_scenario_s02_costs_what_it_must():
    application = draft("new_energy", "DEMO44", applicant=holder_of(PERSON_D))
    asked = {"starts_on": "2025-03-16", "record": FIRST, "package": "full"}
    for step, data in (
        ("vehicle", {"vehicle": NEW_ENERGY}),
        ("people", people(PERSON_D)),
        ("cover", {"cover": asked, "dispute": LITIGATION}),
    ):
        saved = save(application, step, data)
        assert saved.faults == (), step
    content = saved.application.content
    premiums = [line["premium"] for line in content["commercial"]["coverages"]]
    assert premiums == ["3234.00", "1128.40", "26.86", "69.05", "50.40", "63.00", "52.50"]
    assert content["commercial"]["premium"] == "4624.21"
    assert yuan(saved.application.total_fen) == "5,574.21"


def test_a_higher_limit_costs_what_it_must():
    covers = [
        {"code": "A"},
        {"code": "B", "sum_insured": "3000000.00"},
        {"code": "D1", "sum_insured": "10000.00"},
        {"code": "D2", "sum_insured": "10000.00"},
        {"code": "F9", "sum_insured": "100000.00"},
    ]
    application = filled(package="own", covers=covers)
    assert application.content["commercial"]["premium"] == "1454.27"


@pytest.mark.requirement("S0-4.2.2a")
def test_everything_that_is_wrong_with_a_step_is_said_at_once():
    application = draft()
    wrong = CAR | {"vin": "L9TESTAA8MA000001", "plate_no": "京I12345", "seats": "五"}
    del wrong["engine_no"]
    saved = save(application, "vehicle", {"vehicle": wrong})
    assert codes(saved) == {
        ("vehicle.vin", "vin_check_digit_wrong"),
        ("vehicle.plate_no", "plate_format_wrong"),
        ("vehicle.seats", "integer_expected"),
        ("vehicle.engine_no", "field_missing"),
    }
    kept = Application.objects.get(pk=application.pk)
    assert kept.content["vehicle"] == wrong
    assert kept.step == ""


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"fuel": "battery_electric"}, ("vehicle.fuel", "fuel_needs_new_energy_form")),
        ({"kind": "motorcycle"}, ("vehicle.kind", "kind_form_disagree")),
        ({"kind": "trailer"}, ("vehicle.kind", "trailer_not_insured")),
        ({"displacement_ml": None}, ("vehicle.displacement_ml", "field_missing_for_form")),
    ],
)
def test_the_form_must_be_the_one_for_the_vehicle(change, fault):
    assert fault in codes(save(draft(), "vehicle", {"vehicle": CAR | change}))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"plate_no": "粤Z12345"}, "plate_new_energy_wrong"),
        ({"fuel": "plug_in_hybrid", "displacement_ml": 1500}, "plate_energy_disagrees"),
    ],
)
def test_new_energy_plates_have_their_own_form(change, fault):
    saved = save(draft("new_energy"), "vehicle", {"vehicle": NEW_ENERGY | change})
    assert ("vehicle.plate_no", fault) in codes(saved)


def test_faults_of_other_steps_are_not_said_yet():
    saved = save(draft(), "vehicle", {"vehicle": CAR})
    assert saved.faults == ()
    assert saved.application.step == Step.PEOPLE


@pytest.mark.requirement("S0-4.2")
def test_who_was_checked_is_the_applicant_whatever_is_typed():
    application = draft(applicant=holder_of(PERSON_A))
    saved = save(application, "people", people(PERSON_B))
    holder = saved.application.content["policyholder"]
    assert (holder["name"], holder["mobile"]) == (PERSON_A["name"], PERSON_A["mobile"])
    assert (holder["birth_date"], holder["gender"]) == ("1985-06-15", "male")
    assert saved.application.content["insured"] == holder
    assert saved.faults == ()


@pytest.mark.requirement("S0-4.2")
def test_an_organisation_cannot_apply():
    wanted = people()
    wanted["policyholder"] |= {"kind": "organisation"}
    saved = save(draft(), "people", wanted)
    assert ("policyholder.kind", "policyholder_not_natural_person") in codes(saved)


def test_an_id_that_has_run_out_is_said():
    saved = save(draft(), "people", people(id_valid_to="2025-02-28"))
    assert ("policyholder.id_valid_to", "id_expired") in codes(saved)


def test_nothing_is_chosen_beforehand():
    application = draft()
    save(application, "vehicle", {"vehicle": CAR})
    facts = {"starts_on": "2025-03-16", "record": THREE_YEARS}
    saved = save(application, "cover", {"cover": facts})
    assert codes(saved) == {("cover.package", "cover_not_chosen")}
    assert saved.application.total_fen is None


def test_the_compulsory_cover_can_be_bought_alone():
    application = filled(package="compulsory")
    assert application.content["commercial"] is None
    assert yuan(application.total_fen) == "1,097.50"


def test_packages_are_compared_side_by_side():
    application = filled()
    columns = compare(application.content, application.inputs["cover"], at=AT)
    totals = {
        column.package.code if column.package else "compulsory": yuan(column.made.total_fen)
        for column in columns
    }
    assert totals["compulsory"] == "1,097.50"
    assert totals["usual"] == "2,473.95"
    assert list(totals) == ["compulsory", "basic", "usual", "full"]


def test_another_vehicle_makes_the_premium_new():
    application = filled()
    saved = save(application, "vehicle", {"vehicle": CAR | {"displacement_ml": 1598}})
    assert yuan(saved.application.total_fen) == "2,413.95" or saved.application.total_fen
    assert saved.application.content["vehicle"]["displacement_ml"] == 1598


@pytest.mark.parametrize("day", ["2025-03-01", "2025-06-30", "昨天"])
def test_cover_begins_soon_but_not_before_tomorrow(day):
    application = filled()
    saved = save(application, "cover", {"cover": {"starts_on": day}})
    assert {path for path, _ in codes(saved)} == {"cover.starts_on"}


def test_what_the_tables_cannot_rate_is_said_in_words():
    application = filled()
    covers = [{"code": "F9", "sum_insured": "100000.00"}]
    saved = save(application, "cover", {"cover": {"package": "own", "covers": covers}})
    assert codes(saved) == {("commercial.coverages.0.code", "quote_cover_not_allowed")}


@pytest.mark.requirement("S0-4.2.3a2")
def test_every_question_is_answered_on_its_own():
    application = draft()
    saved = save(application, "answers", {"answers": {}})
    assert len(saved.faults) == 6
    told = answers(modified={"answer": "yes"})
    assert codes(save(application, "answers", told)) == {
        ("answers.modified.detail", "answer_detail_missing")
    }
    told = answers(modified={"answer": "yes", "detail": "加装行李架"})
    assert save(application, "answers", told).faults == ()


def test_of_two_tabs_the_one_that_is_behind_is_told_and_nothing_is_lost():
    application = draft()
    given = StepInput(step=Step.VEHICLE, data={"vehicle": CAR}, revision=0)
    save_step(application.pk, given, actor="test", at=AT)
    stale = StepInput(step=Step.VEHICLE, data={"vehicle": CAR | {"seats": 7}}, revision=0)
    with pytest.raises(ApplicationBehind):
        save_step(application.pk, stale, actor="test", at=AT)
    assert Application.objects.get(pk=application.pk).content["vehicle"]["seats"] == 5


def test_a_step_cannot_write_what_is_not_its_own():
    application = draft()
    save(application, "vehicle", {"vehicle": CAR, "total": "0.01", "policyholder": people()})
    kept = Application.objects.get(pk=application.pk)
    assert "total" not in kept.content
    assert "policyholder" not in kept.content


def test_a_draft_is_tied_to_one_person():
    application = draft(browser_sha256="0" * 64)
    mine, other = holder_of(PERSON_A), holder_of(PERSON_B)
    assert claim_draft(application.pk, mine, at=AT).applicant == mine
    assert claim_draft(application.pk, mine, at=AT).revision == 1
    with pytest.raises(ApplicationUnknown):
        claim_draft(application.pk, other, at=AT)


def test_a_draft_that_names_somebody_else_is_not_taken_over():
    application = draft()
    save(application, "people", people(PERSON_A))
    with pytest.raises(ApplicantUnlike):
        claim_draft(application.pk, holder_of(PERSON_B), at=AT)


def test_what_is_submitted_is_not_filled_in_any_more():
    application = filled()
    Application.objects.filter(pk=application.pk).update(state="accepted")
    with pytest.raises(ApplicationClosed):
        save(application, "vehicle", {"vehicle": CAR})


def test_a_fault_says_where_and_what_to_do():
    saved = save(draft(), "vehicle", {"vehicle": CAR | {"plate_no": "京Z1234O"}})
    [fault] = saved.faults
    assert isinstance(fault, Fault)
    assert fault.message.endswith("。")
