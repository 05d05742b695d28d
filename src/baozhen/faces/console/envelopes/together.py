"""Staff act on several tasks at once, carry on what hangs, hand on, and answer a wish to void."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.envelopes.one import own
from baozhen.faces.console.frame import page
from baozhen.faces.errors import NotFound
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.envelopes.errors import EnvelopeNotFound
from baozhen.signing.envelopes.models import VoidRequest
from baozhen.signing.envelopes.queries import own_party, tasks_for, voids_for
from baozhen.signing.envelopes.services.delegating import colleagues_for, delegate
from baozhen.signing.envelopes.services.many import Outcome, approve_many, seal_many
from baozhen.signing.envelopes.services.voiding import answer_void
from baozhen.signing.envelopes.services.watching import perform_again
from baozhen.signing.envelopes.states import ActionType, VoidState
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.roles import LABELS, Permission
from baozhen.signing.organizations.states import AccountKind

_SEALS = (ActionType.SEAL, ActionType.LEGAL_REP_SIGN)


@needs(Permission.APPROVE_ENVELOPES)
@require_POST
def act_on_chosen(request: HttpRequest) -> HttpResponse:
    """Approve or seal every chosen step of one's own queue; what is refused is told."""
    mine = tasks_for(request.user)
    chosen = mine.filter(public_id__in=request.POST.getlist("action"))
    approvals = list(chosen.filter(type=ActionType.APPROVE).values_list("pk", flat=True))
    seals = list(chosen.filter(type__in=_SEALS).values_list("pk", flat=True))
    actor, at = actor_of(request), now()
    try:
        outcomes = approve_many(approvals, actor=actor, at=at)
        outcomes += seal_many(seals, actor=actor, at=at)
    except Refusal as refusal:
        messages.warning(request, str(refusal), extra_tags="amber")
    else:
        _tell(request, outcomes)
    return redirect("console:tasks")


@needs(Permission.START_ENVELOPES)
@require_POST
def carry_on(request: HttpRequest, public_id: str, action_id: str) -> HttpResponse:
    """Promise a hanging signature once more."""
    found = own(request, public_id).actions.filter(public_id=action_id).first()
    if found is None:
        raise NotFound(what="这一步")
    try:
        perform_again(found.pk, actor=actor_of(request), at=now())
    except Refusal as refusal:
        messages.warning(request, str(refusal), extra_tags="amber")
    else:
        messages.success(request, "已重新排队签章。", extra_tags="jade")
    return redirect("console:envelope", public_id=public_id)


@needs(Permission.APPROVE_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def hand_on(request: HttpRequest, action_id: str) -> HttpResponse:
    """Hand one of one's own steps to a colleague who may do it, with the reason."""
    found = tasks_for(request.user).filter(public_id=action_id).first()
    if found is None:
        raise EnvelopeNotFound
    may_take_over = colleagues_for(found, at=now()).exclude(user_id=request.user.pk or 0)
    context = {
        "here": "tasks",
        "action": found,
        "envelope": found.envelope,
        "colleagues": may_take_over.select_related("user", "unit"),
        "right": LABELS[Permission.APPROVE_ENVELOPES],
        "unit": found.signatory.unit or found.envelope.unit,
        "chosen": request.POST.get("to", ""),
        "reason": request.POST.get("reason", ""),
    }
    if request.method != "POST":
        return page(request, "console/envelopes/hand_on.html", context)
    # Whom the page does not offer, the service refuses and says why.
    staff = Account.objects.filter(kind=AccountKind.STAFF, user__is_active=True)
    to = staff.filter(user__username=request.POST.get("to", "")).first()
    if to is None:
        context["fault"] = "请选择接手的同事"
        return page(request, "console/envelopes/hand_on.html", context, status=422)
    reason, actor = request.POST.get("reason", ""), actor_of(request)
    try:
        delegate(found.pk, to=to, reason=reason, actor=actor, at=now())
    except Refusal as refusal:
        context["fault"] = str(refusal)
        return page(request, "console/envelopes/hand_on.html", context, status=422)
    messages.success(request, f"已转交{to.display_name}。", extra_tags="jade")
    return redirect("console:tasks")


@needs(Permission.APPROVE_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, public_id: str) -> HttpResponse:
    """Agree to a wish to void for one's own company, or refuse it."""
    envelope = voids_for(request.user).filter(public_id=public_id).first()
    if envelope is None:
        raise EnvelopeNotFound
    asked = VoidRequest.objects.get(envelope=envelope, state=VoidState.OPEN)
    if request.method != "POST":
        context = {"here": "tasks", "envelope": envelope, "asked": asked}
        return page(request, "console/envelopes/answer_void.html", context)
    agrees = request.POST.get("act") == "agree"
    party = own_party(envelope, request.user)
    try:
        answer_void(envelope.pk, by=party, agrees=agrees, actor=actor_of(request), at=now())
    except Refusal as refusal:
        messages.warning(request, str(refusal), extra_tags="amber")
    else:
        messages.success(request, "已同意作废。" if agrees else "已拒绝作废。", extra_tags="jade")
    return redirect("console:tasks")


def _tell(request: HttpRequest, outcomes: Sequence[Outcome]) -> None:
    problems = [outcome.problem for outcome in outcomes if outcome.problem]
    done = len(outcomes) - len(problems)
    if done:
        messages.success(request, f"已处理 {done} 项。", extra_tags="jade")
    if problems:
        text = f"{len(problems)} 项没有处理：{problems[0]}"
        messages.warning(request, text, extra_tags="amber")
    if not outcomes:
        messages.warning(request, "请先勾选审批或盖章的任务。", extra_tags="amber")
