"""The front server as an ASGI application: ask the allow-list, then stream both ways."""

import asyncio
import contextlib
import json
import logging
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, Final

import httpx

from baozhen.site.front.configuration import MEBIBYTE, FrontSettings
from baozhen.site.front.forwarding import back, header, is_well_formed, onward
from baozhen.site.front.pace import Pace
from baozhen.site.front.routes import DEFAULT, is_allowed, read_routes

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HEALTH: Final = "/front/health"
_STREAMED: Final = b"application/x-ndjson"
_HEALTH_SECONDS: Final = 3.0
_TITLES: Final = {
    400: "请求有误",
    404: "没有找到",
    413: "文件太大",
    429: "操作太频繁",
    502: "服务暂时不可用",
    504: "服务暂时没有应答",
}
_SECURITY: Final = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
_logger = logging.getLogger(__name__)


class BodyTooLarge(Exception):
    """The visitor sends more than is taken."""


class VisitorLeft(Exception):
    """The visitor hung up before the request was whole."""


class Front:
    """One front server. It keeps connections to the core and counts of its visitors, no more."""

    def __init__(
        self, settings: FrontSettings, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._settings = settings
        routes = Path(settings.routes) if settings.routes else DEFAULT
        self._routes = read_routes(routes, partners=settings.lets_partners_in)
        self._pace = Pace(settings.requests_a_minute)
        self._key = Path(settings.key_file).read_bytes().strip() if settings.key_file else b""
        self._transport = transport
        self._http: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._http is not None:
                    await self._http.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path") or scope["path"].encode()
        path = raw.decode("latin-1").partition("?")[0]
        if path == HEALTH:
            await self._health(send)
            return
        status, wait = self._judge(scope, path)
        if status:
            await _refuse(send, status, path, retry_after=wait)
            return
        try:
            await self._forward(scope, path, receive, send)
        except BodyTooLarge:
            await _refuse(send, 413, path)
        except VisitorLeft:
            return
        except httpx.TimeoutException:
            await _refuse(send, 504, path)
        # A core that refuses our certificate says so after the handshake (RFC 8446 §4.4.2.4), and
        # that alarm reaches us as it is.
        except (httpx.TransportError, ssl.SSLError) as error:
            _logger.warning("the core does not answer: %s", type(error).__name__)
            await _refuse(send, 502, path)

    def _judge(self, scope: Scope, path: str) -> tuple[int, float]:
        """Return the status with which a request is refused, 0 when it may pass, and a wait."""
        if not is_well_formed(scope["headers"]):
            return 400, 0.0
        if not is_allowed(self._routes, scope["method"], path):
            return 404, 0.0
        wait = self._pace.wait_seconds(_address(scope), time.monotonic())
        if wait:
            return 429, wait
        length = header(scope["headers"], b"content-length")
        if length is not None and int(length) > self._body_max(scope):
            return 413, 0.0
        return 0, 0.0

    async def _forward(self, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        query = scope.get("query_string", b"").decode("latin-1")
        target = f"{path}?{query}" if query else path
        headers = onward(
            scope["headers"],
            method=scope["method"],
            target=target,
            address=_address(scope),
            key=self._key,
            at=time.time(),
        )
        has_body = scope["method"] not in {"GET", "HEAD"}
        request = httpx.Request(
            scope["method"],
            httpx.URL(self._settings.core).copy_with(raw_path=target.encode("latin-1")),
            headers=headers,
            content=self._body(scope, receive) if has_body else None,
        )
        if has_body and header(scope["headers"], b"content-length") is not None:
            request.headers.pop("Transfer-Encoding", None)
        response = await self._client().send(request, stream=True)
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": response.status_code,
                    "headers": back(response.headers.raw),
                }
            )
            async for piece in response.aiter_raw():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await response.aclose()

    async def _body(self, scope: Scope, receive: Receive) -> AsyncIterator[bytes]:
        """Yield the visitor's body, never more of it than is taken."""
        left = self._body_max(scope)
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise VisitorLeft
            piece = message.get("body", b"")
            left -= len(piece)
            if left < 0:
                raise BodyTooLarge
            if piece:
                yield piece
            if not message.get("more_body"):
                return

    def _body_max(self, scope: Scope) -> int:
        type_ = header(scope["headers"], b"content-type") or b""
        is_streamed = type_.partition(b";")[0].strip().lower() == _STREAMED
        settings = self._settings
        return MEBIBYTE * (
            settings.stream_mebibytes_max if is_streamed else settings.body_mebibytes_max
        )

    async def _health(self, send: Send) -> None:
        core = "down"
        with contextlib.suppress(httpx.HTTPError, asyncio.TimeoutError, ssl.SSLError):
            url = f"{self._settings.core}/api/v1/health"
            answer = await self._client().get(url, timeout=_HEALTH_SECONDS)
            core = "up" if answer.is_success else "down"
        status = 200 if core == "up" else 503
        await _send_json(send, status, {"status": "ok", "core": core})

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            settings = self._settings
            limits = httpx.Limits(max_connections=settings.connections_max)
            self._http = httpx.AsyncClient(
                transport=self._transport,
                verify=_tls(settings),
                limits=limits,
                timeout=httpx.Timeout(settings.timeout_seconds, connect=5.0),
                follow_redirects=False,
                trust_env=False,
            )
            self._http.headers.clear()  # what the visitor said, and nothing of ours
        return self._http


def _tls(settings: FrontSettings) -> ssl.SSLContext:
    """Return how the core is known, and how the front server proves itself to it (mTLS)."""
    context = ssl.create_default_context(cafile=settings.authority or None)
    if settings.client_certificate:
        context.load_cert_chain(settings.client_certificate, settings.client_key or None)
    return context


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


async def _refuse(send: Send, status: int, path: str, *, retry_after: float = 0.0) -> None:
    """Answer for ourselves: a problem document under /api/, else a line of text."""
    extra = [(b"retry-after", str(int(retry_after) + 1).encode())] if retry_after else []
    if path.startswith("/api/"):
        problem = {
            "type": f"urn:baozhen:problem:front_{status}",
            "title": _TITLES[status],
            "status": status,
            "detail": _TITLES[status],
            "instance": path,
            "code": f"front_{status}",
            "errors": [],
            "request_id": "-",
            "retryable": status in {429, 502, 504},
        }
        await _send_json(send, status, problem, type_=b"application/problem+json", extra=extra)
        return
    await _send(send, status, _TITLES[status].encode(), b"text/plain; charset=utf-8", extra)


async def _send_json(
    send: Send,
    status: int,
    value: object,
    *,
    type_: bytes = b"application/json",
    extra: list[tuple[bytes, bytes]] | None = None,
) -> None:
    body = json.dumps(value, ensure_ascii=False).encode()
    await _send(send, status, body, type_, extra or [])


async def _send(
    send: Send, status: int, body: bytes, type_: bytes, extra: list[tuple[bytes, bytes]]
) -> None:
    headers = [(b"content-type", type_), (b"content-length", str(len(body)).encode())]
    headers += _SECURITY + extra
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
