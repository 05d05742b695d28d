"""Compare two documents: text and pictures side by side."""

import base64

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.archive.files import failed, seen
from baozhen.faces.console.frame import page
from baozhen.faces.errors import InvalidRequest
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.storage import get_storage
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.services import compare_documents, note_compared
from baozhen.signing.organizations.roles import Permission

_SHEETS_MAX = 30
_DIFFERENCES_MAX = 300


@needs(Permission.VIEW_FILES)
@require_http_methods(["GET", "POST"])
def compare(request: HttpRequest) -> HttpResponse:
    """Ask for two documents, or show how they differ."""
    if request.method != "POST":
        return page(request, "console/archive/compare.html", {"here": "files"})
    back = reverse("console:file_compare")
    try:
        before, after = _document(request, "before"), _document(request, "after")
        work = compare_documents(_bytes(before), _bytes(after))
    except Refusal as refusal:
        return failed(request, refusal, back)
    archived = [one for one in (before, after) if isinstance(one, FileEntry)]
    note_compared(archived, actor=actor_of(request), at=now())
    context = {
        "here": "files",
        "result": work.values,
        "text": work.values["text"][:_DIFFERENCES_MAX],
        "sheets": [
            f"data:image/png;base64,{base64.b64encode(sheet).decode()}"
            for sheet in work.files[:_SHEETS_MAX]
        ],
        "left_off": max(len(work.files) - _SHEETS_MAX, 0),
    }
    return page(request, "console/archive/compare.html", context)


def _bytes(document: bytes | FileEntry) -> bytes:
    return document if isinstance(document, bytes) else get_storage().get(document.sha256)


def _document(request: HttpRequest, name: str) -> bytes | FileEntry:
    """Return the uploaded document, or the archived one whose number was typed."""
    upload = request.FILES.get(name)
    if upload:
        return bytes_of(upload)
    key = request.POST.get(f"{name}_id", "").strip()
    if not key:
        raise InvalidRequest(path=name)
    return seen(request, key)
