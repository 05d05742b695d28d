"""Read the tree, the people and what they may do."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import CharField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from baozhen.foundation.clock import now
from baozhen.foundation.keys.configuration import is_production
from baozhen.signing.organizations.errors import (
    AccountUnknown,
    PowerExceeded,
    PowerMissing,
    UnitUnknown,
)
from baozhen.signing.organizations.models import Account, OrgUnit, Power, SignInPolicy
from baozhen.signing.organizations.roles import LABELS, Permission
from baozhen.signing.organizations.states import (
    OUTSIDE_KINDS,
    AccountKind,
    AccountState,
    UnitKind,
    UnitState,
)

UNUSED_AFTER = timedelta(days=90)

User = AbstractBaseUser | AnonymousUser


def unit_of(public_id: str) -> OrgUnit:
    """Return the unit, or raise UnitUnknown."""
    unit = OrgUnit.objects.filter(public_id=public_id).first()
    if unit is None:
        raise UnitUnknown(unit=public_id)
    return unit


def root_unit() -> OrgUnit:
    """Return the insurer, or raise UnitUnknown when the organisation was never set up."""
    unit = OrgUnit.objects.filter(kind=UnitKind.INSURER, parent__isnull=True).first()
    if unit is None:
        raise UnitUnknown(unit="insurer")
    return unit


def unit_of_code(code: str) -> OrgUnit:
    """Return the unit of the insurer's own code (`DEMO11`), or raise UnitUnknown."""
    unit = OrgUnit.objects.filter(code=code).first()
    if unit is None:
        raise UnitUnknown(unit=code)
    return unit


def ancestors_of(unit: OrgUnit) -> list[OrgUnit]:
    """Return the units above, the root first."""
    keys = [int(key) for key in unit.path.strip("/").split("/")][:-1]
    found = OrgUnit.objects.in_bulk(keys)
    return [found[key] for key in keys]


def legal_entity_of(unit: OrgUnit) -> OrgUnit:
    """Return the unit that answers in law: itself, or the nearest legal entity above.

    保险法 第七十四条: a branch has no legal personality, its company bears its liability.
    """
    if unit.is_legal_entity:
        return unit
    for above in reversed(ancestors_of(unit)):
        if above.is_legal_entity:
            return above
    raise UnitUnknown(unit=unit.public_id)


def outside_units_of(account: Account) -> QuerySet[OrgUnit]:
    """Return the units of an outside user's own organisation; none for anybody else."""
    home = legal_entity_of(account.unit)
    if account.kind != AccountKind.OUTSIDE or home.kind not in OUTSIDE_KINDS:
        return OrgUnit.objects.none()
    return units_under(home)


def units_under(unit: OrgUnit) -> QuerySet[OrgUnit]:
    """Return the unit and everything below it."""
    return OrgUnit.objects.filter(path__startswith=unit.path).order_by("path")


def account_of(user: User) -> Account:
    """Return the account of the signed-in user, or raise AccountUnknown."""
    account = Account.objects.select_related("unit").filter(user_id=_key(user)).first()
    if account is None:
        raise AccountUnknown(account=user.get_username() or "?")
    return account


def _key(user: User) -> int:
    """Return the user's key; who has not signed in has none, and no row has 0."""
    return int(user.pk or 0)


def account_by_id(public_id: str) -> Account:
    """Return the account, or raise AccountUnknown."""
    account = Account.objects.select_related("unit", "user").filter(public_id=public_id).first()
    if account is None:
        raise AccountUnknown(account=public_id)
    return account


def powers_in_force(at: datetime) -> QuerySet[Power]:
    """Return the powers that hold at this instant, whosever they are."""
    return Power.objects.filter(
        Q(until__isnull=True) | Q(until__gt=at),
        Q(uses_max__isnull=True) | Q(uses__lt=F("uses_max")),
        ended_at__isnull=True,
        account__state=AccountState.ACTIVE,
        account__unit__state=UnitState.ACTIVE,
        unit__state=UnitState.ACTIVE,
    )


def permissions_of(user: User, *, at: datetime | None = None) -> frozenset[str]:
    """Return what a member of the staff may do somewhere: codes of permissions.

    They open the staff's pages, and those are for the staff alone: the powers that a user of an
    outside organisation holds in it count on that user's own pages, by `scope_of`.
    """
    held: set[str] = set()
    rows = powers_in_force(at or now()).filter(
        account__user_id=_key(user),
        account__user__is_active=True,
        account__kind=AccountKind.STAFF,
    )
    for single, of_role in rows.values_list("permission", "role__permissions"):
        held.update([single] if single else of_role)
    return frozenset(held)


def roles_of(user: User, *, at: datetime | None = None) -> list[str]:
    """Return the names of the roles that the user holds."""
    rows = powers_in_force(at or now()).filter(account__user_id=_key(user), role__isnull=False)
    return sorted(set(rows.values_list("role__name", flat=True)))


