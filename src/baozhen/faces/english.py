"""The words of a problem for programs whose people read English (RFC 9457 §3, Accept-Language).

The faults keep their Chinese messages: they quote labels of Chinese forms, and their codes and
paths say the same.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Protocol

DETAILS: Final[Mapping[str, str]] = {
    "malformed_request": "The request cannot be read: its content is not what its type says.",
    "invalid_request": "Parameters are missing or wrong; see errors.",
    "idempotency_key_missing": "Send an Idempotency-Key header of 1 to 128 characters.",
    "idempotency_key_reused": "The Idempotency-Key was used for another request; see existing_id.",
    "request_in_progress": "The first request with this Idempotency-Key is still being done.",
    "not_signed_in": "There are no valid credentials.",
    "api_key_refused": "The key is unknown, switched off or expired.",
    "api_scope_missing": "The key lacks the scope that this operation needs.",
    "api_network_refused": "The key may not be used from this network address.",
    "signature_missing": "Requests of this client must be signed (RFC 9421).",
    "signature_invalid": "The signature, its time or the Content-Digest is wrong.",
    "signature_replayed": "This signed request was sent before.",
    "not_found": "There is nothing at this address that you may see.",
    "method_not_allowed": "The address does not take this method.",
    "too_large": "The content is larger than this address takes.",
    "wrong_content_type": "The content is of a type that this address does not take.",
    "too_many_requests": "Too many requests; wait as Retry-After says.",
    "file_not_ready": "The file is still being sealed; ask again shortly.",
    "internal_error": "This is our fault; it has been recorded under request_id.",
    "webhook_address_refused": "The address may not be called: it must be public and https.",
    "webhook_unknown": "There is no such webhook.",
    "webhook_inactive": "The webhook is switched off.",
    "event_type_unknown": "There is no such event type.",
    "connected_system_unknown": "There is no such connected system.",
    "inbound_unmapped": "The message lacks what its mapping asks for; see errors.",
    "inbound_flow_missing": "No flow of the system takes this message.",
    "biz_no_taken": "The biz_no was used for other content.",
    "proposal_conflict": "A proposal of this number with other content exists.",
    "policy_unknown": "There is no such policy.",
    "batch_unknown": "There is no such batch.",
    "file_unknown": "There is no such file, or it is not yours to see.",
    "file_search_malformed": "A filter of the search makes no sense.",
    "download_link_refused": "The link is unknown, over, used up, or not for this place.",
    "download_link_malformed": "The wishes for the link are wrong; see errors.",
    "copy_impossible": "The copy cannot be made of this file.",
    "comparison_impossible": "The two documents cannot be compared; see errors for which.",
    "mark_unreadable": "No mark of a copy could be read in what was sent.",
    "pre_stamp_not_found": "There is no such pre-stamp, or it is another company's.",
    "pre_stamp_closed": "The pre-stamp was taken back, or had ended, before.",
}
_GENERAL: Final[Mapping[int, str]] = {
    400: "The request is wrong",
    401: "The request is not authenticated",
    403: "The request is not permitted",
    404: "Nothing was found",
    409: "The request conflicts with what exists",
    422: "The request was understood and refused",
    429: "Too many requests",
    500: "The platform failed",
    503: "A service that is needed is away; try again later",
}
_RANGES_MAX: Final = 20


class Told(Protocol):
    """What of a problem is put into words."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def code(self) -> str:
        """The stable code."""


def title(problem: Told) -> str:
    """Return the kind of problem in a few words."""
    return HTTPStatus(problem.status).phrase


def detail(problem: Told) -> str:
    """Return the sentence for a code; a code without one is named."""
    general = _GENERAL.get(problem.status, HTTPStatus(problem.status).phrase)
    return DETAILS.get(problem.code) or f"{general} ({problem.code.replace('_', ' ')})."


def prefers_english(header: str) -> bool:
    """Tell whether English is wanted more than Chinese (RFC 9110 §12.5.4); Chinese by default."""
    weights = {"zh": 0.0, "en": 0.0}
    for part in header.split(",")[:_RANGES_MAX]:
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in weights:
            weights[language] = max(weights[language], _quality(parameter))
    return weights["en"] > weights["zh"]


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if name.strip() == "q" and 0.0 <= quality <= 1.0 else 0.0
