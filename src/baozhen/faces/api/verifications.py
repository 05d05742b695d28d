"""验真 for programs: a PDF in, the numbered report and the register's word out."""

from typing import Any

from django.http import HttpRequest
from ninja import File, Router, UploadedFile

from baozhen.faces.api.auth import Bearer, actor_of
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.api.schemas import VerificationResult
from baozhen.faces.inspection import inspect_upload
from baozhen.faces.limits import VERIFICATIONS
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now

router = Router(tags=["验真"])


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
