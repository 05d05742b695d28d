"""Take a backup: the database first, then the archive, which by then holds all that it names."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from django.conf import settings

from baozhen.foundation.audit.log import log_size
from baozhen.foundation.keys.configuration import secrets_directory
from baozhen.site.backup import database
from baozhen.site.backup.errors import BackupRefused
from baozhen.site.backup.keys import fingerprints
from baozhen.site.backup.manifest import (
    DUMP,
    LOCAL,
    MANIFEST,
    OBJECTS,
    POOL,
    Manifest,
    StoredObject,
    file_sha256,
    read_objects,
    write_manifest,
    write_objects,
)
from baozhen.site.backup.pool import Say, fill_pool, prune_pool


def take(place: Path, *, with_keys: bool, at: datetime, say: Say) -> tuple[Path, Manifest, str]:
    """Take one backup; return its folder, its manifest and the manifest's digest.

    The folder bears its name only once it is whole. Raises BackupRefused and OSError.
    """
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = place / f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    if folder.exists():
        raise BackupRefused(f"{folder} 已经存在：请稍后再备份")
    fresh = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    size = log_size()
    database.dump(fresh / DUMP)
    count, total = _take_archive(place, fresh, say=say)
    _take_folder(Path(settings.BAOZHEN_DATA) / "trust", fresh / "trust")
    if with_keys:
        _take_folder(secrets_directory(), fresh / "keys")
    manifest = Manifest(
        made_at=at.isoformat(),
        version=version("baozhen"),
        server=database.server_version(),
        storage=settings.BAOZHEN_STORAGE,
        objects=count,
        object_bytes=total,
        log_size=size,
        has_keys=with_keys,
        files={
            path.relative_to(fresh).as_posix(): file_sha256(path)
            for path in sorted(fresh.rglob("*"))
            if path.is_file()
        },
        keys=fingerprints(),
    )
    digest = write_manifest(fresh, manifest)
    fresh.rename(folder)
    return folder, manifest, digest


def backups_in(place: Path) -> list[Path]:
    """Return the folders of the whole backups of a place, the oldest first."""
    return sorted(path.parent for path in place.glob(f"[0-9]*/{MANIFEST}"))


def prune(place: Path) -> int:
    """Remove objects that none of the place's backups names; return how many."""
    named = (one for folder in backups_in(place) for one in read_objects(folder))
    return prune_pool(place / POOL, named)


def _take_archive(place: Path, fresh: Path, *, say: Say) -> tuple[int, int]:
    if settings.BAOZHEN_STORAGE != LOCAL:
        return write_objects(fresh, iter(()))
    known = {one.address: one for one in _objects_before(place)}
    found = fill_pool(Path(settings.BAOZHEN_ARCHIVE), place / POOL, known=known, say=say)
    return write_objects(fresh, found)


def _objects_before(place: Path) -> Iterator[StoredObject]:
    """Yield what the newest backup named, which therefore lies in the pool."""
    for folder in backups_in(place)[-1:]:
        if (folder / OBJECTS).is_file():
            yield from read_objects(folder)


def _take_folder(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
