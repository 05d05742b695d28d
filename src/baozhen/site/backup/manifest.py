"""The manifest of one backup: written last, checked first. Files only, no database."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from baozhen.site.backup.errors import BackupRefused

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SEAL: Final = "manifest.sha256"
DUMP: Final = "database.dump"
OBJECTS: Final = "objects.txt"
POOL: Final = "archive"
LOCAL: Final = "local"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What one backup consists of.

    `files` are digests by path below the backup's folder; `keys` fingerprints, no secrets. With
    another `storage` than `local` the objects are guarded where they are, and not in the pool.
    """

    made_at: str
    version: str
    server: str
    storage: str
    objects: int
    object_bytes: int
    log_size: int
    has_keys: bool
    files: Mapping[str, str]
    keys: Mapping[str, str]
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of the archive: its address, and what its stored bytes are."""

    address: str
    sha256: str
    size: int


def write_manifest(folder: Path, manifest: Manifest) -> str:
    """Write the manifest and its digest, which is returned."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1, sort_keys=True)
    data = text.encode()
    digest = hashlib.sha256(data).hexdigest()
    (folder / MANIFEST).write_bytes(data)
    (folder / SEAL).write_text(f"{digest}  {MANIFEST}\n", encoding="ascii")
    return digest


def read_manifest(folder: Path, *, digest: str = "") -> Manifest:
    """Return the manifest of a backup whose every file is as it was; raises BackupRefused.

    `digest` is what the operator kept elsewhere; without it the one beside the manifest counts.
    """
    try:
        data = (folder / MANIFEST).read_bytes()
        wanted = digest.strip().lower() or (folder / SEAL).read_text(encoding="ascii").split()[0]
    except (OSError, IndexError, ValueError):
        raise BackupRefused(
            f"{folder} 不是一份完整的备份：没有 {MANIFEST} 或 {SEAL}。请指向某一次备份的目录"
        ) from None
    if hashlib.sha256(data).hexdigest() != wanted:
        raise BackupRefused(f"{MANIFEST} 与它的摘要不符：备份被改动过，请换用另一份")
    raw = json.loads(data)
    if raw.get("format") != FORMAT:
        raise BackupRefused(f"备份格式 {raw.get('format')} 不受支持，本程序只认 {FORMAT}")
    manifest = Manifest(**raw)
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file() or file_sha256(path) != expected:
            raise BackupRefused(f"备份中的 {name} 缺失或与清单不符：请换用另一份备份")
    return manifest


def write_objects(folder: Path, objects: Iterator[StoredObject]) -> tuple[int, int]:
    """Write the list of objects; return how many there are, and their bytes."""
    count = total = 0
    with (folder / OBJECTS).open("w", encoding="ascii") as file:
        for one in objects:
            file.write(f"{one.address} {one.sha256} {one.size}\n")
            count += 1
            total += one.size
    return count, total


def read_objects(folder: Path) -> Iterator[StoredObject]:
    """Yield the objects of a backup."""
    with (folder / OBJECTS).open(encoding="ascii") as file:
        for line in file:
            address, sha256, size = line.split()
            yield StoredObject(address, sha256, int(size))


def file_sha256(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
