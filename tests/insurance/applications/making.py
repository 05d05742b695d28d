"""Applications for tests: S-01 and S-02 of the acceptance scenarios, filled in step by step."""

from copy import deepcopy
from datetime import UTC, datetime

from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.questions import load_questions
from baozhen.insurance.applications.services.drafts import (
    DraftRequest,
    StepInput,
    create_draft,
    save_step,
)
from baozhen.insurance.applications.services.holders import HolderFacts, admit_holder
from baozhen.insurance.applications.services.submitting import submit_application
from baozhen.insurance.applications.steps import Step
from tests.insurance.proposal_forms import car

AT = datetime(2025, 3, 1, 2, 0, tzinfo=UTC)
PERSON_A = {"name": "测试甲", "id_no": "110199198506151017", "mobile": "16100000001"}
PERSON_B = {"name": "测试乙", "id_no": "110199199009202025", "mobile": "16100000002"}
PERSON_D = {"name": "测试丁", "id_no": "440199199512124040", "mobile": "16100000004"}
ADDRESS = {
    "province": "北京市",
    "city": "北京市",
    "county": "示例区",
    "detail": "示例路1号",
    "postcode": "100000",
}
CAR = car()["vehicle"]
NEW_ENERGY = {
    "plate_status": "issued",
    "plate_no": "粤ZD12345",
    "plate_type": "52",
    "plate_color": "gradient_green",
    "vin": "L9TESTEV6SA000002",
    "engine_no": "TZ000002",
    "motor_no": "TZ000002",
    "brand_model": "示例牌SN7002BEV",
    "model_code": "SNABCD0001",
    "kind": "passenger",
    "use_nature": "family",
    "fuel": "battery_electric",
    "seats": 5,
    "curb_mass_kg": 1900,
    "power_kw": "150",
    "battery_type": "磷酸铁锂",
    "battery_kwh": "75.0",
    "electric_range_km": 600,
    "first_registered_on": "2025-02-28",
    "invoice_on": "2025-02-28",
    "transferred": False,
    "imported": False,
    "new_price": "239800.00",
    "charging_pile": {
        "model": "示例桩7kW",
        "serial_no": "PILE000001",
        "install_address": "示例路1号地下车位",
        "kind": "wall",
        "value": "3000.00",
    },
}
THREE_YEARS = {"first_insured": False, "free_years": 3, "claim_free_years": 3}
FIRST = {"first_insured": True}
LITIGATION = {"mode": "litigation"}


def holder_of(person, at=AT):
    """Return the subject of a person who was checked."""
    return admit_holder(HolderFacts(**person), device="", at=at)


def policyholder(person=None, **more):
    """Return the policyholder as the people's step has them."""
    told = PERSON_A if person is None else person
    return {
        "kind": "person",
        **told,
        "id_type": "resident_id",
        "id_valid_from": "2016-05-01",
        "id_valid_to": "2036-05-01",
        "email": "test@example.com",
        "address": deepcopy(ADDRESS),
        **more,
    }


def people(person=None, **more):
    """Return the people's step of somebody who insures their own car."""
    return {
        "policyholder": policyholder(person, **more),
        "relation_to_insured": "self",
        "relation_to_owner": "self",
    }


def answers(**other):
    """Return the answers that raise nothing, except for those named."""
    given = {one.code: {"answer": one.expected} for one in load_questions()[1]}
    return {"answers": given | other}


def draft(form="car", branch="DEMO11", at=AT, **more):
    """Return a fresh application."""
    request = DraftRequest(form=form, branch_code=branch, client="mobile", **more)
    return create_draft(request, actor="test", at=at)


def save(application, step, data, at=AT):
    """Save a step on top of what is there."""
    revision = Application.objects.get(pk=application.pk).revision
    given = StepInput(step=Step(step), data=data, revision=revision)
    return save_step(application.pk, given, actor="test", at=at)


def filled(at=AT, *, package="usual", person=PERSON_A, **cover):
    """Return S-01 filled in to the last step, tied to its person."""
    application = draft(at=at, applicant=holder_of(person, at))
    asked = {"starts_on": "2025-03-16", "record": THREE_YEARS, "package": package} | cover
    for step, data in (
        ("vehicle", {"vehicle": CAR}),
        ("people", people(person)),
        ("cover", {"cover": asked, "dispute": LITIGATION}),
        ("answers", answers()),
    ):
        saved = save(application, step, data, at)
        assert saved.faults == (), step
    return saved.application


def submitted(at=AT, **more):
    """Return S-01 submitted."""
    application = filled(at, **more)
    return submit_application(
        application.pk, application.applicant, revision=application.revision, actor="test", at=at
    )
