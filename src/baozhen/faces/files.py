"""Send a sealed file as it was archived, byte for byte."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import quote_etag

from baozhen.foundation.storage import get_storage
from baozhen.insurance.policies.errors import FileNotReady
from baozhen.insurance.policies.models import PolicyFile

CONTENT_TYPE = "application/pdf"


def sealed_bytes(file: PolicyFile) -> bytes:
    """Return the file's bytes; the store hashes them again. Raises FileNotReady."""
    if file.sha256 is None:
        raise FileNotReady(number=file.number)
    return get_storage().get(file.sha256)


def pdf_response(file: PolicyFile, request: HttpRequest | None = None) -> HttpResponse:
    """Answer with the file; its ETag is its SHA-256 (RFC 9110 §8.8.3)."""
    etag = quote_etag(file.sha256 or "")
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if request is not None and _knows(request, etag):
        return HttpResponseNotModified(headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{file.number}.pdf"'
    return HttpResponse(sealed_bytes(file), content_type=CONTENT_TYPE, headers=headers)


def _knows(request: HttpRequest, etag: str) -> bool:
    """RFC 9110 §13.1.2: a list of tags, weak or strong, or `*`."""
    known = [
        tag.strip().removeprefix("W/")
        for tag in request.headers.get("If-None-Match", "").split(",")
    ]
    return etag in known or "*" in known
