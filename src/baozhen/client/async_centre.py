"""The asynchronous half of `centre`.

Made from `centre.py` by `python -m tests.client.regenerate`: change that file.
"""

import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import IO, Any
from urllib.parse import quote

from baozhen.client import calls
from baozhen.client.async_parts import Part, Readable, Writable
from baozhen.client.calls import Call, Upload
from baozhen.client.downloads import Download
from baozhen.client.lines import lines_of, spooled
from baozhen.client.types import Resource

_NDJSON = "application/x-ndjson"


class Envelopes(Writable):
    """签署任务: documents, the parties that sign them, and how far they are."""

    path = "/envelopes"

    async def create_free(
        self, body: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> Resource:
        """Make one of documents, parties and positions of one's own, without a ready-made flow."""
        call = calls.write(f"{self.path}/free", body, key=idempotency_key)
        return dict(await self._sender.send(call))

    async def approve(
        self, id: str, action: str, *, opinion: str = "", idempotency_key: str | None = None
    ) -> Resource:
        """Approve a step of one's own company."""
        body = {"action": action, "reason": opinion}
        return await self._act(id, "approve", body, key=idempotency_key)

    async def seal(
        self, id: str, action: str, *, seal: str = "", idempotency_key: str | None = None
    ) -> Resource:
        """Seal as the company of a step; without a seal the rules choose."""
        body = {"action": action, "seal": seal}
        return await self._act(id, "seal", body, key=idempotency_key)

    async def decline(
        self, id: str, action: str, reason: str, *, idempotency_key: str | None = None
    ) -> Resource:
        """Decline a step of one's own company; the task ends."""
        body = {"action": action, "reason": reason}
        return await self._act(id, "decline", body, key=idempotency_key)

    async def answers(self, id: str) -> Sequence[Resource]:
        """Return what the parties were asked, and what they answered."""
        answer = await self._sender.send(calls.get(self._one(id, "answers")))
        return [dict(item) for item in answer]

    async def recall(self, id: str, reason: str) -> Resource:
        """Take it back before it is complete."""
        return await self._act(id, "recall", {"reason": reason})

    async def remind(self, id: str) -> Resource:
        """Remind those whose turn it is."""
        return await self._act(id, "remind")

    async def request_void(self, id: str, reason: str) -> Resource:
        """Ask all parties to void it."""
        return await self._act(id, "void", {"reason": reason})

    async def deposit(self, id: str, *, idempotency_key: str | None = None) -> Sequence[Resource]:
        """Have the evidence of each file of a completed task deposited with the outside notary."""
        answer = await self._act(id, "deposit", key=idempotency_key)
        return [dict(item) for item in answer["items"]]

    async def link(self, id: str, role: str) -> Resource:
        """Return a fresh link to the signing page for one signatory."""
        path = self._one(id, "signatories", quote(role, safe=""), "link")
        return dict(await self._sender.send(calls.write(path)))

    async def embed_link(self, id: str, role: str, origin: str) -> Resource:
        """Return a one-time link that a page of `origin` may show in a frame."""
        path = self._one(id, "signatories", quote(role, safe=""), "embed-link")
        return dict(await self._sender.send(calls.write(path, {"origin": origin})))

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


class PreStamps(Readable):
    """预盖章授权: what one's own company has decided in advance. Only a person gives one."""

    path = "/pre-stamps"

    def uses(self, id: str) -> AsyncIterator[Resource]:
        """Yield the tasks that it decided, the newest first."""
        return self._sender.pages(calls.get(self._one(id, "uses")))

    async def revoke(self, id: str, reason: str, *, idempotency_key: str | None = None) -> Resource:
        """Take it back at once; from then on people are asked again."""
        return await self._act(id, "revoke", {"reason": reason}, key=idempotency_key)


class EnvelopeBatches(Part):
    """批量发起: many envelopes of one flow."""

    path = "/envelope-batches"

    async def create(
        self, body: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> Resource:
        """Start a flow for every row."""
        return dict(await self._sender.send(calls.write(self.path, body, key=idempotency_key)))

    async def stream(
        self,
        flow: str,
        rows: Iterable[Mapping[str, Any] | bytes],
        *,
        unit: str = "",
        timestamp: str = "aggregated",
        idempotency_key: str | None = None,
    ) -> Resource:
        """Send up to 100,000 rows, one a line; memory stays small however many there are."""
        with tempfile.TemporaryFile() as file:
            call = Call(
                method="POST",
                path=f"{self.path}/stream",
                query={"flow": flow, "unit": unit, "timestamp": timestamp},
                content=spooled(lines_of(rows), file),
                content_type=_NDJSON,
                idempotency_key=idempotency_key or calls.new_key(),
            )
            return dict(await self._sender.send(call))

    async def get(self, id: str) -> Resource:
        """Return how far a batch is."""
        return dict(await self._sender.send(calls.get(self._one(id))))

    def rows(self, id: str, *, status: str = "") -> AsyncIterator[Resource]:
        """Yield what became of each row, optionally those of one status."""
        return self._sender.pages(calls.get(self._one(id, "rows"), status=status))

    async def resume(self, id: str) -> Resource:
        """Try the failed rows again."""
        return await self._act(id, "resume")

    async def end(self, id: str, reason: str) -> Resource:
        """Take back every envelope of it that is not complete."""
        return await self._act(id, "end", {"reason": reason})


class Templates(Writable):
    """模版: what is filled in and where it is signed; versions are written and submitted here.

    A person approves them in the console.
    """

    path = "/templates"

    async def versions(self, id: str) -> Sequence[Resource]:
        """Return the versions of a template."""
        answer = await self._sender.send(calls.get(self._one(id, "versions")))
        return [dict(item) for item in answer["items"]]

    async def version(self, id: str, number: int) -> Resource:
        """Return one version."""
        return dict(await self._sender.send(calls.get(self._one(id, "versions", str(number)))))

    async def add_version(
        self, id: str, content: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> Resource:
        """Begin a new draft."""
        call = calls.write(self._one(id, "versions"), content, key=idempotency_key)
        return dict(await self._sender.send(call))

    async def edit(
        self,
        id: str,
        number: int,
        changes: Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
    ) -> Resource:
        """Change a draft's text, file, fields or sample; what is left out stays."""
        path = self._one(id, "versions", str(number), "actions", "edit")
        return dict(await self._sender.send(calls.write(path, changes, key=idempotency_key)))

    async def share(self, id: str, sharing: str, shared_with: Sequence[str] = ()) -> Resource:
        """Share it: `own`, `below`, `all`, or `chosen` with the ids of these units."""
        body = {"sharing": sharing, "shared_with": list(shared_with)}
        return dict(await self._sender.send(calls.write(self._one(id, "actions", "share"), body)))

    async def submit(self, id: str, number: int) -> Resource:
        """Send a draft for approval."""
        path = self._one(id, "versions", str(number), "actions", "submit")
        return dict(await self._sender.send(calls.write(path)))

    async def send_back(self, id: str, number: int, reason: str) -> Resource:
        """Make what was submitted a draft again."""
        path = self._one(id, "versions", str(number), "actions", "return")
        return dict(await self._sender.send(calls.write(path, {"reason": reason})))

    async def retire(self, id: str, number: int, reason: str) -> Resource:
        """Let an approved version fill no more documents."""
        path = self._one(id, "versions", str(number), "actions", "retire")
        return dict(await self._sender.send(calls.write(path, {"reason": reason})))

    async def fill(self, id: str, values: Mapping[str, Any], *, on: date | None = None) -> Resource:
        """Check values against the version in force, and fill it with them."""
        body = {"values": dict(values), "on": on.isoformat() if on else None}
        return await self._once(id, "fill", body)


class Seals(Writable):
    """印章: the seal library, without its keys. A seal that is made waits for approval."""

    path = "/seals"

    async def freeze(self, id: str, reason: str, *, idempotency_key: str | None = None) -> Resource:
        """Suspend a seal at once; to use it again takes an approval."""
        return await self._act(id, "freeze", {"reason": reason}, key=idempotency_key)

    async def blast_radius(self, id: str, *, since: datetime | None = None) -> Resource:
        """Return what used the seal since a time: documents, batches, units."""
        return dict(await self._sender.send(calls.get(self._one(id, "blast-radius"), since=since)))

    async def picture(self, id: str, to: IO[bytes]) -> Download:
        """Write the picture in use, PNG."""
        return await self._sender.download(calls.get(self._one(id, "picture")), to)

    async def structure(self, id: str, to: IO[bytes]) -> Download:
        """Write the signed structure (GB/T 38540, DER)."""
        return await self._sender.download(calls.get(self._one(id, "structure")), to)

    def grants(self, **filters: Any) -> AsyncIterator[Resource]:
        """Yield who may use which seal for what, how often, until when."""
        return self._sender.pages(calls.get("/seal-grants", **filters))

    def rules(self, **filters: Any) -> AsyncIterator[Resource]:
        """Yield where, in which flow and for what seals are allowed or forbidden."""
        return self._sender.pages(calls.get("/seal-rules", **filters))

    def uses(self, **filters: Any) -> AsyncIterator[Resource]:
        """Yield the use records, the newest first."""
        return self._sender.pages(calls.get("/seal-uses", **filters))


class Identities(Part):
    """认证: subjects, the checks of who they are, and codes."""

    path = "/subjects"
    _checks = "/identity-checks"

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
        return dict(await self._sender.send(calls.write(self._checks, check, key=idempotency_key)))

    async def get_check(self, id: str) -> Resource:
        """Return how a check stands."""
        return dict(await self._sender.send(calls.get(f"{self._checks}/{quote(id, safe='')}")))

    def iterate_checks(self, **filters: Any) -> AsyncIterator[Resource]:
        """Yield the checks that this client began."""
        return self._sender.pages(calls.get(self._checks, **filters))

    async def complete_check(self, id: str) -> Resource:
        """Ask the provider for the result of a check that the person has finished."""
        return dict(await self._sender.send(self._check_act(id, "complete", {})))

    async def confirm_transfer(self, id: str, amount_fen: int) -> Resource:
        """Say which small sum has arrived on the organisation's account."""
        body = {"amount_fen": amount_fen}
        return dict(await self._sender.send(self._check_act(id, "confirm-transfer", body)))

    async def answer_challenge(
        self, id: str, *, certificate: str, signature: str, chain: Sequence[str] = ()
    ) -> Resource:
        """Hand in what a U-key has signed."""
        body = {"certificate": certificate, "signature": signature, "chain": list(chain)}
        return dict(await self._sender.send(self._check_act(id, "answer-challenge", body)))

    async def withdraw_check(self, id: str, reason: str) -> Resource:
        """Give a check up."""
        return dict(await self._sender.send(self._check_act(id, "withdraw", {"reason": reason})))

    async def send_code(self, request: Mapping[str, Any]) -> Resource:
        """Send a code to a subject, for one purpose and one document."""
        return dict(await self._sender.send(calls.act("/codes", request)))

    async def confirm_code(self, id: str, confirmation: Mapping[str, Any]) -> Resource:
        """Say which digits came; they count once."""
        path = f"/codes/{quote(id, safe='')}/actions/confirm"
        return dict(await self._sender.send(calls.act(path, confirmation)))

    def _check_act(self, id: str, verb: str, body: Mapping[str, Any]) -> Call:
        return calls.act(f"{self._checks}/{quote(id, safe='')}/actions/{verb}", body)


class Organizations(Readable):
    """组织: units of the insurer and outside organisations."""

    path = "/organizations"


class Accounts(Readable):
    """账号: the people, without their contacts."""

    path = "/accounts"


class Statistics(Part):
    """统计: seals, files and signatures by day."""

    path = "/statistics"

    async def get(
        self, measure: str, *, since: date | None = None, until: date | None = None
    ) -> Resource:
        """Return the figures of a measure: `seals`, `files` or `signatures`."""
        query = {
            "since": since.isoformat() if since else None,
            "until": until.isoformat() if until else None,
        }
        return dict(await self._sender.send(calls.get(self._one(measure), **query)))

    def statements(self, *, month: str = "") -> AsyncIterator[Resource]:
        """Go through the monthly statements, all or those of a month like `2026-11`."""
        return self._sender.pages(calls.get("/statements", month=month))
