"""验真: upload a file and get the answer; or come by the QR code and learn what was issued."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces import policy_facts as facts
from baozhen.faces import reports
from baozhen.faces.client import address_of
from baozhen.faces.errors import TooLarge
from baozhen.faces.frame import page
from baozhen.faces.inspection import inspect_upload
from baozhen.faces.inspection_reports import REPORTS, carried, carry, inspection_of, send_report
from baozhen.faces.limits import VERIFICATIONS, spend
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now
from baozhen.insurance.endorsements.queries import (
    endorsement_numbered,
    standing_of_endorsement,
    word_of_file,
)
from baozhen.insurance.policies.tokens import is_token_of
from baozhen.insurance.verification import queries
from baozhen.insurance.verification.services import record_verification

_NO_FILE = "请选择一个 PDF 文件。"


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for a file, or answer about the one that came (S0-6.4.2)."""
    if request.method != "POST":
        response = page(request, "portal/verify.html", {"here": "verify"})
        response.headers["X-Robots-Tag"] = "all"
        return response
    upload = request.FILES.get("file")
    try:
        data = bytes_of(upload) if upload else b""
    except TooLarge as error:
        return _ask_again(request, f"{error}，请上传收到的原文件。")
    if not upload or not data:
        return _ask_again(request, _NO_FILE)
    spend(VERIFICATIONS, address_of(request))
    return _answer(request, upload, data)


@csrf_protect
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Send the sealed report of what was found a moment ago."""
    spend(REPORTS, address_of(request))
    return send_report(carried(request.POST.get("finding", "")), actor="portal:visitor")


@require_GET
def scan(request: HttpRequest, number: str, token: str = "") -> HttpResponse:
    """Tell whoever scanned a document's code what was issued under its number, masked."""
    context: dict[str, Any] = {"here": "verify", "policy_no": number}
    # Without the token nothing is looked up and nothing is written: numbers can be guessed.
    if is_token_of(number, token or request.GET.get("t", "")):
        context |= _issued_under(number, client_address=address_of(request))
    return page(request, "portal/scan.html", context)


def _issued_under(number: str, *, client_address: str) -> dict[str, Any]:
    """Return what the register says of a number, and keep that it was asked."""
    at = now()
    found = queries.current_file(number)
    file = found if found is not None and found.sha256 else None
    endorsement = endorsement_numbered(number) if file is None else None
    word = word_of_file(file) if file is not None else queries.UNKNOWN
    if endorsement is not None:
        word = standing_of_endorsement(endorsement)
    record_verification(
        source="scan", at=at, word=word, number=number, client_address=client_address
    )
    if endorsement is not None:
        return {
            "facts": facts.endorsement_facts(endorsement),
            "word": facts.endorsement_word(endorsement),
        }
    if file is None:
        return {}
    return {"facts": facts.public_facts(file), "word": facts.standing_now(file, at=at)}


def _ask_again(request: HttpRequest, fault: str) -> HttpResponse:
    return page(request, "portal/verify.html", {"here": "verify", "fault": fault}, status=422)


def _answer(request: HttpRequest, upload: "UploadedFile[bytes]", data: bytes) -> HttpResponse:
    at = now()
    found = inspect_upload(data, source="portal", at=at, client_address=address_of(request))
    report, file = found.report, found.file
    context = {
        "here": "verify",
        "report": report,
        "answer": reports.answer_for(
            report["verdict"],
            found.word,
            is_strangers=found.is_strangers,
            is_task=found.is_task,
        ),
        "signatures": reports.signatures_of(report),
        "checks": reports.checks_of(report),
        "counts": reports.counts_of(report),
        "file_name": upload.name,
        "file_size": len(data),
        "verified_at": at,
        "finding": carry(inspection_of(found, source="portal", at=at)),
    }
    if found.clauses is not None:
        context["word"] = reports.word_of(found.word) | {"facts": facts.clause_facts(found.clauses)}
    if file is not None:
        word = facts.standing_now(file, at=at)
        context["word"] = word | {"facts": facts.public_facts(file)}
    if found.endorsement is not None:
        word = facts.endorsement_word(found.endorsement)
        context["word"] = word | {"facts": facts.endorsement_facts(found.endorsement)}
    return page(request, "portal/answer.html", context)
