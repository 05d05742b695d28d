"""Read request bodies: the right type, up to a size, as JSON or as a stream of lines."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from django.http import HttpRequest

from baozhen.faces.errors import (
    IdempotencyKeyMissing,
    MalformedRequest,
    TooLarge,
    WrongContentType,
)

JSON_TYPE = "application/json"
NDJSON_TYPE = "application/x-ndjson"
PROPOSAL_BYTES_MAX = 256 * 1024
BATCH_BYTES_MAX = 1024**3
KEY_CHARACTERS_MAX = 128
_READ_BYTES = 256 * 1024


def require_type(request: HttpRequest, *expected: str) -> None:
    """Raise WrongContentType unless the body is of one of these types, and not compressed."""
    if request.content_type not in expected or request.headers.get("Content-Encoding"):
        raise WrongContentType(expected=" 或 ".join(expected))


def declared_length(request: HttpRequest, *, most: int) -> int:
    """Return the declared length of the body; raises MalformedRequest or TooLarge."""
    text = request.headers.get("Content-Length", "")
    if not text.isdecimal():
        raise MalformedRequest(reason="请提供 Content-Length")
    if int(text) > most:
        raise TooLarge(limit=f"{most // 1024} KB")
    return int(text)


def json_object(request: HttpRequest) -> tuple[bytes, dict[str, Any]]:
    """Return the body as bytes and as an object; raises when it is anything else."""
    require_type(request, JSON_TYPE)
    declared_length(request, most=PROPOSAL_BYTES_MAX)
    body = request.read()
    return body, _object(body)


def json_of(request: HttpRequest) -> dict[str, Any]:
    """Return the body as an object, leaving it to be read again; raises when it is none."""
    require_type(request, JSON_TYPE)
    declared_length(request, most=PROPOSAL_BYTES_MAX)
    return _object(request.body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body, parse_constant=_no_constant, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as exc:
        raise MalformedRequest(reason="不是合法的 JSON") from exc
    if not isinstance(value, dict):
        raise MalformedRequest(reason="应为一个 JSON 对象")
    return value


def chunks_of(request: HttpRequest) -> Iterator[bytes]:
    """Yield the body piece by piece; it is never held whole."""
    declared_length(request, most=BATCH_BYTES_MAX)
    while chunk := request.read(_READ_BYTES):
        yield chunk


def idempotency_key(request: HttpRequest) -> str:
    """Return the Idempotency-Key header; raises IdempotencyKeyMissing."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key or len(key) > KEY_CHARACTERS_MAX or not key.isprintable():
        raise IdempotencyKeyMissing
    return key


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")  # RFC 8259 §6


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that comes twice: two readers could see two different proposals."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name comes twice")
    return value
