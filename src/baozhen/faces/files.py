"""Send a sealed file as it was archived, byte for byte."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import quote_etag

from baozhen.foundation.storage import get_storage
from baozhen.insurance.policies.errors import FileNotReady
from baozhen.insurance.policies.models import ClauseDocument, PolicyFile

CONTENT_TYPE = "application/pdf"
_PERSONAL = "private, no-cache"
# What is published holds nobody's data, and its bytes never change.
_PUBLISHED = "public, max-age=86400"


def print_link() -> str:
    """Return where the number of a print is checked; `{number}` stands for it."""
    return f"{settings.BAOZHEN_PUBLIC_URL.rstrip('/')}/p/{{number}}"


def sealed_bytes(file: PolicyFile) -> bytes:
    """Return the file's bytes; the store hashes them again. Raises FileNotReady."""
    if file.sha256 is None:
        raise FileNotReady(number=file.number)
    return get_storage().get(file.sha256)


def pdf_response(file: PolicyFile, request: HttpRequest | None = None) -> HttpResponse:
    """Answer with the file; its ETag is its SHA-256 (RFC 9110 §8.8.3)."""
    headers = _headers(file.sha256 or "", cache=_PERSONAL)
    return _send(request, headers, name=file.number, read=lambda: sealed_bytes(file))


def clauses_response(document: ClauseDocument, request: HttpRequest) -> HttpResponse:
    """Answer with published clauses, which caches may keep."""
    headers = _headers(document.sha256, cache=_PUBLISHED)
    name = f"{document.product}-{document.version}"
    return _send(request, headers, name=name, read=lambda: get_storage().get(document.sha256))


def sealed_response(sha256: str, *, name: str, request: HttpRequest) -> HttpResponse:
    """Answer with an archived PDF that a policy's papers hold besides its own files."""
    headers = _headers(sha256, cache=_PERSONAL)
    return _send(request, headers, name=name, read=lambda: get_storage().get(sha256))


def _headers(sha256: str, *, cache: str) -> dict[str, str]:
    return {
        "ETag": quote_etag(sha256),
        "Cache-Control": cache,
        "X-Content-Type-Options": "nosniff",
    }


def _send(
    request: HttpRequest | None, headers: dict[str, str], *, name: str, read: Callable[[], bytes]
) -> HttpResponse:
    if request is not None and _knows(request, headers["ETag"]):
        return HttpResponseNotModified(headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return HttpResponse(read(), content_type=CONTENT_TYPE, headers=headers)


def _knows(request: HttpRequest, etag: str) -> bool:
    """RFC 9110 §13.1.2: a list of tags, weak or strong, or `*`."""
    known = [
        tag.strip().removeprefix("W/")
        for tag in request.headers.get("If-None-Match", "").split(",")
    ]
    return etag in known or "*" in known
