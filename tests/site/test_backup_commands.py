"""`baozhen backup` and `baozhen restore`: what was taken comes back whole, or not at all."""

import json
import os
import shutil
from pathlib import Path

import pytest

from baozhen.site.backup.database import variables
from baozhen.site.backup.errors import BackupRefused
from baozhen.site.backup.keys import differing
from baozhen.site.backup.manifest import (
    Manifest,
    StoredObject,
    read_manifest,
    read_objects,
    write_manifest,
    write_objects,
)
from baozhen.site.backup.pool import empty_pool, fill_pool, place_of, prune_pool
from baozhen.site.backup.restoring import check_empty

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
FIRST, SECOND, THIRD = (f"{number:03x}{number:061x}" for number in (1, 2, 3))


def silent(_done):
    """Say nothing."""


@pytest.mark.requirement("S2-L160.m8")
def test_a_backup_comes_back_elsewhere_and_every_policy_is_genuine(demonstrated, tmp_path):
    installed, _ = demonstrated
    place = tmp_path / "backups"
    done = installed.run("backup", place)
    assert done.returncode == 0, done.stderr
    assert "密钥没有复制" in done.stdout
    [backup] = place.glob("2*")
    digest = (backup / "manifest.sha256").read_text().split()[0]
    assert digest in done.stdout
    manifest = json.loads((backup / "manifest.json").read_text("utf-8"))
    [(objects,)] = installed.execute("SELECT count(DISTINCT sha256) FROM files_archiveitem")
    assert manifest["objects"] >= objects >= 35
    assert not (backup / "keys").exists()
    assert place.stat().st_mode & 0o077 == backup.stat().st_mode & 0o077 == 0

    # A drill with the keys that were kept apart: nothing of it stays, the platform is untouched.
    keys = ("--keys", installed.home / "keys")
    before = set(Path("/tmp").glob("baozhen-restore-*"))  # noqa: S108 -- where drills are
    drill = installed.run("restore", backup, "--check", "--sha256", digest, *keys)
    assert drill.returncode == 0, drill.stdout + drill.stderr
    assert "自查完成：全部相符" in drill.stdout
    assert "恢复演练：数据截至" in drill.stdout
    assert set(Path("/tmp").glob("baozhen-restore-*")) == before  # noqa: S108

    # In earnest: without keys it refuses; then a file is verified off line by what came back.
    bare = {**installed.environment, "BAOZHEN_MODE": "development"}
    bare.pop("DATABASE_URL")
    installed_environment, installed.environment = installed.environment, bare
    try:
        home = tmp_path / "restored"
        refused = installed.run("restore", backup, "--data", home)
        assert (refused.returncode, "--keys" in refused.stderr) == (2, True)
        shutil.rmtree(home)
        back = installed.run("restore", backup, "--data", home, *keys)
        assert back.returncode == 0, back.stdout + back.stderr
        original = next((installed.home / "demo").glob("*.pdf"))
        verdict = installed.run("verify", original, "--trust", home / "trust")
        assert verdict.returncode == 0, verdict.stdout
    finally:
        installed.environment = installed_environment
    for path in (installed.home / "archive").glob("???/*"):
        [copied] = (home / "archive").rglob(path.name)
        assert copied.read_bytes() == path.read_bytes()


def made(folder, **changes):
    """Write a whole backup without a database."""
    folder.mkdir()
    (folder / "database.dump").write_bytes(b"dump")
    write_objects(folder, iter([StoredObject(FIRST, "ab" * 32, 3)]))
    facts = {
        "made_at": "2026-11-21T09:30:00+00:00",
        "version": "0",
        "server": "18",
        "storage": "local",
        "objects": 1,
        "object_bytes": 3,
        "log_size": 0,
        "has_keys": False,
        "files": {"database.dump": "20b3dfca8b9dfd58ae5ee2f0f0dfb3fb"},
        "keys": {"索引密钥": "1"},
    }
    return write_manifest(folder, Manifest(**(facts | changes)))


