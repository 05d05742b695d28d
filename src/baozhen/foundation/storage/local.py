"""The store in a folder: `<root>/abc/<sha256>`, one file an object, never written twice."""

import os
import re
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from baozhen.foundation.keys.keyring import DataKeyring
from baozhen.foundation.storage.port import (
    ObjectMissing,
    StorageOutage,
    address_of,
    open_object,
    seal_object,
)

_ADDRESS = re.compile(r"[0-9a-f]{64}", re.ASCII)


class LocalStorage:
    """Objects in a local folder; a crash leaves a whole object or none.

    An object is written beside its place, flushed to the disk, made read-only and then linked
    into its place: a link never replaces a file that is there.
    """

    def __init__(self, root: Path, *, ring: DataKeyring) -> None:
        self._root = root
        self._ring = ring
        self._incoming = root / "incoming"

    def put(self, data: bytes) -> str:
        """Store one object; see Storage."""
        return self.put_many([data])[0]

    def put_many(self, objects: Sequence[bytes]) -> list[str]:
        """Store several objects; each folder is flushed once."""
        addresses = [address_of(data) for data in objects]
        new = {}
        for sha256, data in zip(addresses, objects, strict=True):
            if self._path(sha256).exists():
                self.get(sha256)  # What was promised before must still hold.
            else:
                new[sha256] = data
        try:
            self._write(new)
        except OSError as exc:
            raise StorageOutage(reason=str(exc)) from exc
        return addresses

    def get(self, sha256: str) -> bytes:
        """Return the object; see Storage."""
        try:
            stored = self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise ObjectMissing(sha256=sha256) from None
        except OSError as exc:
            raise StorageOutage(reason=str(exc)) from exc
        return open_object(stored, sha256=sha256, ring=self._ring)

    def exists(self, sha256: str) -> bool:
        """Tell whether the file is there."""
        return self._path(sha256).exists()

    def addresses(self) -> Iterator[str]:
        """Yield the addresses in order."""
        for path in sorted(self._root.glob("[0-9a-f][0-9a-f][0-9a-f]/*")):
            if _ADDRESS.fullmatch(path.name):
                yield path.name

    def remove(self, sha256: str) -> None:
        """Delete the object; a missing one is removed already."""
        path = self._path(sha256)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            _flush_folder(path.parent)

    def _path(self, sha256: str) -> Path:
        if not _ADDRESS.fullmatch(sha256):
            raise ObjectMissing(sha256=sha256)
        return self._root / sha256[:3] / sha256

    def _write(self, objects: dict[str, bytes]) -> None:
        if not objects:
            return
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        written = []
        for sha256, data in objects.items():
            temporary = self._incoming / f"{sha256}.{secrets.token_hex(8)}"
            # Nobody can open the file for writing again; this handle still may.
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
            with os.fdopen(handle, "wb") as file:
                file.write(seal_object(data, sha256=sha256, ring=self._ring))
            written.append((sha256, temporary))
        # All are handed to the kernel before the first is waited for: the disk works meanwhile.
        for _, temporary in written:
            _flush(temporary)
        folders = set()
        for sha256, temporary in written:
            folders |= self._place(sha256, temporary)
        for folder in folders:
            _flush_folder(folder)

    def _place(self, sha256: str, temporary: Path) -> set[Path]:
        """Link the file into its place and return the folders that must be flushed."""
        path = self._path(sha256)
        folders = {path.parent}
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            folders.add(self._root)
        try:
            os.link(temporary, path)
        except FileExistsError:
            self.get(sha256)  # Somebody else put the same bytes first; they must be whole.
        temporary.unlink()
        return folders


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
