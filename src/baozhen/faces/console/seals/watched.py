"""Which risks and sensitive acts a person sees: at head office all, elsewhere those of one's units.

What belongs to no unit (certificates, subjects, programs) is head office's to watch.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, Q, QuerySet

from baozhen.foundation.audit.models import AuditEntry
from baozhen.signing.certificates.models import KeyRecord
from baozhen.signing.organizations.models import Account, OrgUnit, Power
from baozhen.signing.organizations.queries import scope_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.states import UnitKind
from baozhen.signing.risks.models import Risk
from baozhen.signing.seals.models import Seal, SealChange, SealGrant, SealLoan

_Row = TypeVar("_Row", bound=Model)
_User = AbstractBaseUser | AnonymousUser
_Units = QuerySet[OrgUnit]
_BELONGING: dict[str, Callable[[_Units], QuerySet[Any]]] = {
    "seal": lambda units: Seal.objects.filter(unit__in=units),
    "seal_change": lambda units: SealChange.objects.filter(seal__unit__in=units),
    "seal_grant": lambda units: SealGrant.objects.filter(seal__unit__in=units),
    "seal_loan": lambda units: SealLoan.objects.filter(seal__unit__in=units),
    "ukey": lambda units: KeyRecord.objects.filter(unit__in=units),
    "account": lambda units: Account.objects.filter(unit__in=units),
    "power": lambda units: Power.objects.filter(unit__in=units),
    "org_unit": lambda units: units,
}


def risks_seen(user: _User, permission: Permission = Permission.VIEW_RISKS) -> QuerySet[Risk]:
    """Return the risks that the permission opens to this person."""
    return _seen(Risk.objects.all(), user, permission, ("concerns", "concerns_id"))


def acts_seen(user: _User) -> QuerySet[AuditEntry]:
    """Return the recorded acts on what this person watches."""
    columns = ("subject_type", "subject_id")
    return _seen(AuditEntry.objects.all(), user, Permission.VIEW_RISKS, columns)


def _seen(
    rows: QuerySet[_Row], user: _User, permission: Permission, columns: tuple[str, str]
) -> QuerySet[_Row]:
    units = scope_of(user, permission)
    if units.filter(kind=UnitKind.INSURER).exists():
        return rows
    noun, key = columns
    where = Q(pk__in=[])
    for name, belonging in _BELONGING.items():
        keys = belonging(units).order_by().values("pk")
        where |= Q(**{noun: name, f"{key}__in": keys})
    return rows.filter(where)
