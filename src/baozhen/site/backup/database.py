"""The database's part of a backup: `pg_dump` and `pg_restore` of the installed server."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection

from baozhen.site.backup.errors import BackupRefused
from baozhen.site.embedded import find_binaries

# Passwords go by the environment: a command line is everybody's to read.
_VARIABLES: Final = {
    "NAME": "PGDATABASE",
    "USER": "PGUSER",
    "PASSWORD": "PGPASSWORD",
    "HOST": "PGHOST",
    "PORT": "PGPORT",
}
_OPTIONS: Final = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout")


def dump(target: Path) -> None:
    """Write the whole database, as it is at one instant; raises BackupRefused."""
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def load(source: Path) -> None:
    """Bring a dump into the empty database of the settings, wholly or not at all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        if cursor.fetchone()[0]:
            raise BackupRefused("目标数据库不是空的：请指向一个新建的空数据库")
    name = settings.DATABASES["default"]["NAME"]
    _run(
        "pg_restore",
        *("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"),
        *(f"--dbname={name}", source),
    )


def server_version() -> str:
    """Return the version of the server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        return str(cursor.fetchone()[0])


def _run(program: str, *arguments: object) -> None:
    command = [str(find_binaries() / program), *map(str, arguments)]
    environment = {**os.environ, **variables(settings.DATABASES["default"])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupRefused(
            f"{program} 失败：{done.stderr.strip()[-600:]}\n"
            "程序的版本不能低于数据库服务器；可用 BAOZHEN_PG_BIN 指定程序所在的目录。"
        )


def variables(database: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables by which PostgreSQL's programs reach a database of the settings."""
    found = {variable: str(database.get(name) or "") for name, variable in _VARIABLES.items()}
    options = database.get("OPTIONS", {})
    found |= {f"PG{name.upper()}": str(options.get(name) or "") for name in _OPTIONS}
    return {name: value for name, value in found.items() if value}
