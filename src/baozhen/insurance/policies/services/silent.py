"""What the insurer issues is an envelope of the signing centre that is silently sealed.

The envelope is opened before a key is touched and completed in the transaction that issues.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from baozhen.insurance.policies.models import Policy
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.envelopes.services.silent import SilentOrder, SilentWish, open_silent_many
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.queries import choose_seal

FLOW = "policy_insurer"
# The party that the signing centre records as having asked; with a document's number it is unique.
CLIENT = "insurance"


class IssuedType(StrEnum):
    """The document types of what is issued, as seals and grants know them."""

    POLICY = "policy"
    CLAUSES = "clauses"


def issuing_seal(document_type: IssuedType = IssuedType.POLICY) -> Seal:
    """Return the insurer's seal for these documents; raises NoSealFits."""
    return choose_seal(root_unit(), document_type=document_type, flow=FLOW)


def open_envelopes(
    wishes: Sequence[SilentWish],
    seal: Seal,
    *,
    document_type: IssuedType = IssuedType.POLICY,
    at: datetime,
) -> Mapping[str, Envelope]:
    """Open one envelope a wish, by its number; what another process has issued is left out.

    Raises SealRefused when the seal may not be used: nothing was signed then.
    """
    order = SilentOrder(
        flow=FLOW, document_type=document_type, client=CLIENT, unit=root_unit(), seal=seal
    )
    return open_silent_many(order, wishes, actor="system", at=at)


def wish_of(policy: Policy) -> SilentWish:
    """Return the envelope that a numbered policy wants."""
    return SilentWish(
        biz_no=policy.number,
        title=f"电子保单 {policy.number}",
        content_sha256=policy.content_sha256,
    )
