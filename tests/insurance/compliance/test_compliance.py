"""Registers: every organisational row has a duty; duties return, are reviewed and remembered."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.foundation.errors import IllegalMove
from baozhen.foundation.notify.models import Delivery
from baozhen.insurance.compliance import services
from baozhen.insurance.compliance.errors import DutyInvalid, EvidenceMissing, ReviewerIsOwner
from baozhen.insurance.compliance.models import DataItem, Duty, DutyEvidence
from baozhen.insurance.compliance.queries import get_duty, get_item, list_duties
from baozhen.insurance.compliance.rules import is_overdue, next_due, reminder_step
from baozhen.insurance.compliance.seeds import data_item_seeds, duty_seeds
from baozhen.insurance.compliance.services import Evidence
from baozhen.insurance.compliance.states import RHYTHM_LABELS, TOPIC_LABELS, DutyState, Rhythm

AT = datetime(2026, 3, 10, 4, tzinfo=UTC)
ROWS = Path(__file__).parents[3] / "docs" / "regulation" / "requirements.csv"
DRILL = "D-0736B"


@pytest.fixture
def registers(database):
    services.seed_registers(duty_seeds(), data_item_seeds(), at=AT)


def evidence(**changes):
    facts = {
        "conclusion": "演练达到目标",
        "follow_up": "预案增加短信服务中断一节",
        "done_on": date(2026, 3, 9),
        "name": "演练记录.pdf",
        "data": b"%PDF-1.7 a record",
    }
    return Evidence(**facts | changes)


@pytest.mark.requirement(
    "S0-7.1.2a",
    "S0-7.1.4c",
    "S0-7.1.5",
    "S0-7.3",
    "S0-7.3.1",
    "S0-7.3.2",
    "S0-7.3.3",
    "S0-7.3.4",
    "S0-7.3.6a",
)
def test_every_organisational_row_has_a_duty():
    named = {row for seed in duty_seeds().values() for row in seed.requirements}
    with ROWS.open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row["kind"] for row in csv.DictReader(file)}
    wanted = {
        key for key, kind in rows.items() if kind == "record" or "organisational" in kind.split("+")
    }
    assert wanted <= named
    assert named <= set(rows)


def test_seeds_use_known_words():
    for seed in duty_seeds().values():
        assert seed.topic in TOPIC_LABELS
        assert seed.rhythm in RHYTHM_LABELS
        assert seed.owner


@pytest.mark.requirement("S0-7.1.2b", "S0-7.1.2c", "S0-7.2.1f")
def test_the_catalogue_governs_each_kind_of_data_through_its_life(registers):
    columns = set(next(iter(data_item_seeds().values())).columns())
    assert {"standard", "entry", "use", "correction", "reporting", "storage", "backup"} < columns
    assert {"security", "quality", "owner"} < columns
    for item in DataItem.objects.all():
        assert all(getattr(item, name) for name in columns)
    assert "同等" in get_item("organisation").security


def test_seeding_again_changes_nothing_people_have_changed(registers):
    Duty.objects.filter(code=DRILL).update(owner="安全部")
    assert services.seed_registers(duty_seeds(), data_item_seeds(), at=AT) == (0, 0)
    assert get_duty(DRILL).owner == "安全部"


@pytest.mark.requirement("S0-7.3.6b")
def test_a_drill_every_year_with_its_record_and_conclusion(registers):
    duty = get_duty(DRILL)
    assert (duty.rhythm, duty.due) == (Rhythm.YEARLY, date(2027, 3, 10))
    services.hand_in(duty, evidence(), actor="staff:a", at=AT)
    services.review(duty, is_accepted=True, note="", actor="staff:b", at=AT)
    assert duty.state == DutyState.MET
    kept = DutyEvidence.objects.get()
    assert (kept.round, kept.is_accepted, kept.follow_up) == (1, True, "预案增加短信服务中断一节")
    assert services.reopen_due(at=AT) == 0
    assert services.reopen_due(at=AT + timedelta(days=366)) == 1
    again = get_duty(DRILL)
    assert (again.state, again.round, again.due) == (DutyState.OPEN, 2, date(2028, 3, 10))


@pytest.mark.requirement("S0-7.3.5")
def test_a_major_change_opens_a_risk_assessment(registers):
    duty = get_duty("D-0735")
    services.hand_in(duty, evidence(conclusion="风险可接受"), actor="staff:a", at=AT)
    services.review(duty, is_accepted=True, note="", actor="staff:b", at=AT)
    due = date(2026, 6, 1)
    with pytest.raises(EvidenceMissing):
        services.start_round(duty, reason=" ", due=due, actor="staff:a", at=AT)
    services.start_round(duty, reason="更换支付渠道", due=due, actor="staff:a", at=AT)
    assert (duty.state, duty.round, duty.due) == (DutyState.OPEN, 2, due)
    assert DutyEvidence.objects.filter(duty=duty, round=1).exists()


@pytest.mark.parametrize(
    "changes",
    [{"conclusion": ""}, {"done_on": None}, {"done_on": date(2026, 3, 11)}, {"data": b""}],
)
def test_evidence_is_whole(registers, changes):
    with pytest.raises(EvidenceMissing):
        services.hand_in(get_duty(DRILL), evidence(**changes), actor="staff:a", at=AT)


def test_four_eyes_and_a_reason_to_send_back(registers):
    duty = get_duty(DRILL)
    services.hand_in(duty, evidence(), actor="staff:a", at=AT)
    with pytest.raises(ReviewerIsOwner):
        services.review(duty, is_accepted=True, note="", actor="staff:a", at=AT)
    with pytest.raises(EvidenceMissing):
        services.review(duty, is_accepted=False, note="", actor="staff:b", at=AT)
    services.review(duty, is_accepted=False, note="缺现场照片", actor="staff:b", at=AT)
    assert duty.state == DutyState.OPEN
    with pytest.raises(IllegalMove):
        services.start_round(duty, reason="x", due=None, actor="staff:a", at=AT)


def test_reminders_come_once_each_step(registers):
    Duty.objects.filter(code=DRILL).update(owner_mail="owner@example.com")
    due = get_duty(DRILL).due
    start = datetime(due.year, due.month, due.day, 4, tzinfo=UTC)
    told = [
        services.remind_due(at=start - timedelta(days=days)) for days in (40, 30, 29, 7, 6, 0, -1)
    ]
    assert told == [0, 1, 0, 1, 0, 1, 0]
    assert Delivery.objects.filter(subject_type="duty").count() == 3


def test_overdue_duties_are_found(registers):
    late = date(2030, 1, 1)
    assert list_duties({"state": "overdue"}, on=late).filter(code=DRILL).exists()
    assert not list_duties({"state": "overdue"}, on=date(2026, 3, 11)).exists()
    assert list_duties({"search": "S0-7.3.6b"}, on=late).get().code == DRILL


def test_assigning_needs_owner_and_date(registers):
    duty = get_duty(DRILL)
    given = {"mail": "", "rhythm": Rhythm.YEARLY, "actor": "staff:a", "at": AT}
    with pytest.raises(DutyInvalid):
        services.assign(duty, owner="", due=date(2026, 5, 1), **given)
    with pytest.raises(DutyInvalid):
        services.assign(duty, owner="安全部", due=None, **given)
    services.assign(duty, owner="安全部", due=date(2026, 5, 1), **given)
    assert get_duty(DRILL).due == date(2026, 5, 1)


def test_a_changed_item_waits_for_another_person(registers):
    item = get_item("claim")
    values = {name: getattr(item, name) for name in data_item_seeds()["claim"].columns()}
    services.change_item(item, values | {"use": "核定、支付"}, actor="staff:a", at=AT)
    item = get_item("claim")
    with pytest.raises(ReviewerIsOwner):
        services.review_item(item, actor="staff:a", at=AT)
    services.review_item(item, actor="staff:b", at=AT)
    assert get_item("claim").reviewed_by == "staff:b"
    with pytest.raises(DutyInvalid):
        services.change_item(item, values | {"use": " "}, actor="staff:a", at=AT)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.sampled_from(list(Rhythm)))
def test_the_next_date_is_later_and_in_the_right_month(day, rhythm):
    after = next_due(rhythm, after=day)
    if rhythm in {Rhythm.ONCE, Rhythm.ON_CHANGE}:
        assert after is None
        return
    months = {Rhythm.QUARTERLY: 3, Rhythm.HALF_YEARLY: 6, Rhythm.YEARLY: 12}[rhythm]
    assert (after.year * 12 + after.month) - (day.year * 12 + day.month) == months
    assert after.day == day.day or after.day < day.day


def test_a_met_duty_is_never_overdue_and_never_reminded():
    on = date(2026, 1, 1)
    assert not is_overdue(DutyState.MET, date(2025, 1, 1), on=on)
    assert reminder_step(DutyState.MET, on, on=on) is None
    assert is_overdue(DutyState.OPEN, date(2025, 12, 31), on=on)
