"""Verbs of the underwriting stage."""

from baozhen.insurance.underwriting.services.assessing import (
    assess_content,
    kind_of_rules,
    rules_on,
    vehicle_record,
)
from baozhen.insurance.underwriting.services.deciding import (
    accept_referral,
    decline_referral,
    offer_referral,
    withdraw_referral,
)

__all__ = [
    "accept_referral",
    "assess_content",
    "decline_referral",
    "kind_of_rules",
    "offer_referral",
    "rules_on",
    "vehicle_record",
    "withdraw_referral",
]
