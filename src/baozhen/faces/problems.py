"""The one place where an error becomes an HTTP answer.

For programs an RFC 9457 problem document, for people a Chinese page. A bug's text never leaves
the house: the answer carries the number under which the log tells the rest.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template import loader

from baozhen.faces import english as words
from baozhen.faces.frame import frame
from baozhen.foundation.errors import BaozhenError, IllegalMove, Outage, Refusal, StaleState
from baozhen.insurance.policies.services.submit import ProposalFailed

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
_SECONDS_SAID_MAX = 90
API_ROOT = "/api/"

# A refusal is 422 (understood and refused) unless its code says something more exact.
STATUS_OF_CODE: Mapping[str, int] = {
    "malformed_request": 400,
    "idempotency_key_missing": 400,
    "not_signed_in": 401,
    "not_permitted": 403,
    "staff_outside": 403,
    "api_key_refused": 401,
    "api_scope_missing": 403,
    "api_network_refused": 403,
    "not_found": 404,
    "org_unit_unknown": 404,
    "seal_unknown": 404,
    "risk_unknown": 404,
    "pre_stamp_not_found": 404,
    "account_unknown": 404,
    "power_missing": 403,
    "power_exceeded": 403,
    "policy_unknown": 404,
    "reading_item_unknown": 404,
    "nothing_to_read": 409,
    "reading_set_changed": 409,
    "reading_page_stale": 409,
    "files_unread": 409,
    "declarations_open": 409,
    "signature_underway": 409,
    "not_yet_signed": 409,
    "application_not_payable": 409,
    "claim_unknown": 404,
    "dossier_unknown": 404,
    "duty_unknown": 404,
    "data_item_unknown": 404,
    "claim_conflict": 409,
    "loss_reported": 409,
    "claim_papers_told": 409,
    "receipt_signed": 409,
    "invoice_note_missing": 422,
    "wechat_taken": 409,
    "wechat_message_refused": 403,
    "wechat_not_configured": 404,
    "call_ended": 409,
    "caller_locked": 429,
    "batch_unknown": 404,
    "clauses_unknown": 404,
    "subject_unknown": 404,
    "identity_check_unknown": 404,
    "identity_callback_refused": 401,
    "binding_unknown": 404,
    "certificate_application_unknown": 404,
    "ukey_unknown": 404,
    "trust_anchor_unknown": 404,
    "webhook_unknown": 404,
    "webhook_delivery_unknown": 404,
    "connected_system_unknown": 404,
    "api_client_unknown": 404,
    "envelope_not_found": 404,
    "file_unknown": 404,
    "file_destroyed": 410,
    "destruction_unknown": 404,
    "trace_unknown": 404,
    "second_person_needed": 403,
    "statement_unknown": 404,
    "download_link_refused": 404,
    "sketch_not_found": 404,
    "flow_unknown": 404,
    "template_unknown": 404,
    "payment_notice_forged": 401,
    "application_unknown": 404,
    "payment_order_unknown": 404,
    "refund_unknown": 404,
    "change_unknown": 404,
    "approver_involved": 403,
    "signature_missing": 401,
    "signature_invalid": 401,
    "signature_replayed": 401,
    "method_not_allowed": 405,
    "too_large": 413,
    "wrong_content_type": 415,
    "too_many_requests": 429,
}
# What another floor calls a conflict or a limit; see docs/errors.md.
CONFLICT_CODES = frozenset(
    {
        "proposal_conflict",
        "account_taken",
        "org_unit_taken",
        "idempotency_key_reused",
        "batch_content_differs",
        "file_not_ready",
        "job_already_retried",
        "request_in_progress",
        "webhook_inactive",
        "identity_check_closed",
        "trust_anchor_listed",
        "biz_no_taken",
        "not_your_turn",
        "envelope_closed",
        "batch_ended",
        "void_not_open",
        "deposit_under_way",
        "pre_stamp_closed",
        "traces_must_stay",
        "print_limit_reached",
        "template_code_taken",
        "template_version_fixed",
        "template_version_not_submitted",
        "template_edited_meanwhile",
        "application_behind",
        "application_closed",
        "quote_changed",
        "nothing_offered",
        "payment_order_differs",
        "payment_order_closed",
        "payment_order_paid",
        "application_not_payable",
        "change_under_way",
        "change_stale",
    }
)
RETRYABLE_CODES = frozenset({"request_in_progress", "file_not_ready"})
LIMIT_CODES = frozenset(
    {
        "too_many_attempts",
        "code_too_soon",
        "identity_code_too_soon",
        "identity_code_too_many",
    }
)

TITLES: Mapping[int, str] = {
    400: "请求有误",
    401: "需要登录",
    403: "没有权限",
    404: "没有找到",
    405: "操作不被支持",
    409: "与现有记录冲突",
    413: "文件太大",
    415: "文件类型不对",
    422: "未被接受",
    429: "操作太频繁",
    500: "系统出错了",
    503: "服务暂时不可用",
}
ICONS: Mapping[int, str] = {
    401: "lock",
    403: "lock",
    404: "search",
    429: "clock",
    503: "clock",
}
DETAILS: Mapping[int, str] = {
    400: "请求不完整或已过期。请返回上一页，刷新后再试。",
    403: "您没有查看这个页面的权限，或页面已过期。请返回后重新操作。",
    404: "您要找的页面不存在，或链接已失效。请检查地址，或从首页重新进入。",
    413: "文件超过上限。请选择较小的文件。",
    500: "这是我们的问题，已经记录下来。请稍后再试。",
    503: "暂时无法完成。您的操作没有生效，请稍后再试。",
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What went wrong, in the members of RFC 9457 §3.1 and our extensions."""

    status: int
    code: str
    detail: str
    errors: Sequence[Mapping[str, str]] = ()
    extras: Mapping[str, object] = field(default_factory=dict)
    retryable: bool = False
    retry_after_seconds: int | None = None

    @property
    def title(self) -> str:
        """The kind of problem in a few Chinese words."""
        return TITLES.get(self.status) or HTTPStatus(self.status).phrase

    @property
    def icon(self) -> str:
        """The sign on the page."""
        return ICONS.get(self.status, "alert")

    @property
    def wait(self) -> str:
        """How long to wait, as people say it."""
        seconds = self.retry_after_seconds or 0
        return f"{seconds} 秒" if seconds <= _SECONDS_SAID_MAX else f"{-(-seconds // 60)} 分钟"


