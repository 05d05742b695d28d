"""批改 through the core system: ask for a change, follow it, list a policy's endorsements.

The core system proposes; the holder alone confirms, on the phone, by a code for exactly this
content (S0-4.3.5a).
"""

import base64
import binascii
from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from baozhen.faces.api.auth import Bearer, actor_of
from baozhen.faces.api.conventions import BusinessNumber, PublicId
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.errors import InvalidRequest
from baozhen.faces.limits import LIVE, QUERY
from baozhen.foundation.clock import now
from baozhen.foundation.money import yuan_from_fen
from baozhen.insurance.endorsements.errors import ChangeUnknown
from baozhen.insurance.endorsements.models import Change, Endorsement
from baozhen.insurance.endorsements.queries import change_of, endorsements_of
from baozhen.insurance.endorsements.services.asking import (
    Asker,
    Papers,
    draft_change,
    submit_change,
)
from baozhen.insurance.endorsements.services.planning import Wish
from baozhen.insurance.endorsements.states import ChangeKind
from baozhen.insurance.policies.queries import get_policy
from baozhen.signing.organizations.services import Scope

router = Router(tags=["批改"])

_States = Literal[
    "draft",
    "submitted",
    "accepted",
    "paying",
    "sealing",
    "issued",
    "refused",
    "withdrawn",
    "expired",
]


class ChangePaperIn(Schema):
    """A paper that shows the ground or the new facts."""

    paper: str = Field(max_length=32, examples=["deregistration_certificate"])
    content: str = Field(max_length=14_000_000, description="JPEG、PNG 或 PDF 的 Base64")


class ChangeIn(Schema):
    """What is to be changed."""

    kind: ChangeKind
    business_no: BusinessNumber
    values: dict[str, str] = Field(
        default_factory=dict,
        max_length=20,
        description="各类型所需的值，见 docs/howto/endorsements.md",
        examples=[{"code": "B", "sum_insured": "3000000"}],
    )
    ground: Literal["", "deregistration", "suspension", "loss"] = ""
    effective_on: date | None = Field(default=None, description="约定生效的类型必填，当日零时生效")
    reason: str = Field(default="", max_length=200)
    papers: list[ChangePaperIn] = Field(default_factory=list, max_length=10)


class ChangePart(Schema):
    """What one policy's endorsement says."""

    policy_no: str
    cover: Literal["compulsory", "commercial"]
    rows: list[list[str]] = Field(description="批改项目、批改前、批改后")
    premium: str


class ChangeInfo(Schema):
    """A change and where it stands."""

    id: PublicId
    business_no: str | None
    kind: str
    ground: str
    state: _States
    premium: str = Field(description="正数为补收，负数为退还")
    effective_at: datetime
    needs_approval: bool
    parts: list[ChangePart]
    endorsements: list[str]


class EndorsementInfo(Schema):
    """One issued endorsement."""

    number: str
    sequence: int
    kind: str
    premium: str
    effective_at: datetime
    sha256: str
    sm3: str
    size: int
    sealed_at: datetime
    change: PublicId


@router.post(
    "/policies/{number}/endorsements",
    response={200: ChangeInfo, 201: ChangeInfo, **PROBLEMS},
    auth=Bearer(Scope.ENDORSEMENTS_WRITE, LIVE),
    summary="提交批改申请",
)
def submit(request: HttpRequest, number: str, body: ChangeIn) -> Status[dict[str, Any]]:
    """Work the change out and submit it; the same business number is the same change."""
    policy = get_policy(number)
    client = actor_of(request.auth)  # type: ignore[attr-defined]
    known = Change.objects.filter(client=client, client_no=body.business_no).first()
    if known is None:
        wish = Wish(
            kind=body.kind,
            values=body.values,
            ground=body.ground,
            effective_on=body.effective_on,
            reason=body.reason,
        )
        drafted = draft_change(
            policy,
            wish,
            asker=Asker(actor=client, client=client, client_no=body.business_no),
            papers=_papers(body),
            at=now(),
        )
    change = submit_change((known or drafted).pk, actor=client, at=now())
    return Status(201 if known is None else 200, _info(change))


@router.get(
    "/policies/{number}/endorsements",
    response={200: list[EndorsementInfo], **PROBLEMS},
    auth=Bearer(Scope.POLICIES_READ, QUERY),
    summary="保单的批单",
)
def list_endorsements(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """List the issued endorsements of a policy, in order."""
    return [_endorsement(row) for row in endorsements_of(get_policy(number))]


@router.get(
    "/changes/{public_id}",
    response={200: ChangeInfo, **PROBLEMS},
    auth=Bearer(Scope.ENDORSEMENTS_WRITE, QUERY),
    summary="批改申请的进度",
)
def show(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    """Say where a change stands that this client sent."""
    change = change_of(public_id)
    if change.client != actor_of(request.auth):  # type: ignore[attr-defined]
        raise ChangeUnknown
    return _info(change)


def _papers(body: ChangeIn) -> Papers:
    files = {}
    for index, paper in enumerate(body.papers):
        try:
            files[paper.paper] = base64.b64decode(paper.content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidRequest(path=f"papers.{index}.content") from error
    return Papers(files=files)


def _info(change: Change) -> dict[str, Any]:
    return {
        "id": change.public_id,
        "business_no": change.client_no,
        "kind": change.kind,
        "ground": change.ground,
        "state": change.state,
        "premium": yuan_from_fen(change.premium_fen),
        "effective_at": change.effective_at,
        "needs_approval": change.needs_approval,
        "parts": [
            {
                "policy_no": part["policy_no"],
                "cover": part["cover"],
                "rows": part["rows"],
                "premium": yuan_from_fen(part["premium_fen"]),
            }
            for part in change.parts
        ],
        "endorsements": list(change.endorsements.order_by("id").values_list("number", flat=True)),
    }


def _endorsement(row: Endorsement) -> dict[str, Any]:
    return {
        "number": row.number,
        "sequence": row.sequence,
        "kind": row.change.kind,
        "premium": yuan_from_fen(row.premium_fen),
        "effective_at": row.change.effective_at,
        "sha256": row.sha256,
        "sm3": row.sm3,
        "size": row.size,
        "sealed_at": row.sealed_at,
        "change": row.change.public_id,
    }
