"""What the tests of issuing stand on: fonts, keys and certificates of the tests' data folder."""

from datetime import UTC, datetime

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection

from baozhen.insurance.policies.services import resources
from baozhen.site.fonts import prepare_fonts

_TABLES = (
    "proposals_proposal",
    "payments_payment",
    "policies_policy",
    "policies_policyfile",
    "policies_timestampbatch",
    "policies_confirmationrequest",
    "audit_auditentry",
    "procrastinate_jobs",
    "files_archiveitem",
    "notify_delivery",
)


@pytest.fixture(scope="session")
def fonts():
    """The prepared fonts, made once."""
    return prepare_fonts(django_settings.NODE_MODULES, django_settings.BAOZHEN_FONTS)


@pytest.fixture
def platform(transactional_db, fonts):
    """A platform that can seal: the process keeps its sealer from test to test."""
    call_command("prepare_platform")
    resources.process_sealer()
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
