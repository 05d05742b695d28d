"""The organisation that a new installation begins with: roles, the insurer, the first officers."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.signing.organizations.extent import open_roles
from baozhen.signing.organizations.insurer import get_insurer
from baozhen.signing.organizations.models import Account, OrgUnit, Role
from baozhen.signing.organizations.roles import OFFICER_OF_ROLE, RESERVED, ROLES
from baozhen.signing.organizations.services.accounts import (
    AccountFacts,
    adopt_user,
    create_account,
)
from baozhen.signing.organizations.services.powers import PowerRequest, grant_power
from baozhen.signing.organizations.services.units import UnitFacts, create_unit
from baozhen.signing.organizations.states import UnitKind

_ACTOR = "system"
_REASON = "系统初始化"


def ensure_roles() -> None:
    """Make the roles what the table says, and the insurer's tree; safe to repeat."""
    with transaction.atomic():
        _write_roles()
        root = ensure_organization(at=now())
        _adopt_users(root, at=now())


def _write_roles() -> None:
    wanted = {
        name: (
            OFFICER_OF_ROLE.get(name),
            sorted(permissions),
            sorted(RESERVED.get(name, frozenset())),
        )
        for name, permissions in ROLES.items()
    }
    stored = {
        role.name: (role.officer, sorted(role.permissions), sorted(role.reserved))
        for role in Role.objects.filter(name__in=wanted)
    }
    # What is reserved must be free before it is given: first take away, then write.
    changed = [name for name, values in wanted.items() if stored.get(name) != values]
    Role.objects.filter(name__in=changed).update(permissions=[], reserved=[])
    for name in changed:
        officer, permissions, reserved = wanted[name]
        Role.objects.update_or_create(
            name=name,
            defaults={"officer": officer, "permissions": permissions, "reserved": reserved},
        )


@transaction.atomic
def ensure_organization(*, at: datetime) -> OrgUnit:
    """Make the configured insurer the root and its branches units below it; safe to repeat."""
    insurer = get_insurer()
    root = OrgUnit.objects.filter(kind=UnitKind.INSURER, parent__isnull=True).first()
    if root is None:
        facts = UnitFacts(
            name=insurer.name, kind=UnitKind.INSURER, code=insurer.code, uscc=insurer.unified_code
        )
        root = create_unit(facts, actor=_ACTOR, at=at)
    there = set(OrgUnit.objects.filter(code__isnull=False).values_list("code", flat=True))
    for branch in insurer.branches.values():
        if branch.code not in there:
            create_unit(
                UnitFacts(name=branch.name, kind=UnitKind.BRANCH, parent=root, code=branch.code),
                actor=_ACTOR,
                at=at,
            )
    return root


def _adopt_users(root: OrgUnit, *, at: datetime) -> None:
    """Give accounts to users of releases that kept roles as Django's groups.

    Somebody who was an officer and more keeps the officer's role alone.
    """
    users = User.objects.filter(account__isnull=True, groups__name__in=ROLES).distinct()
    for user in users:
        held = set(user.groups.values_list("name", flat=True)) & set(ROLES)
        officers = sorted(held & set(OFFICER_OF_ROLE))
        account = adopt_user(user, root, actor=_ACTOR, at=at)
        _give(account, officers[:1] or sorted(held & open_roles()), root, at=at)


@transaction.atomic
def appoint_first(
    username: str,
    display_name: str,
    roles: Iterable[str],
    *,
    password: str,
    at: datetime,
    password_is_initial: bool = False,
) -> Account:
    """Make a person with roles of the installation itself: first officers, demonstration staff.

    Later people get their powers from the security officer, officers from an appointment.
    """
    root = ensure_organization(at=at)
    facts = AccountFacts(
        username=username,
        display_name=display_name,
        unit=root,
        staff_no=username,
        password=password,
        password_is_initial=password_is_initial,
    )
    account = create_account(facts, actor=_ACTOR, at=at)
    _give(account, roles, root, at=at)
    return account


def _give(account: Account, roles: Iterable[str], root: OrgUnit, *, at: datetime) -> None:
    for role in roles:
        if role in OFFICER_OF_ROLE:
            Account.objects.filter(pk=account.pk).update(officer=OFFICER_OF_ROLE[role])
            account.officer = OFFICER_OF_ROLE[role]
        request = PowerRequest(account=account, unit=root, role=role, reason=_REASON)
        grant_power(request, granter=None, actor=_ACTOR, at=at)
