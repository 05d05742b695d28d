"""Money: pay first, and only by the policyholder; exceptions are approved, dated and narrow."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from baozhen.insurance.payments import rules
from baozhen.insurance.policies.rules import GateFacts, check_ready_to_issue
from baozhen.insurance.proposals.intake import parse_proposal
from tests.insurance.proposal_forms import AT, car

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def exception(**changes):
    facts = {
        "approval_no": "JWCD-2026-001",
        "approved_by": "测试审批人",
        "approved_on": date(2026, 3, 1),
        "basis": "示例监管通知（2026）1 号",
        "valid_from": date(2026, 3, 10),
        "valid_to": date(2026, 3, 10),
        "branches": frozenset({"DEMO11"}),
    }
    return rules.PayFirstException(**facts | changes)


@pytest.fixture
def unpaid():
    return replace(parse_proposal(car(), at=AT).proposal, payment=None)


def codes(proposal, *exceptions, now=NOW):
    facts = GateFacts(now=now, exceptions=exceptions)
    return [fault.code for fault in check_ready_to_issue(proposal, facts)]


@pytest.mark.requirement("S0-4.3.2")
def test_nothing_is_issued_before_the_premium_has_come(unpaid):
    assert rules.pay_first_exceptions() == ()
    assert codes(unpaid, *rules.pay_first_exceptions()) == ["payment_missing"]


@pytest.mark.requirement("S0-4.3.2")
def test_an_approved_dated_exception_passes_and_no_other(unpaid):
    assert codes(unpaid, exception()) == []
    assert codes(unpaid, exception(forms=frozenset({"car"}))) == []
    assert codes(unpaid, exception(branches=frozenset({"DEMO51"}))) == ["payment_missing"]
    assert codes(unpaid, exception(forms=frozenset({"special"}))) == ["payment_missing"]
    assert codes(unpaid, exception(proposals=frozenset({"TBD1"}))) == ["payment_missing"]
    by_number = exception(branches=frozenset(), proposals=frozenset({unpaid.proposal_no}))
    assert codes(unpaid, by_number) == []


def test_an_exception_ends_with_its_day_in_china(unpaid):
    last = datetime(2026, 3, 10, 15, 59, 59, tzinfo=UTC)
    assert codes(unpaid, exception(), now=last) == []
    assert codes(unpaid, exception(), now=datetime(2026, 3, 10, 16, 0, tzinfo=UTC)) == [
        "payment_missing"
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"approval_no": ""},
        {"approval_no": "批〔2026〕1号"},
        {"approved_by": " "},
        {"basis": ""},
        {"approved_on": date(2026, 3, 11)},
        {"valid_to": date(2026, 3, 9)},
        {"branches": frozenset()},
    ],
)
def test_an_exception_without_approval_term_or_scope_is_none(changes):
    with pytest.raises(rules.PayFirstError):
        exception(**changes)


def test_exceptions_are_data():
    row = {
        "approval_no": "JWCD-2026-001",
        "approved_by": "测试审批人",
        "approved_on": "2026-03-01",
        "basis": "示例",
        "valid_from": "2026-03-10",
        "valid_to": "2026-03-10",
        "forms": ["car"],
    }
    [read] = rules.read_exceptions({"exceptions": [row]})
    assert read.forms == {"car"}
    with pytest.raises(KeyError):
        rules.read_exceptions({"exceptions": [{"approved_by": "测试审批人"}]})


def test_an_exception_does_not_excuse_what_was_paid_wrongly(unpaid):
    paid = parse_proposal(car(), at=AT).proposal
    wrong = replace(paid, payment=replace(paid.payment, amount_fen=1))
    assert codes(wrong, exception()) == ["amount_paid_disagrees"]


def test_without_payment_cover_begins_after_acceptance(unpaid):
    early = replace(
        unpaid,
        compulsory=replace(unpaid.compulsory, cover_starts_at=datetime(2026, 3, 10, 1, tzinfo=UTC)),
    )
    assert codes(early, exception()) == ["cover_starts_before_acceptance"]


def test_the_payer_is_the_policyholder():
    paid = parse_proposal(car(), at=AT).proposal
    other = replace(paid, payment=replace(paid.payment, payer_name="测试乙"))
    assert codes(other) == ["payer_name_disagrees"]
    other = replace(paid, payment=replace(paid.payment, payer_id_no="110199199009202025"))
    assert codes(other) == ["payer_id_disagrees"]
    assert codes(paid) == []
