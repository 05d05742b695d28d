"""What of the platform is open: all of it, or the signing centre alone (单体签章).

A company that has its own core system takes the signing centre only. Then nothing of insurance is
reached: its addresses answer 404, its powers are nobody's, so that its menus, figures and searches
are gone, and the OpenAPI document does not name it. The code and its empty tables stay.
"""

from typing import Final

from django.conf import settings

from baozhen.signing.organizations.roles import Permission

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
# How the addresses of insurance begin; each names whole parts between slashes.
INSURANCE_ADDRESSES: Final = (
    "/m",
    "/query",
    "/clauses",
    "/wechat",
    *(
        f"/api/v1/{name}"
        for name in (
            "applications",
            "batches",
            "changes",
            "claims",
            "clauses",
            "mini",
            "payment-notices",
            "policies",
            "proposals",
            "quotes",
        )
    ),
    *(
        f"/console/{name}"
        for name in (
            "applications",
            "batches",
            "changes",
            "claims",
            "data-items",
            "duties",
            "hotline",
            "payments",
            "policies",
            "products",
            "referrals",
            "solvency",
            "statistics/journey",
            "tables",
        )
    ),
)


def is_alone() -> bool:
    """Return whether the signing centre stands alone, without insurance."""
    return bool(settings.BAOZHEN_EXTENT == SIGNING)


def is_closed(address: str) -> bool:
    """Return whether there is nothing at this address, because insurance is left out."""
    return is_alone() and is_of_insurance(address)


def is_of_insurance(address: str) -> bool:
    """Return whether an address is one of insurance."""
    return any(address == start or address.startswith(f"{start}/") for start in INSURANCE_ADDRESSES)


def is_left_out(permission: Permission) -> bool:
    """Return whether a power is nobody's, because insurance is left out."""
    return is_alone() and permission in INSURANCE_PERMISSIONS
