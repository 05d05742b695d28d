"""Fixtures that every floor's tests share."""

from itertools import count
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.commands import flush as flushing
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

from baozhen.foundation.errors import BaozhenError
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.storage import get_storage
from baozhen.signing.files.models import ArchiveItem
from baozhen.site.fonts import prepare_fonts
from tests.snapshots import Snapshots

_OUTBOXES = count()
_PLACES = (django_settings.BAOZHEN_DATA, django_settings.BAOZHEN_ARCHIVE)
# What migrations put there, and everything refers to: Django would make it again each time.
_KEPT = {"django_content_type", "auth_permission"}


def _archived():
    return ArchiveItem.objects.values_list("sha256", flat=True)


def _is_whole(sha256):
    try:
        get_storage().get(sha256)
    except BaozhenError:
        return False
    return True


_SNAPSHOTS = Snapshots(files=_archived, is_whole=_is_whole)
SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The founders' shared folder beside the checkout; only tests may read it."""
    if not SHARED.is_dir():
        pytest.fail(f"共享目录 {SHARED} 不在检出目录旁边：这些测试需要它的合成数据")
    return SHARED


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """End what sessions are left, so that the test database can go: of a killed process, say."""
    yield
    connection.close()  # ours may be one that a test has cut
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session")
def fonts():
    """The prepared fonts, made once."""
    return prepare_fonts(django_settings.NODE_MODULES, django_settings.BAOZHEN_FONTS)


@pytest.fixture(scope="session", autouse=True)
def _flush_by_deleting():
    """Tests that commit delete their rows: truncating two hundred tables takes a second."""

    def flush(self, style, tables, *, reset_sequences=False, allow_cascade=False):
        names = sorted(self.quote_name(name) for name in {*tables} - _KEPT)
        deletes = "; ".join(f"DELETE FROM {name}" for name in names)  # noqa: S608 -- our own names
        return [
            # Who is still writing is waited for; whoever waits for us in turn gives way first.
            "SET LOCAL deadlock_timeout = '20s'",
            f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE",
            "SET LOCAL session_replication_role = replica",  # without triggers, in any order
            f"DO $$ BEGIN {deletes}; END $$",
            "SET LOCAL session_replication_role = origin",
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", flush)
        patch.setattr(flushing, "emit_post_migrate_signal", lambda *args, **options: None)
        yield


@pytest.fixture(autouse=True)
def _own_outbox(settings, tmp_path_factory):
    """Each test's messages lie apart: the newest one is its own, whatever runs beside it."""
    folder = tmp_path_factory.getbasetemp() / "outboxes" / str(next(_OUTBOXES))
    settings.BAOZHEN_OUTBOX = folder


@pytest.fixture
def database(db):
    """A test's database, rolled back after it; where tests commit, another takes its place."""


@pytest.fixture
def bring(database, settings):
    """Bring the database to the state that something slow leaves: `bring("paid", pay)`."""

    def bring(name, make):
        # Files lie outside the database: a test with places of its own has none of them.
        if (settings.BAOZHEN_DATA, settings.BAOZHEN_ARCHIVE) == _PLACES:
            _SNAPSHOTS.bring((configured("BAOZHEN_CLOCK"), configured("BAOZHEN_MODE"), name), make)
        else:
            make()

    return bring


@pytest.fixture
def platform(bring, fonts):
    """Keys, certificates and roles in place; the process keeps its sealer from test to test."""
    bring("platform", lambda: call_command("prepare_platform"))


@pytest.fixture
def bare_platform(bring, fonts):
    """Keys, certificates and roles, and no seal yet: for tests that make their own."""
    bring("bare platform", lambda: call_command("prepare_platform", no_seals=True))


@pytest.fixture(autouse=True)
def _empty_queue(request):
    """The queue's tables are not Django's to flush: a test that commits leaves no job behind."""
    mark = request.node.get_closest_marker("django_db")
    commits = mark is not None and mark.kwargs.get("transaction")
    if not (commits or {"transactional_db", "live_server"} & set(request.fixturenames)):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        cursor.execute("DELETE FROM procrastinate_workers")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name a failure when it happens: a run that is cut short still tells what failed."""
    if report.failed:
        print(f"\n失败 {report.nodeid} ({report.when})", flush=True)
