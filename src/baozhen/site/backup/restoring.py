"""Bring a backup back into an empty place. Nothing there is overwritten."""

import shutil
from pathlib import Path

from django.conf import settings

from baozhen.foundation.keys.configuration import is_production, secrets_directory
from baozhen.site.backup import database
from baozhen.site.backup.errors import BackupRefused
from baozhen.site.backup.keys import differing, fingerprints
from baozhen.site.backup.manifest import DUMP, LOCAL, POOL, Manifest, read_objects
from baozhen.site.backup.pool import Say, empty_pool


def check_empty(data: Path) -> None:
    """Raise BackupRefused unless the data folder is new or empty."""
    if data.exists() and any(data.iterdir()):
        raise BackupRefused(f"{data} 不是空的：恢复只写入新的或空的数据目录")


def bring_keys(backup: Path, manifest: Manifest, *, keys: Path | None) -> None:
    """Put the keys into place and hold them against the manifest's fingerprints.

    They come from the folder that is given, else from the backup, else from where the settings
    say. Before anything else comes back: without its keys a backup cannot be read.
    """
    target = secrets_directory()
    source = keys if keys is not None else backup / "keys" if manifest.has_keys else None
    if source is not None:
        if not source.is_dir():
            raise BackupRefused(f"没有密钥目录 {source}")
        shutil.copytree(source, target, dirs_exist_ok=True)
        target.chmod(0o700)
    elif not is_production() and not (target / "data-keys.json").exists():
        raise BackupRefused(
            "这份备份不含密钥：请用 --keys 指向另外保存的密钥目录（原数据目录里的 keys）"
        )
    missing = differing(manifest.keys, fingerprints())
    if missing:
        raise BackupRefused(f"密钥与备份时的不是同一批：{'、'.join(missing)}。请找到当时的密钥")


def bring_files(backup: Path, manifest: Manifest, *, say: Say) -> None:
    """Put the archive and the trust folder into place."""
    trust = backup / "trust"
    if trust.is_dir():
        shutil.copytree(trust, Path(settings.BAOZHEN_DATA) / "trust", dirs_exist_ok=True)
    if manifest.storage != settings.BAOZHEN_STORAGE:
        raise BackupRefused(
            f"备份时的归档存储是 {manifest.storage}，现在设置的是 {settings.BAOZHEN_STORAGE}"
        )
    if manifest.storage == LOCAL:
        pool = backup.parent / POOL
        empty_pool(pool, Path(settings.BAOZHEN_ARCHIVE), read_objects(backup), say=say)


def bring_database(backup: Path) -> None:
    """Load the dump into the empty database of the settings."""
    database.load(backup / DUMP)