def powers_for(user: User, permission: Permission, *, at: datetime) -> QuerySet[Power]:
    """Return the user's powers in force that give this permission."""
    return powers_in_force(at).filter(
        Q(permission=permission.value) | Q(role__permissions__contains=[permission.value]),
        account__user_id=_key(user),
        account__user__is_active=True,
    )


def scope_of(user: User, permission: Permission) -> QuerySet[OrgUnit]:
    """Return the units where the user holds the permission; none when nowhere."""
    where = Q(pk__in=[])
    scopes = powers_for(user, permission, at=now()).values_list(
        "unit_id", "unit__path", "covers_below"
    )
    for key, path, covers_below in scopes:
        where |= Q(path__startswith=path) if covers_below else Q(pk=key)
    return OrgUnit.objects.filter(where)


def grant_scope_of(user: User) -> QuerySet[OrgUnit]:
    """Return the units where the user may give powers.

    Outside organisations stand beside the insurer's tree: head office gives the powers in them.
    """
    own = scope_of(user, Permission.GRANT_POWERS)
    if not own.filter(kind=UnitKind.INSURER).exists():
        return own
    return OrgUnit.objects.filter(
        Q(pk__in=own.values("pk")) | ~Q(path__startswith=root_unit().path)
    )


def powers_at(
    user: User, permission: Permission, unit: OrgUnit, *, at: datetime
) -> QuerySet[Power]:
    """Return the user's powers in force that give this permission in this unit."""
    return _reaching(powers_for(user, permission, at=at), unit, Value(unit.path))


def holders_of(permission: Permission, unit: OrgUnit, *, at: datetime) -> QuerySet[Account]:
    """Return the accounts in use that hold this permission in this unit, wherever they belong."""
    powers = powers_reaching(permission, unit=unit, path=Value(unit.path), at=at)
    return Account.objects.filter(pk__in=powers.values("account"))


def powers_reaching(
    permission: Permission, *, unit: OrgUnit | OuterRef, path: Value | OuterRef, at: datetime
) -> QuerySet[Power]:
    """Return everybody's powers that give this permission in a unit, which has this path.

    Both may be columns of a query that asks about many units at once.
    """
    powers = powers_in_force(at).filter(
        Q(permission=permission.value) | Q(role__permissions__contains=[permission.value]),
        account__user__is_active=True,
    )
    return _reaching(powers, unit, path)


def _reaching(
    powers: QuerySet[Power], unit: OrgUnit | OuterRef, path: Value | OuterRef
) -> QuerySet[Power]:
    """Return those of the powers that are given in this unit, or above it with all below."""
    return powers.alias(place=ExpressionWrapper(path, CharField())).filter(
        Q(unit=unit) | Q(covers_below=True, place__startswith=Concat(F("unit__path"), Value("")))
    )


def require_power(
    user: User, permission: Permission, unit: OrgUnit, *, amount_fen: int | None = None
) -> None:
    """Raise PowerMissing or PowerExceeded unless the user may do this in this unit, for so much."""
    amounts = list(
        powers_at(user, permission, unit, at=now()).values_list("amount_max_fen", flat=True)
    )
    if not amounts:
        raise PowerMissing(unit=unit.name, right=LABELS[permission])
    if amount_fen is None or None in amounts:
        return
    most = max(amount for amount in amounts if amount is not None)
    if amount_fen > most:
        raise PowerExceeded(right=LABELS[permission], limit=f"单笔不超过 {most / 100:,.2f} 元")


def sign_in_policy() -> SignInPolicy:
    """Return the figures in force; the defaults until somebody has changed one.

    In production officers always need a second factor, whatever the row says.
    """
    policy = SignInPolicy.objects.filter(pk=1).first() or SignInPolicy(
        pk=1, officers_need_second_factor=False
    )
    policy.officers_need_second_factor |= is_production()
    return policy


def officers_of_head_office(officer: str) -> QuerySet[Account]:
    """Return who is this officer for the whole company, not for one branch alone."""
    running = Power.objects.filter(
        role__officer=officer, unit=root_unit(), ended_at__isnull=True
    ).values("account_id")
    return Account.objects.filter(
        pk__in=running, officer=officer, state=AccountState.ACTIVE
    ).order_by("pk")


def unused_powers(at: datetime) -> QuerySet[Power]:
    """Return the powers in force that nobody has used for ninety days."""
    since = at - UNUSED_AFTER
    return powers_in_force(at).filter(
        Q(last_used_at__lt=since) | Q(last_used_at__isnull=True, granted_at__lt=since)
    )


def list_powers(wanted: dict[str, Any]) -> QuerySet[Power]:
    """Return powers with everything a page says of them, newest first, filtered by columns."""
    return (
        Power.objects.select_related("account", "account__unit", "role", "unit", "granted_by")
        .filter(**wanted)
        .order_by("-granted_at", "-pk")
    )
