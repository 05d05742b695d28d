"""What every request gets: a number, an answer to its errors, and the headers that guard a page."""

import secrets
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse

from baozhen.faces import problems
from baozhen.faces.browsers import is_too_old, refusal
from baozhen.faces.errors import MalformedRequest
from baozhen.faces.extent import is_closed

# Scripts and styles come from our own files only; a page cannot be framed, and cannot post away.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    # Pages may hold a person's data: nothing is kept by caches unless a view says otherwise.
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}


class FacesMiddleware:
    """Number the request, answer its errors through `problems`, guard the response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
        response = problems.in_the_right_form(request, self._answer(request))
        response.headers["X-Request-ID"] = problems.request_id(request)
        allowance = getattr(request, "allowance", None)
        for name, value in {**HEADERS, **(allowance.headers if allowance else {})}.items():
            response.headers.setdefault(name, value)
        embed_host = getattr(request, "embed_host", "")
        if embed_host:
            _admit_frame(response, embed_host)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        # PostgreSQL holds no NUL: an address with one names nothing that could exist.
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return problems.answer(request, MalformedRequest(reason="地址含有非法字符"))
        if is_closed(request.path):
            return problems.answer(request, Http404())
        if is_too_old(request):
            return refusal()
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn an error of a view into an answer; what is a bug is logged with its number."""
        return problems.answer(request, error)


def _admit_frame(response: HttpResponse, host: str) -> None:
    """Let the page stand inside pages of exactly this origin, with its cookies where they are."""
    policy = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {host}")
    response.headers["Content-Security-Policy"] = policy
    del response.headers["X-Frame-Options"]
    for cookie in response.cookies.values():
        # A frame of another site gets cookies of its own only with these three attributes; the
        # standard library knows the last one from Python 3.14 on. HTTPS, or a local machine.
        cookie["secure"] = True
        cookie["samesite"] = "None; Partitioned"
