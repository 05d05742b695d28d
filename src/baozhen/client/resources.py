"""Policies, files to verify, events and callbacks, with the calls that each takes.

The asynchronous ones (`async_resources`) are made from this file by `tests/client/regenerate.py`:
same names, same arguments.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import IO, Any
from urllib.parse import quote

from baozhen.client import calls
from baozhen.client.calls import Call, Upload
from baozhen.client.downloads import Download
from baozhen.client.lines import lines_of, spooled
from baozhen.client.paging import Page
from baozhen.client.parts import Part
from baozhen.client.types import (
    Batch,
    BatchItem,
    Delivery,
    Event,
    NewSecret,
    Policy,
    ProposalResult,
    Resource,
    Verification,
    Webhook,
)

_NDJSON = "application/x-ndjson"


class Proposals(Part):
    """投保单: what policies are issued from."""

    path = "/proposals"

    def submit(
        self, proposal: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> ProposalResult:
        """Submit an underwritten, paid proposal and get its policies."""
        result: ProposalResult = self._sender.send(
            calls.write(self.path, proposal, key=idempotency_key)
        )
        return result

    def get(self, proposal_no: str) -> ProposalResult:
        """Return what became of a proposal."""
        result: ProposalResult = self._sender.send(calls.get(self._one(proposal_no)))
        return result


class Policies(Part):
    """保单: what was issued."""

    path = "/policies"

    def issue(
        self, proposal: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> ProposalResult:
        """Submit a proposal and get its policies: the same as `proposals.submit`."""
        result: ProposalResult = self._sender.send(
            calls.write("/proposals", proposal, key=idempotency_key)
        )
        return result

    def get(self, number: str) -> Policy:
        """Return a policy, without personal data."""
        policy: Policy = self._sender.send(calls.get(self._one(number)))
        return policy

    def download(self, number: str, to: IO[bytes], *, kind: str = "policy") -> Download:
        """Write the sealed file to `to`, checked against its digest."""
        return self._sender.download(calls.get(self._one(number, "file"), kind=kind), to)

    def proof(self, number: str, *, kind: str = "policy") -> Resource:
        """Return what proves the sealed file beside itself."""
        return dict(self._sender.send(calls.get(self._one(number, "proof"), kind=kind)))


class Clauses(Part):
    """条款: the published terms of the products."""

    path = "/clauses"

    def list(self) -> Sequence[Resource]:
        """Return every version of every product's terms."""
        return [dict(item) for item in self._sender.send(calls.get(self.path))]

    def download(self, product: str, version: str, to: IO[bytes]) -> Download:
        """Write the sealed document to `to`, checked against its digest."""
        path = self._one(product, quote(version, safe=""), "file")
        return self._sender.download(calls.get(path), to)


class Batches(Part):
    """批次: up to 100,000 proposals in one stream."""

    path = "/batches"

    def submit(
        self,
        proposals: Iterable[Mapping[str, Any] | bytes],
        *,
        timestamp: str = "aggregated",
        idempotency_key: str | None = None,
    ) -> Batch:
        """Send proposals, one a line; memory stays small however many there are."""
        with tempfile.TemporaryFile() as file:
            call = Call(
                method="POST",
                path=self.path,
                query={"timestamp": timestamp},
                content=spooled(lines_of(proposals), file),
                content_type=_NDJSON,
                idempotency_key=idempotency_key or calls.new_key(),
            )
            batch: Batch = self._sender.send(call)
            return batch

    def get(self, id: int) -> Batch:
        """Return how far a batch is."""
        batch: Batch = self._sender.send(calls.get(self._one(id)))
        return batch

    def items(self, id: int, *, status: str | None = None) -> Iterator[BatchItem]:
        """Yield what became of each line, optionally those of one status."""
        return self._sender.pages(calls.get(self._one(id, "items"), status=status))

    def resume(self, id: int) -> Resource:
        """Try the failed lines again."""
        return self._once(id, "resume", {})


class Verifications(Part):
    """验真: what a file is worth, as the platform sees it."""

    path = "/verifications"

    def verify(self, file: IO[bytes] | bytes, *, name: str = "file.pdf") -> Verification:
        """Upload a file and get the verdict; `verify_policy` does it off line."""
        upload = Upload(name=name, content=file)
        call = Call(method="POST", path=self.path, uploads={"file": upload})
        verdict: Verification = self._sender.send(call)
        return verdict

    def report(self, file: IO[bytes] | bytes, to: IO[bytes], *, name: str = "file.pdf") -> Download:
        """Upload a file and write the platform's sealed report about it to `to`."""
        upload = Upload(name=name, content=file)
        path = f"{self.path}/report"
        call = Call(method="POST", path=path, uploads={"file": upload})
        return self._sender.download(call, to)


