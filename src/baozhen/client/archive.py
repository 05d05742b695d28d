"""The file centre: signed files, and what the outside notary recorded of them.

The asynchronous half (`async_archive`) is made from this file by `tests/client/regenerate.py`.
"""

from collections.abc import Mapping
from typing import IO, Any

from baozhen.client import calls
from baozhen.client.calls import Call, Upload
from baozhen.client.downloads import Download
from baozhen.client.parts import Readable
from baozhen.client.types import Resource


class Files(Readable):
    """文件中心: signed files, searched and fetched."""

    path = "/files"

    def download(self, id: str, to: IO[bytes]) -> Download:
        """Write the signed file to `to`."""
        return self._sender.download(calls.get(self._one(id, "content")), to)

    def proof(self, id: str) -> Resource:
        """Return the timestamp beside the file; save it as `<file>.proof.json` to verify it."""
        return dict(self._sender.send(calls.get(self._one(id, "proof"))))

    def evidence(self, id: str, to: IO[bytes]) -> Download:
        """Write the file's evidence package to `to`; `baozhen verify` checks it off line."""
        return self._sender.download(calls.get(self._one(id, "evidence")), to)

    def copy(self, id: str, to: IO[bytes], *, kind: str, recipient: str, reason: str) -> Download:
        """Write a copy that names who gets it: `black` (desensitised) or `print` (numbered)."""
        body = {"kind": kind, "recipient": recipient, "reason": reason}
        return self._sender.download(calls.act(self._one(id, "copies"), body), to)

    def link(self, id: str, wanted: Mapping[str, Any]) -> Resource:
        """Make a download link for a core system or a person."""
        return self._act(id, "link", wanted)

    def compare(
        self,
        before: str | IO[bytes] | bytes,
        after: str | IO[bytes] | bytes,
        *,
        sheets: bool = False,
    ) -> Resource:
        """Return in what two documents differ, each an id of a file or a PDF of one's own.

        With `sheets`, pictures of the pages that differ come along, side by side.
        """
        body = {"before": calls.document(before), "after": calls.document(after), "sheets": sheets}
        call = Call(method="POST", path="/file-comparisons", json=body)
        return dict(self._sender.send(call))

    def read_mark(self, file: IO[bytes] | bytes, *, name: str = "copy.pdf") -> Resource:
        """Return who got a desensitised copy, by its PDF, a scan or a photograph of it."""
        upload = Upload(name=name, content=file)
        call = Call(method="POST", path="/mark-readings", uploads={"file": upload})
        return dict(self._sender.send(call))

    def deposit(self, id: str, *, idempotency_key: str | None = None) -> Resource:
        """Have the file's evidence deposited with the outside notary."""
        return self._act(id, "deposit", key=idempotency_key)


class Deposits(Readable):
    """存证: what the outside notary recorded, with its receipts."""

    path = "/deposits"

    def retry(self, id: str, *, idempotency_key: str | None = None) -> Resource:
        """Ask again for what the notary refused."""
        return self._act(id, "retry", key=idempotency_key)
