"""Quotes by REST: packages side by side, explained, refused one by one."""

from datetime import datetime, timedelta

import pytest

from baozhen.foundation.clock import SHANGHAI, today
from baozhen.insurance.products.tables import TABLE_VERSIONS

pytestmark = pytest.mark.django_db(transaction=True)

_COVERS = [
    {"code": "A"},
    {"code": "B", "sum_insured": "2000000.00"},
    {"code": "D1"},
    {"code": "D2"},
    {"code": "F9", "sum_insured": "100000.00"},
]


def asked(**changes):
    starts_at = datetime.combine(today() + timedelta(days=1), datetime.min.time(), tzinfo=SHANGHAI)
    return {
        "form": "car",
        "region": "11",
        "vehicle": {
            "vin": "L9TESTAA7MA000001",
            "kind": "passenger",
            "use_nature": "family",
            "fuel": "fuel",
            "seats": 5,
            "curb_mass_kg": 1500,
            "new_price": "180000.00",
            "model_code": "SLABCD0001",
            "displacement_ml": 1998,
            "first_registered_on": "2021-03-15",
        },
        "compulsory": {"cover_starts_at": starts_at.isoformat()},
        "packages": [
            {"name": "基础", "covers": _COVERS},
            {"name": "高额", "covers": [{"code": "B", "sum_insured": "3000000.00"}]},
            {"name": "只投交强险"},
            {"name": "不成立", "covers": [{"code": "F9", "sum_insured": "100000.00"}]},
        ],
    } | changes


def test_packages_are_compared_and_explained(program):
    answer = program.post("/quotes", asked()).json()
    basic, high, alone, wrong = answer["packages"]
    # Scenario S-01, whenever it is asked: three years free, 三者 200万 and 300万.
    assert basic["sections"]["commercial"]["premium"] == "1376.45"
    assert basic["total"] == "2473.95"
    assert high["sections"]["commercial"]["premium"] == "548.08"
    assert (alone["total"], alone["sections"]["commercial"]) == ("1097.50", None)
    assert (wrong["total"], wrong["refusal"]["code"]) == (None, "quote_cover_not_allowed")
    assert "vehicle_models@2026-DEMO" in [t for step in basic["steps"] for t in step["tables"]]
    assert answer["versions"] == dict(TABLE_VERSIONS)
    assert "vehicle_models" in answer["unconfirmed"]


def test_a_record_that_is_sent_is_taken(program):
    record = {"first_insured": False, "claims": 2, "accidents": 2}
    [first, *_] = program.post("/quotes", asked(record=record)).json()["packages"]
    assert first["sections"]["commercial"]["factors"]["ncd"] == "1.4"
    assert first["sections"]["compulsory"]["float_code"] == "A5"


@pytest.mark.parametrize(
    "change",
    [
        {"packages": []},
        {"vehicle": {}},
        {"compulsory": {"cover_starts_at": "soon"}},
        {"packages": [{"name": "x", "covers": [{"code": "B", "sum_insured": "many"}]}]},
    ],
)
def test_what_is_not_of_its_kind_is_refused(program, change):
    assert program.post("/quotes", asked(**change)).status_code in {400, 422}


def test_a_scope_is_needed(program_with):
    assert program_with("policies:read").post("/quotes", asked()).status_code == 403
