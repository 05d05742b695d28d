"""Charging in whole fen: known cases, and sums that always agree."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.signing.statistics.rules import Price, charge, charges_of, price_for
from baozhen.signing.statistics.states import ChargeMode, UsageKind

MONTH = date(2026, 10, 1)


def price(mode=ChargeMode.PIECE, **more):
    return Price(kind=UsageKind.SEAL, mode=mode, **{"starts_on": date(2026, 1, 1)} | more)


@pytest.mark.requirement("S2-L160.m6")
@pytest.mark.parametrize(
    ("rule", "count", "total"),
    [
        (price(fen=15), 7, 105),
        (price(ChargeMode.PACKAGE, fen=10, monthly_fen=1_000, included=100), 100, 1_000),
        (price(ChargeMode.PACKAGE, fen=10, monthly_fen=1_000, included=100), 101, 1_010),
        (price(ChargeMode.MONTHLY, monthly_fen=5_000), 12_345, 5_000),
        (None, 9, 0),
    ],
)
def test_a_charge(rule, count, total):
    assert charge(UsageKind.SEAL, count, rule).total_fen == total


def test_a_units_own_price_comes_before_the_general_one_and_the_newest_before_older():
    general, older = price(fen=10), price(fen=9, unit=5)
    own = price(fen=8, unit=5, starts_on=date(2026, 9, 1))
    over = price(fen=1, unit=5, starts_on=date(2026, 9, 15), ends_on=MONTH)
    known = [general, older, own, over]
    assert price_for(known, UsageKind.SEAL, unit=5, on=MONTH) == own
    assert price_for(known, UsageKind.SEAL, unit=6, on=MONTH) == general
    assert price_for(known, UsageKind.ENVELOPE, unit=6, on=MONTH) is None


COUNTS = st.lists(st.integers(0, 10**6), max_size=8)


@given(COUNTS, st.integers(0, 10**5))
def test_by_the_piece_the_parts_cost_what_the_whole_costs(counts, fen):
    rule = price(fen=fen)
    parts = sum(charge(UsageKind.SEAL, count, rule).total_fen for count in counts)
    assert parts == charge(UsageKind.SEAL, sum(counts), rule).total_fen


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**4), st.integers(0, 10**6))
def test_a_package_never_costs_less_with_more_use(count, more, fen, monthly):
    rule = price(ChargeMode.PACKAGE, fen=fen, monthly_fen=monthly, included=500)
    less = charge(UsageKind.SEAL, count, rule).total_fen
    assert monthly <= less <= charge(UsageKind.SEAL, count + more, rule).total_fen


def test_a_monthly_fee_is_owed_without_use():
    rule = price(ChargeMode.MONTHLY, monthly_fen=700)
    lines = charges_of({}, [rule], unit=1, month=MONTH)
    assert [line.total_fen for line in lines] == [700]
    assert charges_of({}, [], unit=1, month=MONTH) == []
