"""Insert many rows by COPY: for the bulk path, where the ORM's INSERT costs more than the rows."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

Row = TypeVar("Row", bound=models.Model)

# Fields whose attribute is what the driver writes; the others are asked to prepare their value.
_PLAIN = frozenset(
    {
        models.BigAutoField,
        models.BigIntegerField,
        models.BooleanField,
        models.CharField,
        models.DateTimeField,
        models.ForeignKey,
        models.OneToOneField,
        models.PositiveIntegerField,
        models.PositiveSmallIntegerField,
        models.UUIDField,
    }
)


def copy_rows(rows: Sequence[Row]) -> None:
    """Insert new rows of one model in one COPY, giving them their primary keys.

    Raises IntegrityError as an INSERT would. Constraints and triggers hold as ever.
    """
    if not rows:
        return
    connection = connections[DEFAULT_DB_ALIAS]
    meta = rows[0]._meta
    fields = meta.local_concrete_fields
    for row, key in zip(rows, _next_keys(connection, meta, len(rows)), strict=True):
        row.pk = key
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(meta.db_table),
        sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields),
    )
    readers = [_reader(field, connection) for field in fields]
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row([read(row) for read in readers])
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias


def _reader(
    field: "models.Field[Any, Any]", connection: BaseDatabaseWrapper
) -> Callable[[models.Model], Any]:
    """Return what takes a field's value from a row as the driver writes it."""
    name = field.attname
    if type(field) in _PLAIN:
        return lambda row: row.__dict__[name]
    return lambda row: field.get_db_prep_save(getattr(row, name), connection)


def _next_keys(
    connection: BaseDatabaseWrapper, meta: "models.options.Options[Row]", count: int
) -> list[int]:
    """Take `count` keys from the table's identity sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [f'"{meta.db_table}"', meta.pk.column, count],
        )
        return [key for (key,) in cursor.fetchall()]
