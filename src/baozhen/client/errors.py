"""What can go wrong, as types: made from the `code` and the status of a problem document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class BaozhenClientError(Exception):
    """Base of everything the SDK raises on purpose."""


class NoAnswer(BaozhenClientError):
    """The platform did not answer, however often it was asked."""


class WebhookInvalid(BaozhenClientError):
    """A callback is not from the platform, was changed, or is too old."""


class DownloadDamaged(BaozhenClientError):
    """What arrived is not what the platform says it sent."""


@dataclass(frozen=True)
class FaultInfo:
    """One fault of a request."""

    code: str
    path: str
    message: str


class APIError(BaozhenClientError):
    """The platform refused: RFC 9457 as attributes."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", "unknown"))
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        self.request_id = str(problem.get("request_id", ""))
        self.is_retryable = bool(problem.get("retryable", False))
        self.existing_id: str | None = problem.get("existing_id") or None
        self.faults = tuple(
            FaultInfo(str(f.get("code")), str(f.get("path")), str(f.get("message")))
            for f in problem.get("errors") or ()
        )
        super().__init__(f"{self.status} {self.code}: {self.detail} [{self.request_id}]")


class AuthenticationFailed(APIError):
    """401: no key, a wrong one, or one that has ended."""


class NotPermitted(APIError):
    """403: the key lacks the scope, or comes from another network."""


class NotFound(APIError):
    """404: there is nothing of this number that this key may see."""


class Conflict(APIError):
    """409: it exists already with other content, or somebody else changed it meanwhile."""


class InvalidRequest(APIError):
    """400, 413, 415: the request itself is wrong."""


class Refused(APIError):
    """422: understood and refused; `faults` lists why."""


class RateLimited(APIError):
    """429: asked too often."""


class ServerError(APIError):
    """5xx: the platform failed, or is away."""


_BY_STATUS: Mapping[int, type[APIError]] = {
    400: InvalidRequest,
    401: AuthenticationFailed,
    403: NotPermitted,
    404: NotFound,
    405: InvalidRequest,
    409: Conflict,
    413: InvalidRequest,
    415: InvalidRequest,
    422: Refused,
    429: RateLimited,
}
_SERVER_ERRORS = 500


def error_of(status: int, problem: Mapping[str, Any]) -> APIError:
    """Return the error for a status and a problem document."""
    kind = _BY_STATUS.get(status, ServerError if status >= _SERVER_ERRORS else APIError)
    return kind(status, problem)
