"""Which change is allowed when: the three grounds, the times, the papers, who agrees."""

from datetime import UTC, date, datetime

import pytest

from baozhen.insurance.endorsements import rules
from baozhen.insurance.endorsements.errors import (
    ChangeIncomplete,
    ChangeNotAllowed,
    CompulsoryStays,
)
from baozhen.insurance.endorsements.rules import PolicyFacts, change_table
from baozhen.insurance.endorsements.states import ChangeKind

STARTS, ENDS = datetime(2025, 3, 15, 16, tzinfo=UTC), datetime(2026, 3, 15, 16, tzinfo=UTC)
BEFORE, DURING = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)


def policy(kind="commercial", **changes):
    facts = {"kind": kind, "is_issued": True, "starts_at": STARTS, "ends_at": ENDS}
    return PolicyFacts(**(facts | changes))


def test_the_table_knows_every_kind_and_every_paper():
    table = change_table()
    assert set(table.kinds) == {kind.value for kind in ChangeKind}
    asked = [
        paper for rule in (*table.kinds.values(), *table.grounds.values()) for paper in rule.papers
    ]
    assert set(asked) == set(table.papers)


@pytest.mark.parametrize("ground", ["", "too_expensive"])
@pytest.mark.parametrize("kind", ["surrender", "cancellation"])
def test_compulsory_cover_ends_on_its_three_grounds_only(kind, ground):
    with pytest.raises(CompulsoryStays, match="第十六条"):
        rules.check_ground(kind, ground, ["compulsory"])


@pytest.mark.parametrize("ground", ["deregistration", "suspension", "loss"])
def test_each_of_the_three_grounds_needs_its_paper(ground):
    rules.check_ground("cancellation", ground, ["compulsory", "commercial"])
    (paper,) = rules.papers_of("cancellation", ground)
    with pytest.raises(ChangeIncomplete, match="请上传"):
        rules.check_papers("cancellation", ground, [])
    rules.check_papers("cancellation", ground, [paper])


def test_commercial_cover_needs_no_ground():
    rules.check_ground("surrender", "", ["commercial"])


@pytest.mark.parametrize(
    ("kind", "facts", "at", "reason"),
    [
        ("period", {}, DURING, "已经起保"),
        ("suspension", {}, BEFORE, "还没有起保"),
        ("suspension", {"suspended_from": date(2025, 5, 1)}, DURING, "已经办理了停驶"),
        ("resumption", {}, DURING, "没有办理过停驶"),
        ("limit", {"suspended_from": date(2025, 5, 1)}, DURING, "请先办理复驶"),
        ("plate", {"is_issued": False}, DURING, "已经注销"),
        ("plate", {}, ENDS, "已经届满"),
    ],
)
def test_a_change_at_the_wrong_time_is_refused(kind, facts, at, reason):
    with pytest.raises(ChangeNotAllowed, match=reason):
        rules.check_allowed(kind, policy(**facts), at=at)


@pytest.mark.parametrize(
    ("kind", "at"), [("period", BEFORE), ("suspension", DURING), ("plate", BEFORE)]
)
def test_a_change_at_its_time_is_allowed(kind, at):
    rules.check_allowed(kind, policy(), at=at)


def test_a_resting_policy_may_still_be_given_up():
    rules.check_allowed("surrender", policy(suspended_from=date(2025, 5, 1)), at=DURING)


def test_a_change_touches_the_covers_in_force():
    both = [policy("compulsory"), policy("commercial")]
    assert rules.covers_changed("plate", both, "compulsory") == ("compulsory", "commercial")
    assert rules.covers_changed("period", both, "compulsory") == ("compulsory",)
    ended = [policy("compulsory"), policy("commercial", is_issued=False)]
    assert rules.covers_changed("plate", ended, "compulsory") == ("compulsory",)
    with pytest.raises(ChangeNotAllowed):
        rules.covers_changed("limit", ended, "compulsory")
    assert rules.covers_changed("surrender", both, "compulsory") == ("compulsory",)


def test_the_day_of_effect_lies_ahead_and_not_too_far():
    today = date(2025, 5, 31)
    rules.check_effective_on("limit", date(2025, 6, 1), today=today)
    rules.check_effective_on("plate", None, today=today)
    for wrong in (None, today, date(2025, 7, 1)):
        with pytest.raises(ChangeIncomplete, match="生效"):
            rules.check_effective_on("limit", wrong, today=today)
