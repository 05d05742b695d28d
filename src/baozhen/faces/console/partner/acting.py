"""What users from outside do: approve, seal, decline for their organisation; go and sign."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, outside_only
from baozhen.faces.console.envelopes.stamping import stamping_of, typed_place
from baozhen.faces.console.frame import page
from baozhen.faces.console.partner.shown import own_seals
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.envelopes.errors import EnvelopeNotFound
from baozhen.signing.envelopes.models import Action
from baozhen.signing.envelopes.outsiders import envelope_of_account, tasks_of, void_party
from baozhen.signing.envelopes.services.acts import approve, decline, pre_stamp, seal
from baozhen.signing.envelopes.services.links import issue_link
from baozhen.signing.envelopes.services.telling import link_address
from baozhen.signing.envelopes.services.voiding import answer_void
from baozhen.signing.envelopes.states import ActionType
from baozhen.signing.organizations.models import Account
from baozhen.signing.seals.errors import SealUnknown
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.states import SealState

_SHOWN_MAX = 100
_SEALING = frozenset({ActionType.SEAL, ActionType.LEGAL_REP_SIGN, ActionType.PRE_STAMP})


@outside_only
@require_GET
def tasks(request: HttpRequest, account: Account) -> HttpResponse:
    """List what waits for this user, the most urgent first."""
    waiting = [
        {"action": action, "is_signature": action.type == ActionType.SIGN}
        for action in tasks_of(account)[:_SHOWN_MAX]
    ]
    context = {"here": "partner", "tasks": waiting, "account": account}
    return page(request, "console/partner/tasks.html", context)


@outside_only
@require_http_methods(["GET", "HEAD", "POST"])
def task(request: HttpRequest, account: Account, action_id: str) -> HttpResponse:
    """Show one step of the user's organisation with its documents, and do it."""
    found = _task(account, action_id)
    if found.type == ActionType.SIGN:
        return redirect("console:partner_envelope", public_id=found.envelope.public_id)
    if request.method != "POST":
        return page(request, "console/partner/task.html", _context(account, found))
    try:
        _do(request, account, found)
    except Refusal as refusal:
        context = _context(account, found) | {
            "fault": str(refusal),
            "reason": request.POST.get("reason", ""),
        }
        return page(request, "console/partner/task.html", context, status=422)
    messages.success(request, "已处理。", extra_tags="jade")
    return redirect("console:partner")


@outside_only
@require_POST
def go_sign(request: HttpRequest, account: Account, action_id: str) -> HttpResponse:
    """Lead to the signing page, by a fresh link: there one is verified, reads and signs."""
    found = _task(account, action_id)
    if found.type != ActionType.SIGN:
        raise EnvelopeNotFound
    return redirect(link_address(issue_link(found.signatory, actor=actor_of(request), at=now())))


@outside_only
@require_POST
def answer(request: HttpRequest, account: Account, public_id: str) -> HttpResponse:
    """Agree to void a task, or refuse, for the user's own party."""
    found = envelope_of_account(account, public_id)
    party = void_party(account, found)
    if party is None:
        raise EnvelopeNotFound
    agrees = request.POST.get("verdict") == "agree"
    try:
        answer_void(found.pk, by=party, agrees=agrees, actor=actor_of(request), at=now())
    except Refusal as refusal:
        messages.error(request, str(refusal), extra_tags="seal")
    else:
        messages.success(request, "您的意见已记录。", extra_tags="jade")
    return redirect("console:partner_envelope", public_id=public_id)


def _task(account: Account, action_id: str) -> Action:
    found = tasks_of(account).filter(public_id=action_id).first()
    if found is None:
        raise EnvelopeNotFound
    return found


def _do(request: HttpRequest, account: Account, found: Action) -> None:
    actor, at, reason = actor_of(request), now(), request.POST.get("reason", "")
    if request.POST.get("act") == "decline":
        decline(found.pk, reason=reason, actor=actor, at=at)
    elif found.type == ActionType.APPROVE:
        approve(found.pk, actor=actor, at=at, opinion=reason)
    elif found.type == ActionType.PRE_STAMP:
        place = typed_place(request.POST)
        chosen = _own_seal(account, request.POST.get("seal", ""))
        pre_stamp(found.pk, [place], chosen=chosen, actor=actor, at=at)
    else:
        asked = request.POST.get("seal", "")
        seal(found.pk, actor=actor, at=at, chosen=_own_seal(account, asked) if asked else None)


def _own_seal(account: Account, asked: str) -> Seal:
    """Only one's own organisation's: another company's seal is not even known here."""
    chosen = own_seals(account).filter(public_id=asked, owner__isnull=True).first()
    if chosen is None:
        raise SealUnknown(path="seal", seal=asked)
    return chosen


def _context(account: Account, found: Action) -> dict[str, Any]:
    is_pre_stamp = found.type == ActionType.PRE_STAMP
    seals = own_seals(account).filter(state=SealState.ACTIVE, owner__isnull=True)
    return {
        "here": "partner",
        "action": found,
        "envelope": found.envelope,
        "documents": found.envelope.documents.order_by("position"),
        "seals": seals.order_by("name") if found.type in _SEALING else [],
        "verb": found.get_type_display(),
        "is_pre_stamp": is_pre_stamp,
    } | (stamping_of(found) if is_pre_stamp else {})
