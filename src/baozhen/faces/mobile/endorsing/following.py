"""Follow one change: before and after, submit, confirm by a fresh code, pay, take it home."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.acts import record_access
from baozhen.faces.client import address_of
from baozhen.faces.errors import NotFound
from baozhen.faces.files import sealed_response
from baozhen.faces.frame import page
from baozhen.faces.mobile.endorsing.parts import holder_of, steps_at
from baozhen.faces.mobile.forms import CodeForm
from baozhen.faces.mobile.holders import holder_only, with_device
from baozhen.faces.mobile.visit import device_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError, Refusal
from baozhen.foundation.masking import mask_mobile
from baozhen.insurance.endorsements.errors import ChangeUnknown
from baozhen.insurance.endorsements.models import Change
from baozhen.insurance.endorsements.queries import change_for, get_endorsement
from baozhen.insurance.endorsements.rules import change_table
from baozhen.insurance.endorsements.services.asking import submit_change, withdraw_change
from baozhen.insurance.endorsements.services.confirming import ask_code, confirm_change
from baozhen.insurance.endorsements.states import STATE_LABELS, ChangeState
from baozhen.insurance.payments.channels.registry import channel_names
from baozhen.insurance.payments.states import CHANNEL_LABELS

_CHALLENGE = "change_challenge"
_STEP = {
    ChangeState.DRAFT: "check",
    ChangeState.SUBMITTED: "confirm",
    ChangeState.ACCEPTED: "confirm",
    ChangeState.PAYING: "confirm",
}
_TONES = {
    ChangeState.ISSUED: "jade",
    ChangeState.REFUSED: "seal",
    ChangeState.WITHDRAWN: "",
    ChangeState.EXPIRED: "",
}
_MAY_WITHDRAW = (
    ChangeState.DRAFT,
    ChangeState.SUBMITTED,
    ChangeState.ACCEPTED,
    ChangeState.PAYING,
)


@holder_only
@require_GET
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show where the change stands and what comes next."""
    return show_change(request, own_change(request, public_id))


@holder_only
@require_POST
def act(request: HttpRequest, public_id: str) -> HttpResponse:
    """Submit, ask for the code, confirm with it, or take the change back."""
    change = own_change(request, public_id)
    acts = {"submit": _submit, "send": _send, "confirm": _confirm, "withdraw": _withdraw}
    wanted = acts.get(request.POST.get("act", ""))
    if wanted is None:
        raise NotFound(what="这个操作")
    try:
        wanted(request, change)
    except BaozhenError as failure:
        fresh = own_change(request, public_id)
        return show_change(request, fresh, fault=str(failure), status=422)
    return redirect("journey:change", public_id=public_id)


@holder_only
@require_GET
def state(request: HttpRequest, public_id: str) -> JsonResponse:
    """Tell the waiting page whether the endorsement is there."""
    change = own_change(request, public_id)
    waiting = change.state == ChangeState.SEALING
    return JsonResponse(
        {
            "over": not waiting,
            "next": reverse("journey:change", kwargs={"public_id": public_id}),
            "message": "正在签发电子批单，通常几秒钟内完成",
        }
    )


@holder_only
@require_GET
def file(request: HttpRequest, public_id: str, number: str) -> HttpResponse:
    """Send the sealed endorsement, byte for byte."""
    change = own_change(request, public_id)
    try:
        found = get_endorsement(number)
    except ChangeUnknown as unknown:
        raise NotFound(what="这份批单") from unknown
    if found.change_id != change.pk:
        raise NotFound(what="这份批单")
    response = sealed_response(str(found.sha256), name=found.number, request=request)
    if response.status_code == 200:  # noqa: PLR2004 -- a 304 hands out nothing
        record_access(
            "downloaded",
            policy_id=found.policy_id,
            actor=f"subject:{holder_of(request).public_id}",
            at=now(),
            facts={"file": found.number, "sha256": found.sha256},
        )
    return response


def _submit(request: HttpRequest, change: Change) -> None:
    submit_change(change.pk, actor=_actor(request), at=now())


def _withdraw(request: HttpRequest, change: Change) -> None:
    withdraw_change(change.pk, actor=_actor(request), at=now())


def _send(request: HttpRequest, change: Change) -> None:
    challenge = ask_code(change, holder_of(request), device=device_of(request), at=now())
    request.session[_CHALLENGE] = {"change": change.public_id, "challenge": challenge}


def _confirm(request: HttpRequest, change: Change) -> None:
    form = CodeForm(request.POST)
    if not form.is_valid():
        raise _Unreadable(path="code", words=str(form.errors["code"][0]))
    confirm_change(
        change,
        holder_of(request),
        challenge=_challenge(request, change),
        code=form.cleaned_data["code"],
        device=device_of(request),
        address=address_of(request),
        at=now(),
    )
    request.session.pop(_CHALLENGE, None)


class _Unreadable(Refusal):
    """What was typed is no code; it is told under its field."""

    code = "malformed_request"
    message = "{words}"


def _challenge(request: HttpRequest, change: Change) -> str:
    kept = request.session.get(_CHALLENGE) or {}
    return str(kept.get("challenge", "")) if kept.get("change") == change.public_id else ""


def own_change(request: HttpRequest, public_id: str) -> Change:
    """Return a change of the holder's own policies or raise NotFound."""
    try:
        return change_for(public_id, holder=holder_of(request))
    except ChangeUnknown as unknown:
        raise NotFound(what="这项批改申请") from unknown


def _actor(request: HttpRequest) -> str:
    return f"subject:{holder_of(request).public_id}"


def show_change(
    request: HttpRequest, change: Change, *, fault: str = "", status: int = 200
) -> HttpResponse:
    """Render the page of a change in whatever state it is."""
    state = ChangeState(change.state)
    asked = change.proposal.policies.order_by("id").first()
    context: dict[str, Any] = {
        "change": change,
        "rule": change_table().kinds[change.kind],
        "ground": change_table().grounds.get(change.ground),
        "label": STATE_LABELS[state],
        "tone": _TONES.get(state, "amber"),
        "parts": change.parts,
        "endorsements": change.endorsements.order_by("id"),
        "refunds": change.refunds.order_by("id"),
        "may_withdraw": state in _MAY_WITHDRAW,
        "where": mask_mobile(str(holder_of(request).mobile)),
        "is_sent": bool(_challenge(request, change)),
        "steps": steps_at(_STEP.get(state, "done")),
        "policy": asked,
        "amount": abs(change.premium_fen),
        "channels": [{"name": name, "label": CHANNEL_LABELS[name]} for name in channel_names()],
    }
    if fault and state == ChangeState.ACCEPTED and context["is_sent"]:
        context["code_fault"] = fault
    else:
        context["fault"] = fault
    shown = page(request, "mobile/endorsing/change.html", context, status=status)
    return with_device(request, shown)