class Events(Part):
    """事件: what happened, pulled instead of pushed."""

    path = "/events"

    def list(
        self,
        *,
        cursor: str = "",
        limit: int = 100,
        types: Iterable[str] = (),
        since: datetime | None = None,
    ) -> Page[Event]:
        """Return the events behind the cursor; keep the page's cursor for the next time."""
        query = {"cursor": cursor, "limit": limit, "type": list(types), "since": since}
        return self._sender.page(calls.get(self.path, **query))

    def iterate(
        self, *, cursor: str = "", types: Iterable[str] = (), since: datetime | None = None
    ) -> Iterator[Event]:
        """Yield the events there are at present, oldest first."""
        query = {"cursor": cursor, "type": list(types), "since": since}
        return self._sender.pages(calls.get(self.path, **query))


class Webhooks(Part):
    """回调: who is called about events."""

    path = "/webhooks"

    def create(
        self,
        url: str,
        *,
        types: Iterable[str] = (),
        description: str = "",
        idempotency_key: str | None = None,
    ) -> Webhook:
        """Add an endpoint; its `secret` stands in this answer only."""
        body = {"url": url, "types": list(types), "description": description}
        webhook: Webhook = self._sender.send(calls.write(self.path, body, key=idempotency_key))
        return webhook

    def get(self, id: str) -> Webhook:
        """Return an endpoint."""
        webhook: Webhook = self._sender.send(calls.get(self._one(id)))
        return webhook

    def list(self, *, cursor: str = "", limit: int = 50) -> Page[Webhook]:
        """Return a page of endpoints."""
        return self._sender.page(calls.get(self.path, cursor=cursor, limit=limit))

    def change(
        self, id: str, *, types: Iterable[str] | None = None, description: str | None = None
    ) -> Webhook:
        """Change what is told; what is left out stays."""
        body: dict[str, Any] = {"types": list(types) if types is not None else None}
        body["description"] = description
        call = calls.write(self._one(id, "actions", "change"), body)
        webhook: Webhook = self._sender.send(call)
        return webhook

    def rotate(self, id: str, *, overlap_hours: int = 24) -> NewSecret:
        """Make a new secret; the present one signs too for so long."""
        body = {"overlap_hours": overlap_hours}
        secret: NewSecret = self._sender.send(calls.act(self._one(id, "actions", "rotate"), body))
        return secret

    def disable(self, id: str, reason: str) -> Webhook:
        """Call it no more."""
        call = calls.write(self._one(id, "actions", "disable"), {"reason": reason})
        webhook: Webhook = self._sender.send(call)
        return webhook

    def enable(self, id: str) -> Webhook:
        """Call it again."""
        webhook: Webhook = self._sender.send(calls.write(self._one(id, "actions", "enable")))
        return webhook

    def test(self, id: str) -> Delivery:
        """Send the event `webhook.test`."""
        delivery: Delivery = self._sender.send(calls.act(self._one(id, "actions", "test")))
        return delivery

    def replay(self, id: str, *, since: datetime, until: datetime) -> Resource:
        """Tell every event of a span again."""
        body = {"since": since, "until": until}
        return dict(self._sender.send(calls.act(self._one(id, "actions", "replay"), body)))

    def deliveries(self, id: str, *, status: str = "") -> Iterator[Delivery]:
        """Yield the calls of an endpoint, the newest first."""
        return self._sender.pages(calls.get(self._one(id, "deliveries"), status=status))

    def get_delivery(self, id: str, delivery_id: str) -> Delivery:
        """Return one delivery, call by call."""
        path = self._one(id, "deliveries", quote(delivery_id, safe=""))
        delivery: Delivery = self._sender.send(calls.get(path))
        return delivery

    def replay_delivery(self, id: str, delivery_id: str) -> Delivery:
        """Call again about the same event."""
        path = self._one(id, "deliveries", quote(delivery_id, safe=""), "actions", "replay")
        delivery: Delivery = self._sender.send(calls.act(path))
        return delivery
