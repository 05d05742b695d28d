"""A small RFC 3161 service over HTTP for development: POST /rsa or /sm2."""

import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.keys.configuration import is_production
from baozhen.trust.cms.timestamp import MESSAGE_BYTES_MAX, TimestampIdentity, issue_response

logger = logging.getLogger(__name__)

TWIN = "开发用时间戳服务"
_SERIAL_BITS = 120
_READ_SECONDS_MAX = 10


class DevelopmentTSA(ThreadingHTTPServer):
    """Answers with the identity that the path names; refuses to exist in production."""

    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        *,
        identities: Mapping[str, TimestampIdentity],
        now: Callable[[], datetime],
    ) -> None:
        """Listen on `address`; `identities` is by path without slash: `rsa`, `sm2`."""
        if is_production():
            raise DevelopmentOnly(twin=TWIN)
        self.identities = dict(identities)
        self.now = now
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """The base address, without a path."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"


class _Handler(BaseHTTPRequestHandler):
    """One request; anything that is no timestamp query is refused before it is read."""

    server: DevelopmentTSA
    timeout = _READ_SECONDS_MAX

    def do_POST(self) -> None:
        """Answer a TimeStampReq with a TimeStampResp."""
        identity = self.server.identities.get(self.path.strip("/"))
        length = self.headers.get("Content-Length", "")
        if identity is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        elif self.headers.get_content_type() != "application/timestamp-query":
            self.send_error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        elif not (length.isascii() and length.isdigit()):
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
        elif int(length) > MESSAGE_BYTES_MAX:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._answer(identity, self.rfile.read(int(length)))

    def _answer(self, identity: TimestampIdentity, request: bytes) -> None:
        serial = secrets.randbits(_SERIAL_BITS) | 1
        response = issue_response(identity, request, at=self.server.now(), serial=serial)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(response)))
        self.end_headers()
        self.wfile.write(response)

    def log_message(self, format: str, *args: object) -> None:
        """Log through logging instead of writing to standard error."""
        logger.info(format, *args)
