"""Deciding on a referral: accept, decline for a reason, offer other terms."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.organizations.forms import text
from baozhen.faces.console.registers import do
from baozhen.foundation.clock import now
from baozhen.insurance.underwriting.services import (
    accept_referral,
    decline_referral,
    offer_referral,
)
from baozhen.signing.organizations.roles import Permission

_REMOVED = "removed"


@needs(Permission.UNDERWRITE)
@require_POST
def accept(request: HttpRequest, key: int) -> HttpResponse:
    """Accept the proposal as it stands."""
    note, actor = text(request, "note"), actor_of(request)
    return do(
        request,
        lambda: accept_referral(key, note=note, actor=actor, at=now()),
        done="已通过，投保人将收到签名通知",
        to="referral",
        key=key,
    )


@needs(Permission.UNDERWRITE)
@require_POST
def decline(request: HttpRequest, key: int) -> HttpResponse:
    """Decline the proposal for a reason that the applicant reads."""
    reason, actor = text(request, "reason"), actor_of(request)
    return do(
        request,
        lambda: decline_referral(key, reason=reason, actor=actor, at=now()),
        done="已记录为不予承保",
        to="referral",
        key=key,
    )


@needs(Permission.UNDERWRITE)
@require_POST
def offer(request: HttpRequest, key: int) -> HttpResponse:
    """Offer other terms; the applicant confirms or refuses them."""
    reason, actor, terms = text(request, "reason"), actor_of(request), _terms(request)
    return do(
        request,
        lambda: offer_referral(key, offer=terms, reason=reason, actor=actor, at=now()),
        done="新方案已提出，等待投保人确认",
        to="referral",
        key=key,
    )


def _terms(request: HttpRequest) -> dict[str, Any]:
    """Return the changed terms of the form: only what was filled in."""
    covers = []
    for code in request.POST.getlist("code"):
        cover: dict[str, Any] = {}
        if sum_insured := text(request, f"sum_{code}"):
            cover["sum_insured"] = sum_insured
        rate = text(request, f"rate_{code}")
        if rate == _REMOVED:
            cover[_REMOVED] = True
        elif rate:
            cover["deductible_rate"] = rate
        if cover:
            covers.append({"code": code, **cover})
    terms: dict[str, Any] = {"covers": covers}
    if own := text(request, "self_pricing"):
        terms["self_pricing"] = own
    return terms