# What Django raises before or beside our own code; the first class that fits counts.
_DJANGO: Sequence[tuple[type[Exception], int, str]] = (
    (Http404, 404, "not_found"),
    (PermissionDenied, 403, "not_permitted"),
    (RequestDataTooBig, 413, "too_large"),
    (BadRequest, 400, "malformed_request"),
    (MultiPartParserError, 400, "malformed_request"),
    (UnreadablePostError, 400, "malformed_request"),
    (SuspiciousOperation, 400, "malformed_request"),
)


def describe(error: Exception) -> Problem:
    """Return what to tell about an error; anything unexpected is a 500 without its text."""
    if isinstance(error, Refusal):
        return _describe_refusal(error)
    if isinstance(error, Outage):
        return _plain(503, error.code, detail=str(error), retryable=True)
    if isinstance(error, ProposalFailed):
        extras = {"trace_no": error.trace_no}
        return Problem(status=500, code="internal_error", detail=DETAILS[500], extras=extras)
    for kind, status, code in _DJANGO:
        if isinstance(error, kind):
            return _plain(status, code)
    return _plain(500, "internal_error")


def _describe_refusal(error: Refusal) -> Problem:
    status = status_of(error)
    wait = error.facts.get("retry_after_seconds")
    return Problem(
        status=status,
        code=error.code,
        detail=str(error),
        errors=_errors(error),
        extras={name: error.facts[name] for name in _TOLD if name in error.facts},
        retryable=status == HTTPStatus.TOO_MANY_REQUESTS
        or isinstance(error, StaleState)
        or error.code in RETRYABLE_CODES,
        retry_after_seconds=wait if isinstance(wait, int) else None,
    )


# The facts of a refusal that a program may need; the rest stays in the sentence.
_TOLD = ("proposal_no", "existing_id")


def status_of(error: Refusal) -> int:
    """Return the HTTP status of a refusal."""
    if isinstance(error, StaleState | IllegalMove) or error.code in CONFLICT_CODES:
        return HTTPStatus.CONFLICT
    if error.code in LIMIT_CODES:
        return HTTPStatus.TOO_MANY_REQUESTS
    return STATUS_OF_CODE.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)


def _errors(error: Refusal) -> list[dict[str, str]]:
    """Return the single faults: those it lists, else the refusal itself if it has a path."""
    faults = getattr(error, "faults", None) or error.facts.get("faults")
    if isinstance(faults, list | tuple):
        return [
            {"code": fault.code, "path": fault.path, "message": fault.message} for fault in faults
        ]
    if error.path:
        return [{"code": error.code, "path": error.path, "message": str(error)}]
    return []


def _plain(status: int, code: str, *, detail: str = "", retryable: bool = False) -> Problem:
    return Problem(
        status=status, code=code, detail=detail or DETAILS.get(status, ""), retryable=retryable
    )


def request_id(request: HttpRequest) -> str:
    """Return the number under which this request is found in the log."""
    return getattr(request, "request_id", "-")


def answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer an error: a problem document under /api/, else a page."""
    problem = describe(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, BaozhenError):
        log.error("request %s failed", request_id(request), exc_info=error)
    return respond(request, problem)


def respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Write a problem in the form that the asker reads."""
    make = as_document if request.path.startswith(API_ROOT) else as_page
    response = make(request, problem)
    response.problem = problem  # type: ignore[attr-defined]
    if problem.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(problem.retry_after_seconds)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def as_document(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the RFC 9457 document."""
    in_english = words.prefers_english(request.headers.get("Accept-Language", ""))
    body = {
        "type": f"urn:baozhen:problem:{problem.code}",
        "title": words.title(problem) if in_english else problem.title,
        "status": problem.status,
        "detail": words.detail(problem) if in_english else problem.detail,
        "instance": request.path,
        "code": problem.code,
        "errors": list(problem.errors),
        "request_id": request_id(request),
        "retryable": problem.retryable,
        **problem.extras,
    }
    return JsonResponse(
        body,
        status=problem.status,
        content_type=CONTENT_TYPE,
        json_dumps_params={"ensure_ascii": False},
        headers={"Content-Language": "en" if in_english else "zh-CN", "Vary": "Accept-Language"},
    )


def as_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the page for people: what happened, what to do, and the numbers for the hotline."""
    staff = request.path.startswith("/console/")
    page = loader.render_to_string(
        "console/error.html" if staff else "portal/error.html",
        {"problem": problem, "request_id": request_id(request), **frame(request)},
        request=request,
    )
    return HttpResponse(page, status=problem.status)


def in_the_right_form(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Give the errors that Django answers by itself (no such address, wrong verb) our form."""
    status = response.status_code
    if status not in _BARE or hasattr(response, "problem"):
        return response
    replaced = respond(request, _plain(status, _BARE[status]))
    if "Allow" in response.headers:
        replaced.headers["Allow"] = response.headers["Allow"]
    return replaced


# The errors that only Django itself answers: our views raise, and give a faulty form back as 422.
_BARE = {
    400: "malformed_request",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    500: "internal_error",
}
