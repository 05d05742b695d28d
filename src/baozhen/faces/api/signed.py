"""Signed requests (RFC 9421): the signature, and that the body is the one that was signed."""

import hashlib
from typing import BinaryIO, Protocol, cast

from django.http import HttpRequest

from baozhen.client.signatures import (
    Message,
    SignatureMalformed,
    read_content_digest,
    read_signature,
)
from baozhen.faces.client import raw_path
from baozhen.foundation.clock import now
from baozhen.signing.integrations.errors import SignatureInvalid
from baozhen.signing.integrations.keys import require_signature
from baozhen.signing.organizations.models import ApiClient


class Readable(Protocol):
    """A request's body as a stream."""

    def read(self, size: int = ..., /) -> bytes:
        """Return the next octets."""

    def readline(self, size: int = ..., /) -> bytes:
        """Return the next line."""


class CheckedBody:
    """Passes the body on and refuses its last octets when it is not the one that was signed."""

    def __init__(self, stream: Readable, *, length: int, sha256: bytes) -> None:
        self._stream = stream
        self._left = length
        self._expected = sha256
        self._digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """Return the next octets; raises SignatureInvalid at the end of another body."""
        return self._pass(self._stream.read(size) if size >= 0 else self._stream.read())

    def readline(self, size: int = -1, /) -> bytes:
        """Return the next line; raises like `read`."""
        return self._pass(self._stream.readline(size) if size >= 0 else self._stream.readline())

    def close(self) -> None:
        """Close the stream behind."""
        close = getattr(self._stream, "close", None)
        if close is not None:
            close()

    def _pass(self, data: bytes) -> bytes:
        self._digest.update(data)
        self._left -= len(data)
        is_over = self._left <= 0 or not data
        if is_over and self._digest.digest() != self._expected:
            raise SignatureInvalid(reason="内容与 Content-Digest 不符")
        return data


def check_signature(request: HttpRequest, client: ApiClient) -> None:
    """Check a request's signature when it has one or its client must sign.

    Raises SignatureMissing, SignatureInvalid, NonceSpent; a wrong body is refused where it is
    read, so that a batch of a gigabyte is never held whole.
    """
    digest = request.headers.get("Content-Digest")
    length = int(request.headers.get("Content-Length") or 0)
    try:
        has_signature = "Signature-Input" in request.headers or "Signature" in request.headers
        given = read_signature(request.headers) if has_signature else None
        sha256 = read_content_digest(digest) if digest is not None else None
    except SignatureMalformed as error:
        raise SignatureInvalid(reason="格式不正确") from error
    message = Message(
        method=request.method or "",
        authority=request.get_host(),
        path=raw_path(request),
        query=request.META.get("QUERY_STRING", ""),
        digest=digest,
    )
    require_signature(client, given, message, has_body=length > 0, at=now())
    if sha256 is not None and length:
        _watch_body(request, length, sha256)


def _watch_body(request: HttpRequest, length: int, sha256: bytes) -> None:
    checked = CheckedBody(request._stream, length=length, sha256=sha256)
    request._stream = cast("BinaryIO", checked)
