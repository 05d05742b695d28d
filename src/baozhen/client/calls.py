"""One call as a value, and what is made of its answer: the part that sync and async share."""

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from typing import IO, Any, Final

import httpx

from baozhen.client.configuration import Options
from baozhen.client.errors import APIError, error_of

API_ROOT: Final = "/api/v1"
_PROBLEM: Final = "application/problem+json"
_LATER: Final = frozenset({429, 502, 503, 504})
_RETRY_AFTER_SECONDS_MAX: Final = 300.0
Query = Mapping[str, "str | int | bool | datetime | Iterable[str] | None"]


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One file of a form: its name, what is in it, and of what type it is."""

    name: str
    content: "IO[bytes] | bytes"
    type: str = "application/pdf"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request: `is_repeatable` says that the platform does it once however often it is sent."""

    method: str
    path: str
    query: Query = field(default_factory=dict)
    json: Any = None
    content: "IO[bytes] | bytes | None" = None
    content_type: str = "application/json"
    form: Mapping[str, str] | None = None
    uploads: Mapping[str, Upload] = field(default_factory=dict)
    idempotency_key: str | None = None
    is_repeatable: bool = True

    @property
    def headers(self) -> dict[str, str]:
        """The headers that belong to the call itself."""
        return {"Idempotency-Key": self.idempotency_key} if self.idempotency_key else {}


def get(path: str, **query: Any) -> Call:
    """Return a reading call."""
    return Call(method="GET", path=path, query=query)


def write(path: str, body: Any = None, *, key: str | None = None) -> Call:
    """Return a call that the platform does once for its key; without one, a new key is drawn."""
    return Call(
        method="POST",
        path=path,
        json={} if body is None else body,
        idempotency_key=key or new_key(),
    )


def act(path: str, body: Any = None) -> Call:
    """Return a call that changes something and is not safe to send twice."""
    return Call(method="POST", path=path, json={} if body is None else body, is_repeatable=False)


def document(given: "str | IO[bytes] | bytes") -> dict[str, str]:
    """Return how a document is named in a body: by the id of its file, or with its content."""
    if isinstance(given, str):
        return {"file": given}
    content = given if isinstance(given, bytes) else _rewound_bytes(given)
    return {"content": base64.b64encode(content).decode()}


def new_key() -> str:
    """Return a new Idempotency-Key."""
    return secrets.token_urlsafe(24)


def request_arguments(call: Call) -> dict[str, Any]:
    """Return what httpx's `build_request` needs; files are rewound, so it may be asked again."""
    arguments: dict[str, Any] = {"params": _params(call.query), "headers": call.headers}
    if call.uploads or call.form is not None:
        arguments["data"] = dict(call.form or {})
        arguments["files"] = {
            field_name: (upload.name, _rewound(upload.content), upload.type)
            for field_name, upload in call.uploads.items()
        }
    elif call.content is not None:
        arguments["content"] = _rewound(call.content)
        arguments["headers"]["Content-Type"] = call.content_type
        arguments["headers"]["Content-Length"] = str(_length(call.content))
    elif call.json is not None:
        arguments["content"] = json.dumps(call.json, ensure_ascii=False, default=_encode).encode()
        arguments["headers"]["Content-Type"] = call.content_type
    return arguments


def digest_of(content: "IO[bytes] | bytes") -> bytes:
    """Return the SHA-256 of a body, read piece by piece."""
    if isinstance(content, bytes):
        return sha256(content).digest()
    digest = sha256()
    content.seek(0)
    while piece := content.read(1 << 20):
        digest.update(piece)
    content.seek(0)
    return digest.digest()


def failure_of(response: httpx.Response) -> APIError | None:
    """Return the error of a response that was read, or None."""
    if response.is_success or response.status_code == HTTPStatus.NOT_MODIFIED:
        return None
    problem: Any = {}
    if response.headers.get("Content-Type", "").startswith(_PROBLEM):
        try:
            problem = response.json()
        except ValueError:
            problem = {}
    return error_of(response.status_code, problem if isinstance(problem, dict) else {})


def may_try_again(call: Call, error: APIError) -> bool:
    """Tell whether the same call may succeed later without being done twice."""
    if error.is_retryable:
        return True  # the platform says that nothing was done
    return error.status in _LATER and call.is_repeatable


def asked_wait_seconds(response: httpx.Response, now: datetime) -> float | None:
    """Return how long Retry-After asks to wait (RFC 9110 §10.2.3), within reason."""
    text = response.headers.get("Retry-After", "").strip()
    if not text:
        return None
    if text.isdecimal():
        return min(float(text), _RETRY_AFTER_SECONDS_MAX)
    try:
        wait = (parsedate_to_datetime(text) - now).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(wait, 0.0), _RETRY_AFTER_SECONDS_MAX)


def default_headers(options: Options) -> dict[str, str]:
    """Return the headers of every call."""
    return {
        "User-Agent": options.user_agent,
        "Accept-Language": options.language,
        "Accept": "application/json, */*;q=0.1",
    }


def timeout_of(options: Options) -> httpx.Timeout:
    """Return the timeouts of a client."""
    return httpx.Timeout(options.timeout_seconds, connect=options.connect_seconds)


def _params(query: Query) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if value is None or value == "":
            continue
        if isinstance(value, str | int | bool | datetime):
            pairs.append((name, _text(value)))
        else:
            pairs.extend((name, str(one)) for one in value)
    return pairs


def _text(value: "str | int | bool | datetime") -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _encode(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")


def _rewound(content: "IO[bytes] | bytes") -> "IO[bytes] | bytes":
    if not isinstance(content, bytes):
        content.seek(0)
    return content


def _rewound_bytes(content: IO[bytes]) -> bytes:
    content.seek(0)
    return content.read()


def _length(content: "IO[bytes] | bytes") -> int:
    if isinstance(content, bytes):
        return len(content)
    content.seek(0, 2)
    length = content.tell()
    content.seek(0)
    return length
