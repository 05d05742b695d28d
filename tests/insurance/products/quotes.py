"""Quote requests as JSON, of the five forms; the vehicles are those of the test proposals."""

from copy import deepcopy
from typing import Any

from tests.insurance.proposal_forms import FORMS

FREE_3 = {"first_insured": False, "free_years": 3, "claim_free_years": 3}
_COVERS = {
    "car": [
        {"code": "A"},
        {"code": "B", "sum_insured": "2000000.00"},
        {"code": "D1"},
        {"code": "D2"},
        {"code": "F9", "sum_insured": "100000.00"},
    ],
    "new_energy": [
        {"code": "NA"},
        {"code": "NB", "sum_insured": "3000000.00"},
        {"code": "ND1"},
        {"code": "ND2"},
        {"code": "NG", "sum_insured": "3000.00"},
        {"code": "NH"},
        {"code": "NI", "sum_insured": "100000.00"},
    ],
    "special": [{"code": "SA"}, {"code": "SB", "sum_insured": "1000000.00"}, {"code": "SF"}],
    "motorcycle_tractor": [{"code": "MB", "sum_insured": "100000.00"}],
    "single_trip": [{"code": "TA"}, {"code": "TB", "sum_insured": "1000000.00"}],
}


def request_json(form: str, **changes: Any) -> dict[str, Any]:
    """Return a request of a form: the covers of its test proposal, from the same day."""
    proposal = FORMS[form]()
    day = proposal["compulsory"]["cover_starts_at"]
    request = {
        "form": form,
        "region": "44" if form == "new_energy" else "11",
        "quoted_on": "2026-03-10",
        "vehicle": proposal["vehicle"],
        "compulsory": {
            "cover_starts_at": day,
            "term_ground": proposal["compulsory"]["term_ground"],
        },
        "commercial": {"cover_starts_at": day, "covers": deepcopy(_COVERS[form])},
        "record": {},
        "tax": {},
    }
    for path, value in changes.items():
        *way, last = path.split("__")
        part: Any = request
        for name in way:
            part = part[name]
        part[last] = value
    return request


def scenario_1() -> dict[str, Any]:
    """S-01: a fuel family car in Beijing from 2025-03-16, three years without a claim."""
    request = request_json("car", quoted_on="2025-03-10", record=dict(FREE_3))
    for part in ("compulsory", "commercial"):
        request[part]["cover_starts_at"] = "2025-03-16T00:00:00+08:00"
    return request


def scenario_2() -> dict[str, Any]:
    """S-02: a new battery-electric family car in Guangdong with a charging pile."""
    request = request_json("new_energy")
    request["vehicle"] |= {"model_code": "SNABCD0001"}
    return request
