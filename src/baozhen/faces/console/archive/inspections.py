"""Verify anybody's file and take the sealed report about it."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from baozhen.faces import reports
from baozhen.faces.client import address_of
from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.archive.files import failed
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import Asked, Field, show
from baozhen.faces.inspection import inspect_upload
from baozhen.faces.inspection_reports import carried, carry, inspection_of, send_report
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.roles import Permission


@needs(Permission.VIEW_FILES)
@require_http_methods(["GET", "POST"])
def inspect(request: HttpRequest) -> HttpResponse:
    """Ask for a file, or show what it is worth."""
    upload = request.FILES.get("file")
    if request.method != "POST" or not upload:
        return show(request, _asked())
    at = now()
    try:
        data = bytes_of(upload)
    except Refusal as refusal:
        return show(request, _asked(), refusal)
    found = inspect_upload(data, source="console", at=at, client_address=address_of(request))
    context = {
        "here": "files",
        "report": found.report,
        "answer": reports.answer_for(
            found.report["verdict"], found.word, is_strangers=found.is_strangers
        ),
        "checks": reports.checks_of(found.report),
        "signatures": reports.signatures_of(found.report),
        "entry": found.entry,
        "finding": carry(inspection_of(found, source="console", at=at)),
    }
    return page(request, "console/archive/inspected.html", context)


@needs(Permission.VIEW_FILES)
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Send the sealed report of what was found a moment ago."""
    try:
        found = carried(request.POST.get("finding", ""))
        return send_report(found, actor=actor_of(request))
    except Refusal as refusal:
        return failed(request, refusal, reverse("console:file_inspect"))


def _asked() -> Asked:
    return Asked(
        here="files",
        title="核验文件",
        submit="核验",
        back=reverse("console:files"),
        has_file=True,
        note="上传任何一方签署的 PDF，逐项核验签章、证书和改动；结果可以做成盖章的核验报告。"
        "文件不保存。",
        fields=(Field(name="file", label="文件（PDF，不超过 10 MB）", kind="file"),),
    )
