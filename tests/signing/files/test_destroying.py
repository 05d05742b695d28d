"""Dossiers whose time is over: listed by one, agreed to by another, destroyed whole or kept."""

from datetime import UTC, date, datetime

import pytest
from django.db import Error, transaction

from baozhen.foundation.errors import IllegalMove
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.storage import ObjectMissing, get_storage
from baozhen.foundation.traces.errors import SecondPersonNeeded, TraceReasonMissing
from baozhen.signing.files.errors import (
    DestructionUnconfirmed,
    DestructionUnknown,
    FileDestroyed,
    NothingDue,
)
from baozhen.signing.files.models import ArchiveDestruction, ArchiveItem, FileEntry, Tombstone
from baozhen.signing.files.queries import (
    bytes_kept,
    destroyed_on,
    destruction_of,
    destructions_of,
    due_dossiers,
    tombstones_of,
)
from baozhen.signing.files.services import Document, archive_many, place_hold, release_hold
from baozhen.signing.files.services.destroying import (
    approve_destruction,
    carry_out,
    propose_destruction,
    refuse_destruction,
)
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services.units import UnitFacts, create_unit
from baozhen.signing.organizations.states import UnitKind
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db
LONG_AGO = "2014-01-02T03:04:05+00:00"
AT = datetime(2026, 1, 14, 3, 4, 5, tzinfo=UTC)
TODAY = date(2026, 1, 14)
REASON = "保管期满"
ONE, TWO = "staff:one", "staff:two"


@pytest.fixture
def old(platform, settings):
    """Two dossiers of 2014, the second with an evidence list of its own, and one of today."""
    settings.BAOZHEN_CLOCK = LONG_AGO
    rows = [
        enter(f"%PDF {name}".encode(), root_unit(), dossier=name, envelope=name)
        for name in ("env_a", "env_b")
    ]
    settings.BAOZHEN_CLOCK = ""
    enter(b"%PDF new", root_unit(), dossier="env_new", envelope="env_new")
    add("env_b", kind="evidence", at=datetime(2014, 1, 3, tzinfo=UTC))
    return rows


def add(dossier, *, kind="envelope", at=AT):
    content = f"{dossier} {kind} {at}".encode()
    document = Document(
        dossier=dossier,
        kind=kind,
        subject_type="notary_deposit",
        subject_id=7,
        sha256=get_storage().put(content),
        size=len(content),
    )
    with transaction.atomic():
        archive_many([document], actor="test", at=at)


def due():
    return [row.envelope for row in due_dossiers([root_unit().pk], today=TODAY)]


def proposed(*dossiers):
    return propose_destruction(dossiers, reason=REASON, actor=ONE, at=AT)


def agreed(*dossiers):
    row = proposed(*dossiers)
    return approve_destruction(row.public_id, confirmed=str(len(dossiers)), actor=TWO, at=AT)


@pytest.mark.requirement("S0-7.1.4b")
def test_only_whole_dossiers_of_signing_tasks_are_due(old):
    assert due() == ["env_a", "env_b"]
    rows = {row.envelope: row for row in due_dossiers([root_unit().pk], today=TODAY)}
    assert (rows["env_a"].files, rows["env_b"].files) == (1, 2)
    assert rows["env_a"].until == date(2024, 1, 2)
    held = place_hold("env_a", reason="诉讼", actor=ONE, at=AT)
    assert due() == ["env_b"]
    release_hold(held.pk, actor=ONE, at=AT)
    add("env_b")
    assert due() == ["env_a"]
    assert not due_dossiers([], today=TODAY).exists()


def test_a_dossier_of_insurance_is_not_due_here(old, settings):
    settings.BAOZHEN_CLOCK = LONG_AGO
    enter(b"%PDF policy", root_unit(), dossier="T2014000001", envelope="")
    assert due() == ["env_a", "env_b"]


