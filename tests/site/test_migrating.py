"""A migration is made and recorded at once: death between the two would stop every later start."""

import pytest
from django.db import connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

from baozhen.site.migrating import OneStepExecutor, bring_tables_up_to_date

TABLE = "probe_item"


class DatabaseDied(Exception):
    """Stands for the end of the database at that moment."""


@pytest.fixture
def migration():
    """A migration with an index that is made at its end, as most have."""

    class Probe(migrations.Migration):
        operations = (
            migrations.CreateModel(
                "Item",
                [
                    ("id", models.BigAutoField(primary_key=True)),
                    ("name", models.CharField(max_length=9, db_index=True)),
                ],
            ),
        )

    yield Probe("0001_probe", "probe")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("kind", "is_left"), [(OneStepExecutor, False), (MigrationExecutor, True)])
def test_what_is_not_recorded_is_not_made(migration, monkeypatch, kind, is_left):
    """The danger is shown beside: Django's own way leaves a table that stops the next try."""
    executor = kind(connection)
    monkeypatch.setattr(executor, "record_migration", _die)
    with pytest.raises(DatabaseDied):
        executor.apply_migration(ProjectState(), migration)
    assert (TABLE in connection.introspection.table_names()) == is_left


@pytest.mark.django_db(transaction=True)
def test_one_that_wants_no_transaction_has_none(migration, monkeypatch):
    migration.atomic = False
    executor = OneStepExecutor(connection)
    found = []
    monkeypatch.setattr(
        executor, "record_migration", lambda _: found.append(connection.in_atomic_block)
    )
    executor.apply_migration(ProjectState(), migration)
    assert found == [False]


@pytest.mark.django_db(transaction=True)
def test_tables_that_are_up_to_date_stay_as_they_are(django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        bring_tables_up_to_date()


def _die(_migration):
    raise DatabaseDied
