"""The state of a database, kept by the process and put back: what takes seconds is made once."""

from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction


@dataclass(frozen=True)
class Snapshot:
    """What tables held before (a digest each), and the rows of those that hold something else."""

    before: dict[str, str]
    rows: dict[str, bytes]
    files: tuple[str, ...]


class Snapshots:
    """States by name. A state is made anew when it began with another content of the database.

    Sequences are left as they are: what is made later gets a number that nothing had before.
    Files that the rows name lie outside; when a test has broken one, the state is made anew.
    """

    def __init__(
        self, *, files: Callable[[], Iterable[str]], is_whole: Callable[[str], bool]
    ) -> None:
        self._kept: dict[object, Snapshot] = {}
        self._files = files
        self._is_whole = is_whole

    def bring(self, name: object, make: Callable[[], object]) -> None:
        """Bring the database to the state that `make` leaves."""
        kept = self._kept.get(name)
        if kept is not None and not all(map(self._is_whole, kept.files)):
            del self._kept[name]
            kept = None
        if kept is not None and _fits(kept):
            _put_back(kept)
            return
        before = {} if kept else _contents(filled_tables())
        make()
        if kept is None:
            self._kept[name] = _taken(before, tuple(self._files()))


def filled_tables() -> list[str]:
    """Return the tables that have rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        parts = [
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM {connection.ops.quote_name(name)})"  # noqa: S608
            for (name,) in cursor.fetchall()
        ]
        cursor.execute(" UNION ALL ".join(parts))
        return sorted(name for (name,) in cursor.fetchall())


def _contents(tables: list[str]) -> dict[str, str]:
    """Return a digest of the rows of each table."""
    parts = [
        f"SELECT '{name}', md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), ''))"  # noqa: S608
        f" FROM {connection.ops.quote_name(name)} AS t"
        for name in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def _fits(kept: Snapshot) -> bool:
    """Tell whether what was there before is there now, and nothing stands in the way."""
    return _contents(filled_tables()) == kept.before


def _taken(before: dict[str, str], files: tuple[str, ...]) -> Snapshot:
    """Return the rows of every table that was filled or changed."""
    after = _contents(sorted({*before, *filled_tables()}))
    rows = {}
    with connection.cursor() as cursor:
        for name in [name for name, digest in after.items() if digest != before.get(name)]:
            with cursor.copy(f"COPY {connection.ops.quote_name(name)} TO STDOUT") as copy:
                rows[name] = b"".join(bytes(part) for part in copy)
    return Snapshot(before, rows, files)


def _put_back(kept: Snapshot) -> None:
    with transaction.atomic(), _no_triggers(), connection.cursor() as cursor:
        for name, rows in kept.rows.items():
            table = connection.ops.quote_name(name)
            if name in kept.before:
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608 -- our own names
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(rows)
        # Its jobs wait from now on: a state kept for long would look like a worker that sleeps.
        cursor.execute("UPDATE procrastinate_events SET at = now() WHERE type = 'deferred'")


@contextmanager
def _no_triggers():
    """Let rows in as they were: triggers have had their say, and so have foreign keys."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
