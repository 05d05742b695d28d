"""What staff do with a signing task: approve, seal, place a seal, decline, recall, remind, void."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.envelopes.one import own
from baozhen.faces.console.envelopes.stamping import stamping_of, typed_place
from baozhen.faces.console.frame import page
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.envelopes.errors import DraftInvalid, EnvelopeNotFound
from baozhen.signing.envelopes.models import Action
from baozhen.signing.envelopes.queries import tasks_for
from baozhen.signing.envelopes.services.acts import (
    approve,
    decline,
    pre_stamp,
    recall,
    seal,
)
from baozhen.signing.envelopes.services.handing import Receiver, hand_over, receiver_of
from baozhen.signing.envelopes.services.telling import remind
from baozhen.signing.envelopes.services.voiding import request_void
from baozhen.signing.envelopes.states import ActionType
from baozhen.signing.organizations.queries import legal_entity_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.seals.errors import SealUnknown
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.queries import seal_of
from baozhen.signing.seals.states import SealState


@needs(Permission.VIEW_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def action(request: HttpRequest, action_id: str) -> HttpResponse:
    """Show one step that waits for this person, with its document, and do it."""
    found = tasks_for(request.user).filter(public_id=action_id).first()
    if found is None:
        raise EnvelopeNotFound
    if request.method != "POST":
        return page(request, "console/envelopes/action.html", _context(found))
    try:
        _do(request, found)
    except Refusal as refusal:
        context = _context(found) | {"fault": str(refusal)}
        return page(request, "console/envelopes/action.html", context, status=422)
    messages.success(request, "已处理。", extra_tags="jade")
    return redirect("console:tasks")


@needs(Permission.START_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def recall_one(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask for the reason, then take the task back."""
    return _with_reason(request, public_id, "撤回", "任务随即结束，签署方的链接失效。")


@needs(Permission.START_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def void(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask for the reason, then ask all parties to void the task."""
    return _with_reason(request, public_id, "申请作废", "各签署方都同意后才作废，文件仍存档。")


@needs(Permission.START_ENVELOPES)
@require_POST
def remind_all(request: HttpRequest, public_id: str) -> HttpResponse:
    """Remind everybody whose turn it is."""
    try:
        count = remind(own(request, public_id).pk, actor=actor_of(request), at=now())
    except Refusal as refusal:
        messages.warning(request, str(refusal), extra_tags="amber")
    else:
        messages.success(request, f"已提醒 {count} 个签署方。", extra_tags="jade")
    return redirect("console:envelope", public_id=public_id)


@needs(Permission.START_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over_files(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask who gets the finished files, then send them the link."""
    envelope = own(request, public_id)
    usual = receiver_of(envelope)
    typed = {name: request.POST.get(name, "").strip() for name in ("receiver", "address")}
    context: dict[str, Any] = {
        "here": "envelopes",
        "envelope": envelope,
        "receiver": typed["receiver"] or (usual.name if usual else ""),
        "address": typed["address"],
    }
    if request.method != "POST":
        return page(request, "console/envelopes/hand_over.html", context)
    try:
        if not typed["receiver"]:
            raise DraftInvalid(path="receiver", reason="请填写接收人")
        receiver = Receiver(typed["receiver"], typed["address"])
        hand_over(envelope.pk, receiver, actor=actor_of(request), at=now())
    except Refusal as refusal:
        context |= {"fault": str(refusal)}
        return page(request, "console/envelopes/hand_over.html", context, status=422)
    messages.success(request, "已送达，领取后会在这里显示。", extra_tags="jade")
    return redirect("console:envelope", public_id=public_id)


def _with_reason(request: HttpRequest, public_id: str, verb: str, effect: str) -> HttpResponse:
    envelope = own(request, public_id)
    context = {"here": "envelopes", "envelope": envelope, "verb": verb, "effect": effect}
    if request.method != "POST":
        return page(request, "console/envelopes/reason.html", context)
    reason, actor, at = request.POST.get("reason", ""), actor_of(request), now()
    try:
        if verb == "撤回":
            recall(envelope.pk, reason=reason, actor=actor, at=at)
        else:
            own_party = envelope.signatories.filter(unit=envelope.unit).first()
            request_void(envelope.pk, by=own_party, reason=reason, actor=actor, at=at)
    except Refusal as refusal:
        context |= {"fault": str(refusal), "reason": reason}
        return page(request, "console/envelopes/reason.html", context, status=422)
    messages.success(request, f"已{verb}。", extra_tags="jade")
    return redirect("console:envelope", public_id=public_id)


def _do(request: HttpRequest, found: Action) -> None:
    actor, at, post = actor_of(request), now(), request.POST
    if post.get("act") == "decline":
        decline(found.pk, reason=post.get("reason", ""), actor=actor, at=at)
    elif found.type == ActionType.APPROVE:
        approve(found.pk, actor=actor, at=at, opinion=post.get("reason", ""))
    elif found.type == ActionType.PRE_STAMP:
        place = typed_place(post)
        chosen = _offered_seal(found, post.get("seal", ""))
        pre_stamp(found.pk, [place], chosen=chosen, actor=actor, at=at)
    else:
        name = post.get("seal", "")
        seal(found.pk, actor=actor, at=at, chosen=_offered_seal(found, name) if name else None)


def _offered(found: Action) -> QuerySet[Seal]:
    """The active seals of the company whose turn it is."""
    unit = found.signatory.unit or found.envelope.unit
    return Seal.objects.filter(company=legal_entity_of(unit).name, state=SealState.ACTIVE)


def _offered_seal(found: Action, public_id: str) -> Seal:
    """Return one of the seals that the page offers; another company's is as if it were not."""
    if not _offered(found).filter(public_id=public_id).exists():
        raise SealUnknown(seal=public_id)
    return seal_of(public_id)


def _context(found: Action) -> dict[str, Any]:
    is_pre_stamp = found.type == ActionType.PRE_STAMP
    return {
        "here": "tasks",
        "action": found,
        "envelope": found.envelope,
        "documents": found.envelope.documents.order_by("position"),
        "seals": _offered(found).order_by("name")
        if found.type in {ActionType.SEAL, ActionType.LEGAL_REP_SIGN, ActionType.PRE_STAMP}
        else [],
        "verb": found.get_type_display(),
        "is_pre_stamp": is_pre_stamp,
    } | (stamping_of(found) if is_pre_stamp else {})
