"""The asynchronous half of `archive`.

Made from `archive.py` by `python -m tests.client.regenerate`: change that file.
"""

from collections.abc import Mapping
from typing import IO, Any

from baozhen.client import calls
from baozhen.client.async_parts import Readable
from baozhen.client.calls import Call, Upload
from baozhen.client.downloads import Download
from baozhen.client.types import Resource


class Files(Readable):
    """文件中心: signed files, searched and fetched."""

    path = "/files"

    async def download(self, id: str, to: IO[bytes]) -> Download:
        """Write the signed file to `to`."""
        return await self._sender.download(calls.get(self._one(id, "content")), to)

    async def proof(self, id: str) -> Resource:
        """Return the timestamp beside the file; save it as `<file>.proof.json` to verify it."""
        return dict(await self._sender.send(calls.get(self._one(id, "proof"))))

    async def evidence(self, id: str, to: IO[bytes]) -> Download:
        """Write the file's evidence package to `to`; `baozhen verify` checks it off line."""
        return await self._sender.download(calls.get(self._one(id, "evidence")), to)

    async def copy(
        self, id: str, to: IO[bytes], *, kind: str, recipient: str, reason: str
    ) -> Download:
        """Write a copy that names who gets it: `black` (desensitised) or `print` (numbered)."""
        body = {"kind": kind, "recipient": recipient, "reason": reason}
        return await self._sender.download(calls.act(self._one(id, "copies"), body), to)

    async def link(self, id: str, wanted: Mapping[str, Any]) -> Resource:
        """Make a download link for a core system or a person."""
        return await self._act(id, "link", wanted)

    async def compare(
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
        return dict(await self._sender.send(call))

    async def read_mark(self, file: IO[bytes] | bytes, *, name: str = "copy.pdf") -> Resource:
        """Return who got a desensitised copy, by its PDF, a scan or a photograph of it."""
        upload = Upload(name=name, content=file)
        call = Call(method="POST", path="/mark-readings", uploads={"file": upload})
        return dict(await self._sender.send(call))

    async def deposit(self, id: str, *, idempotency_key: str | None = None) -> Resource:
        """Have the file's evidence deposited with the outside notary."""
        return await self._act(id, "deposit", key=idempotency_key)


class Deposits(Readable):
    """存证: what the outside notary recorded, with its receipts."""

    path = "/deposits"

    async def retry(self, id: str, *, idempotency_key: str | None = None) -> Resource:
        """Ask again for what the notary refused."""
        return await self._act(id, "retry", key=idempotency_key)
