"""Certificates and risks: what keeps the seals good, and what looked wrong about their use.

The asynchronous ones (`async_safeguards`) are made from this file by `tests/client/regenerate.py`.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from baozhen.client import calls
from baozhen.client.parts import Readable
from baozhen.client.types import Resource


class Certificates(Readable):
    """证书: which certificates companies sign with, and applications for new ones."""

    path = "/certificates"
    _applications = "/certificate-applications"

    def apply(
        self, application: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> Resource:
        """Ask an authority for a certificate; the key is made by the platform."""
        call = calls.write(self._applications, application, key=idempotency_key)
        return dict(self._sender.send(call))

    def get_application(self, id: str) -> Resource:
        """Return how an application stands."""
        return dict(self._sender.send(calls.get(f"{self._applications}/{quote(id, safe='')}")))

    def probe(self, id: str) -> Resource:
        """Let the key sign a probe that another implementation verifies."""
        return self._once(id, "probe", {})

    def activate(self, id: str) -> Resource:
        """Put a certificate to use after its probe."""
        return self._once(id, "activate", {})

    def suspend(self, id: str, reason: str) -> Resource:
        """Take a certificate out of use."""
        return self._once(id, "suspend", {"reason": reason})

    def revoke(self, id: str, reason: str, *, kind: str = "unspecified") -> Resource:
        """Note that the authority has revoked it; the seals that rest on it are suspended."""
        return self._once(id, "revoke", {"reason": reason, "kind": kind})

    def trust_anchors(self) -> Iterator[Resource]:
        """Yield the roots that strangers' signatures may lead to."""
        return self._sender.pages(calls.get("/trust-anchors"))

    def renew(
        self, id: str, reason: str, *, authority: str = "", idempotency_key: str | None = None
    ) -> Resource:
        """Ask for the successor with a fresh key; once issued it takes over by itself."""
        body = {"reason": reason, "authority": authority}
        return self._act(id, "renew", body, key=idempotency_key)


class Risks(Readable):
    """风险: what looked wrong; `risk.raised` tells of a new one. People handle them."""

    path = "/risks"
