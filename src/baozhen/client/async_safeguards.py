"""The asynchronous half of `safeguards`.

Made from `safeguards.py` by `python -m tests.client.regenerate`: change that file.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

from baozhen.client import calls
from baozhen.client.async_parts import Readable
from baozhen.client.types import Resource


class Certificates(Readable):
    """证书: which certificates companies sign with, and applications for new ones."""

    path = "/certificates"
    _applications = "/certificate-applications"

    async def apply(
        self, application: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> Resource:
        """Ask an authority for a certificate; the key is made by the platform."""
        call = calls.write(self._applications, application, key=idempotency_key)
        return dict(await self._sender.send(call))

    async def get_application(self, id: str) -> Resource:
        """Return how an application stands."""
        return dict(
            await self._sender.send(calls.get(f"{self._applications}/{quote(id, safe='')}"))
        )

    async def probe(self, id: str) -> Resource:
        """Let the key sign a probe that another implementation verifies."""
        return await self._once(id, "probe", {})

    async def activate(self, id: str) -> Resource:
        """Put a certificate to use after its probe."""
        return await self._once(id, "activate", {})

    async def suspend(self, id: str, reason: str) -> Resource:
        """Take a certificate out of use."""
        return await self._once(id, "suspend", {"reason": reason})

    async def revoke(self, id: str, reason: str, *, kind: str = "unspecified") -> Resource:
        """Note that the authority has revoked it; the seals that rest on it are suspended."""
        return await self._once(id, "revoke", {"reason": reason, "kind": kind})

    def trust_anchors(self) -> AsyncIterator[Resource]:
        """Yield the roots that strangers' signatures may lead to."""
        return self._sender.pages(calls.get("/trust-anchors"))

    async def renew(
        self, id: str, reason: str, *, authority: str = "", idempotency_key: str | None = None
    ) -> Resource:
        """Ask for the successor with a fresh key; once issued it takes over by itself."""
        body = {"reason": reason, "authority": authority}
        return await self._act(id, "renew", body, key=idempotency_key)


class Risks(Readable):
    """风险: what looked wrong; `risk.raised` tells of a new one. People handle them."""

    path = "/risks"
