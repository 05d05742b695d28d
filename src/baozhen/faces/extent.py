"""What of the platform is open: all of it, or the signing centre alone (单体签章).

A company that has its own core system takes the signing centre only. Then nothing of insurance is
reached: its addresses answer 404, its powers are nobody's, so that its menus, figures and searches
are gone, and the OpenAPI document does not name it. The code and its empty tables stay.
"""

from collections.abc import Mapping
from typing import Final

from baozhen.foundation.events.types import EVENT_TYPES
from baozhen.signing.organizations.extent import is_alone

# How the addresses of insurance begin; each names whole parts between slashes.
INSURANCE_ADDRESSES: Final = (
    "/m",
    "/query",
    "/v",
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

# What happens to papers of insurance; a file that was disposed of may be any.
_INSURANCE_EVENTS: Final = (
    "batch.",
    "claim.",
    "endorsement.",
    "payment.",
    "policy.",
    "policy_change.",
    "proposal.",
    "receipt.",
)


def is_closed(address: str) -> bool:
    """Return whether there is nothing at this address, because insurance is left out."""
    return is_alone() and is_of_insurance(address)


def is_of_insurance(address: str) -> bool:
    """Return whether an address is one of insurance."""
    return any(address == start or address.startswith(f"{start}/") for start in INSURANCE_ADDRESSES)


def open_events() -> Mapping[str, str]:
    """Return the events that can happen here, with their labels."""
    if not is_alone():
        return EVENT_TYPES
    return {
        name: label for name, label in EVENT_TYPES.items() if not name.startswith(_INSURANCE_EVENTS)
    }
