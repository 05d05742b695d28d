"""Local files in bulk: out of the inbox, through the platform's API, into the output folder.

A file `X.pdf` is taken once `X.json` lies beside it: whoever writes them writes the JSON last.
Each step is noted before the next begins, and the platform does each file once for its digest, so
the run may be stopped at any moment and started again.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from baozhen.client import APIError, NoAnswer
from baozhen.client.downloads import Download
from baozhen.site.front.queue import FileQueue, Item

SUBMITTED_MAX: Final = 500
POLL_SECONDS: Final = 1.0
POLL_SECONDS_MAX: Final = 30.0
_LATER: Final = frozenset({401, 403, 429, 500, 502, 503, 504})
_LATER_SECONDS_MAX: Final = 300.0
_ENDED: Final = frozenset({"declined", "recalled", "expired", "voided"})
_FACTS: Final = frozenset(
    {
        "title",
        "document_type",
        "biz_no",
        "unit",
        "seal",
        "keyword",
        "occurrence",
        "page",
        "x",
        "y",
        "size",
    }
)


class Envelopes(Protocol):
    """What is asked of the platform: the SDK's `client.envelopes`."""

    def seal_file(
        self, file: bytes, facts: Mapping[str, Any], *, name: str, idempotency_key: str
    ) -> dict[str, Any]:
        """Have a file sealed."""

    def get(self, id: str) -> dict[str, Any]:
        """Say how far it is."""

    def download(self, id: str, to: Any, *, document: int = 1) -> Download:
        """Write the sealed file."""


@dataclass(frozen=True)
class Folders:
    """Where files come from and where results go."""

    inbox: Path
    out: Path

    def prepare(self) -> None:
        """Make what is missing."""
        for folder in (self.inbox / "done", self.inbox / "failed", self.out):
            folder.mkdir(parents=True, exist_ok=True)


class FileSealing:
    """One run over a pair of folders."""

    def __init__(
        self, folders: Folders, queue: FileQueue, envelopes: Envelopes, *, threads: int = 8
    ) -> None:
        self._folders = folders
        self._queue = queue
        self._envelopes = envelopes
        self._threads = threads

    def step(self) -> int:
        """Take what has come, submit what waits, fetch what is sealed; return how much moved."""
        self.take_in()
        with ThreadPoolExecutor(self._threads) as pool:
            room = SUBMITTED_MAX - self._queue.counts().get("submitted", 0)
            moved = _count(pool.map(self._submit, self._queue.due("queued", max(room, 0))))
            moved += _count(pool.map(self._fetch, self._queue.due("submitted", SUBMITTED_MAX)))
        return moved

    def is_idle(self) -> bool:
        """Tell whether nothing waits and nothing is with the platform."""
        counts = self._queue.counts()
        return not counts.get("queued") and not counts.get("submitted")

    def take_in(self) -> int:
        """Queue every file whose facts have come; return how many are new."""
        taken = 0
        for facts in sorted(self._folders.inbox.glob("*.json")):
            pdf = facts.with_suffix(".pdf")
            if facts.is_symlink() or pdf.is_symlink() or not pdf.is_file():
                continue
            if not self._queue.waits(facts.stem):
                taken += self._queue.add(facts.stem, _digest(pdf, facts))
        return taken

    def _submit(self, item: Item) -> bool:
        pdf, facts_file = self._inputs(item.name)
        try:
            facts = _facts(facts_file)
            sealed = self._envelopes.seal_file(
                pdf.read_bytes(), facts, name="file.pdf", idempotency_key=item.digest
            )
        except (OSError, ValueError) as error:
            self._refuse(item, "input_invalid", str(error))
        except (APIError, NoAnswer) as error:
            self._wait_or_refuse(item, error)
        else:
            self._queue.submitted(item.name, str(sealed["id"]))
            return True
        return False

    def _fetch(self, item: Item) -> bool:
        try:
            envelope = self._envelopes.get(item.envelope)
            state = envelope["state"]
            if state in _ENDED:
                self._refuse(item, f"envelope_{state}", str(envelope.get("reason", "")))
                return True
            if state != "completed":
                wait = min(POLL_SECONDS * 1.5**item.attempts, POLL_SECONDS_MAX)
                self._queue.later(item.name, wait)
                return False
            self._write_result(item, envelope)
        except (APIError, NoAnswer) as error:
            self._wait_or_refuse(item, error)
            return False
        return True

    def _write_result(self, item: Item, envelope: Mapping[str, Any]) -> None:
        target = self._folders.out / f"{item.name}.pdf"
        part = target.with_suffix(".pdf.part")
        with part.open("wb") as file:
            done = self._envelopes.download(item.envelope, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        receipt = {
            "name": item.name,
            "envelope": item.envelope,
            "biz_no": envelope.get("biz_no"),
            "completed_at": envelope.get("ended_at"),
            "content_sha256": envelope.get("content_sha256"),
            "sha256": done.sha256,
            "size": done.size,
        }
        _write_json(self._folders.out / f"{item.name}.receipt.json", receipt)
        self._put_away(item.name, "done")
        self._queue.done(item.name)

    def _wait_or_refuse(self, item: Item, error: "APIError | NoAnswer") -> None:
        if isinstance(error, APIError) and not error.is_retryable and error.status not in _LATER:
            faults = "；".join(f"{fault.path}：{fault.message}" for fault in error.faults)
            self._refuse(item, error.code, faults or error.detail)
            return
        wait = min(2.0**item.attempts, _LATER_SECONDS_MAX)
        self._queue.later(item.name, wait, type(error).__name__)

    def _refuse(self, item: Item, code: str, detail: str) -> None:
        problem = {"name": item.name, "code": code, "detail": detail, "envelope": item.envelope}
        _write_json(self._folders.out / f"{item.name}.problem.json", problem)
        self._put_away(item.name, "failed")
        self._queue.failed(item.name, code)

    def _put_away(self, name: str, folder: str) -> None:
        """Move the inputs aside; they may be there already when the last run was stopped here."""
        for path in self._inputs(name):
            if path.exists():
                path.replace(self._folders.inbox / folder / path.name)

    def _inputs(self, name: str) -> tuple[Path, Path]:
        inbox = self._folders.inbox
        return inbox / f"{name}.pdf", inbox / f"{name}.json"


def _facts(path: Path) -> Mapping[str, Any]:
    facts = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(facts, dict) or not set(facts) <= _FACTS:
        raise ValueError(f"{path.name}：应为对象，字段限于 {'、'.join(sorted(_FACTS))}")
    return facts


def _digest(pdf: Path, facts: Path) -> str:
    digest = hashlib.sha256(hashlib.sha256(facts.read_bytes()).digest())
    with pdf.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _write_json(path: Path, value: object) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(value, ensure_ascii=False, indent=2), encoding="utf-8")
    part.replace(path)


def _count(moves: Iterable[bool]) -> int:
    return sum(moves)
