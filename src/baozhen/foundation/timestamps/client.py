"""The client of RFC 3161 services over HTTP: several in order, every token verified on arrival."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

import httpx

from baozhen.foundation.timestamps.port import TimestampOutage
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.trust.cms.timestamp import (
    MESSAGE_BYTES_MAX,
    build_request,
    parse_response,
    verify_token,
)
from baozhen.trust.errors import TrustError

CONNECT_SECONDS_MAX: Final = 3.0
ANSWER_SECONDS_MAX: Final = 8.0
# After a failure a service is left alone this long, so that bulk work does not wait for it anew.
PAUSE: Final = timedelta(seconds=30)
_NONCE_BITS = 64
_HASH_NAMES = ("sm3", "sha256")
_QUERY_TYPE, _REPLY_TYPE = "application/timestamp-query", "application/timestamp-reply"


@dataclass(frozen=True)
class TimestampService:
    """One service: its address and the digests it is asked to stamp."""

    url: str
    hash_names: tuple[str, ...] = _HASH_NAMES

    @classmethod
    def from_setting(cls, text: str) -> "TimestampService":
        """Read `https://…`, or `sm3:https://…` for a service that is asked for one digest only."""
        prefix, _, rest = text.strip().partition(":")
        return cls(rest, (prefix,)) if prefix in _HASH_NAMES else cls(text.strip())


class TimestampClient:
    """A Timestamper over HTTP; safe to share between threads."""

    def __init__(
        self,
        services: Sequence[TimestampService],
        *,
        anchors: Sequence[bytes],
        now: Callable[[], datetime],
        http: httpx.Client | None = None,
    ) -> None:
        """Ask `services` in this order; tokens must lead to one of the DER `anchors`."""
        self._services = tuple(services)
        self._anchors = tuple(anchors)
        self._now = now
        timeout = httpx.Timeout(ANSWER_SECONDS_MAX, connect=CONNECT_SECONDS_MAX)
        self._http = http or httpx.Client(timeout=timeout, follow_redirects=False)
        self._paused_until: dict[str, datetime] = {}
        self._lock = Lock()

    def stamp(self, digest: bytes, hash_name: str) -> bytes:
        """Return a verified token of the first service that gives one."""
        refuse_inside_transaction("a timestamp request")
        suitable = [service for service in self._services if hash_name in service.hash_names]
        failures = []
        for service in suitable:
            if self._is_paused(service):
                failures.append(f"{service.url} 刚刚失败，稍后再试")
                continue
            try:
                return self._ask(service, digest, hash_name)
            except (httpx.HTTPError, TrustError, _BadAnswer) as error:
                self._pause(service)
                failures.append(f"{service.url} {str(error) or type(error).__name__}")
        raise TimestampOutage(reason="；".join(failures) or f"没有配置 {hash_name} 的时间戳服务")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, service: TimestampService, digest: bytes, hash_name: str) -> bytes:
        request = build_request(digest, hash_name=hash_name, nonce=secrets.randbits(_NONCE_BITS))
        answer = self._post(service.url, request)
        token = parse_response(answer, request=request)
        verify_token(token, digest=digest, anchors=self._anchors, at=self._now())
        return token

    def _post(self, url: str, request: bytes) -> bytes:
        """Send one request; read no more of the answer than a response can need."""
        headers = {"Content-Type": _QUERY_TYPE, "Accept": _REPLY_TYPE}
        body = bytearray()
        with self._http.stream("POST", url, content=request, headers=headers) as answer:
            if answer.status_code != httpx.codes.OK:
                raise _BadAnswer(f"HTTP 状态 {answer.status_code}")
            for part in answer.iter_bytes():
                body += part
                if len(body) > MESSAGE_BYTES_MAX:
                    raise _BadAnswer("应答过大")
        return bytes(body)

    def _is_paused(self, service: TimestampService) -> bool:
        with self._lock:
            until = self._paused_until.get(service.url)
            return until is not None and self._now() < until

    def _pause(self, service: TimestampService) -> None:
        with self._lock:
            self._paused_until[service.url] = self._now() + PAUSE


class _BadAnswer(Exception):
    """A service answered with something that is no timestamp response."""
