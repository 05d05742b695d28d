"""What the tests of issuing stand on: a database to commit to, and an instant."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from baozhen.insurance.policies.services import resources

_TABLES = (
    "proposals_proposal",
    "payments_payment",
    "policies_policy",
    "policies_policyfile",
    "files_timestampbatch",
    "policies_confirmationrequest",
    "audit_auditentry",
    "procrastinate_jobs",
    "files_archiveitem",
    "notify_delivery",
)


@pytest.fixture
def database(transactional_db):
    """A database that issuing commits to, its queue empty; no sealer outlives a test."""
    with connection.cursor() as cursor:  # the queue's tables are not Django's to flush
        cursor.execute("DELETE FROM procrastinate_jobs")
        cursor.execute("DELETE FROM procrastinate_workers")
    yield
    resources.forget()


@pytest.fixture
def counts():
    """Count the rows of every table that issuing writes, to see that nothing is left behind."""

    def count():
        found = {}
        with connection.cursor() as cursor:
            for table in _TABLES:
                cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 -- our own names
                found[table] = cursor.fetchone()[0]
        return found

    return count


@pytest.fixture
def at():
    """The instant at which things happen in the tests."""
    return datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
