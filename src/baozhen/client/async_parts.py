"""The asynchronous half of `parts`.

Made from `parts.py` by `python -m tests.client.regenerate`: change that file.
"""

from collections.abc import AsyncIterator, Mapping
from typing import IO, Any, Protocol
from urllib.parse import quote

from baozhen.client import calls
from baozhen.client.calls import Call
from baozhen.client.downloads import Download
from baozhen.client.paging import Page
from baozhen.client.types import Resource


class Sender(Protocol):
    """What a resource asks of its client."""

    async def send(self, call: Call) -> Any:
        """Make a call and return its decoded answer."""

    async def page(self, call: Call) -> Page[Any]:
        """Make a call that answers a page."""

    def pages(self, call: Call) -> AsyncIterator[Any]:
        """Yield the items of all pages."""

    async def download(self, call: Call, to: IO[bytes]) -> Download:
        """Write what a call answers."""


class Part:
    """The part of a client that knows one resource."""

    path = ""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def _one(self, id: str | int, *rest: str) -> str:
        return "/".join([self.path, quote(str(id), safe=""), *rest])

    async def _act(
        self,
        id: str | int,
        verb: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
    ) -> Resource:
        """Do `POST …/{id}/actions/{verb}`; a repetition under the same key does it once."""
        return dict(
            await self._sender.send(calls.write(self._one(id, "actions", verb), body, key=key))
        )

    async def _once(self, id: str | int, verb: str, body: Mapping[str, Any]) -> Resource:
        """Do it without a key: what may have been done is not sent again."""
        return dict(await self._sender.send(calls.act(self._one(id, "actions", verb), body)))


class Readable(Part):
    """A resource that is listed and shown."""

    async def get(self, id: str) -> Resource:
        """Return one by its id."""
        return dict(await self._sender.send(calls.get(self._one(id))))

    async def list(self, *, cursor: str = "", limit: int = 50, **filters: Any) -> Page[Resource]:
        """Return one page, newest first."""
        return await self._sender.page(calls.get(self.path, cursor=cursor, limit=limit, **filters))

    def iterate(self, **filters: Any) -> AsyncIterator[Resource]:
        """Yield all of them, page by page."""
        return self._sender.pages(calls.get(self.path, **filters))


class Writable(Readable):
    """A resource that is also made; a repetition under the same key returns the same one."""

    async def create(
        self, body: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> Resource:
        """Make one."""
        return dict(await self._sender.send(calls.write(self.path, body, key=idempotency_key)))
