"""A person decides what the rules left open: accepts, declines, or offers other terms."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.states import move
from baozhen.insurance.products.queries import tables_on
from baozhen.insurance.underwriting.errors import (
    ReferralDecided,
    ReferralReasonMissing,
    ReferralUnknown,
)
from baozhen.insurance.underwriting.models import Referral
from baozhen.insurance.underwriting.offers import check_offer
from baozhen.insurance.underwriting.states import ReferralState

_NOTE_CHARACTERS_MAX = 300


@transaction.atomic(durable=True)
def accept_referral(key: int, *, note: str, actor: str, at: datetime) -> Referral:
    """Accept the proposal as it stands; raises ReferralUnknown, ReferralDecided."""
    referral = _open_one(key)
    return _decide(referral, ReferralState.ACCEPTED, note.strip(), actor=actor, at=at)


@transaction.atomic(durable=True)
def decline_referral(key: int, *, reason: str, actor: str, at: datetime) -> Referral:
    """Decline the proposal, with words for the applicant; raises ReferralReasonMissing too."""
    referral = _open_one(key)
    return _decide(referral, ReferralState.DECLINED, _reason(reason), actor=actor, at=at)


@transaction.atomic(durable=True)
def offer_referral(
    key: int, *, offer: Mapping[str, Any], reason: str, actor: str, at: datetime
) -> Referral:
    """Offer other terms; raises OfferInvalid too."""
    referral = _open_one(key)
    check_offer(referral.content, offer, tables_on(shanghai_date(at)))
    note = _reason(reason)
    return _decide(referral, ReferralState.OFFERED, note, actor=actor, at=at, offer=dict(offer))


@transaction.atomic(durable=True)
def withdraw_referral(proposal_no: str, *, actor: str, at: datetime) -> None:
    """End the open referral of a proposal that went away; nothing happens where there is none."""
    found = Referral.objects.select_for_update().filter(
        proposal_no=proposal_no, state=ReferralState.OPEN
    )
    for referral in found:
        move(referral, ReferralState.WITHDRAWN, actor=actor, at=at)


def _open_one(key: int) -> Referral:
    referral = Referral.objects.select_for_update().filter(pk=key).first()
    if referral is None:
        raise ReferralUnknown(key=key)
    if referral.state != ReferralState.OPEN:
        raise ReferralDecided(proposal_no=referral.proposal_no)
    return referral


def _reason(reason: str) -> str:
    if not reason.strip():
        raise ReferralReasonMissing(path="reason")
    return reason.strip()


def _decide(
    referral: Referral,
    state: ReferralState,
    note: str,
    *,
    actor: str,
    at: datetime,
    **columns: object,
) -> Referral:
    columns |= {"note": note[:_NOTE_CHARACTERS_MAX], "underwriter": actor, "decided_at": at}
    move(referral, state, actor=actor, at=at, **columns)
    return referral
