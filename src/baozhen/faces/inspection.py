"""Inspect a stranger's file in a process of its own, then ask the register about it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from baozhen.foundation.sandbox import inspect_in_subprocess
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.verification import queries
from baozhen.insurance.verification.services import record_verification


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """The core's report, the register's word, and the file that the register knows, if it does."""

    report: dict[str, Any]
    word: str
    file: PolicyFile | None


def inspect_file(data: bytes, *, at: datetime) -> Inspected:
    """Return what the file is worth at an instant; the register knows that its files have two."""
    file = queries.file_by_sha256(hashlib.sha256(data).hexdigest())
    report = inspect_in_subprocess(
        data,
        at=at,
        proof=queries.timestamp_proof(file) if file is not None else None,
        expected_dual=file is not None,
    )
    word = str(file.standing) if file is not None else queries.UNKNOWN
    return Inspected(report=report, word=word, file=file)


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
