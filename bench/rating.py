"""How many quotes a core makes: a family car with five covers, read, rated and explained."""

import time
from collections.abc import Callable

from baozhen.insurance.products.rating import quote, request_from_json
from baozhen.insurance.products.tables import SHIPPED
from bench.figures import Figure

QUOTES = 20_000
QUOTES_A_SECOND_MIN = 2_000
_STARTS_AT = "2026-03-16T00:00:00+08:00"
_REQUEST = {
    "form": "car",
    "region": "11",
    "quoted_on": "2026-03-10",
    "vehicle": {
        "kind": "passenger",
        "use_nature": "family",
        "fuel": "fuel",
        "seats": 5,
        "curb_mass_kg": 1500,
        "displacement_ml": 1998,
        "new_price": "180000.00",
        "model_code": "SLABCD0001",
        "first_registered_on": "2021-03-15",
    },
    "compulsory": {"cover_starts_at": _STARTS_AT},
    "commercial": {
        "cover_starts_at": _STARTS_AT,
        "covers": [
            {"code": "A"},
            {"code": "B", "sum_insured": "2000000.00"},
            {"code": "D1"},
            {"code": "D2"},
            {"code": "F9", "sum_insured": "100000.00"},
        ],
    },
    "record": {"first_insured": False, "free_years": 3, "claim_free_years": 3},
}


def measure(*, quotes: int = QUOTES) -> list[Figure]:
    """Rate the same request over and over; nothing is kept between two quotes."""
    rated = _speed(lambda: quote(request_from_json(_REQUEST), SHIPPED), quotes)
    whole = _speed(lambda: quote(request_from_json(_REQUEST), SHIPPED).stored(), quotes // 4)
    return [
        Figure(
            name="报价，每核（读入请求、计算）",
            value=rated,
            unit="次/秒",
            at_least=QUOTES_A_SECOND_MIN,
        ),
        Figure(name="　连同逐步说明和存档内容", value=whole, unit="次/秒"),
    ]


def _speed(make: Callable[[], object], runs: int) -> float:
    began = time.process_time()
    for _ in range(runs):
        make()
    return runs / (time.process_time() - began)
