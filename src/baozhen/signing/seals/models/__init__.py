"""The nouns of seals: seals and their versions, requests, grants, rules, uses, loans."""

from baozhen.signing.seals.models.library import Seal, SealChange, SealVersion
from baozhen.signing.seals.models.physical import SealLoan, Stamping
from baozhen.signing.seals.models.uses import SealGrant, SealRule, SealUse

__all__ = [
    "Seal",
    "SealChange",
    "SealGrant",
    "SealLoan",
    "SealRule",
    "SealUse",
    "SealVersion",
    "Stamping",
]
