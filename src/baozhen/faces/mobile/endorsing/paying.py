"""Pay the difference of a change: who pays is the policyholder, as at the first payment."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from baozhen.faces.client import address_of
from baozhen.faces.frame import page
from baozhen.faces.limits import spend
from baozhen.faces.middleware import CONTENT_SECURITY_POLICY
from baozhen.faces.mobile.endorsing.following import own_change, show_change
from baozhen.faces.mobile.endorsing.parts import holder_of, steps_at
from baozhen.faces.mobile.holders import holder_only
from baozhen.faces.mobile.paying.pay import CARDS, OPENID, CardForm
from baozhen.faces.mobile.visit import device_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage, Refusal
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.masking import mask_name
from baozhen.insurance.endorsements.models import Change
from baozhen.insurance.endorsements.queries import current_content
from baozhen.insurance.endorsements.services.confirming import open_payment
from baozhen.insurance.endorsements.states import ChangeState
from baozhen.insurance.payments.channels.ports import Handover, HandoverKind
from baozhen.insurance.payments.errors import PayerCheckFailed, PayerCheckNeeded
from baozhen.insurance.payments.services.orders import (
    Visitor,
    note_payer_check,
    start_payment,
)
from baozhen.insurance.payments.states import CHANNEL_LABELS
from baozhen.signing.identity.services.checks import CheckScope, start_check
from baozhen.signing.identity.states import CheckKind, CheckState


@holder_only
@require_POST
def pay(request: HttpRequest, public_id: str) -> HttpResponse:
    """Open the order and lead to the channel; ask for a card where the channel can't tell who."""
    change = own_change(request, public_id)
    if change.state != ChangeState.PAYING:
        return redirect("journey:change", public_id=public_id)
    try:
        if request.POST.get("card") is not None:
            return _with_card(request, change)
        return _leave(request, change)
    except PayerCheckNeeded:
        return _ask_card(request, change, CardForm())
    except (Refusal, Outage) as failure:
        return show_change(request, change, fault=str(failure), status=422)


def _leave(request: HttpRequest, change: Change) -> HttpResponse:
    order = open_payment(change, at=now())
    channel = request.POST.get("channel", "")
    here = reverse("journey:change", kwargs={"public_id": change.public_id})
    visitor = Visitor(
        return_url=configured("BAOZHEN_PUBLIC_URL").rstrip("/") + here,
        client_ip=address_of(request),
        openid=str(request.session.get(OPENID, "")),
    )
    handover = start_payment(order.order_no, channel=channel, visitor=visitor, at=now())
    if handover.kind is HandoverKind.LINK:
        return redirect(handover.url)
    return _hand_over(request, change, handover, channel)


def _hand_over(
    request: HttpRequest, change: Change, handover: Handover, channel: str
) -> HttpResponse:
    context = {
        "kind": handover.kind.value,
        "url": handover.url,
        "fields": handover.fields,
        "channel": CHANNEL_LABELS[channel],
        "amount_fen": change.premium_fen,
        "wait": reverse("journey:change", kwargs={"public_id": change.public_id}),
        "steps": steps_at("confirm"),
    }
    response = page(request, "mobile/endorsing/leaving.html", context)
    if handover.kind is HandoverKind.FORM:
        # This one page may post to the channel, and nowhere else.
        parts = urlsplit(handover.url)
        allowed = f"form-action 'self' {parts.scheme}://{parts.netloc}"
        policy = CONTENT_SECURITY_POLICY.replace("form-action 'self'", allowed)
        response.headers["Content-Security-Policy"] = policy
    return response


def _with_card(request: HttpRequest, change: Change) -> HttpResponse:
    """Have the card compared with name, number and mobile; then pay."""
    form = CardForm(request.POST)
    if not form.is_valid():
        return _ask_card(request, change, form, status=422)
    spend(CARDS, change.public_id)
    check = start_check(
        holder_of(request),
        CheckKind.FOUR_ELEMENTS,
        {"bank_card": form.cleaned_data["card"]},
        scope=CheckScope(
            purpose="payer",
            document_sha256=change.content_sha256,
            device=device_of(request),
        ),
        actor="journey",
        at=now(),
    )
    if check.state != CheckState.PASSED:
        form.add_error("card", str(PayerCheckFailed(path="card")))
        return _ask_card(request, change, form, status=422)
    order = open_payment(change, at=now())
    note_payer_check(order.order_no, check_no=check.public_id, at=now())
    return _leave(request, change)


def _ask_card(
    request: HttpRequest, change: Change, form: CardForm, *, status: int = 200
) -> HttpResponse:
    channel = request.POST.get("channel", "")
    context = {
        "form": form,
        "channel": channel,
        "channel_label": CHANNEL_LABELS.get(channel, "所选渠道"),
        "payer_name": mask_name(current_content(change.proposal)["policyholder"]["name"]),
        "here": request.path,
        "back": reverse("journey:change", kwargs={"public_id": change.public_id}),
        "steps": steps_at("confirm"),
    }
    return page(request, "mobile/paying/payer.html", context, status=status)
