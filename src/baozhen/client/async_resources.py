"""The resources of the platform, for asyncio.

Made from `resources.py` by `python -m tests.client.regenerate`: change that file.
"""

import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import IO, Any, Protocol
from urllib.parse import quote

from baozhen.client import calls
from baozhen.client.calls import Call, Upload
from baozhen.client.downloads import Download
from baozhen.client.lines import lines_of, spooled
from baozhen.client.paging import Page
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


class _Part:
    """The part of a client that knows one resource."""

    path = ""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def _one(self, id: str | int, *rest: str) -> str:
        return "/".join([self.path, quote(str(id), safe=""), *rest])


class _Readable(_Part):
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


class _Writable(_Readable):
    """A resource that is also made, and acted upon."""

    async def create(
        self, body: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> Resource:
        """Make one; a repetition under the same key returns the same one."""
        return dict(await self._sender.send(calls.write(self.path, body, key=idempotency_key)))

    async def act(
        self,
        id: str,
        verb: str,
        body: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Resource:
        """Do `POST …/{id}/actions/{verb}`."""
        path = self._one(id, "actions", verb)
        return dict(await self._sender.send(calls.write(path, body, key=idempotency_key)))


class Envelopes(_Writable):
    """签署任务: documents, the parties that sign them, and how far they are."""

    path = "/envelopes"

    async def recall(self, id: str, reason: str) -> Resource:
        """Take it back before it is complete."""
        return await self.act(id, "recall", {"reason": reason})

    async def remind(self, id: str) -> Resource:
        """Remind those whose turn it is."""
        return await self.act(id, "remind")

    async def request_void(self, id: str, reason: str) -> Resource:
        """Ask all parties to void it."""
        return await self.act(id, "void", {"reason": reason})

    async def link(self, id: str, role: str) -> Resource:
        """Return a fresh link to the signing page for one signatory."""
        path = self._one(id, "signatories", quote(role, safe=""), "link")
        return dict(await self._sender.send(calls.write(path)))

    async def audit(self, id: str) -> Sequence[Resource]:
        """Return everything that happened, in order."""
        answer = await self._sender.send(calls.get(self._one(id, "audit")))
        return [dict(item) for item in answer["items"]]

    async def download(self, id: str, to: IO[bytes], *, document: int = 1) -> Download:
        """Write a document as it stands to `to`, checked against its digest."""
        return await self._sender.download(calls.get(self._one(id, "documents", str(document))), to)

    async def seal_file(
        self,
        file: IO[bytes] | bytes,
        facts: Mapping[str, Any],
        *,
        name: str = "file.pdf",
        idempotency_key: str | None = None,
    ) -> Resource:
        """Have a file of one's own sealed by the company, with no person in between."""
        call = Call(
            method="POST",
            path="/sealings",
            form={key: str(value) for key, value in facts.items()},
            uploads={"file": Upload(name=name, content=file)},
            idempotency_key=idempotency_key or calls.new_key(),
        )
        return dict(await self._sender.send(call))

    async def flows(self) -> Sequence[Resource]:
        """Return the ready-made flows, with what each wants filled in."""
        return [dict(flow) for flow in await self._sender.send(calls.get("/flows"))]


class EnvelopeBatches(_Part):
    """Many envelopes of one flow."""

    path = "/envelope-batches"

    async def create(
        self, body: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> Resource:
        """Start a flow for every row."""
        return dict(await self._sender.send(calls.write(self.path, body, key=idempotency_key)))

    async def get(self, id: str) -> Resource:
        """Return how far a batch is."""
        return dict(await self._sender.send(calls.get(self._one(id))))

    def rows(self, id: str, *, status: str = "") -> AsyncIterator[Resource]:
        """Yield what became of each row, optionally those of one status."""
        return self._sender.pages(calls.get(self._one(id, "rows"), status=status))


class Templates(_Writable):
    """模版: what is filled in and where it is signed."""

    path = "/templates"


class Seals(_Writable):
    """印章: the seal library, without its keys."""

    path = "/seals"


class Identities(_Part):
    """Subjects, and the checks of who they are."""

    path = "/subjects"

    async def register(
        self, subject: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> Resource:
        """Register a person or an organisation; the same one gets the same id."""
        return dict(await self._sender.send(calls.write(self.path, subject, key=idempotency_key)))

    async def get(self, id: str) -> Resource:
        """Return a subject, masked."""
        return dict(await self._sender.send(calls.get(self._one(id))))

    async def start_check(
        self, check: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> Resource:
        """Begin a check of a subject."""
        call = calls.write("/identity-checks", check, key=idempotency_key)
        return dict(await self._sender.send(call))

    async def get_check(self, id: str) -> Resource:
        """Return how a check stands."""
        return dict(await self._sender.send(calls.get(f"/identity-checks/{quote(id, safe='')}")))

    def iterate_checks(self, **filters: Any) -> AsyncIterator[Resource]:
        """Yield the checks that this client began."""
        return self._sender.pages(calls.get("/identity-checks", **filters))


class Organizations(_Readable):
    """组织: units of the insurer and outside organisations."""

    path = "/organizations"


class Files(_Readable):
    """文件中心: signed files, searched and fetched."""

    path = "/files"

    async def download(self, id: str, to: IO[bytes]) -> Download:
        """Write the signed file to `to`."""
        return await self._sender.download(calls.get(self._one(id, "content")), to)


class Proposals(_Part):
    """投保单: what policies are issued from."""

    path = "/proposals"

    async def submit(
        self, proposal: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> ProposalResult:
        """Submit an underwritten, paid proposal and get its policies."""
        result: ProposalResult = await self._sender.send(
            calls.write(self.path, proposal, key=idempotency_key)
        )
        return result

    async def get(self, proposal_no: str) -> ProposalResult:
        """Return what became of a proposal."""
        result: ProposalResult = await self._sender.send(calls.get(self._one(proposal_no)))
        return result


class Policies(_Part):
    """保单: what was issued."""

    path = "/policies"

    async def issue(
        self, proposal: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> ProposalResult:
        """Submit a proposal and get its policies: the same as `proposals.submit`."""
        result: ProposalResult = await self._sender.send(
            calls.write("/proposals", proposal, key=idempotency_key)
        )
        return result

    async def get(self, number: str) -> Policy:
        """Return a policy, without personal data."""
        policy: Policy = await self._sender.send(calls.get(self._one(number)))
        return policy

    async def download(self, number: str, to: IO[bytes], *, kind: str = "policy") -> Download:
        """Write the sealed file to `to`, checked against its digest."""
        return await self._sender.download(calls.get(self._one(number, "file"), kind=kind), to)

    async def proof(self, number: str, *, kind: str = "policy") -> Resource:
        """Return what proves the sealed file beside itself."""
        return dict(await self._sender.send(calls.get(self._one(number, "proof"), kind=kind)))


class Batches(_Part):
    """批次: up to 100,000 proposals in one stream."""

    path = "/batches"

    async def submit(
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
            batch: Batch = await self._sender.send(call)
            return batch

    async def get(self, id: int) -> Batch:
        """Return how far a batch is."""
        batch: Batch = await self._sender.send(calls.get(self._one(id)))
        return batch

    def items(self, id: int, *, status: str | None = None) -> AsyncIterator[BatchItem]:
        """Yield what became of each line, optionally those of one status."""
        return self._sender.pages(calls.get(self._one(id, "items"), status=status))

    async def resume(self, id: int) -> Resource:
        """Try the failed lines again."""
        return dict(await self._sender.send(calls.write(self._one(id, "actions", "resume"))))


class Verifications(_Part):
    """验真: what a file is worth, as the platform sees it."""

    path = "/verifications"

    async def verify(self, file: IO[bytes] | bytes, *, name: str = "file.pdf") -> Verification:
        """Upload a file and get the verdict; `verify_policy` does it off line."""
        upload = Upload(name=name, content=file)
        call = Call(method="POST", path=self.path, uploads={"file": upload})
        verdict: Verification = await self._sender.send(call)
        return verdict


class Events(_Part):
    """事件: what happened, pulled instead of pushed."""

    path = "/events"

    async def list(
        self,
        *,
        cursor: str = "",
        limit: int = 100,
        types: Iterable[str] = (),
        since: datetime | None = None,
    ) -> Page[Event]:
        """Return the events behind the cursor; keep the page's cursor for the next time."""
        query = {"cursor": cursor, "limit": limit, "type": list(types), "since": since}
        return await self._sender.page(calls.get(self.path, **query))

    def iterate(
        self, *, cursor: str = "", types: Iterable[str] = (), since: datetime | None = None
    ) -> AsyncIterator[Event]:
        """Yield the events there are at present, oldest first."""
        query = {"cursor": cursor, "type": list(types), "since": since}
        return self._sender.pages(calls.get(self.path, **query))


class Webhooks(_Part):
    """回调: who is called about events."""

    path = "/webhooks"

    async def create(
        self,
        url: str,
        *,
        types: Iterable[str] = (),
        description: str = "",
        idempotency_key: str | None = None,
    ) -> Webhook:
        """Add an endpoint; its `secret` stands in this answer only."""
        body = {"url": url, "types": list(types), "description": description}
        webhook: Webhook = await self._sender.send(
            calls.write(self.path, body, key=idempotency_key)
        )
        return webhook

    async def get(self, id: str) -> Webhook:
        """Return an endpoint."""
        webhook: Webhook = await self._sender.send(calls.get(self._one(id)))
        return webhook

    async def list(self, *, cursor: str = "", limit: int = 50) -> Page[Webhook]:
        """Return a page of endpoints."""
        return await self._sender.page(calls.get(self.path, cursor=cursor, limit=limit))

    async def change(
        self, id: str, *, types: Iterable[str] | None = None, description: str | None = None
    ) -> Webhook:
        """Change what is told; what is left out stays."""
        body: dict[str, Any] = {"types": list(types) if types is not None else None}
        body["description"] = description
        call = calls.write(self._one(id, "actions", "change"), body)
        webhook: Webhook = await self._sender.send(call)
        return webhook

    async def rotate(self, id: str, *, overlap_hours: int = 24) -> NewSecret:
        """Make a new secret; the present one signs too for so long."""
        body = {"overlap_hours": overlap_hours}
        secret: NewSecret = await self._sender.send(
            calls.act(self._one(id, "actions", "rotate"), body)
        )
        return secret

    async def disable(self, id: str, reason: str) -> Webhook:
        """Call it no more."""
        call = calls.write(self._one(id, "actions", "disable"), {"reason": reason})
        webhook: Webhook = await self._sender.send(call)
        return webhook

    async def enable(self, id: str) -> Webhook:
        """Call it again."""
        webhook: Webhook = await self._sender.send(calls.write(self._one(id, "actions", "enable")))
        return webhook

    async def test(self, id: str) -> Delivery:
        """Send the event `webhook.test`."""
        delivery: Delivery = await self._sender.send(calls.act(self._one(id, "actions", "test")))
        return delivery

    async def replay(self, id: str, *, since: datetime, until: datetime) -> Resource:
        """Tell every event of a span again."""
        body = {"since": since, "until": until}
        return dict(await self._sender.send(calls.act(self._one(id, "actions", "replay"), body)))

    def deliveries(self, id: str, *, status: str = "") -> AsyncIterator[Delivery]:
        """Yield the calls of an endpoint, the newest first."""
        return self._sender.pages(calls.get(self._one(id, "deliveries"), status=status))

    async def get_delivery(self, id: str, delivery_id: str) -> Delivery:
        """Return one delivery, call by call."""
        path = self._one(id, "deliveries", quote(delivery_id, safe=""))
        delivery: Delivery = await self._sender.send(calls.get(path))
        return delivery

    async def replay_delivery(self, id: str, delivery_id: str) -> Delivery:
        """Call again about the same event."""
        path = self._one(id, "deliveries", quote(delivery_id, safe=""), "actions", "replay")
        delivery: Delivery = await self._sender.send(calls.act(path))
        return delivery
