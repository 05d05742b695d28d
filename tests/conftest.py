"""Fixtures that every floor's tests share."""

from itertools import count
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

from baozhen.site.fonts import prepare_fonts

_OUTBOXES = count()
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
def _flush_what_is_there():
    """Tests that commit empty the tables they filled, not all two hundred each time."""
    whole = DatabaseOperations.sql_flush

    def flush(self, style, tables, *, reset_sequences=False, allow_cascade=False):
        parts = [
            f"(SELECT '{name}' FROM {self.quote_name(name)} LIMIT 1)"  # noqa: S608 -- our own names
            for name in tables
        ]
        with self.connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts))
            filled = [name for (name,) in cursor.fetchall()]
        # What refers to a filled table is empty itself, or among them.
        return whole(self, style, filled, reset_sequences=reset_sequences, allow_cascade=True)

    DatabaseOperations.sql_flush = flush
    yield
    DatabaseOperations.sql_flush = whole


@pytest.fixture(autouse=True)
def _own_outbox(settings, tmp_path_factory):
    """Each test's messages lie apart: the newest one is its own, whatever runs beside it."""
    folder = tmp_path_factory.getbasetemp() / "outboxes" / str(next(_OUTBOXES))
    settings.BAOZHEN_OUTBOX = folder


@pytest.fixture
def database(db):
    """A test's database, rolled back after it; where tests commit, another takes its place."""


@pytest.fixture
def platform(database, fonts):
    """Keys, certificates and roles in place; the process keeps its sealer from test to test."""
    call_command("prepare_platform")


@pytest.fixture
def bare_platform(database, fonts):
    """Keys, certificates and roles, and no seal yet: for tests that make their own."""
    call_command("prepare_platform", no_seals=True)


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
