"""Which powers there are to give: all, or the signing centre's alone (单体签章).

A company that has its own core system takes the signing centre only. What serves insurance alone
would do nothing there: no role and no program can be given it.
"""

from typing import Final

from django.conf import settings

from baozhen.signing.organizations.roles import LABELS, ROLES, Permission
from baozhen.signing.organizations.scopes import Scope

SIGNING: Final = "signing"
WHOLE: Final = "whole"
EXTENTS: Final = (WHOLE, SIGNING)

INSURANCE_PERMISSIONS: Final = frozenset(
    {
        Permission.VIEW_POLICIES,
        Permission.MANAGE_APPLICATIONS,
        Permission.START_BATCHES,
        Permission.VIEW_PRODUCTS,
        Permission.MANAGE_PRODUCTS,
        Permission.VIEW_UNDERWRITING,
        Permission.UNDERWRITE,
        Permission.APPROVE_ENDORSEMENTS,
        Permission.SERVE_CALLS,
        Permission.VIEW_PAYMENTS,
        Permission.MANAGE_REFUNDS,
        Permission.MANAGE_INVOICES,
        Permission.VIEW_CLAIMS,
        Permission.HANDLE_CLAIMS,
        Permission.VIEW_DUTIES,
        Permission.MANAGE_DUTIES,
    }
)
# What is left of them would be nothing, or a look at the templates for somebody with no task.
INSURANCE_ROLES: Final = frozenset({"产品精算", "核保人", "理赔员"})
INSURANCE_SCOPES: Final = frozenset(
    {
        Scope.PROPOSALS_WRITE,
        Scope.PROPOSALS_READ,
        Scope.BATCHES_WRITE,
        Scope.BATCHES_READ,
        Scope.POLICIES_READ,
        Scope.ENDORSEMENTS_WRITE,
        Scope.CLAIMS_WRITE,
        Scope.CLAIMS_READ,
    }
)


def is_alone() -> bool:
    """Return whether the signing centre stands alone, without insurance."""
    return bool(settings.BAOZHEN_EXTENT == SIGNING)


def is_left_out(permission: Permission) -> bool:
    """Return whether a power is nobody's, because insurance is left out."""
    return is_alone() and permission in INSURANCE_PERMISSIONS


def open_permissions() -> dict[Permission, str]:
    """Return the powers that do something here, with their labels."""
    return {one: label for one, label in LABELS.items() if not is_left_out(one)}


def open_roles() -> frozenset[str]:
    """Return the names of the roles that do something here."""
    return frozenset(ROLES) - (INSURANCE_ROLES if is_alone() else frozenset())


def open_scopes() -> frozenset[Scope]:
    """Return what programs may be allowed here."""
    return frozenset(Scope) - (INSURANCE_SCOPES if is_alone() else frozenset())
