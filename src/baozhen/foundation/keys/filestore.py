"""Signing keys in a folder of encrypted PKCS#8 files."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from baozhen.foundation.keys.errors import BadKeyReference, UnknownKey
from baozhen.foundation.keys.private_files import (
    check_private_directory,
    make_private_directory,
    read_private,
    write_private,
)
from baozhen.trust.crypto.keys import SoftwareSigner, load_pkcs8
from baozhen.trust.crypto.pkcs8 import ITERATIONS

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SUFFIX = ".pem"


@dataclass(frozen=True)
class FileKeyStore:
    """A folder (0700) of key files (0600), all under one passphrase.

    `iterations` slows down guessing at the passphrase of files written here; a passphrase of 256
    random bits needs little of that.
    """

    directory: Path
    passphrase: bytes = field(repr=False)
    iterations: int = ITERATIONS

    def open(self, name: str) -> SoftwareSigner:
        """Load a key; the caller keeps it.

        Raises UnknownKey, LoosePermissions, or KeyFileError for a wrong passphrase.
        """
        path = self._path(name)
        if not path.exists():
            raise UnknownKey(store=self.directory, name=name)
        check_private_directory(self.directory)
        return load_pkcs8(read_private(path), self.passphrase)

    def put(self, name: str, signer: SoftwareSigner) -> None:
        """Write a key, encrypted; SecretExists when the name is taken."""
        path = self._path(name)
        make_private_directory(self.directory)
        write_private(path, signer.to_pkcs8(self.passphrase, iterations=self.iterations))

    def names(self) -> tuple[str, ...]:
        """Return the names of the keys in the folder, sorted."""
        return tuple(sorted(path.stem for path in self.directory.glob(f"[a-z0-9]*{_SUFFIX}")))

    def _path(self, name: str) -> Path:
        # The pattern also keeps a name inside the folder.
        if not _NAME.fullmatch(name):
            raise BadKeyReference(
                reference=f"file:{name}", reason="名称只能用小写字母、数字、点、下划线和连字符"
            )
        return self.directory / (name + _SUFFIX)
