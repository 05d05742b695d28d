"""The archive: written once, kept in time, ended with a tombstone."""

from datetime import UTC, date, datetime

import pytest
from django.db import Error, connection, transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.events.models import Event
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.storage import get_storage
from baozhen.signing.files.models import ArchiveItem, LegalHold, Tombstone
from baozhen.signing.files.queries import (
    damaged_items,
    disposable_items,
    find_items,
    items_of,
    living_items,
)
from baozhen.signing.files.rules import LegalHoldInForce, RetentionRuleMissing, RetentionRunning
from baozhen.signing.files.services import (
    AlreadyDisposed,
    Document,
    HoldNotInForce,
    archive_many,
    dispose,
    erase_disposed,
    place_hold,
    release_hold,
)

AT = datetime(2026, 1, 14, 3, 4, 5, tzinfo=UTC)
COVER = (date(2026, 1, 15), date(2027, 1, 15))
LATER = datetime(2033, 1, 1, tzinfo=UTC)
MUCH_LATER = datetime(2040, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.BAOZHEN_ARCHIVE = tmp_path / "archive"
    return get_storage()


def document(number, *, kind="policy", dossier="D1", content=None):
    content = content or f"document {number}".encode()
    return Document(
        dossier=dossier,
        kind=kind,
        subject_type="policy_file",
        subject_id=number,
        sha256=get_storage().put(content),
        size=len(content),
        cover=COVER,
    )


@pytest.fixture
def item():
    archive_many([document(1)], actor="system", at=AT)
    return ArchiveItem.objects.get()


@pytest.mark.requirement("S0-4.3.4b", "S0-7.1.4", "S0-5c2")
def test_documents_are_archived_with_their_time_and_recorded(django_assert_num_queries):
    documents = [document(number) for number in range(30)]
    with django_assert_num_queries(4):  # known ones, insert, audit tails, audit insert
        archive_many(documents, actor="system", at=AT)
    items = list(ArchiveItem.objects.order_by("id"))
    assert [item.sha256 for item in items] == [one.sha256 for one in documents]
    assert {item.retain_until for item in items} == {date(2032, 1, 15)}
    assert AuditEntry.objects.filter(action="archive_item.archived").count() == 30


def test_archiving_again_changes_nothing(item):
    archive_many([document(1), document(2)], actor="system", at=AT)
    assert ArchiveItem.objects.count() == 2
    assert AuditEntry.objects.count() == 2


def test_a_document_without_a_rule_stops_the_batch():
    with pytest.raises(RetentionRuleMissing):
        archive_many([document(1), document(2, kind="toy")], actor="system", at=AT)
    assert not ArchiveItem.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_archiving_belongs_into_a_transaction():
    with pytest.raises(RuntimeError, match="atomic"):
        archive_many([document(1)], actor="system", at=AT)


@pytest.mark.requirement("S0-7.1.4")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM files_archiveitem",
        "UPDATE files_archiveitem SET retain_until = '2026-01-01'",
        "UPDATE files_archiveitem SET sha256 = repeat('0', 64)",
    ],
)
def test_the_database_refuses_to_change_the_archive(item, statement):
    with pytest.raises(Error, match="never changed"), transaction.atomic():
        connection.cursor().execute(statement)
    assert ArchiveItem.objects.get().sha256 == item.sha256


def test_a_document_is_not_destroyed_before_its_time(item, storage):
    with pytest.raises(RetentionRunning):
        dispose(item.pk, actor="staff:1", at=AT)
    assert not Tombstone.objects.exists()
    assert storage.exists(item.sha256)
    assert not disposable_items(date(2032, 1, 15)).exists()


def test_the_database_refuses_an_early_tombstone_too(item):
    with pytest.raises(Error, match="kept until"), transaction.atomic():
        Tombstone.objects.create(
            item=item, disposed_at=AT, disposed_on=date(2032, 1, 15), disposed_by="x"
        )
    with transaction.atomic():
        Tombstone.objects.create(
            item=item, disposed_at=LATER, disposed_on=date(2032, 1, 16), disposed_by="x"
        )


