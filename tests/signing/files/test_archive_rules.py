"""How long a document is kept."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.signing.files.rules import (
    LegalHoldInForce,
    RetentionRuleMissing,
    RetentionRunning,
    add_years,
    check_disposal,
    retention_of,
    retention_rules,
)

ARCHIVED = date(2026, 1, 14)
YEAR = (date(2026, 1, 15), date(2027, 1, 15))


@pytest.mark.requirement("S0-5c2")
@pytest.mark.parametrize("kind", ["policy", "mark", "endorsement", "timestamp"])
@pytest.mark.parametrize(
    ("cover", "until"),
    [
        (YEAR, date(2032, 1, 15)),
        ((date(2026, 1, 15), date(2026, 1, 22)), date(2031, 1, 22)),
        ((date(2024, 2, 29), date(2025, 3, 1)), date(2031, 1, 14)),
    ],
)
def test_a_cover_of_up_to_a_year_is_kept_for_five(kind, cover, until):
    kept = retention_of(kind, archived_on=ARCHIVED, cover=cover)
    assert kept.until == until
    assert kept.until >= add_years(cover[1], 5)


@pytest.mark.requirement("S0-5c1")
@pytest.mark.parametrize("last", [date(2027, 1, 16), date(2029, 1, 15)])
def test_a_longer_cover_is_kept_for_ten(last):
    kept = retention_of("policy", archived_on=ARCHIVED, cover=(YEAR[0], last))
    assert kept.until == date(last.year + 10, last.month, last.day)


@pytest.mark.parametrize("kind", ["proposal", "identity", "payment", "signature"])
def test_records_of_the_customer_are_kept_for_ten(kind):
    assert retention_of(kind, archived_on=ARCHIVED, cover=YEAR).until == date(2037, 1, 15)
    assert retention_of(kind, archived_on=ARCHIVED).until == date(2036, 1, 14)


@pytest.mark.requirement("S0-7.1.4b")
def test_the_time_never_ends_before_its_years_from_the_issue_date():
    past = (date(2020, 1, 1), date(2021, 1, 1))
    assert retention_of("policy", archived_on=ARCHIVED, cover=past).until == date(2031, 1, 14)


def test_a_document_without_a_rule_is_not_archived():
    with pytest.raises(RetentionRuleMissing):
        retention_of("love-letter", archived_on=ARCHIVED)


def test_every_rule_cites_its_basis_and_no_kind_has_two():
    kinds = [kind for rule in retention_rules() for kind in rule.kinds]
    assert len(kinds) == len(set(kinds))
    for rule in retention_rules():
        assert rule.basis
        assert rule.years_beyond_one >= rule.years_up_to_one >= 5


@given(st.dates(date(1990, 1, 1), date(2200, 1, 1)), st.integers(0, 50))
def test_years_are_never_a_day_short(day, years):
    later = add_years(day, years)
    assert later.year - day.year == years
    assert (later.month, later.day) in {(day.month, day.day), (3, 1)}


def check(until, *, held=False, today):
    check_disposal("D1", until=until, held=held, today=today)


def test_the_longest_rule_of_a_dossier_wins():
    until = [date(2031, 1, 1), date(2036, 1, 1)]
    for today in (date(2031, 1, 2), date(2036, 1, 1)):
        with pytest.raises(RetentionRunning):
            check(until, today=today)
    check(until, today=date(2036, 1, 2))


def test_a_legal_hold_stands_above_all():
    with pytest.raises(LegalHoldInForce):
        check([date(2000, 1, 1)], held=True, today=date(2100, 1, 1))
