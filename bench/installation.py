"""A whole platform of its own, for tests and benches that run commands as processes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
from django.conf import settings

from baozhen.site.embedded import EmbeddedDatabase
from baozhen.site.fonts import prepare_fonts

ROOT = Path(__file__).parents[1]


class Installation:
    """A data folder with its embedded database; commands run against it and nothing else."""

    def __init__(self, home: Path, *, durable: bool = False, fonts: Path | None = None) -> None:
        """`fonts` is a prepared folder; without it the one of the settings."""
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        folder = fonts or prepare_fonts(settings.NODE_MODULES, settings.BAOZHEN_FONTS).folder
        (home / "fonts").symlink_to(folder)
        self.database = EmbeddedDatabase(home / "pg", durable=durable)
        self.database.start()
        self.environment = {
            **os.environ,
            "BAOZHEN_DATA": str(home),
            "DATABASE_URL": self.database.url("baozhen"),
            "BAOZHEN_LOG_LEVEL": "ERROR",
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
            ),
        }

    def command(self, *arguments: object) -> list[str]:
        """Return the command line of `baozhen`."""
        return [sys.executable, "-m", "baozhen.site.command", *map(str, arguments)]

    def run(self, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        """Run `baozhen` to its end."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
            **options,
        )

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Start `baozhen` in a session of its own; `communicate` with it."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def serve(self, *arguments: object) -> subprocess.Popen[bytes]:
        """Start `baozhen` in a session of its own, for as long as it takes; it speaks to a file.

        A pipe that nobody reads is full one day, and whoever writes to it waits for ever.
        """
        with (self.home / f"{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(
                self.command(*arguments),
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def execute(self, statement: str, *values: object) -> list[tuple]:
        """Run one statement in the database; return its rows, if it has any."""
        with psycopg.connect(self.database.url("baozhen"), autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Stop the database and remove everything."""
        self.database.stop("immediate")
        shutil.rmtree(self.home, ignore_errors=True)
