"""The queue of local files: one small SQLite file, so that a stopped run goes on where it was."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS item (
    name TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'submitted', 'done', 'failed')),
    envelope TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL DEFAULT 0,
    problem TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS item_due ON item (state, due);
"""


@dataclass(frozen=True)
class Item:
    """One file in the queue; `digest` is that of the file and its facts together."""

    name: str
    digest: str
    state: str
    envelope: str
    attempts: int


class FileQueue:
    """What waits, what is with the platform, what is done. Safe for threads of one process."""

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")  # a promise survives the power
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def add(self, name: str, digest: str) -> bool:
        """Queue a file unless it is there; a file of the same name with other content anew."""
        with self._statement() as database:
            done = database.execute(
                "INSERT INTO item (name, digest, state) VALUES (?, ?, 'queued') "
                "ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, state = 'queued', "
                "envelope = '', attempts = 0, due = 0, problem = '' "
                "WHERE item.digest <> excluded.digest AND item.state IN ('done', 'failed')",
                (name, digest),
            )
            return done.rowcount == 1

    def waits(self, name: str) -> bool:
        """Tell whether a file of this name is on its way already."""
        with self._statement() as database:
            found = database.execute(
                "SELECT 1 FROM item WHERE name = ? AND state IN ('queued', 'submitted')", (name,)
            )
            return found.fetchone() is not None

    def due(self, state: str, limit: int) -> list[Item]:
        """Return items of a state whose time has come."""
        with self._statement() as database:
            rows = database.execute(
                "SELECT name, digest, state, envelope, attempts FROM item "
                "WHERE state = ? AND due <= ? ORDER BY due, name LIMIT ?",
                (state, time.time(), limit),
            )
            return [Item(*row) for row in rows]

    def submitted(self, name: str, envelope: str) -> None:
        """Note that the platform has it."""
        self._set(name, "submitted", envelope=envelope)

    def done(self, name: str) -> None:
        """Note that its result lies in the output folder."""
        self._set(name, "done")

    def failed(self, name: str, problem: str) -> None:
        """Note why it will not be sealed."""
        self._set(name, "failed", problem=problem)

    def later(self, name: str, seconds: float, problem: str = "") -> None:
        """Come back to it after so long."""
        with self._statement() as database:
            database.execute(
                "UPDATE item SET due = ?, attempts = attempts + 1, problem = ? WHERE name = ?",
                (time.time() + seconds, problem, name),
            )

    def counts(self) -> dict[str, int]:
        """Return how many items stand in each state."""
        with self._statement() as database:
            return dict(database.execute("SELECT state, count(*) FROM item GROUP BY state"))

    def _set(self, name: str, state: str, *, envelope: str = "", problem: str = "") -> None:
        with self._statement() as database:
            database.execute(
                "UPDATE item SET state = ?, due = 0, problem = ?, "
                "envelope = CASE WHEN ? = '' THEN envelope ELSE ? END WHERE name = ?",
                (state, problem, envelope, envelope, name),
            )

    @contextmanager
    def _statement(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._database
