"""Inspect a stranger's file in a process of its own, then ask the register about it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from baozhen.foundation.sandbox import inspect_in_subprocess
from baozhen.insurance.policies.models import ClauseDocument, PolicyFile
from baozhen.insurance.verification import queries
from baozhen.insurance.verification.services import record_verification


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """The core's report, the register's word, and the file or clauses that the register knows."""

    report: dict[str, Any]
    word: str
    file: PolicyFile | None = None
    clauses: ClauseDocument | None = None


def inspect_file(data: bytes, *, at: datetime) -> Inspected:
    """Return what the file is worth at an instant; the register knows that its files have two."""
    digest = hashlib.sha256(data).hexdigest()
    file = queries.file_by_sha256(digest)
    clauses = queries.clauses_by_sha256(digest) if file is None else None
    report = inspect_in_subprocess(
        data,
        at=at,
        proof=queries.timestamp_proof(file) if file is not None else None,
        expected_dual=file is not None or clauses is not None,
    )
    word = queries.register_word(sha256=digest)
    return Inspected(report=report, word=word, file=file, clauses=clauses)


def inspect_upload(
    data: bytes, *, source: str, at: datetime, client_address: str = ""
) -> Inspected:
    """Inspect a stranger's file; the question and its answer are kept, the file is not."""
    found = inspect_file(data, at=at)
    record_verification(
        source=source,
        at=at,
        word=found.word,
        sha256=found.report["sha256"],
        number=found.file.number if found.file is not None else "",
        verdict=found.report["verdict"],
        client_address=client_address,
    )
    return found
