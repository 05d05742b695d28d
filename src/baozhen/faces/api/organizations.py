"""Organisations and accounts by REST; a directory writes them by SCIM 2.0 (`/scim/v2`)."""

from datetime import datetime
from typing import Annotated, Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import Cursor, Limit, PageInfo, page_of
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.limits import QUERY
from baozhen.foundation.masking import mask_email, mask_mobile, mask_name
from baozhen.signing.organizations.models import Account, OrgUnit
from baozhen.signing.organizations.queries import (
    account_by_id,
    legal_entity_of,
    unit_of,
    units_under,
)
from baozhen.signing.organizations.services import Scope
from baozhen.signing.organizations.states import AccountKind, AccountState, UnitKind, UnitState

router = Router(tags=["组织"])
_READ = Bearer(Scope.ORGANIZATIONS_READ, QUERY)


class OrganizationInfo(Schema):
    """A unit: the insurer, a branch, a department or an outside organisation."""

    id: str = Field(description="机构编号", examples=["org_06bt3k9q2w8v5n7r4t6y8z0a1c"])
    name: str = Field(description="名称")
    kind: UnitKind = Field(description="类型；branch 与 department 没有独立法人资格")
    state: UnitState = Field(description="状态")
    parent_id: str | None = Field(description="上级机构编号")
    code: str | None = Field(description="机构代码", examples=["DEMO11"])
    uscc: str = Field(description="统一社会信用代码")
    is_legal_entity: bool = Field(description="是否独立法人")
    external_id: str | None = Field(description="来源系统编号")
    updated_at: datetime = Field(description="更新时间")


class OrganizationDetail(OrganizationInfo):
    """A unit with the organisation that answers for it in law."""

    legal_entity_id: str = Field(description="承担法律责任的法人机构编号")


class OrganizationPage(PageInfo):
    """Units in a stable order."""

    items: list[OrganizationInfo]


class AccountInfo(Schema):
    """A person's account; personal data is masked."""

    id: str = Field(description="账号编号", examples=["acc_06bt3k9q2w8v5n7r4t6y8z0a1c"])
    display_name: str = Field(description="姓名（脱敏）")
    kind: AccountKind = Field(description="类型")
    state: AccountState = Field(description="状态")
    organization_id: str = Field(description="所属机构编号")
    staff_no: str | None = Field(description="工号")
    external_id: str | None = Field(description="来源系统编号")
    mobile: str | None = Field(description="手机号（脱敏）")
    email: str | None = Field(description="邮箱（脱敏）")
    updated_at: datetime = Field(description="更新时间")


class AccountPage(PageInfo):
    """Accounts in a stable order."""

    items: list[AccountInfo]


class OrganizationQuery(Schema):
    """What narrows the list of units."""

    cursor: Cursor = ""
    limit: Limit = 50
    kind: UnitKind | None = Field(None, description="只要这一类型")
    code: str = Field("", max_length=32, description="机构代码")
    under: str = Field("", max_length=40, description="只要此机构及其下级")


class AccountQuery(Schema):
    """What narrows the list of accounts."""

    cursor: Cursor = ""
    limit: Limit = 50
    state: AccountState | None = Field(None, description="只要这一状态")
    staff_no: str = Field("", max_length=32, description="工号")
    organization: str = Field("", max_length=40, description="只要此机构及其下级的人员")


@router.get(
    "/organizations",
    response={200: OrganizationPage, **PROBLEMS},
    auth=_READ,
    summary="机构列表",
    url_name="organizations",
)
def organizations(
    request: HttpRequest, asked: Annotated[OrganizationQuery, Query()]
) -> dict[str, Any]:
    """List units."""
    wanted = Q()
    if asked.kind is not None:
        wanted &= Q(kind=asked.kind)
    if asked.code:
        wanted &= Q(code=asked.code)
    found = units_under(unit_of(asked.under)) if asked.under else OrgUnit.objects.all()
    found = found.select_related("parent").filter(wanted)
    return page_of(found, cursor=asked.cursor, limit=asked.limit, key="id").answer(_unit)


@router.get(
    "/organizations/{id}",
    response={200: OrganizationDetail, **PROBLEMS},
    auth=_READ,
    summary="机构",
    url_name="organization",
)
def organization(request: HttpRequest, id: str) -> dict[str, Any]:
    """Describe one unit."""
    unit = unit_of(id)
    return {**_unit(unit), "legal_entity_id": legal_entity_of(unit).public_id}


@router.get(
    "/accounts",
    response={200: AccountPage, **PROBLEMS},
    auth=_READ,
    summary="账号列表",
    url_name="accounts",
)
def accounts(request: HttpRequest, asked: Annotated[AccountQuery, Query()]) -> dict[str, Any]:
    """List accounts."""
    found = Account.objects.select_related("unit")
    if asked.state is not None:
        found = found.filter(state=asked.state)
    if asked.staff_no:
        found = found.filter(staff_no=asked.staff_no)
    if asked.organization:
        found = found.filter(unit__path__startswith=unit_of(asked.organization).path)
    return page_of(found, cursor=asked.cursor, limit=asked.limit, key="id").answer(_account)


@router.get(
    "/accounts/{id}",
    response={200: AccountInfo, **PROBLEMS},
    auth=_READ,
    summary="账号",
    url_name="account",
)
def account(request: HttpRequest, id: str) -> dict[str, Any]:
    """Describe one account."""
    return _account(account_by_id(id))


def _unit(unit: OrgUnit) -> dict[str, Any]:
    return {
        "id": unit.public_id,
        "name": unit.name,
        "kind": unit.kind,
        "state": unit.state,
        "parent_id": unit.parent.public_id if unit.parent else None,
        "code": unit.code,
        "uscc": unit.uscc,
        "is_legal_entity": unit.is_legal_entity,
        "external_id": unit.external_id,
        "updated_at": unit.updated_at,
    }


def _account(row: Account) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "display_name": mask_name(row.display_name),
        "kind": row.kind,
        "state": row.state,
        "organization_id": row.unit.public_id,
        "staff_no": row.staff_no,
        "external_id": row.external_id,
        "mobile": mask_mobile(row.mobile) if row.mobile else None,
        "email": mask_email(row.email) if row.email else None,
        "updated_at": row.updated_at,
    }
