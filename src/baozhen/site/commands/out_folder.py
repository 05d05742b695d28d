"""The folder of `baozhen issue --out`: one PDF a document, and the proof of its time beside it.

Each is written whole or not at all, and a proof never stands beside other bytes than its own.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from baozhen.foundation.storage import get_storage
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.verification.queries import sealed_files, timestamp_proof

_UNSAFE = re.compile(r"[^0-9A-Za-z._-]")


@dataclass(frozen=True)
class OutFolder:
    """Copies of sealed files under their numbers, with what `baozhen verify` reads beside them."""

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
        """Write one file just sealed; its time is attested later, when it is issued."""
        self._replace_pdf(self.file_name(file.number), data)

    def complete(self, documents: Iterable[Mapping[str, str]]) -> None:
        """Bring the documents and their proofs to what the register knows."""
        wanted = {document["sha256"]: document["policy_no"] for document in documents}
        for file in sealed_files(wanted):
            sha256 = str(file.sha256)
            name = self.file_name(wanted[sha256])
            path = self.path / name
            if not path.is_file() or _sha256(path) != sha256:
                self._replace_pdf(name, get_storage().get(sha256))
            proof = timestamp_proof(file)
            if proof is None:  # the tokens are inside, or still to come
                self._proof_path(name).unlink(missing_ok=True)
            else:
                self._write(self._proof_path(name).name, proof.to_json(file_sha256=sha256))

    def _proof_path(self, name: str) -> Path:
        return self.path / f"{name}.proof.json"

    def _replace_pdf(self, name: str, data: bytes) -> None:
        # First the old proof goes: beside another file it would be wrong, absent it is only late.
        self._proof_path(name).unlink(missing_ok=True)
        self._write(name, data)

    def _write(self, name: str, data: bytes) -> None:
        fresh = self.path / f".{name}.{os.getpid()}"
        fresh.write_bytes(data)
        fresh.replace(self.path / name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
