"""Compare two documents: text and pictures side by side."""

import base64

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from baozhen.faces.console.access import needs
from baozhen.faces.console.archive.files import failed, seen
from baozhen.faces.console.frame import page
from baozhen.faces.errors import InvalidRequest
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.errors import Refusal
from baozhen.foundation.storage import get_storage
from baozhen.foundation.workbench import compare_in_subprocess
from baozhen.signing.files.errors import CopyImpossible
from baozhen.signing.organizations.roles import Permission
from baozhen.trust.errors import TrustError

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
        work = compare_in_subprocess(before, after)
    except Refusal as refusal:
        return failed(request, refusal, back)
    except TrustError as error:
        return failed(request, CopyImpossible(problem=error), back)
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


def _document(request: HttpRequest, name: str) -> bytes:
    """Return the uploaded document, or the archived one whose number was typed."""
    upload = request.FILES.get(name)
    if upload:
        return bytes_of(upload)
    key = request.POST.get(f"{name}_id", "").strip()
    if not key:
        raise InvalidRequest(path=name)
    return get_storage().get(seen(request, key).sha256)