def test_what_was_changed_is_not_brought_back(tmp_path):
    good = "c35e9e5d1b5d7d9bd5a5f4b1d2aa5f0e"
    folder = tmp_path / "one"
    made(folder)
    with pytest.raises(BackupRefused, match=r"database\.dump 缺失或与清单不符"):
        read_manifest(folder)
    digest = made(tmp_path / "two", files={})
    assert read_manifest(tmp_path / "two").keys == {"索引密钥": "1"}
    assert read_manifest(tmp_path / "two", digest=digest.upper()).objects == 1
    with pytest.raises(BackupRefused, match="与它的摘要不符"):
        read_manifest(tmp_path / "two", digest=good)
    text = (tmp_path / "two" / "manifest.json").read_text("utf-8")
    (tmp_path / "two" / "manifest.json").write_text(text.replace("2026", "2025"), "utf-8")
    with pytest.raises(BackupRefused, match="与它的摘要不符"):
        read_manifest(tmp_path / "two")
    made(tmp_path / "three", files={}, format=2)
    with pytest.raises(BackupRefused, match="格式 2 不受支持"):
        read_manifest(tmp_path / "three")
    with pytest.raises(BackupRefused, match="不是一份完整的备份"):
        read_manifest(tmp_path)


def test_objects_are_copied_once_and_come_back_as_they_were(tmp_path):
    archive, pool = tmp_path / "archive", tmp_path / "pool"
    for address in (FIRST, SECOND):
        place_of(archive, address).parent.mkdir(parents=True, exist_ok=True)
        place_of(archive, address).write_bytes(address.encode())
    (archive / "incoming").mkdir()
    (archive / "incoming" / f"{THIRD}.half").write_bytes(b"half")
    said = []
    first = list(fill_pool(archive, pool, known={}, say=said.append))
    assert ([one.address for one in first], said) == ([FIRST, SECOND], [1, 2])
    times = {path: path.stat().st_mtime_ns for path in pool.rglob("?" * 64)}

    place_of(archive, THIRD).parent.mkdir()
    place_of(archive, THIRD).write_bytes(b"third")
    known = {one.address: one for one in first}
    second = list(fill_pool(archive, pool, known=known, say=silent))
    assert second[:2] == first
    assert all(path.stat().st_mtime_ns == at for path, at in times.items())
    assert list(fill_pool(archive, pool, known={}, say=silent)) == second

    folder = tmp_path / "backup"
    folder.mkdir()
    assert write_objects(folder, iter(second)) == (3, 64 + 64 + 5)
    back = tmp_path / "back"
    empty_pool(pool, back, read_objects(folder), say=silent)
    assert place_of(back, THIRD).read_bytes() == b"third"
    assert place_of(back, THIRD).stat().st_mode & 0o222 == 0

    # What the archive destroyed leaves the pool once no backup names it.
    assert prune_pool(pool, second[:2]) == 1
    with pytest.raises(BackupRefused, match=f"缺少 {THIRD}"):
        empty_pool(pool, tmp_path / "again", second, say=silent)
    broken = place_of(pool, FIRST)
    broken.chmod(0o644)
    broken.write_bytes(b"x" * 64)
    with pytest.raises(BackupRefused, match="已损坏"):
        empty_pool(pool, tmp_path / "third", first, say=silent)


def test_keys_are_told_apart_and_places_must_be_empty(tmp_path):
    wanted = {"数据密钥 a": "1", "签章密钥 b": "2"}
    assert differing(wanted, wanted | {"数据密钥 c": "3"}) == []
    assert differing(wanted, {"数据密钥 a": "9"}) == ["数据密钥 a", "签章密钥 b"]
    check_empty(tmp_path / "new")
    check_empty(tmp_path)
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(BackupRefused, match="不是空的"):
        check_empty(tmp_path)


def test_a_password_goes_by_the_environment():
    database = {
        "NAME": "baozhen",
        "USER": "app",
        "PASSWORD": "secret",
        "HOST": "db",
        "PORT": 5433,
        "OPTIONS": {"sslmode": "verify-full", "application_name": "x"},
    }
    assert variables(database) == {
        "PGDATABASE": "baozhen",
        "PGUSER": "app",
        "PGPASSWORD": "secret",
        "PGHOST": "db",
        "PGPORT": "5433",
        "PGSSLMODE": "verify-full",
    }
    assert "PGPASSWORD" not in os.environ
