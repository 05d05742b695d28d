"""Policies, their sealed files, and what proves them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from baozhen.faces.acts import record_access
from baozhen.faces.api.auth import Bearer, actor_of
from baozhen.faces.api.documents import PDF_RESPONSES, PROBLEMS
from baozhen.faces.api.schemas import PolicyInfo
from baozhen.faces.files import pdf_response
from baozhen.faces.limits import QUERY
from baozhen.foundation.clock import now
from baozhen.foundation.money import yuan_from_fen
from baozhen.insurance.policies.errors import FileNotReady, PolicyUnknown
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.queries import files_of, get_policy
from baozhen.insurance.policies.states import FileKind
from baozhen.insurance.verification.queries import proof_of
from baozhen.signing.organizations.services import Scope

router = Router(tags=["保单"])


@router.get(
    "/policies/{number}",
    response={200: PolicyInfo, **PROBLEMS},
    auth=Bearer(Scope.POLICIES_READ, QUERY),
    summary="保单状态与文件",
    url_name="policy",
)
def show(request: HttpRequest, number: str) -> dict[str, Any]:
    """Describe a policy without personal data."""
    policy = get_policy(number)
    return {
        "policy_no": policy.number,
        "proposal_no": policy.proposal.proposal_no,
        "kind": policy.kind,
        "form": policy.form,
        "state": policy.state,
        "premium": yuan_from_fen(policy.premium_fen),
        "cover_starts_at": policy.cover_starts_at,
        "cover_ends_at": policy.cover_ends_at,
        "numbered_at": policy.numbered_at,
        "issued_at": policy.issued_at,
        "files": [_file_info(file) for file in files_of(policy)],
    }


@router.get(
    "/policies/{number}/file",
    response={200: None, 304: None, **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, QUERY),
    summary="下载签章原件",
    url_name="policy_file",
    openapi_extra=PDF_RESPONSES,
)
def download(request: HttpRequest, number: str, kind: FileKind = FileKind.POLICY) -> HttpResponse:
    """Send the sealed file of a policy number (`kind=mark` for its mark) or of a mark number."""
    file = _file_of(number, kind)
    if file.sha256 is None:
        raise FileNotReady(number=number)
    response = pdf_response(file, request)
    if response.status_code == 200:  # noqa: PLR2004 -- a 304 hands out nothing
        record_access(
            "downloaded",
            policy_id=file.policy_id,
            actor=actor_of(request.auth),  # type: ignore[attr-defined]
            at=now(),
            facts={"file": file.number, "sha256": file.sha256},
        )
    return response


@router.get(
    "/policies/{number}/proof",
    response={200: dict[str, Any], **PROBLEMS},
    auth=Bearer(Scope.POLICIES_READ, QUERY),
    summary="时间戳与存证日志的证明",
)
def proof(request: HttpRequest, number: str, kind: FileKind = FileKind.POLICY) -> dict[str, Any]:
    """Return what proves a sealed file beside itself: timestamp, Merkle paths, checkpoint."""
    return proof_of(_file_of(number, kind))


def _file_of(number: str, kind: FileKind) -> PolicyFile:
    """Return the newest file of a policy number and kind, or of a mark's own number."""
    files = PolicyFile.objects.defer("content").select_related("policy", "timestamp_batch")
    found = files.filter(policy__number=number, kind=kind).order_by("-version").first()
    found = found or files.filter(number=number).order_by("-version").first()
    if found is None:
        raise PolicyUnknown(number=number)
    return found


def _file_info(file: PolicyFile) -> dict[str, Any]:
    return {
        "kind": file.kind,
        "number": file.number,
        "version": file.version,
        "standing": file.standing,
        "sha256": file.sha256,
        "sm3": file.sm3,
        "size": file.size,
        "sealed_at": file.sealed_at,
        "timestamp": file.timestamp_state,
        "template": f"{file.template_code}/{file.template_version}",
    }
