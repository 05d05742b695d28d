"""验真 for programs: a PDF in, the numbered report and the register's word out."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Router, UploadedFile

from baozhen.faces.api.auth import Bearer, actor_of
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.api.schemas import VerificationResult
from baozhen.faces.files import CONTENT_TYPE as PDF
from baozhen.faces.inspection import inspect_upload
from baozhen.faces.inspection_reports import REPORTS, inspection_of, send_report
from baozhen.faces.limits import VERIFICATIONS
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now

router = Router(tags=["验真"])
_REPORT: dict[str, Any] = {
    "responses": {
        200: {
            "description": "加盖电子签章的核验报告",
            "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


@router.post(
    "/verifications",
    response={200: VerificationResult, **PROBLEMS},
    auth=Bearer(None, VERIFICATIONS),
    summary="上传文件验真",
)
def verify(request: HttpRequest, file: File[UploadedFile]) -> dict[str, Any]:
    """Verify a PDF of up to 10 MB. The file is parsed in a process of its own and not kept."""
    found = inspect_upload(
        bytes_of(file),
        source="api",
        at=now(),
        client_address=actor_of(request.auth),  # type: ignore[attr-defined]
    )
    return {
        **found.report,
        "register_word": found.word,
        "policy_no": found.file.number if found.file else None,
    }


@router.post(
    "/verifications/report",
    response={200: None, **PROBLEMS},
    auth=Bearer(None, REPORTS),
    summary="上传文件验真，取盖章的核验报告",
    openapi_extra=_REPORT,
)
def verify_and_report(request: HttpRequest, file: File[UploadedFile]) -> HttpResponse:
    """Verify a PDF of up to 10 MB and send the sealed report about it; the file is not kept."""
    actor, at = actor_of(request.auth), now()  # type: ignore[attr-defined]
    found = inspect_upload(bytes_of(file), source="api", at=at, client_address=actor)
    return send_report(inspection_of(found, source="api", at=at), actor=actor)
