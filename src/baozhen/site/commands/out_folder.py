"""The folder of `baozhen issue --out`: one PDF a document, written whole or not at all."""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from baozhen.foundation.storage import get_storage
from baozhen.insurance.policies.models import PolicyFile

_UNSAFE = re.compile(r"[^0-9A-Za-z._-]")


@dataclass(frozen=True)
class OutFolder:
    """Copies of sealed files under their numbers."""

    path: Path

    @classmethod
    def make(cls, path: Path) -> Self:
        """Make the folder if need be; raises OSError."""
        path.mkdir(parents=True, exist_ok=True)
        return cls(path)

    @staticmethod
    def file_name(number: str) -> str:
        """Return the name of a document's file."""
        return f"{_UNSAFE.sub('_', number)}.pdf"

    def keep(self, file: PolicyFile, data: bytes) -> None:
        """Write one file just sealed."""
        self._write(self.file_name(file.number), data)

    def complete(self, documents: Iterable[Mapping[str, str]]) -> None:
        """Write those of the documents that are not there as the register knows them."""
        for document in documents:
            name = self.file_name(document["policy_no"])
            path = self.path / name
            if not path.is_file() or _sha256(path) != document["sha256"]:
                self._write(name, get_storage().get(document["sha256"]))

    def _write(self, name: str, data: bytes) -> None:
        fresh = self.path / f".{name}.{os.getpid()}"
        fresh.write_bytes(data)
        fresh.replace(self.path / name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
