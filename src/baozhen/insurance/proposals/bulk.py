"""Insert many rows by COPY: for the bulk path, where the ORM's INSERT costs more than the rows."""

from collections.abc import Sequence
from typing import TypeVar

from django.db import connection, models
from psycopg import sql

Row = TypeVar("Row", bound=models.Model)


def copy_rows(rows: Sequence[Row]) -> None:
    """Insert new rows of one model in one COPY, giving them their primary keys.

    Raises IntegrityError as an INSERT would. Constraints and triggers hold as ever.
    """
    if not rows:
        return
    meta = rows[0]._meta
    fields = meta.local_concrete_fields
    for row, key in zip(rows, _next_keys(meta, len(rows)), strict=True):
        row.pk = key
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(meta.db_table),
        sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields),
    )
    with connection.cursor() as cursor, connection.wrap_database_errors:
        with cursor.cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(
                    [
                        field.get_db_prep_save(getattr(row, field.attname), connection)
                        for field in fields
                    ]
                )
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias


def _next_keys(meta: "models.options.Options[Row]", count: int) -> list[int]:
    """Take `count` keys from the table's identity sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [f'"{meta.db_table}"', meta.pk.column, count],
        )
        return [key for (key,) in cursor.fetchall()]
