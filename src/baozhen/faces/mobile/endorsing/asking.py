"""Choose a change and fill it in; what may not be done is said with its reason."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.errors import NotFound, TooLarge
from baozhen.faces.frame import page
from baozhen.faces.mobile.endorsing.forms import GROUND_PAPER, ChangeForm
from baozhen.faces.mobile.endorsing.parts import holder_of, steps_at
from baozhen.faces.mobile.holders import holder_only, with_device
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.insurance.endorsements.errors import ChangeUnknown
from baozhen.insurance.endorsements.models import Change
from baozhen.insurance.endorsements.queries import (
    changes_of,
    current_content,
    open_change,
    policy_for,
)
from baozhen.insurance.endorsements.rules import change_table
from baozhen.insurance.endorsements.services.asking import Asker, Papers, draft_change
from baozhen.insurance.endorsements.services.planning import Wish, kinds_offered
from baozhen.insurance.endorsements.states import STATE_LABELS, ChangeKind
from baozhen.insurance.policies.models import Policy

_WHAT = "可以批改的保单；批改由投保人本人办理，请核对保单号"


@holder_only
@require_GET
def choose(request: HttpRequest, number: str) -> HttpResponse:
    """Show what can be changed, in plain words, and what has been changed before."""
    policy = _policy(request, number)
    offers = [
        {"kind": kind, "rule": change_table().kinds[kind], "why_not": why_not}
        for kind, why_not in kinds_offered(policy, at=now())
    ]
    context = {
        "policy": policy,
        "offers": [offer for offer in offers if not offer["why_not"]],
        "closed": [offer for offer in offers if offer["why_not"]],
        "under_way": open_change(policy.proposal),
        "history": [_told(change) for change in changes_of(policy.proposal)],
        "steps": steps_at("choose"),
    }
    return page(request, "mobile/endorsing/choose.html", context)


@holder_only
@require_http_methods(["GET", "HEAD", "POST"])
def fill_in(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """Take the form; the change is worked out and shown before anything is asked for."""
    policy = _policy(request, number)
    if kind not in change_table().kinds:
        raise NotFound(what="这种批改")
    wanted = ChangeKind(kind)
    content = current_content(policy.proposal)
    if request.method != "POST":
        return _ask(request, policy, wanted, ChangeForm(wanted, content))
    form = ChangeForm(wanted, content, request.POST, request.FILES)
    if not form.is_valid():
        return _ask(request, policy, wanted, form, status=422)
    holder = holder_of(request)
    try:
        change = draft_change(
            policy,
            _wish(wanted, form),
            asker=Asker(actor=f"subject:{holder.public_id}", holder=holder),
            papers=_papers(form),
            at=now(),
        )
    except (Refusal, TooLarge) as refusal:
        form.blame(getattr(refusal, "path", ""), str(refusal))
        return _ask(request, policy, wanted, form, status=422)
    return redirect("journey:change", public_id=change.public_id)


def _policy(request: HttpRequest, number: str) -> Policy:
    try:
        return policy_for(number, holder=holder_of(request))
    except ChangeUnknown as unknown:
        raise NotFound(what=_WHAT) from unknown


def _wish(kind: ChangeKind, form: ChangeForm) -> Wish:
    typed = form.cleaned_data
    special = {"ground", "effective_on", "reason", GROUND_PAPER}
    values = {
        name: str(value)
        for name, value in typed.items()
        if name not in special and not name.startswith("paper_") and value
    }
    return Wish(
        kind=kind,
        values=values,
        ground=typed.get("ground", ""),
        effective_on=typed.get("effective_on"),
    )


def _papers(form: ChangeForm) -> Papers:
    typed = form.cleaned_data
    files = {
        name.removeprefix("paper_"): bytes_of(upload)
        for name, upload in typed.items()
        if name.startswith("paper_") and upload
    }
    if typed.get(GROUND_PAPER):
        [paper] = change_table().grounds[typed["ground"]].papers
        files[paper] = bytes_of(typed[GROUND_PAPER])
    return Papers(files=files)


def _told(change: Change) -> dict[str, Any]:
    return {
        "change": change,
        "label": change_table().kinds[change.kind].label,
        "state": STATE_LABELS[change.state],
    }


def _ask(
    request: HttpRequest, policy: Policy, kind: ChangeKind, form: ChangeForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "policy": policy,
        "kind": kind,
        "rule": change_table().kinds[kind],
        "form": form,
        "fault": "；".join(map(str, form.non_field_errors())),
        "steps": steps_at("fill"),
    }
    filled = page(request, "mobile/endorsing/fill.html", context, status=status)
    return with_device(request, filled)
