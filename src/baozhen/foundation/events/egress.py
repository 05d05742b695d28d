"""Call addresses that others gave us, and never our own network (server-side request forgery).

The name is resolved once, every address it has is judged, and the connection goes to exactly the
address that was judged: a name that answers differently a second later changes nothing.
"""

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

from baozhen.foundation.events.errors import WebhookAddressRefused
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.transactions import refuse_inside_transaction

CONNECT_SECONDS_MAX: Final = 5.0
CALL_SECONDS_MAX: Final = 15.0
ANSWER_BYTES_MAX: Final = 4_096
URL_CHARACTERS_MAX: Final = 500
_PORTS: Final = {"http": 80, "https": 443}

Address = IPv4Address | IPv6Address

# Forms of IPv6 that carry an IPv4 address inside: what counts is the address inside.
_NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


class CallFailed(Exception):
    """There was no answer; the text says why, without what was sent."""


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is its beginning."""

    status: int
    body: bytes
    milliseconds: int


@dataclass(frozen=True)
class Target:
    """An address that may be called: its parts, and the one network address to connect to."""

    parts: SplitResult
    address: Address

    @property
    def port(self) -> int:
        """The port of the URL, or its scheme's."""
        return self.parts.port or _PORTS[self.parts.scheme]


def target_of(url: str) -> Target:
    """Resolve and judge an address; raises WebhookAddressRefused, or CallFailed without DNS."""
    parts = check_url(url)
    host = parts.hostname or ""
    try:
        found = socket.getaddrinfo(
            host, parts.port or _PORTS[parts.scheme], type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as exc:
        raise CallFailed("域名无法解析") from exc
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    # One private address among public ones is an attack, not a spare: all must be fit.
    for address in addresses:
        if not may_call(address):
            raise WebhookAddressRefused(reason="指向内部网络", path="url")
    if parts.scheme == "http" and not all(_is_allowed(address) for address in addresses):
        raise WebhookAddressRefused(reason="公网地址必须使用 https", path="url")
    return Target(parts=parts, address=addresses[0])


def check_url(url: str) -> SplitResult:
    """Return the parts of an address; raises WebhookAddressRefused when its form is wrong."""
    try:
        parts = urlsplit(url)
        port_is_fit = parts.port is None or parts.port > 0
    except ValueError as exc:
        raise WebhookAddressRefused(reason="格式不正确", path="url") from exc
    if len(url) > URL_CHARACTERS_MAX or not url.isascii() or not url.isprintable() or " " in url:
        raise WebhookAddressRefused(reason="格式不正确", path="url")
    if parts.scheme not in _PORTS or not parts.hostname or not port_is_fit:
        raise WebhookAddressRefused(reason="应为 https 地址", path="url")
    if parts.username or parts.password or parts.fragment:
        raise WebhookAddressRefused(reason="不能包含用户名、口令或片段", path="url")
    return parts


def may_call(address: Address) -> bool:
    """Tell whether a network address is a public one, or one that the site's owner allowed."""
    return _is_allowed(address) or _is_public(_inner(address))


def post(target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST once, without following redirects; raises CallFailed when no answer came in time."""
    refuse_inside_transaction("a callback")
    started = time.monotonic()
    connection = _connection(target)
    path = target.parts.path or "/"
    if target.parts.query:
        path += f"?{target.parts.query}"
    try:
        connection.request("POST", path, body=body, headers=dict(headers))
        response = connection.getresponse()
        beginning = _beginning(response, started)
        status = response.status
    except (OSError, http.client.HTTPException, ssl.SSLError) as exc:
        raise CallFailed(_reason(exc)) from exc
    finally:
        connection.close()
    return Answer(status, beginning, int((time.monotonic() - started) * 1000))


class _PinnedConnection(http.client.HTTPConnection):
    """Connects to the judged address; the name is only said in Host and to TLS."""

    def __init__(self, target: Target, context: ssl.SSLContext | None) -> None:
        super().__init__(target.parts.hostname or "", target.port, timeout=CALL_SECONDS_MAX)
        self.default_port = _PORTS[target.parts.scheme]  # so that Host names no default port
        self._target = target
        self._context = context

    def connect(self) -> None:
        """Open the socket, within TLS where the address says https."""
        place = (str(self._target.address), self._target.port)
        plain = socket.create_connection(place, timeout=CONNECT_SECONDS_MAX)
        plain.settimeout(CALL_SECONDS_MAX)
        if self._context is None:
            self.sock = plain
            return
        try:
            self.sock = self._context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


def _connection(target: Target) -> http.client.HTTPConnection:
    context = ssl.create_default_context() if target.parts.scheme == "https" else None
    return _PinnedConnection(target, context)


def _beginning(response: http.client.HTTPResponse, started: float) -> bytes:
    """Read the beginning of the answer, for as long as a call may last in all."""
    beginning = b""
    while len(beginning) < ANSWER_BYTES_MAX:
        if time.monotonic() - started > CALL_SECONDS_MAX:
            raise TimeoutError
        piece = response.read1(ANSWER_BYTES_MAX - len(beginning))
        if not piece:
            break
        beginning += piece
    return beginning


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "超时"
    if isinstance(error, ssl.SSLError):
        return "TLS 握手失败"
    if isinstance(error, ConnectionRefusedError):
        return "连接被拒绝"
    return "连接失败"


def _inner(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and any(address in network for network in _NAT64):
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


def _is_public(address: Address) -> bool:
    # `is_global` follows the IANA registries of special addresses: private, loopback, link-local
    # (where clouds keep their metadata), shared, documentation and reserved ranges are not global.
    return address.is_global and not address.is_multicast


def _is_allowed(address: Address) -> bool:
    """Inside BAOZHEN_EGRESS_ALLOW (networks, comma-separated): a VPN, or a test's own receiver."""
    networks = [entry.strip() for entry in configured("BAOZHEN_EGRESS_ALLOW").split(",")]
    inner = _inner(address)
    return any(
        candidate.version == network.version and candidate in network
        for network in (ip_network(entry) for entry in networks if entry)
        for candidate in (address, inner)
    )
