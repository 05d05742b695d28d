"""A policy's files for staff: download, preview, signatures. Taking one is a recorded act."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from baozhen.faces import reports
from baozhen.faces.acts import record_access
from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.files import pdf_response, sealed_bytes
from baozhen.faces.inspection import inspect_file
from baozhen.faces.pictures import first_page
from baozhen.foundation.clock import now
from baozhen.insurance.policies.models import PolicyFile
from baozhen.signing.organizations.roles import Permission


def _file(number: str, kind: str, version: int) -> PolicyFile:
    files = PolicyFile.objects.select_related("policy")
    found = files.filter(policy__number=number, kind=kind, version=version).first()
    if found is None or found.sha256 is None:
        raise Http404
    return found


def _record(request: HttpRequest, what: str, file: PolicyFile) -> None:
    record_access(
        what,
        policy_id=file.policy_id,
        actor=actor_of(request),
        at=now(),
        facts={"file": file.number, "sha256": file.sha256},
    )


@needs(Permission.DOWNLOAD_FILES)
@require_GET
def download(request: HttpRequest, number: str, kind: str, version: int) -> HttpResponse:
    """Send the sealed file."""
    file = _file(number, kind, version)
    _record(request, "downloaded", file)
    return pdf_response(file)


@needs(Permission.DOWNLOAD_FILES)
@require_GET
def preview(request: HttpRequest, number: str, kind: str, version: int) -> HttpResponse:
    """Draw the first page; the browser may keep it, for it is what the file's digest names."""
    file = _file(number, kind, version)
    _record(request, "previewed", file)
    headers = {"Cache-Control": "private, max-age=3600"}
    return HttpResponse(first_page(sealed_bytes(file)), content_type="image/png", headers=headers)


@needs(Permission.VIEW_POLICIES)
@require_GET
def inspect(request: HttpRequest, number: str, kind: str, version: int) -> HttpResponse:
    """Verify the archived file now, both signatures, and show the numbered checks."""
    file = _file(number, kind, version)
    report = inspect_file(sealed_bytes(file), at=now()).report
    context = {
        "report": report,
        "answer": reports.answer_for(report["verdict"], str(file.standing)),
        "checks": reports.checks_of(report),
        "counts": reports.counts_of(report),
    }
    if request.headers.get("HX-Request") == "true":
        return render(
            request, "console/inspection.html", {"base": "console/fragment.html"} | context
        )
    around = {"here": "policies", "base": "console/base.html"}
    return page(request, "console/inspection.html", around | context)
