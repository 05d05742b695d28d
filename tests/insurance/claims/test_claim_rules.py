"""Rules of claims: the clocks of the law, the list of papers, what a report needs."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.insurance.claims.rules import (
    COMMERCIAL,
    COMPULSORY,
    ClaimDates,
    LossFacts,
    clocks,
    is_within_cover,
    loss_faults,
    media_type_of,
    needed_papers,
)
from baozhen.insurance.claims.states import Cause, ClaimState, Injury
from tests.insurance.claims.making import loss_at

AT = datetime(2026, 3, 10, 4, tzinfo=UTC)
LOSS = loss_at(AT - timedelta(hours=3))


def due(kind, state, **dates):
    found = clocks(ClaimDates(registered=date(2026, 3, 1), **dates), kind=kind, state=state)
    return {clock.name: clock.due for clock in found}


def test_the_clocks_of_a_compulsory_claim():
    """交强险条例 28, 29: one day for the list, five for the decision, ten for the payment."""
    got = due(
        COMPULSORY,
        ClaimState.AGREED,
        papers_told=date(2026, 3, 1),
        papers_complete=date(2026, 3, 10),
        decided=date(2026, 3, 12),
        agreed=date(2026, 3, 13),
    )
    assert got["list"] == date(2026, 3, 2)
    assert got["decide"] == date(2026, 3, 15)
    assert got["pay"] == date(2026, 3, 23)


def test_the_clocks_of_a_commercial_claim():
    """保险法 23, 25: thirty days for the decision, sixty for the part that is certain."""
    got = due(COMMERCIAL, ClaimState.ASSESSING, papers_complete=date(2026, 3, 10))
    assert got["decide"] == date(2026, 4, 9)
    assert got["advance"] == date(2026, 5, 9)
    assert "pay" not in got


def test_a_refusal_is_sent_within_three_days():
    """保险法 24."""
    got = due(
        COMMERCIAL,
        ClaimState.REFUSED,
        papers_complete=date(2026, 3, 10),
        decided=date(2026, 3, 12),
    )
    assert got["refusal"] == date(2026, 3, 15)
    assert "advance" not in got


def test_the_last_day_is_still_in_time():
    [clock] = clocks(ClaimDates(registered=date(2026, 3, 1)), kind=COMPULSORY, state="registered")
    assert not clock.is_overdue(date(2026, 3, 2))
    assert clock.is_overdue(date(2026, 3, 3))
    assert clock.days_left(date(2026, 3, 3)) == -1


def test_a_whole_report_has_no_fault():
    assert loss_faults(LOSS, at=AT) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("occurred_at", None),
        ("occurred_at", AT + timedelta(minutes=1)),
        ("place", "x"),
        ("story", "短"),
        ("story", "长" * 2001),
        ("cause", "magic"),
        ("injury", ""),
        ("is_police_informed", None),
        ("reporter", " "),
        ("mobile", "12345"),
    ],
)
def test_each_fault_is_named(field, value):
    loss = LossFacts(**{**LOSS.__dict__, field: value})
    [fault] = loss_faults(loss, at=AT)
    assert fault.path == field
    assert fault.message


@given(st.datetimes(timezones=st.just(UTC)))
def test_cover_is_half_open(moment):
    start, end = moment, moment + timedelta(days=1)
    assert is_within_cover(start, starts_at=start, ends_at=end)
    assert not is_within_cover(end, starts_at=start, ends_at=end)


@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("injury", list(Injury))
def test_the_list_names_each_paper_once(cause, injury):
    codes = [paper.code for paper in needed_papers(cause, injury)]
    assert len(codes) == len(set(codes))
    assert ("death_certificate" in codes) == (injury == Injury.DEATH)


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"\xff\xd8\xff\xe0", "image/jpeg"), (b"%PDF-1.7", "application/pdf"), (b"MZ", None)],
)
def test_a_file_is_known_by_its_first_bytes(data, expected):
    assert media_type_of(data) == expected
