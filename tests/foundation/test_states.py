"""move: the one function that changes a state."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.consistency import changed_rows
from baozhen.foundation.errors import IllegalMove, StaleState
from baozhen.foundation.jobs.registry import _jobs, job
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.notify.states import DeliveryState
from baozhen.foundation.states import (
    enter,
    enter_many,
    install_flow,
    installed_flow,
    move,
    move_many,
)
from tests.foundation.factories import deferred_jobs, make_delivery

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def flow():
    """A flow with one job a row and one job a chunk, for the test alone."""
    before = installed_flow()
    job("test_each", queue="live")(lambda key: key)
    job("test_chunk", queue="bulk", chunk=2)(lambda keys: keys)
    install_flow({"delivery.sent": ("test_each",), "delivery.queued": ("test_each", "test_chunk")})
    yield
    install_flow(before)
    del _jobs["test_each"], _jobs["test_chunk"]


def test_move_writes_state_audit_and_jobs_together(flow):
    row = make_delivery(1)
    move(row, DeliveryState.SENT, actor="tester", at=AT, sent_at=AT)
    stored = Delivery.objects.get()
    assert (stored.state, stored.sent_at) == (DeliveryState.SENT, AT)
    assert (row.state, row.sent_at) == (DeliveryState.SENT, AT)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.at) == ("delivery.sent", "tester", AT)
    assert entry.facts == {"reference": "ref-1", "subject_type": "policy", "subject_id": 1}
    assert deferred_jobs() == [("test_each", "live", {"key": row.pk})]


def test_an_edge_that_does_not_exist_changes_nothing(flow):
    row = make_delivery(1, state=DeliveryState.SENT, sent_at=AT)
    with pytest.raises(IllegalMove):
        move(row, DeliveryState.QUEUED, actor="tester", at=AT)
    assert Delivery.objects.get().state == DeliveryState.SENT
    assert not AuditEntry.objects.exists()
    assert deferred_jobs() == []


def test_a_row_that_somebody_else_moved_changes_nothing(flow):
    row = make_delivery(1)
    Delivery.objects.update(state=DeliveryState.FAILED)
    with pytest.raises(StaleState):
        move(row, DeliveryState.SENT, actor="tester", at=AT, sent_at=AT)
    assert Delivery.objects.get().state == DeliveryState.FAILED
    assert row.state == DeliveryState.QUEUED
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_moves():
    row = make_delivery(1)
    for act in (
        lambda: move(row, DeliveryState.SENT, actor="tester", at=AT),
        lambda: move_many([row], DeliveryState.SENT, actor="tester", at=AT),
        lambda: enter(row, actor="tester", at=AT),
    ):
        with pytest.raises(RuntimeError, match="atomic"):
            act()


@pytest.mark.django_db(transaction=True)
def test_a_rollback_takes_state_audit_and_jobs_with_it(flow):
    row = make_delivery(1)
    before = len(deferred_jobs())

    def move_and_fail():
        with transaction.atomic():
            move(row, DeliveryState.SENT, actor="tester", at=AT, sent_at=AT)
            raise KeyError

    with pytest.raises(KeyError):
        move_and_fail()
    assert Delivery.objects.get().state == DeliveryState.QUEUED
    assert not AuditEntry.objects.exists()
    assert len(deferred_jobs()) == before


def test_many_rows_move_with_their_own_columns(flow, django_assert_num_queries):
    rows = [make_delivery(number) for number in range(5)]
    columns = {row.pk: {"sent_at": AT, "failure": f"no {row.pk}"} for row in rows}
    with django_assert_num_queries(4):  # update, audit tails, audit insert, jobs
        move_many(rows, DeliveryState.SENT, actor="tester", at=AT, columns=columns)
    for row in Delivery.objects.all():
        assert (row.state, row.failure) == (DeliveryState.SENT, f"no {row.pk}")
    assert AuditEntry.objects.count() == 5
    assert deferred_jobs() == [("test_each", "live", {"key": row.pk}) for row in rows]


def test_many_rows_from_several_states(flow):
    rows = [make_delivery(1), make_delivery(2, state=DeliveryState.FAILED)]
    with pytest.raises(IllegalMove):
        move_many(rows, DeliveryState.SENT, actor="tester", at=AT)
    move_many(rows[1:], DeliveryState.QUEUED, actor="tester", at=AT)
    assert rows[1].state == DeliveryState.QUEUED


def test_one_stale_row_stops_them_all(flow):
    rows = [make_delivery(number) for number in range(3)]
    Delivery.objects.filter(pk=rows[1].pk).update(state=DeliveryState.FAILED)
    with pytest.raises(StaleState), transaction.atomic():
        move_many(
            rows,
            DeliveryState.SENT,
            actor="tester",
            at=AT,
            columns={row.pk: {"sent_at": AT} for row in rows},
        )
    assert Delivery.objects.filter(state=DeliveryState.SENT).count() == 0
    assert not AuditEntry.objects.exists()


def test_entering_many_defers_rows_and_chunks(flow):
    rows = [make_delivery(number) for number in range(5)]
    enter_many(rows, actor="tester", at=AT)
    keys = [row.pk for row in rows]
    assert [args for name, _, args in deferred_jobs() if name == "test_chunk"] == [
        {"keys": keys[0:2]},
        {"keys": keys[2:4]},
        {"keys": keys[4:]},
    ]
    assert len(deferred_jobs()) == 8


def test_a_promise_already_kept_by_the_caller_is_not_made_again(flow):
    enter_many([make_delivery(1)], actor="tester", at=AT, follow=False)
    assert AuditEntry.objects.count() == 1
    assert deferred_jobs() == []


def test_moving_nothing_does_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        move_many([], DeliveryState.SENT, actor="tester", at=AT)


def test_the_record_notices_a_row_that_was_changed_behind_its_back():
    rows = [make_delivery(number) for number in range(4)]
    enter_many(rows[:3], actor="tester", at=AT, follow=False)
    assert [fault.key for fault in changed_rows(Delivery)] == [rows[3].pk]
    Delivery.objects.filter(pk=rows[0].pk).update(state=DeliveryState.FAILED)
    Delivery.objects.filter(pk=rows[1].pk).update(reference="another")
    faults = {fault.key: fault.message for fault in changed_rows(Delivery)}
    assert "failed" in faults[rows[0].pk]
    assert "reference" in faults[rows[1].pk]
    assert rows[2].pk not in faults
