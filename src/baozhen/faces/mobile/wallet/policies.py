"""The holder's policies: the list, one policy with its mark, the files as they were archived.

Whose policy it is was decided by `verification.holders`; another person's number looks exactly
like one that does not exist.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces import policy_facts
from baozhen.faces.acts import record_access
from baozhen.faces.errors import NotFound, NotSignedIn
from baozhen.faces.files import pdf_response
from baozhen.faces.frame import page
from baozhen.faces.mobile.holders import current_holder, holder_only
from baozhen.faces.mobile.visit import device_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError
from baozhen.foundation.masking import mask_name
from baozhen.foundation.storage import get_storage
from baozhen.insurance.claims.queries import claims_of
from baozhen.insurance.claims.states import STATE_LABELS
from baozhen.insurance.endorsements.queries import endorsements_of
from baozhen.insurance.policies.errors import PolicyUnknown
from baozhen.insurance.policies.models import PolicyInvoice
from baozhen.insurance.policies.services.receipts import ask_receipt
from baozhen.insurance.policies.states import InvoiceState, PolicyState, ReceiptState
from baozhen.insurance.policies.tokens import verification_url
from baozhen.insurance.verification.holders import OwnPolicy, own_policies, own_policy, sealed_file
from baozhen.insurance.verification.states import WeChatApp
from baozhen.insurance.verification.wechat import openids_of
from baozhen.signing.envelopes.services.telling import link_address
from baozhen.signing.identity.models import Subject

_WHAT = "这张保单；请核对保单号，或确认您是投保人或被保险人本人"
_MEDIA = {"pdf": "application/pdf", "xml": "application/xml"}


def holder_of(request: HttpRequest) -> Subject:
    """Return who is signed in; `holder_only` has let them in."""
    holder = current_holder(request)
    if holder is None:
        raise NotSignedIn
    return holder


def own(request: HttpRequest, number: str) -> OwnPolicy:
    """Return the holder's own policy or raise NotFound."""
    try:
        return own_policy(holder_of(request), number)
    except PolicyUnknown as unknown:
        raise NotFound(what=_WHAT) from unknown


@holder_only
@require_GET
def policies(request: HttpRequest) -> HttpResponse:
    """List the holder's policies, newest first."""
    holder = holder_of(request)
    at = now()
    cards = [
        {
            "policy": mine.policy,
            "roles": "、".join(mine.roles),
            "word": policy_facts.policy_word(mine.policy, at=at),
            "claims": claims_of(mine.policy).count(),
        }
        for mine in own_policies(holder)
    ]
    context = {
        "cards": cards,
        "name": mask_name(str(holder.name)),
        "is_bound": bool(openids_of(holder, WeChatApp.ACCOUNT)),
    }
    return page(request, "mobile/wallet/policies.html", context)


@holder_only
@require_GET
def policy(request: HttpRequest, number: str) -> HttpResponse:
    """Show one policy with the very content of its files."""
    mine = own(request, number)
    at = now()
    record_access(
        "queried", policy_id=mine.policy.pk, actor=_actor(request), at=at, facts={"way": "wallet"}
    )
    context = {
        "policy": mine.policy,
        "roles": "、".join(mine.roles),
        "is_holder": "投保人" in mine.roles,
        "word": policy_facts.policy_word(mine.policy, at=at),
        "documents": policy_facts.documents_of(mine.policy, at=at),
        "verification": verification_url(mine.policy.number),
        "receipt": _receipt(mine),
        "invoice": _invoice(mine),
        "claims": [
            {"claim": claim, "label": STATE_LABELS[claim.state]} for claim in claims_of(mine.policy)
        ],
        "endorsements": endorsements_of(mine.policy),
        "may_claim": mine.policy.state != PolicyState.NUMBERED,
    }
    return page(request, "mobile/wallet/policy.html", context)


@holder_only
@require_GET
def file(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """Send a sealed file, byte for byte as the website sends it."""
    mine = own(request, number)
    try:
        wanted = sealed_file(mine.policy, kind)
    except PolicyUnknown as unknown:
        raise NotFound(what="这份文件") from unknown
    response = pdf_response(wanted, request)
    if response.status_code == 200:  # noqa: PLR2004 -- a 304 hands out nothing
        record_access(
            "downloaded",
            policy_id=mine.policy.pk,
            actor=_actor(request),
            at=now(),
            facts={"file": wanted.number, "sha256": wanted.sha256},
        )
    return response


@holder_only
@require_GET
def invoice(request: HttpRequest, number: str, form: str) -> HttpResponse:
    """Send the electronic invoice to the policyholder, who is its buyer."""
    mine = own(request, number)
    found = _invoice(mine)
    if found is None or found.state != InvoiceState.ISSUED or form not in _MEDIA:
        raise NotFound(what="这张电子发票")
    data = get_storage().get(found.pdf_sha256 if form == "pdf" else found.xml_sha256)
    response = HttpResponse(data, content_type=_MEDIA[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{found.number}.{form}"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@holder_only
@require_POST
def sign_receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Lead the policyholder to the signing page of the receipt."""
    mine = own(request, number)
    if "投保人" not in mine.roles:
        raise NotFound(what="需要您签收的回执，回执由投保人本人签署")
    try:
        token = ask_receipt(mine.policy, holder_of(request), device=device_of(request), at=now())
    except BaozhenError as failure:
        return _again(request, mine, str(failure))
    return redirect(link_address(token))


def _again(request: HttpRequest, mine: OwnPolicy, fault: str) -> HttpResponse:
    context = {
        "fault": fault,
        "back": reverse("journey:policy", kwargs={"number": mine.policy.number}),
        "headline": "暂时不能签收",
    }
    return page(request, "mobile/wallet/refused.html", context, status=422)


def _receipt(mine: OwnPolicy) -> dict[str, Any]:
    receipt = getattr(mine.policy, "receipt", None)
    return {
        "signed": receipt if receipt and receipt.state == ReceiptState.SIGNED else None,
        "may_sign": "投保人" in mine.roles and mine.policy.state == PolicyState.ISSUED,
    }


def _invoice(mine: OwnPolicy) -> PolicyInvoice | None:
    if "投保人" not in mine.roles:
        return None
    return PolicyInvoice.objects.filter(policy=mine.policy).first()


def _actor(request: HttpRequest) -> str:
    return f"holder:{holder_of(request).public_id}"
