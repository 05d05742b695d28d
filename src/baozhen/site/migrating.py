"""Tables brought up to date so that sudden death at any moment leaves nothing in between."""

from contextlib import nullcontext
from typing import Any

from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

_LOCK = 0x62616F7A  # advisory lock: two processes starting at once migrate once


class OneStepExecutor(MigrationExecutor):
    """Makes the tables of a migration and its record in one transaction.

    Django commits the tables first. When the database dies before the record, the migration is
    tried again for ever and fails each time: the table exists already.
    """

    def apply_migration(
        self, state: ProjectState, migration: Migration, *args: Any, **options: Any
    ) -> ProjectState:
        """Apply it wholly or not at all; what asks to run without a transaction does."""
        whole = transaction.atomic(self.connection.alias) if migration.atomic else nullcontext()
        with whole:
            return super().apply_migration(state, migration, *args, **options)


def bring_tables_up_to_date() -> None:
    """Run the migrations that are missing."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [_LOCK])
    try:
        _migrate()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [_LOCK])


def _migrate() -> None:
    executor = OneStepExecutor(connection)
    wanted = executor.loader.graph.leaf_nodes()
    plan = executor.migration_plan(wanted)
    if not plan:
        return
    quiet: dict[str, Any] = {"verbosity": 0, "interactive": False, "plan": plan}
    emit_pre_migrate_signal(db=connection.alias, **quiet)
    executor.migrate(wanted, plan=plan)
    emit_post_migrate_signal(db=connection.alias, **quiet)
