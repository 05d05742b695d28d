"""What a directory that pushes (SCIM 2.0) may do: make people and units, change, move, end them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from baozhen.signing.organizations.directory.scim import (
    ENTERPRISE,
    UNIT,
    SCIMInvalid,
    first_value,
    name_of,
)
from baozhen.signing.organizations.errors import AccountUnknown, UnitUnknown
from baozhen.signing.organizations.models import Account, OrgUnit
from baozhen.signing.organizations.queries import root_unit, unit_of
from baozhen.signing.organizations.services.accounts import (
    AccountChange,
    AccountFacts,
    change_account,
    create_account,
    move_account,
    part_with_account,
    unlock_account,
)
from baozhen.signing.organizations.services.units import (
    UnitFacts,
    create_unit,
    move_unit,
    rename_unit,
    suspend_unit,
)
from baozhen.signing.organizations.states import AccountKind, AccountState, UnitKind, UnitState


@dataclass(frozen=True, kw_only=True)
class Pusher:
    """Which program pushes, and when."""

    actor: str
    at: datetime

    @property
    def act(self) -> dict[str, Any]:
        """The keywords of every service."""
        return {"actor": self.actor, "at": self.at}


def get_user(public_id: str) -> Account:
    """Return the account that SCIM knows under this id, or raise AccountUnknown."""
    account = (
        Account.objects.select_related("unit", "user")
        .filter(public_id=public_id, kind=AccountKind.STAFF, is_removed=False)
        .first()
    )
    if account is None:
        raise AccountUnknown(account=public_id)
    return account


def get_group(public_id: str) -> OrgUnit:
    """Return the unit that SCIM knows under this id, or raise UnitUnknown."""
    unit = unit_of(public_id)
    if unit.state != UnitState.ACTIVE:
        raise UnitUnknown(unit=public_id)
    return unit


@transaction.atomic(durable=True)
def add_user(resource: Mapping[str, Any], pusher: Pusher) -> Account:
    """Make the person; raises AccountInvalid or SCIMInvalid."""
    username = str(resource.get("userName") or "")
    account = create_account(
        AccountFacts(
            username=username,
            display_name=name_of(resource) or username,
            unit=_department(resource) or root_unit(),
            staff_no=_staff_no(resource),
            external_id=str(resource.get("externalId") or "") or None,
            mobile=first_value(resource, "phoneNumbers") or None,
            email=first_value(resource, "emails") or None,
        ),
        **pusher.act,
    )
    if resource.get("active") is False:
        part_with_account(account, **pusher.act)
    return account


@transaction.atomic(durable=True)
def replace_user(account: Account, resource: Mapping[str, Any], pusher: Pusher) -> Account:
    """Make the person what the resource says (RFC 7644 §3.5.1)."""
    wanted_name = str(resource.get("userName") or "")
    if wanted_name.lower() != account.user.get_username().lower():
        raise SCIMInvalid(path="userName", reason="用户名不能更改", scim_type="mutability")
    is_active = _is_true(resource.get("active", True))
    if not is_active and account.state != AccountState.LEFT:
        part_with_account(account, **pusher.act)
    elif is_active and account.state == AccountState.LEFT:
        unlock_account(account, **pusher.act)
    change = AccountChange(
        display_name=name_of(resource) or None,
        mobile=first_value(resource, "phoneNumbers"),
        email=first_value(resource, "emails"),
        external_id=str(resource.get("externalId") or "") or None,
    )
    change_account(account, change, **pusher.act)
    department = _department(resource)
    if department is not None:
        move_account(account, department, **pusher.act)
    return account


@transaction.atomic(durable=True)
def remove_user(account: Account, pusher: Pusher) -> None:
    """The directory deletes the person: locked, powers ended, kept as evidence."""
    if account.state != AccountState.LEFT:
        part_with_account(account, **pusher.act)
    Account.objects.filter(pk=account.pk).update(is_removed=True, external_id=None)


@transaction.atomic(durable=True)
def add_group(resource: Mapping[str, Any], pusher: Pusher) -> OrgUnit:
    """Make the unit below the insurer, and hang its members under it."""
    extension = resource.get(UNIT) or {}
    kind = UnitKind.BRANCH if extension.get("kind") == UnitKind.BRANCH else UnitKind.DEPARTMENT
    unit = create_unit(
        UnitFacts(
            name=str(resource.get("displayName") or ""),
            kind=kind,
            parent=root_unit(),
            code=str(extension.get("code") or "") or None,
            external_id=str(resource.get("externalId") or "") or None,
        ),
        **pusher.act,
    )
    _take_members(unit, resource, pusher)
    return unit


@transaction.atomic(durable=True)
def replace_group(unit: OrgUnit, resource: Mapping[str, Any], pusher: Pusher) -> OrgUnit:
    """Make the unit what the resource says; members who are not named go to the insurer."""
    rename_unit(unit, str(resource.get("displayName") or unit.name), **pusher.act)
    _take_members(unit, resource, pusher)
    return unit


@transaction.atomic(durable=True)
def remove_group(unit: OrgUnit, pusher: Pusher) -> None:
    """The directory deletes the unit: it is suspended, its people stay where they were."""
    suspend_unit(unit, reason="目录中已撤销", **pusher.act)


def _take_members(unit: OrgUnit, resource: Mapping[str, Any], pusher: Pusher) -> None:
    if "members" not in resource:
        return
    wanted = {str(member.get("value", "")) for member in resource["members"] or ()}
    people = Account.objects.filter(kind=AccountKind.STAFF, is_removed=False)
    found = list(people.select_related("unit").filter(public_id__in=wanted))
    units = list(OrgUnit.objects.filter(public_id__in=wanted, state=UnitState.ACTIVE))
    unknown = wanted - {row.public_id for row in found} - {row.public_id for row in units}
    if unknown:
        raise SCIMInvalid(path="members", reason=f"没有成员 {min(unknown)}")
    root = root_unit()
    if unit.pk != root.pk:
        for account in (
            people.select_related("unit").filter(unit=unit).exclude(public_id__in=wanted)
        ):
            move_account(account, root, **pusher.act)
        for below in unit.children.filter(state=UnitState.ACTIVE).exclude(public_id__in=wanted):
            move_unit(below, root, **pusher.act)
    for account in found:
        move_account(account, unit, **pusher.act)
    for below in units:
        move_unit(below, unit, **pusher.act)


def _department(resource: Mapping[str, Any]) -> OrgUnit | None:
    """Return the unit that the enterprise extension names: by code, the directory's id or ours."""
    name = str((resource.get(ENTERPRISE) or {}).get("department") or "")
    if not name:
        return None
    unit = OrgUnit.objects.filter(Q(code=name) | Q(external_id=name) | Q(public_id=name)).first()
    if unit is None:
        raise SCIMInvalid(path="department", reason=f"没有机构 {name}")
    return unit


def _staff_no(resource: Mapping[str, Any]) -> str | None:
    return str((resource.get(ENTERPRISE) or {}).get("employeeNumber") or "") or None


def _is_true(value: Any) -> bool:
    """Some directories send "False" as text."""
    return value.strip().lower() == "true" if isinstance(value, str) else bool(value)