def test_a_dossier_stands_on_one_open_list(old):
    row = proposed("env_a", "env_b", "env_new")
    assert set(row.items.values_list("dossier", flat=True)) == {"env_a", "env_b"}
    assert row.items.count() == 3
    assert due() == []
    with pytest.raises(NothingDue):
        proposed("env_a")
    with pytest.raises(TraceReasonMissing):
        propose_destruction(["env_a"], reason="x", actor=ONE, at=AT)
    refuse_destruction(row.public_id, reason="还要核对", actor=TWO, at=AT)
    assert due() == ["env_a", "env_b"]
    with pytest.raises(IllegalMove):
        approve_destruction(row.public_id, confirmed="2", actor=TWO, at=AT)
    assert not Tombstone.objects.exists()


def test_a_second_person_agrees_and_types_how_much(old):
    row = proposed("env_a", "env_b")
    with pytest.raises(SecondPersonNeeded):
        approve_destruction(row.public_id, confirmed="2", actor=ONE, at=AT)
    for wrong in ("", "3"):
        with pytest.raises(DestructionUnconfirmed):
            approve_destruction(row.public_id, confirmed=wrong, actor=TWO, at=AT)
    with pytest.raises(DestructionUnknown):
        approve_destruction("ard_none", confirmed="2", actor=TWO, at=AT)
    row.refresh_from_db()
    assert row.state == "proposed"


def test_the_database_knows_of_the_second_person_too(old):
    row = proposed("env_a")
    with pytest.raises(Error, match="two_persons"), transaction.atomic():
        ArchiveDestruction.objects.filter(pk=row.pk).update(state="approved", decided_by=ONE)


def test_what_was_agreed_to_is_destroyed_by_the_job(old, settings):
    settings.BAOZHEN_CLOCK = AT.isoformat()
    row = agreed("env_a", "env_b")
    gone = list(ArchiveItem.objects.filter(dossier__in=["env_a", "env_b"]))
    run_worker(until_idle=True)
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("done", TWO)
    assert {stone.disposed_by for stone in Tombstone.objects.all()} == {TWO}
    assert tombstones_of([root_unit().pk]).count() == 3
    assert not tombstones_of([]).exists()
    for item in gone:
        with pytest.raises(ObjectMissing):
            get_storage().get(item.sha256)
        with pytest.raises(FileDestroyed, match="2026-01-14"):
            bytes_kept(item.sha256, dossier=item.dossier)
    assert destroyed_on("env_a") == TODAY
    assert destroyed_on("env_new") is None
    assert list(FileEntry.objects.filter(is_living=True).values_list("envelope", flat=True)) == [
        "env_new"
    ]
    carry_out(row.pk, at=AT)
    assert Tombstone.objects.count() == 3


def test_bytes_that_are_merely_missing_are_no_destruction(old):
    with pytest.raises(ObjectMissing):
        bytes_kept("0" * 64, dossier="env_a")


def test_what_was_held_or_grew_since_stays(old):
    row = agreed("env_a", "env_b")
    place_hold("env_a", reason="诉讼", actor=ONE, at=AT)
    carry_out(row.pk, at=AT)
    row.refresh_from_db()
    assert row.state == "done"
    assert destroyed_on("env_a") is None
    assert destroyed_on("env_b") == TODAY
    add("env_a")
    assert due() == []


def test_a_list_that_was_changed_is_not_carried_out(old):
    row = agreed("env_a")
    row.items.add(ArchiveItem.objects.get(dossier="env_b", kind="envelope"))
    with pytest.raises(RuntimeError, match="agreed"):
        carry_out(row.pk, at=AT)
    assert not Tombstone.objects.exists()


def test_a_list_is_for_those_of_all_its_units(old, settings):
    facts = UnitFacts(name="示例分公司", kind=UnitKind.BRANCH, parent=root_unit())
    branch = create_unit(facts, actor="test", at=AT)
    settings.BAOZHEN_CLOCK = LONG_AGO
    enter(b"%PDF branch", branch, dossier="env_c", envelope="env_c")
    row = proposed("env_a", "env_c")
    both = [root_unit().pk, branch.pk]
    assert destruction_of(row.public_id, units=both) == row
    assert list(destructions_of([branch.pk])) == []
    with pytest.raises(DestructionUnknown):
        destruction_of(row.public_id, units=[root_unit().pk])
