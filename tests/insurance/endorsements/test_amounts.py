"""The arithmetic of changes: worked by hand after scenario S-06, and held by properties."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.insurance.endorsements.amounts import (
    Line,
    Premium,
    Term,
    difference_fen,
    early_refund_lines,
    half_up,
    refund_lines,
    refunds_by_order,
)

YEAR = Term(date(2025, 3, 16), date(2026, 3, 16))
RAISED_ON, ENDED_ON = date(2025, 6, 1), date(2025, 9, 1)


def back(lines):
    return -sum(line.fen for line in lines)


def test_raising_the_limit_costs_the_days_that_are_left():
    # S-06: (1,074.67 - 922.08) x 0.51 = 77.8209 a year, 288 of 365 days.
    yearly = (Decimal(107467) - Decimal(92208)) * Decimal("0.51")
    assert yearly == Decimal("7782.09")
    assert (YEAR.left(RAISED_ON), YEAR.days) == (288, 365)
    assert difference_fen(yearly, left=288, days=365) == 6140
    assert difference_fen(-yearly, left=288, days=365) == -6140


def test_cancelling_pays_back_each_premium_over_its_own_days():
    # S-06: elapsed 169, left 196 days.
    left = YEAR.left(ENDED_ON)
    assert left == 196
    compulsory = refund_lines([Premium("交强险", 61750, 365, "ORDER-1")], left=left)
    commercial = refund_lines(
        [Premium("商业险", 137645, 365, "ORDER-1"), Premium("批单", 6140, 288, "ORDER-2")],
        left=left,
    )
    assert [line.fen for line in compulsory] == [-33159]
    assert [line.fen for line in commercial] == [-73913, -4179]
    assert back(compulsory) + back(commercial) == 111251
    orders = [("ORDER-1", 247395), ("ORDER-2", 6140)]
    assert refunds_by_order([*compulsory, *commercial], paid=orders) == {
        "ORDER-1": 33159 + 73913,
        "ORDER-2": 4179,
    }


def test_giving_up_before_the_start_costs_three_percent():
    # S-06, variant: the fee is 41.29, 1,335.16 goes back.
    lines = early_refund_lines([Premium("商业险", 137645, 365, "A")], fee_rate=Decimal("0.03"))
    assert [line.fen for line in lines] == [-137645, 4129]
    assert back(lines) == 133516
    assert refunds_by_order(lines, paid=[("A", 247395)]) == {"A": 133516}
    free = early_refund_lines([Premium("交强险", 61750, 365, "A")], fee_rate=Decimal(0))
    assert back(free) == 61750


def test_days_of_rest_are_not_days_of_cover():
    until = date(2025, 11, 28)
    rest = until - date(2025, 6, 1)
    resting = Term(YEAR.starts_on, YEAR.ends_on + rest, ((date(2025, 6, 1), until),))
    assert resting.days == 365
    assert resting.left(date(2025, 6, 1)) == resting.left(date(2025, 8, 1)) == 288
    resumed = Term(
        YEAR.starts_on, YEAR.ends_on + timedelta(days=61), ((RAISED_ON, date(2025, 8, 1)),)
    )
    assert resumed.days == 365
    assert resumed.left(date(2025, 8, 1)) == 288
    assert resumed.left(date(2025, 8, 2)) == 287
    assert resumed.left(resumed.ends_on) == 0


@pytest.mark.parametrize(("amount", "fen"), [("0.5", 1), ("-0.5", -1), ("1.49", 1), ("-1.5", -2)])
def test_halves_are_rounded_away_from_zero(amount, fen):
    assert half_up(Decimal(amount)) == fen


def test_cover_that_was_taken_away_counts_against_the_rest():
    premiums = [Premium("商业险", 100000, 365, "A"), Premium("减少险种", -40000, 200, "")]
    lines = refund_lines(premiums, left=100)
    assert [line.fen for line in lines] == [-27397, 20000]
    # 400.00 of the order went back before: 600.00 of it are left.
    assert refunds_by_order(lines, paid=[("A", 60000)]) == {"A": 7397}


def test_no_more_goes_back_than_was_paid():
    with pytest.raises(ValueError, match="more would go back"):
        refunds_by_order([Line("x", "", -101, "A")], paid=[("A", 100)])


@given(
    premium=st.integers(1, 10_000_000),
    changes=st.lists(
        st.tuples(st.integers(-3_000_000, 3_000_000), st.integers(1, 364)), max_size=6
    ),
    ended=st.integers(0, 365),
)
def test_refunds_stay_between_nothing_and_what_was_paid(premium, changes, ended):
    term = Term(date(2025, 3, 16), date(2026, 3, 16))
    premiums = [Premium("原保单", premium, 365, "A0")]
    orders = {"A0": premium}
    for number, (wanted, day) in enumerate(sorted(changes, key=lambda item: item[1]), start=1):
        if day > ended:
            continue
        left = term.left(term.starts_on + timedelta(days=day))
        # Nobody can take away more cover than there is.
        fen = max(wanted, -min(orders.values()) // 2)
        premiums.append(Premium(f"批单{number}", fen, left, f"A{number}" if fen > 0 else ""))
        if fen > 0:
            orders[f"A{number}"] = fen
        else:
            orders["A0"] = orders["A0"] + fen
    left = term.left(term.starts_on + timedelta(days=ended))
    lines = refund_lines(premiums, left=left)
    paid = sum(item.fen for item in premiums)
    assert 0 <= back(lines) <= max(paid, 0)
    split = refunds_by_order(lines, paid=list(orders.items()))
    assert sum(split.values()) == back(lines)
    assert all(0 < fen <= orders[order_no] for order_no, fen in split.items())


@given(st.integers(-10_000_000, 10_000_000), st.integers(0, 365))
def test_a_difference_never_exceeds_the_year(yearly, left):
    fen = difference_fen(Decimal(yearly), left=left, days=365)
    assert abs(fen) <= abs(yearly)
    assert fen * yearly >= 0
