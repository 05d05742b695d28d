"""The record: append-only, chained per object."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import Error, connection, transaction

from baozhen.foundation.audit.acts import GENESIS, Act
from baozhen.foundation.audit.models import AuditEntry, PendingEntry
from baozhen.foundation.audit.queries import entries_of, verify_log, walk_chain
from baozhen.foundation.audit.services import record, record_many

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def act(number, action="policy.issued", **facts):
    return Act(
        action=action,
        subject_type="policy",
        subject_id=number,
        actor="tester",
        at=AT,
        facts=facts,
    )


@pytest.fixture
def unguarded():
    """The database as a thief with its owner's rights has it: no triggers, no foreign keys."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield cursor
        cursor.execute("SET session_replication_role = DEFAULT")


def test_entries_chain_per_object():
    record("policy.numbered", subject_id=1, actor="a", at=AT)
    record("policy.numbered", subject_id=2, actor="a", at=AT)
    record("policy.issued", subject_id=1, actor="b", at=AT, facts={"sha256": "ab"})
    first, second = entries_of("policy", 1)
    assert (first.position, second.position) == (0, 1)
    assert bytes(first.previous) == GENESIS
    assert bytes(second.previous) == bytes(first.digest)
    assert walk_chain("policy", 1) == []


def test_many_entries_of_one_object_chain_in_order(django_assert_num_queries):
    record("policy.numbered", subject_id=1, actor="a", at=AT)
    with django_assert_num_queries(2):
        record_many([act(1, "policy.a"), act(2, "policy.a"), act(1, "policy.b")])
    assert [entry.action for entry in entries_of("policy", 1)] == [
        "policy.numbered",
        "policy.a",
        "policy.b",
    ]
    assert walk_chain("policy", 1) == walk_chain("policy", 2) == []


def test_the_digest_does_not_depend_on_the_zone():
    shanghai = AT.astimezone(timezone(timedelta(hours=8)))
    same = Act(
        action="a.b", subject_type="a", subject_id=1, actor="x", at=shanghai, facts={"b": 1, "a": 2}
    )
    other = Act(
        action="a.b", subject_type="a", subject_id=1, actor="x", at=AT, facts={"a": 2, "b": 1}
    )
    assert same.digest(position=0, previous=GENESIS) == other.digest(position=0, previous=GENESIS)


@pytest.mark.parametrize(
    "change", [{"actor": "y"}, {"action": "a.c"}, {"facts": {"a": 1}}, {"subject_id": 2}]
)
def test_every_word_is_in_the_digest(change):
    words = {"action": "a.b", "subject_type": "a", "subject_id": 1, "actor": "x", "at": AT}
    one, two = Act(**words), Act(**{**words, **change})
    assert one.digest(position=0, previous=GENESIS) != two.digest(position=0, previous=GENESIS)
    assert one.digest(position=0, previous=GENESIS) != one.digest(position=1, previous=GENESIS)


@pytest.mark.requirement("S0-7.1.4")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET actor = 'x'",
        "DELETE FROM audit_auditentry",
    ],
)
def test_the_database_refuses_to_change_the_record(statement):
    record("policy.issued", subject_id=1, actor="a", at=AT)
    with pytest.raises(Error, match="never changed"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AuditEntry.objects.get().actor == "a"


def test_without_the_trigger_it_could_be_changed_and_the_walk_says_so(unguarded):
    record_many([act(1, "policy.a"), act(1, "policy.b"), act(1, "policy.c")])
    keys = [entry.pk for entry in entries_of("policy", 1)]
    unguarded.execute("UPDATE audit_auditentry SET actor = 'x' WHERE id = %s", [keys[1]])
    faults = walk_chain("policy", 1)
    assert [fault.where for fault in faults] == [f"entry {keys[1]}"]


def test_a_forged_entry_breaks_the_link_to_the_next(unguarded):
    entries = record_many([act(1, "policy.a"), act(1, "policy.b")])
    forged = act(1, "policy.x").digest(position=0, previous=GENESIS)
    unguarded.execute(
        "UPDATE audit_auditentry SET action = 'policy.x', digest = %s WHERE id = %s",
        [forged, entries[0].pk],
    )
    assert [fault.where for fault in walk_chain("policy", 1)] == [f"entry {entries[1].pk}"]
    assert f"entry {entries[1].pk}" in {fault.where for fault in verify_log()}


def test_a_removed_entry_leaves_a_gap(unguarded):
    entries = record_many([act(1, "policy.a"), act(1, "policy.b"), act(1, "policy.c")])
    unguarded.execute("DELETE FROM audit_auditentry WHERE id = %s", [entries[1].pk])
    (fault,) = walk_chain("policy", 1)
    assert "第 1 条" in fault.message
    assert f"entry {entries[2].pk}" in {fault.where for fault in verify_log()}


def test_every_entry_waits_for_the_log_even_one_written_by_hand():
    record("policy.issued", subject_id=1, actor="a", at=AT)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditentry (action, subject_type, subject_id, position, actor, at,"
            " facts, previous, digest) VALUES ('a.b', 'a', 1, 0, 'x', now(), '{}', '', '')"
        )
    assert PendingEntry.objects.count() == 2


def test_a_chain_cannot_fork():
    record("policy.issued", subject_id=1, actor="a", at=AT)
    twin = AuditEntry.objects.get()
    twin.pk = None
    with pytest.raises(Error, match="audit_chain_position"), transaction.atomic():
        twin.save(force_insert=True)
