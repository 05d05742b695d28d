"""Two at once: first without the safeguard, to see the danger, then with it."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from baozhen.foundation.audit import log
from baozhen.foundation.audit.models import AuditEntry, LogLeaf
from baozhen.foundation.audit.queries import verify_log, walk_chain
from baozhen.foundation.audit.services import record
from baozhen.foundation.errors import StaleState
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.notify.states import DeliveryState
from baozhen.foundation.states import enter, move, move_many
from baozhen.foundation.storage.local import LocalStorage
from tests.foundation.factories import make_delivery
from tests.foundation.test_storage_local import RING

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WORKERS = 2

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts):
    """Run the acts in threads that start together; return what each returned or raised."""
    barrier = threading.Barrier(len(acts))
    outcomes = [None] * len(acts)

    def run(number, act):
        try:
            outcomes[number] = act(barrier.wait)
        except Exception as exc:  # noqa: BLE001 -- it is the outcome
            outcomes[number] = exc
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return outcomes


def test_without_compare_and_swap_both_move():
    key = make_delivery(1).pk

    def move_carelessly(meet):
        row = Delivery.objects.get(pk=key)
        meet()
        with transaction.atomic():
            assert row.state == DeliveryState.QUEUED
            Delivery.objects.filter(pk=key).update(state=DeliveryState.SENT, sent_at=AT)
        return "moved"

    assert at_once(*[move_carelessly] * WORKERS) == ["moved", "moved"]


@pytest.mark.parametrize("bulk", [False, True])
def test_of_two_moves_exactly_one_wins(bulk):
    key = make_delivery(1).pk

    def move_one(meet):
        row = Delivery.objects.get(pk=key)
        meet()
        with transaction.atomic():
            if bulk:
                columns = {key: {"sent_at": AT}}
                move_many([row], DeliveryState.SENT, actor="x", at=AT, columns=columns)
            else:
                move(row, DeliveryState.SENT, actor="x", at=AT, sent_at=AT)
        return "moved"

    outcomes = at_once(*[move_one] * WORKERS)
    assert sorted(type(outcome) for outcome in outcomes if outcome != "moved") == [StaleState]
    assert AuditEntry.objects.count() == 1
    assert walk_chain("delivery", key) == []


def test_without_the_constraint_a_chain_forks():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditentry DROP CONSTRAINT audit_chain_position")
    try:
        at_once(*[record_slowly] * WORKERS)
        assert AuditEntry.objects.filter(position=0).count() == WORKERS
        assert walk_chain("policy", 1) != []
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE audit_auditentry CASCADE")
            cursor.execute(
                "ALTER TABLE audit_auditentry ADD CONSTRAINT audit_chain_position"
                " UNIQUE (subject_type, subject_id, position)"
            )


def record_slowly(meet):
    with transaction.atomic():
        # Both see the chain as it was before either writes, however fast one of them is.
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        AuditEntry.objects.filter(subject_type="policy", subject_id=1).exists()
        meet()
        record("policy.issued", subject_id=1, actor="x", at=AT)
        return "recorded"


def test_of_two_entries_at_one_place_one_is_refused():
    outcomes = at_once(*[record_slowly] * WORKERS)
    refused = [outcome for outcome in outcomes if outcome != "recorded"]
    assert [type(outcome) for outcome in refused] == [IntegrityError]
    assert AuditEntry.objects.count() == 1
    assert walk_chain("policy", 1) == []


def test_two_sequencers_give_every_entry_one_place():
    rows = [make_delivery(number) for number in range(300)]
    for row in rows:
        with transaction.atomic():
            enter(row, actor="x", at=AT)

    def sequence(meet):
        meet()
        count = 0
        while done := log.sequence_entries(limit=37):
            count += done
        return count

    assert sum(at_once(*[sequence] * WORKERS)) == 300
    indexes = LogLeaf.objects.order_by("index").values_list("index", flat=True)
    assert list(indexes) == list(range(300))
    assert list(verify_log()) == []


def test_an_entry_whose_writer_was_slow_is_not_skipped():
    may_commit, written = threading.Event(), threading.Event()

    def write_slowly(meet):
        meet()
        with transaction.atomic():
            record("a.slow", subject_id=1, actor="x", at=AT)
            written.set()
            assert may_commit.wait(60)

    def write_quickly(meet):
        meet()
        assert written.wait(60)
        record("a.quick", subject_id=2, actor="x", at=AT)
        quick = log.sequence_entries()
        may_commit.set()
        return quick

    assert at_once(write_slowly, write_quickly) == [None, 1]
    assert log.sequence_entries() == 1
    assert [leaf.entry.action for leaf in LogLeaf.objects.order_by("index")] == [
        "a.quick",
        "a.slow",
    ]
    assert list(verify_log()) == []


def test_two_writers_of_one_object_leave_one_whole_file(tmp_path):
    data = b"the same bytes" * 10_000

    def put(meet):
        storage = LocalStorage(tmp_path, ring=RING)
        meet()
        return [storage.put(data + bytes([number])) for number in range(20)]

    one, two = at_once(put, put)
    assert one == two
    storage = LocalStorage(tmp_path, ring=RING)
    assert [storage.get(address)[-1] for address in one] == list(range(20))
    assert list((tmp_path / "incoming").iterdir()) == []
