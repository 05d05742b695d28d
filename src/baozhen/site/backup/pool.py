"""The pool of archived objects in a place for backups: each is copied once, and never changed."""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from baozhen.site.backup.errors import BackupRefused
from baozhen.site.backup.manifest import StoredObject, file_sha256

_ADDRESS: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_CHUNK_BYTES: Final = 1024 * 1024
Say = Callable[[int], None]


def fill_pool(
    archive: Path, pool: Path, *, known: Mapping[str, StoredObject], say: Say
) -> Iterator[StoredObject]:
    """Copy what is new from the archive to the pool, and yield every object of the archive.

    `known` are objects of an earlier backup: those are in the pool and are not read again. `say`
    is told how many are done.
    """
    for done, path in enumerate(_objects(archive), start=1):
        target = place_of(pool, path.name)
        before = known.get(path.name)
        if before is not None and target.is_file() and target.stat().st_size == before.size:
            yield before
        elif target.is_file():
            yield StoredObject(path.name, file_sha256(target), target.stat().st_size)
        else:
            try:
                yield _copy(path, target)
            except FileNotFoundError:
                continue  # destroyed by its term meanwhile: the archive no longer has it
        say(done)


def empty_pool(pool: Path, archive: Path, objects: Iterable[StoredObject], *, say: Say) -> None:
    """Bring the objects back into an archive; raises BackupRefused for one that was changed."""
    for done, one in enumerate(objects, start=1):
        source = place_of(pool, one.address)
        if not source.is_file():
            raise BackupRefused(f"备份的归档中缺少 {one.address}：请换用另一份备份")
        if _copy(source, place_of(archive, one.address)) != one:
            raise BackupRefused(f"备份的归档 {one.address} 已损坏：请换用另一份备份")
        say(done)


def prune_pool(pool: Path, wanted: Iterable[StoredObject]) -> int:
    """Remove from the pool what no backup names any more; return how many objects that were."""
    kept = {one.address for one in wanted}
    gone = [path for path in _objects(pool) if path.name not in kept]
    for path in gone:
        path.unlink()
    return len(gone)


def place_of(root: Path, address: str) -> Path:
    """Return where an object lies below a root, the archive's or the pool's."""
    return root / address[:3] / address


def _objects(root: Path) -> Iterator[Path]:
    return (
        path
        for path in sorted(root.glob("[0-9a-f][0-9a-f][0-9a-f]/*"))
        if _ADDRESS.fullmatch(path.name)
    )


def _copy(source: Path, target: Path) -> StoredObject:
    """Copy one object durably: a crash leaves it whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    digest = hashlib.sha256()
    size = 0
    with source.open("rb") as given, fresh.open("wb") as taken:
        while part := given.read(_CHUNK_BYTES):
            digest.update(part)
            size += taken.write(part)
        taken.flush()
        os.fsync(taken.fileno())
    fresh.chmod(0o444)
    fresh.replace(target)
    return StoredObject(source.name, digest.hexdigest(), size)