def test_after_its_time_a_document_leaves_a_tombstone_and_no_bytes(item, storage):
    assert list(disposable_items(date(2032, 1, 16))) == [item]
    dispose(item.pk, actor="staff:1", at=LATER)
    assert Event.objects.get(type="archive.disposed").subject_id == item.sha256
    assert storage.exists(item.sha256), "only the promise is made so far"
    run_worker(until_idle=True)
    assert not storage.exists(item.sha256)
    assert [entry.action for entry in AuditEntry.objects.order_by("id")] == [
        "archive_item.archived",
        "archive_item.disposed",
        "archive_item.erased",
    ]
    assert not living_items().exists()
    assert not disposable_items(date(2032, 1, 16)).exists()
    with pytest.raises(AlreadyDisposed):
        dispose(item.pk, actor="staff:1", at=LATER)
    erase_disposed(item.pk, at=LATER)
    assert AuditEntry.objects.count() == 3


@pytest.mark.parametrize("statement", ["DELETE FROM files_tombstone",
                                       "UPDATE files_tombstone SET disposed_by = 'y'"])  # fmt: skip
def test_a_tombstone_stays(item, statement):
    dispose(item.pk, actor="staff:1", at=LATER)
    with pytest.raises(Error, match="never changed"), transaction.atomic():
        connection.cursor().execute(statement)


def test_the_longest_rule_of_the_dossier_wins(item):
    archive_many([document(2, kind="proposal")], actor="system", at=AT)
    with pytest.raises(RetentionRunning):
        dispose(item.pk, actor="staff:1", at=LATER)
    assert not disposable_items(date(2033, 1, 1)).exists()
    dispose(item.pk, actor="staff:1", at=MUCH_LATER)


def test_another_dossier_does_not_matter(item):
    archive_many([document(2, kind="proposal", dossier="D2")], actor="system", at=AT)
    dispose(item.pk, actor="staff:1", at=LATER)


def test_a_legal_hold_stops_everything_until_it_is_released(item):
    hold = place_hold("D1", reason="诉讼", actor="staff:1", at=AT)
    with pytest.raises(LegalHoldInForce):
        dispose(item.pk, actor="staff:1", at=MUCH_LATER)
    with pytest.raises(Error, match="held"), transaction.atomic():
        Tombstone.objects.create(
            item=item, disposed_at=MUCH_LATER, disposed_on=date(2040, 1, 1), disposed_by="x"
        )
    assert not disposable_items(date(2040, 1, 1)).exists()
    release_hold(hold.pk, actor="staff:2", at=MUCH_LATER)
    with pytest.raises(HoldNotInForce):
        release_hold(hold.pk, actor="staff:2", at=MUCH_LATER)
    dispose(item.pk, actor="staff:1", at=MUCH_LATER)


def test_a_hold_is_neither_removed_nor_rewritten():
    hold = place_hold("D1", reason="诉讼", actor="staff:1", at=AT)
    for statement in (
        "DELETE FROM files_legalhold",
        "UPDATE files_legalhold SET reason = 'x'",
        "UPDATE files_legalhold SET released_at = now(), dossier = 'D9'",
    ):
        with pytest.raises(Error, match=r"never changed|otherwise changed"), transaction.atomic():
            connection.cursor().execute(statement)
    release_hold(hold.pk, actor="staff:2", at=AT)
    with pytest.raises(Error, match="otherwise changed"), transaction.atomic():
        LegalHold.objects.update(released_at=None)


def test_shared_bytes_live_as_long_as_one_document(storage):
    archive_many(
        [
            document(1, content=b"same"),
            document(2, dossier="D2", kind="proposal", content=b"same"),
        ],
        actor="system",
        at=AT,
    )
    first = ArchiveItem.objects.get(dossier="D1")
    dispose(first.pk, actor="staff:1", at=LATER)
    run_worker(until_idle=True)
    assert storage.exists(first.sha256)


@pytest.mark.requirement("S0-5b", "S0-7.1.4a")
def test_the_archive_is_searched_by_number_kind_object_and_digest(item):
    archive_many([document(2, dossier="D2", kind="mark")], actor="system", at=AT)
    assert list(find_items(dossier="D1")) == [item]
    assert list(find_items(sha256=item.sha256, kind="policy")) == [item]
    assert not find_items(dossier="D1", kind="mark").exists()
    assert list(items_of("policy_file", 1)) == [item]
    assert find_items().count() == 2


def test_missing_and_damaged_bytes_are_named(item, storage):
    archive_many([document(2), document(3)], actor="system", at=AT)
    assert list(damaged_items(storage)) == []
    two, three = ArchiveItem.objects.order_by("id")[1:]
    storage.remove(two.sha256)
    path = storage._path(three.sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert [found.pk for found, _ in damaged_items(storage)] == [two.pk, three.pk]
