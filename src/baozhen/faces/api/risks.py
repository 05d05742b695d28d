"""Risks by REST: what looked wrong and how it was handled, as `risk.raised` announces it.

Handling one stays an act of the security officer in the console.
"""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import Cursor, Limit, PageInfo, PublicId, page_of
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.limits import QUERY
from baozhen.signing.organizations.services import Scope
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.queries import risk_of
from baozhen.signing.risks.states import RiskState, Severity

router = Router(tags=["风险"])


class RiskInfo(Schema):
    """Something that looked wrong; the facts name nobody."""

    id: PublicId
    kind: str = Field(description="类别，如 seals.frozen、identity.agent_confirms")
    severity: Severity = Field(description="notice、warning 或 severe")
    state: RiskState = Field(description="open、held（已拦截）、handled 或 dismissed")
    concerns: str = Field(description="对象类型，如 seal、account、binding")
    facts: dict[str, Any]
    raised_at: datetime
    handled_at: datetime | None
    handling: str


class RiskPage(PageInfo):
    """A page of risks."""

    items: list[RiskInfo]


@router.get(
    "/risks",
    response={200: RiskPage, **PROBLEMS},
    auth=Bearer(Scope.RISKS_READ, QUERY),
    summary="风险列表",
)
def list_risks(
    request: HttpRequest,
    state: RiskState | None = None,
    severity: Severity | None = None,
    kind: Annotated[str, Query(max_length=48, description="类别")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return risks, the newest first."""
    found = Risk.objects.all()
    found = found.filter(state=state) if state is not None else found
    found = found.filter(severity=severity) if severity is not None else found
    found = found.filter(kind=kind) if kind else found
    return page_of(found, cursor=cursor, limit=limit).answer(_risk)


@router.get(
    "/risks/{risk_id}",
    response={200: RiskInfo, **PROBLEMS},
    auth=Bearer(Scope.RISKS_READ, QUERY),
    summary="风险",
)
def show_risk(request: HttpRequest, risk_id: PublicId) -> dict[str, Any]:
    """Return one risk."""
    return _risk(risk_of(risk_id))


def _risk(risk: Risk) -> dict[str, Any]:
    return {
        "id": risk.public_id,
        "kind": risk.kind,
        "severity": risk.severity,
        "state": risk.state,
        "concerns": risk.concerns,
        "facts": risk.facts,
        "raised_at": risk.raised_at,
        "handled_at": risk.handled_at,
        "handling": risk.handling,
    }
