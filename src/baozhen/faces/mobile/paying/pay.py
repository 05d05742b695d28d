"""The page that asks for the money, the bank card that shows who pays, the way to the channel."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import escape
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.client import address_of
from baozhen.faces.frame import page
from baozhen.faces.limits import Limit, spend
from baozhen.faces.middleware import CONTENT_SECURITY_POLICY
from baozhen.faces.mobile.applying.frames import own_application
from baozhen.faces.mobile.visit import device_of
from baozhen.faces.mobile.way import PAYING, steps_at
from baozhen.faces.tracing import note
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage, Refusal
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.masking import mask_id, mask_name
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.disclosures.errors import NotPayable
from baozhen.insurance.disclosures.queries import check_payable
from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.parties.rules import bank_account
from baozhen.insurance.payments.channels.ports import HandoverKind
from baozhen.insurance.payments.channels.registry import channel_names
from baozhen.insurance.payments.errors import PayerCheckFailed, PayerCheckNeeded
from baozhen.insurance.payments.models import PaymentOrder
from baozhen.insurance.payments.queries import latest_order, refunds_of
from baozhen.insurance.payments.services.orders import (
    Visitor,
    note_payer_check,
    start_payment,
)
from baozhen.insurance.payments.states import CHANNEL_LABELS, Purpose
from baozhen.insurance.policies.services.applications import open_application_order, parts_of
from baozhen.insurance.products.region_duties import demands_payer
from baozhen.insurance.proposals.catalogue import CATALOGUE
from baozhen.signing.identity.services.checks import CheckScope, start_check
from baozhen.signing.identity.states import CheckKind, CheckState

OPENID = "wechat_openid"
# Each try asks a bank: nobody may use this page to find out whose a card is.
CARDS = Limit(name="payer_card", most=6, window_seconds=3600)
_PAID = frozenset({ApplicationState.PAID, ApplicationState.ISSUED, ApplicationState.FAILED})
_NOTES: Mapping[str, str] = {
    "wechat": "在微信中确认付款",
    "alipay": "跳转到支付宝确认付款",
    "unionpay": "各银行借记卡、信用卡",
}


class CardForm(forms.Form):
    """The number of a bank card of the policyholder's."""

    card = forms.CharField(
        label="银行卡号",
        max_length=30,
        help_text="只用于核实付款人身份，核实后不保存。不会从这张卡扣款。",
        error_messages={"required": "请输入投保人本人的银行卡号"},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_card(self) -> str:
        """Return the digits alone."""
        value = "".join(str(self.cleaned_data["card"]).split())
        try:
            return bank_account(value)
        except Unfit as unfit:
            raise forms.ValidationError(CATALOGUE[unfit.code].message) from unfit


@require_http_methods(["GET", "HEAD", "POST"])
@own_application
def paying(request: HttpRequest, application: Application) -> HttpResponse:
    """Show what is to be paid; a chosen channel leads on."""
    if application.state in _PAID:
        return redirect("journey:paid", application.proposal_no)
    try:
        check_payable(application)
        if request.method != "POST":
            return _show(request, application)
        return _begin(request, application)
    except NotPayable as refusal:
        return _page(request, "closed", application, {"why": str(refusal)}, status=409)
    except (Refusal, Outage) as failure:
        return _show(request, application, fault=str(failure), status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@own_application
def payer(request: HttpRequest, application: Application) -> HttpResponse:
    """Ask for a bank card of the policyholder's, where the channel cannot tell who pays."""
    form = CardForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _ask_card(request, application, form, status=422 if form.is_bound else 200)
    try:
        spend(CARDS, application.proposal_no)
        _check_card(request, application, form.cleaned_data["card"])
        return _begin(request, application)
    except PayerCheckFailed as refusal:
        form.add_error("card", str(refusal))
        return _ask_card(request, application, form, status=422)
    except (Refusal, Outage) as failure:
        return _ask_card(request, application, form, fault=str(failure), status=422)


@require_GET
@own_application
def leaving(request: HttpRequest, application: Application) -> HttpResponse:
    """Hand the browser over to the channel: by link, by form, or by WeChat's bridge."""
    order = latest_order(Purpose.APPLICATION, application.proposal_no)
    attempts = order.attempts.filter(ended_at__isnull=True) if order else None
    attempt = attempts.order_by("-pk").first() if attempts is not None else None
    if order is None or attempt is None or attempt.handover is None:
        return redirect("journey:paying", application.proposal_no)
    kept = attempt.handover
    # The channel's address names who has to pay: it belongs to this person alone.
    note(request, private=[escape(kept["url"])])
    context = {
        "kind": kept["kind"],
        "url": kept["url"],
        "fields": kept["fields"],
        "channel": CHANNEL_LABELS[attempt.channel],
        "amount_fen": order.amount_fen,
        "wait": reverse("journey:paying_wait", args=[application.proposal_no]),
    }
    response = _page(request, "leaving", application, context)
    if kept["kind"] == HandoverKind.FORM:
        # This one page may post to the channel, and nowhere else.
        parts = urlsplit(kept["url"])
        allowed = f"form-action 'self' {parts.scheme}://{parts.netloc}"
        policy = CONTENT_SECURITY_POLICY.replace("form-action 'self'", allowed)
        response.headers["Content-Security-Policy"] = policy
    return response


def _begin(request: HttpRequest, application: Application) -> HttpResponse:
    """Open the order, start paying, and go where the channel wants the payer."""
    channel = request.POST.get("channel", "")
    number = application.proposal_no
    order = open_application_order(application, at=now())
    root = configured("BAOZHEN_PUBLIC_URL").rstrip("/")
    visitor = Visitor(
        return_url=root + reverse("journey:paying_wait", args=[number]),
        client_ip=address_of(request),
        openid=str(request.session.get(OPENID, "")),
    )
    try:
        handover = start_payment(order.order_no, channel=channel, visitor=visitor, at=now())
    except PayerCheckNeeded:
        return redirect(f"{reverse('journey:payer', args=[number])}?channel={channel}")
    if handover.kind is HandoverKind.LINK and handover.url.startswith("/"):
        return redirect(handover.url)
    return redirect("journey:paying_leave", number)


def _check_card(request: HttpRequest, application: Application, card: str) -> None:
    """Have the card compared with name, number and mobile; raises PayerCheckFailed."""
    order = open_application_order(application, at=now())
    subject = application.applicant
    if subject is None:
        raise PayerCheckFailed(path="card")
    check = start_check(
        subject,
        CheckKind.FOUR_ELEMENTS,
        {"bank_card": card},
        scope=CheckScope(
            purpose="payer",
            document_sha256=application.content_sha256,
            device=device_of(request),
        ),
        actor="journey",
        at=now(),
    )
    if check.state != CheckState.PASSED:
        raise PayerCheckFailed(path="card")
    note_payer_check(order.order_no, check_no=check.public_id, at=now())


def _show(
    request: HttpRequest, application: Application, *, fault: str = "", status: int = 200
) -> HttpResponse:
    holder = application.content["policyholder"]
    order = latest_order(Purpose.APPLICATION, application.proposal_no)
    context = {
        "amount_fen": application.total_fen,
        "parts": parts_of(application.content),
        "payer_required": demands_payer(application.region_code),
        "payer_name": mask_name(holder["name"]),
        "payer_id": mask_id(holder["id_no"]),
        "channels": [
            {"name": name, "label": CHANNEL_LABELS[name], "note": _NOTES[name]}
            for name in channel_names()
        ],
        "returned": _returned(order) if order else [],
        "fault": fault,
    }
    return _page(request, "pay", application, context, status=status)


def _returned(order: PaymentOrder) -> list[dict[str, Any]]:
    """Return the money that came for this order, was of no use and goes back."""
    return [
        {
            "reason": refund.reason,
            "amount_fen": refund.amount_fen,
            "done": refund.ended_at is not None,
            "account": refund.receipt.account_masked,
        }
        for refund in refunds_of(order).select_related("receipt")
    ]


def _ask_card(
    request: HttpRequest,
    application: Application,
    form: CardForm,
    *,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    channel = request.POST.get("channel") or request.GET.get("channel", "")
    context = {
        "form": form,
        "fault": fault,
        "channel": channel,
        "channel_label": CHANNEL_LABELS.get(channel, "所选渠道"),
        "payer_name": mask_name(application.content["policyholder"]["name"]),
        "back": reverse("journey:paying", args=[application.proposal_no]),
    }
    return _page(request, "payer", application, context, status=status)


def _page(
    request: HttpRequest,
    name: str,
    application: Application,
    context: Mapping[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    shared = {
        "steps": steps_at(PAYING),
        "proposal_no": application.proposal_no,
        "here": request.path,
    }
    return page(request, f"mobile/paying/{name}.html", {**shared, **context}, status=status)
