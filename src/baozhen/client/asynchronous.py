"""The client for programs on asyncio: the same names as in `sync`, awaited."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import IO, Any

import httpx

from baozhen.client import calls
from baozhen.client.async_archive import Deposits, Files
from baozhen.client.async_centre import (
    Accounts,
    EnvelopeBatches,
    Envelopes,
    Identities,
    Organizations,
    PreStamps,
    Seals,
    Statistics,
    Templates,
)
from baozhen.client.async_journey import Applications, Claims, Endorsements, Quotes
from baozhen.client.async_resources import (
    Batches,
    Clauses,
    Events,
    Policies,
    Proposals,
    Verifications,
    Webhooks,
)
from baozhen.client.async_safeguards import Certificates, Risks
from baozhen.client.authentication import KeyAuth, TokenAuth
from baozhen.client.calls import Call
from baozhen.client.configuration import Options
from baozhen.client.downloads import Download, check_whole, expected_digest
from baozhen.client.errors import NoAnswer
from baozhen.client.paging import Page, page_from


class AsyncClient:
    """One platform, one key. Give `name` too and the key is changed for short-lived tokens."""

    def __init__(
        self,
        base_url: str,
        *,
        key: str,
        name: str | None = None,
        options: Options | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._options = options or Options()
        self._root = base_url.rstrip("/")
        auth = TokenAuth(self._root, name, key) if name else KeyAuth(key)
        self._http = httpx.AsyncClient(
            base_url=f"{self._root}{calls.API_ROOT}",
            auth=auth,
            headers=calls.default_headers(self._options),
            timeout=calls.timeout_of(self._options),
            follow_redirects=False,
            transport=transport,
        )
        self.accounts = Accounts(self)
        self.applications = Applications(self)
        self.batches = Batches(self)
        self.certificates = Certificates(self)
        self.claims = Claims(self)
        self.clauses = Clauses(self)
        self.endorsements = Endorsements(self)
        self.envelope_batches = EnvelopeBatches(self)
        self.envelopes = Envelopes(self)
        self.events = Events(self)
        self.files = Files(self)
        self.deposits = Deposits(self)
        self.identities = Identities(self)
        self.organizations = Organizations(self)
        self.policies = Policies(self)
        self.pre_stamps = PreStamps(self)
        self.proposals = Proposals(self)
        self.quotes = Quotes(self)
        self.risks = Risks(self)
        self.seals = Seals(self)
        self.statistics = Statistics(self)
        self.templates = Templates(self)
        self.verifications = Verifications(self)
        self.webhooks = Webhooks(self)

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, call: Call) -> Any:
        """Make a call, as often as it takes and may be made; return the decoded answer.

        Raises an APIError, or NoAnswer when nobody answered.
        """
        response = await self._send(call, stream=False)
        return response.json() if response.content else None

    async def page(self, call: Call) -> "Page[Any]":
        """Make a call that answers a page."""
        return page_from(await self.send(call))

    async def pages(self, call: Call) -> AsyncIterator[Any]:
        """Yield the items of all pages."""
        query = dict(call.query)
        while True:
            page = await self.page(calls.get(call.path, **query))
            for item in page.items:
                yield item
            if not page.has_more or page.cursor is None:
                return
            query["cursor"] = page.cursor

    async def download(self, call: Call, to: IO[bytes]) -> Download:
        """Write what the call answers to `to`, piece by piece; check it against its digest.

        Raises DownloadDamaged when what came is not what was sent.
        """
        response = await self._send(call, stream=True)
        digest, size = sha256(), 0
        try:
            async for piece in response.aiter_bytes():
                digest.update(piece)
                size += len(piece)
                to.write(piece)
        except httpx.TransportError as error:
            raise NoAnswer(f"下载中断：{type(error).__name__}") from error
        finally:
            await response.aclose()
        check_whole(expected_digest(response.headers), digest.hexdigest())
        return Download(
            size=size, sha256=digest.hexdigest(), type=response.headers.get("Content-Type", "")
        )

    async def _send(self, call: Call, *, stream: bool) -> httpx.Response:
        retries, tried = self._options.retries, 0
        while True:
            tried += 1
            asked: float | None = None
            try:
                response = await self._http.send(await self._request(call), stream=stream)
            except httpx.TransportError as error:
                was_sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if tried >= retries.attempts or (was_sent and not call.is_repeatable):
                    raise NoAnswer(f"没有应答：{type(error).__name__}") from error
            else:
                if response.is_success:
                    return response
                await response.aread()
                failure = calls.failure_of(response)
                if failure is None:
                    return response
                if tried >= retries.attempts or not calls.may_try_again(call, failure):
                    raise failure
                asked = calls.asked_wait_seconds(response, datetime.now(UTC))
            await asyncio.sleep(retries.wait_seconds(tried, asked))

    async def _request(self, call: Call) -> httpx.Request:
        arguments = calls.request_arguments(call)
        request = self._http.build_request(call.method, call.path, **arguments)
        if self._options.signer is not None:
            digest = None
            if call.content is not None:
                digest = calls.digest_of(call.content)
            elif body := await request.aread():
                digest = sha256(body).digest()
            signed = self._options.signer.headers(request.method, str(request.url), digest)
            request.headers.update(signed)
        return request
