"""What a company outside decides in advance: its pre-stamps, a new one, taking one back."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.client import address_of
from baozhen.faces.console.access import actor_of, outside_only
from baozhen.faces.console.frame import page
from baozhen.faces.console.partner.shown import own_seals
from baozhen.faces.console.registers import Cell
from baozhen.faces.console.typed import end_of_day
from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.errors import Outage, Refusal
from baozhen.signing.envelopes.errors import PreStampInvalid, PreStampNotFound
from baozhen.signing.envelopes.models import PreStamp
from baozhen.signing.envelopes.services.pre_stamping import (
    COUNT_MAX,
    PreStampWish,
    ask_code,
    give,
    kinds_for,
    revoke,
    standing,
    statement_of,
    used,
)
from baozhen.signing.envelopes.states import PRE_STAMP_LABELS, PreStampState
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.queries import outside_units_of
from baozhen.signing.seals.states import SealKind, SealState

_SHOWN_MAX = 100
_TONES = {
    PreStampState.ACTIVE: ("jade", "check"),
    PreStampState.REVOKED: ("seal", "cross"),
    PreStampState.ENDED: ("", "pause"),
}


@outside_only
@require_GET
def listed(request: HttpRequest, account: Account) -> HttpResponse:
    """List the company's pre-stamps, the newest first."""
    rows = PreStamp.objects.filter(unit__in=outside_units_of(account)).select_related("seal")
    context = {
        "here": "partner_pre_stamps",
        "stamps": [_shown(row) for row in rows.order_by("-pk")[:_SHOWN_MAX]],
    }
    return page(request, "console/partner/pre_stamps.html", context)


@outside_only
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, account: Account) -> HttpResponse:
    """Ask for the limits, show the statement, confirm the will by a code, and give."""
    if request.method != "POST":
        return _ask(request, account)
    statement = challenge = ""
    try:
        wish = _wish(request, account)
        statement = statement_of(account, wish, at=now())
        if request.POST.get("act") != "give":
            challenge = ask_code(account, wish, at=now()).public_id
            return _confirm(request, statement, challenge)
        challenge = request.POST.get("challenge", "")
        given = give(
            account,
            wish,
            challenge_id=challenge,
            code=request.POST.get("code", "").strip(),
            at=now(),
            address=address_of(request),
        )
    except (Refusal, Outage) as refusal:
        if challenge:
            return _confirm(request, statement, challenge, refusal)
        return _ask(request, account, refusal)
    messages.success(request, "已授权。轮到本单位时直接盖章，您可以随时收回。", extra_tags="jade")
    return redirect("console:partner_pre_stamp", public_id=given.public_id)


@outside_only
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, account: Account, public_id: str) -> HttpResponse:
    """Show one pre-stamp with the tasks it decided; take it back with a reason."""
    rows = PreStamp.objects.select_related("seal", "consent")
    row = rows.filter(public_id=public_id, unit__in=outside_units_of(account)).first()
    if row is None:
        raise PreStampNotFound
    context: dict[str, Any] = {
        "here": "partner_pre_stamps",
        "stamp": _shown(row),
        "tasks": row.actions.select_related("envelope").order_by("-pk")[:_SHOWN_MAX],
    }
    if request.method != "POST":
        return page(request, "console/partner/pre_stamp.html", context)
    reason = request.POST.get("reason", "")
    try:
        revoke(account, public_id, reason=reason, actor=actor_of(request), at=now())
    except Refusal as refusal:
        context |= {"fault": str(refusal), "reason": reason}
        return page(request, "console/partner/pre_stamp.html", context, status=422)
    messages.success(request, "已收回，以后轮到本单位时仍由您确认。", extra_tags="jade")
    return redirect("console:partner_pre_stamp", public_id=public_id)


def _shown(row: PreStamp) -> dict[str, Any]:
    count = used(row)
    state = standing(row, used_count=count, at=now())
    tone, icon = _TONES[state]
    return {
        "row": row,
        "used": count,
        "last_day": shanghai_date(row.until - timedelta(microseconds=1)),
        "is_active": state is PreStampState.ACTIVE,
        "tag": Cell(text=PRE_STAMP_LABELS[state], tone=tone, icon=icon),
    }


def _wish(request: HttpRequest, account: Account) -> PreStampWish:
    post = request.POST
    seal = own_seals(account).filter(public_id=post.get("seal", ""), owner__isnull=True).first()
    if seal is None:
        raise PreStampInvalid(path="seal", reason="请选择本单位已启用的电子印章")
    count, until = post.get("count_max", ""), end_of_day(post.get("until", ""))
    if until is None:
        raise PreStampInvalid(path="until", reason="请填写有效期，如 2027-01-15")
    number = int(count) if count.isdecimal() and count.isascii() else 0
    return PreStampWish(seal=seal, kind=post.get("kind", ""), count_max=number, until=until)


def _ask(
    request: HttpRequest, account: Account, refusal: Refusal | Outage | None = None
) -> HttpResponse:
    seals = own_seals(account).filter(
        state=SealState.ACTIVE, kind=SealKind.ELECTRONIC, owner__isnull=True
    )
    context = {
        "here": "partner_pre_stamps",
        "kinds": kinds_for(account).items(),
        "seals": seals.order_by("name"),
        "count_max": COUNT_MAX,
        "given": request.POST,
    }
    return _page(request, "console/partner/pre_stamp_new.html", context, refusal)


def _confirm(
    request: HttpRequest,
    statement: str,
    challenge: str,
    refusal: Refusal | Outage | None = None,
) -> HttpResponse:
    context = {
        "here": "partner_pre_stamps",
        "statement": statement,
        "challenge": challenge,
        "given": request.POST,
    }
    return _page(request, "console/partner/pre_stamp_confirm.html", context, refusal)


def _page(
    request: HttpRequest, name: str, context: dict[str, Any], refusal: Refusal | Outage | None
) -> HttpResponse:
    context["fault"] = str(refusal) if refusal is not None else ""
    context["fault_path"] = refusal.path if isinstance(refusal, Refusal) else ""
    return page(request, name, context, status=200 if refusal is None else 422)
