"""Who may use which seal for what, by REST: grants and rules, to be read.

Giving, taking back and ruling stay acts of people in the console.
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
from baozhen.signing.seals.models import SealGrant, SealRule
from baozhen.signing.seals.states import GrantState

router = Router(tags=["印章"])
_SealFilter = Annotated[str, Query(max_length=40, description="印章编号")]


class GrantInfo(Schema):
    """The use of a seal, given to one account, unit or program; empty lists admit everything."""

    id: PublicId
    seal: PublicId
    state: str = Field(description="active 或 revoked；到期、用完的仍为 active，看 until 和 used")
    account: str | None = Field(description="被授权账号的编号")
    unit: str | None = Field(description="被授权机构的编号，含下级机构")
    client: str | None = Field(description="被授权接口客户端的名称")
    document_types: list[str]
    flows: list[str]
    count_max: int | None = Field(description="次数上限；空为不限")
    used: int
    is_silent: bool = Field(description="是否允许静默用印")
    since: datetime
    until: datetime | None
    reason: str


class GrantPage(PageInfo):
    """A page of grants."""

    items: list[GrantInfo]


class RuleInfo(Schema):
    """A rule: seal × organisation, × flow or × document type; exactly one of them is filled."""

    id: PublicId
    seal: PublicId
    effect: str = Field(description="allow 或 deny；禁止优先")
    unit: str | None = Field(description="机构编号，含下级机构")
    flow: str
    document_type: str
    reason: str
    made_at: datetime
    ended_at: datetime | None


class RulePage(PageInfo):
    """A page of rules."""

    items: list[RuleInfo]


@router.get(
    "/seal-grants",
    response={200: GrantPage, **PROBLEMS},
    auth=Bearer(Scope.SEALS_READ, QUERY),
    summary="用印授权列表",
)
def list_grants(
    request: HttpRequest,
    seal: _SealFilter = "",
    state: GrantState | None = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return grants, the newest first."""
    found = SealGrant.objects.select_related("seal", "account", "unit", "client")
    found = found.filter(seal__public_id=seal) if seal else found
    found = found.filter(state=state) if state is not None else found
    return page_of(found, cursor=cursor, limit=limit).answer(_grant)


@router.get(
    "/seal-rules",
    response={200: RulePage, **PROBLEMS},
    auth=Bearer(Scope.SEALS_READ, QUERY),
    summary="用印规则列表",
)
def list_rules(
    request: HttpRequest,
    seal: _SealFilter = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return rules, ended ones too, the newest first."""
    found = SealRule.objects.select_related("seal", "unit")
    found = found.filter(seal__public_id=seal) if seal else found
    return page_of(found, cursor=cursor, limit=limit).answer(_rule)


def _grant(grant: SealGrant) -> dict[str, Any]:
    return {
        "id": grant.public_id,
        "seal": grant.seal.public_id,
        "state": grant.state,
        "account": grant.account.public_id if grant.account is not None else None,
        "unit": grant.unit.public_id if grant.unit is not None else None,
        "client": grant.client.name if grant.client is not None else None,
        "document_types": grant.document_types,
        "flows": grant.flows,
        "count_max": grant.count_max,
        "used": grant.used,
        "is_silent": grant.is_silent,
        "since": grant.since,
        "until": grant.until,
        "reason": grant.reason,
    }


def _rule(rule: SealRule) -> dict[str, Any]:
    return {
        "id": rule.public_id,
        "seal": rule.seal.public_id,
        "effect": "allow" if rule.is_allowing else "deny",
        "unit": rule.unit.public_id if rule.unit is not None else None,
        "flow": rule.flow,
        "document_type": rule.document_type,
        "reason": rule.reason,
        "made_at": rule.made_at,
        "ended_at": rule.ended_at,
    }
