"""Paid proposals come in one by one; each becomes policies exactly once."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Status

from baozhen.faces.api.auth import Bearer, actor_of
from baozhen.faces.api.bodies import JSON_TYPE, idempotency_key, json_object
from baozhen.faces.api.documents import PROBLEMS, headers_of
from baozhen.faces.api.schemas import ProposalResult
from baozhen.faces.errors import NotFound
from baozhen.faces.limits import LIVE, QUERY
from baozhen.foundation.clock import now
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.services.submit import submit_proposal
from baozhen.insurance.policies.states import FileKind
from baozhen.insurance.proposals.models import Proposal
from baozhen.signing.organizations.services import Scope

router = Router(tags=["投保单"])
_BODY = {
    "required": True,
    "description": "已核保、已签名、已缴费的投保单，字段见 docs/proposals.md",
    "content": {JSON_TYPE: {"schema": {"type": "object", "required": ["proposal_no", "form"]}}},
}


@router.post(
    "/proposals",
    response={200: ProposalResult, 201: ProposalResult, **PROBLEMS},
    auth=Bearer(Scope.PROPOSALS_WRITE, LIVE),
    summary="提交投保单",
    openapi_extra={
        "requestBody": _BODY,
        "parameters": [headers_of("Idempotency-Key", "本次提交的幂等键，7 天内有效")],
    },
)
def submit(request: HttpRequest) -> Status[dict[str, Any]]:
    """Accept a proposal: 201 when it is new, 200 when it is the same as before."""
    key = idempotency_key(request)
    body, raw = json_object(request)
    submission = submit_proposal(
        raw,
        client=actor_of(request.auth),  # type: ignore[attr-defined]
        at=now(),
        idempotency_key=key,
        request=body,
    )
    result = _result(submission.proposal, is_repeat=submission.is_repeat)
    return Status(200 if submission.is_repeat else 201, result)


@router.get(
    "/proposals/{proposal_no}",
    response={200: ProposalResult, **PROBLEMS},
    auth=Bearer(Scope.PROPOSALS_READ, QUERY),
    summary="投保单的出单结果",
)
def show(request: HttpRequest, proposal_no: str) -> dict[str, Any]:
    """Say what became of a proposal that this client sent."""
    client = actor_of(request.auth)  # type: ignore[attr-defined]
    proposal = Proposal.objects.filter(proposal_no=proposal_no, client=client).first()
    if proposal is None:
        raise NotFound(what="这张投保单")
    return _result(proposal, is_repeat=True)


def _result(proposal: Proposal, *, is_repeat: bool) -> dict[str, Any]:
    files = PolicyFile.objects.filter(policy__proposal=proposal, version=1)
    return {
        "proposal_no": proposal.proposal_no,
        "state": proposal.state,
        "repeat": is_repeat,
        "policies": [
            {
                "policy_no": file.number,
                "kind": "mark" if file.kind == FileKind.MARK else file.policy.kind,
                "state": file.policy.state,
                "sha256": file.sha256,
                "file": reverse("api-1:policy_file", kwargs={"number": file.number}),
            }
            for file in files.defer("content").select_related("policy").order_by("id")
        ],
    }
