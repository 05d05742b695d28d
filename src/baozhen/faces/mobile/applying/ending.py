"""确认提交: everything on one page, then underwriting; and the answer to a counter-offer."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from baozhen.faces.frame import page
from baozhen.faces.mobile.applying import asking
from baozhen.faces.mobile.applying.frames import own_application, step_address, step_page
from baozhen.faces.mobile.applying.people_fields import answer_fields, people_groups
from baozhen.faces.mobile.applying.vehicle_fields import vehicle_groups
from baozhen.faces.mobile.holders import current_holder, to_sign_in
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage, Refusal
from baozhen.foundation.money import fen_from_yuan, format_yuan
from baozhen.insurance.applications.errors import ApplicationFaulty
from baozhen.insurance.applications.judging import all_faults
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.assessing import assess_application
from baozhen.insurance.applications.services.closing import MAY_WITHDRAW, make_anew, withdraw
from baozhen.insurance.applications.services.deciding import accept_offer
from baozhen.insurance.applications.services.submitting import submit_application
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.applications.steps import STEP_LABELS, Step, step_of_fault


def confirm_step(request: HttpRequest, application: Application) -> HttpResponse:
    """Show everything once more, and submit it."""
    if request.method != "POST":
        return _ask(request, application)
    holder = current_holder(request)
    if holder is None:
        return to_sign_in(request)
    revision = request.POST.get("revision", "")
    try:
        submit_application(
            application.pk,
            holder,
            revision=int(revision) if revision.isdecimal() else -1,
            actor=f"subject:{holder.public_id}",
            at=now(),
        )
    except ApplicationFaulty:
        application.refresh_from_db()
        return _ask(request, application, status=422)
    except Refusal as refusal:
        application.refresh_from_db()
        return _ask(request, application, fault=str(refusal), status=409)
    try:
        assess_application(application.pk, at=now())
    except Outage:
        # The promised job asks again; the progress page says what happens next.
        return redirect("journey:progress", application.proposal_no)
    return redirect("journey:progress", application.proposal_no)


def _ask(
    request: HttpRequest, application: Application, *, fault: str = "", status: int = 200
) -> HttpResponse:
    faults = all_faults(application.content, application.inputs, at=now())
    missing = dict.fromkeys(step_of_fault(one.path) for one in faults)
    context = {
        "sections": sections_of(application),
        "content": application.content,
        "quote": application.quote,
        "missing": [
            {"label": STEP_LABELS[step], "href": step_address(application, step)}
            for step in missing
        ],
    }
    return step_page(request, application, Step.CONFIRM, context, fault=fault, status=status)


def sections_of(application: Application) -> list[dict[str, Any]]:
    """Return what was filled in, in words, with the way back to change it."""
    content = {**application.content, **application.inputs}
    holder = content.get("policyholder") or {}
    who = [
        (words, str(holder[name]))
        for name, words in (("name", "投保人"), ("id_no", "身份证号码"), ("mobile", "手机号"))
        if holder.get(name)
    ]
    return [
        {
            "label": STEP_LABELS[step],
            "href": step_address(application, step),
            "rows": [*(who if step is Step.PEOPLE else ()), *asking.in_words(groups, content)],
            "is_tall": step is Step.ANSWERS,
        }
        for step, groups in (
            (Step.VEHICLE, vehicle_groups(application.form)),
            (Step.PEOPLE, people_groups()),
            (Step.ANSWERS, answer_fields()),
        )
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@own_application
def leave(request: HttpRequest, application: Application) -> HttpResponse:
    """Ask for the reason, then withdraw."""
    context = {"application": application, "proposal_no": application.proposal_no}
    if application.state not in MAY_WITHDRAW:
        return redirect("journey:progress", application.proposal_no)
    if request.method != "POST":
        return page(request, "mobile/applying/leave.html", {**context, "here": request.path})
    reason = request.POST.get("reason", "")
    try:
        withdraw(application.pk, reason=reason, actor=_actor(request), at=now())
    except Refusal as refusal:
        more = {"fault": str(refusal), "reason": reason, "here": request.path}
        return page(request, "mobile/applying/leave.html", {**context, **more}, status=422)
    return redirect("journey:progress", application.proposal_no)


@require_POST
@own_application
def anew(request: HttpRequest, application: Application) -> HttpResponse:
    """Begin again with what was filled in."""
    successor = make_anew(application.pk, actor=_actor(request), at=now())
    return redirect(step_address(successor, Step.VEHICLE))


@require_http_methods(["GET", "HEAD", "POST"])
@own_application
def offer(request: HttpRequest, application: Application) -> HttpResponse:
    """Show what a counter-offer changes; it is taken, or the application is withdrawn."""
    if application.state != ApplicationState.OFFERED:
        return redirect("journey:progress", application.proposal_no)
    if request.method == "POST":
        accept_offer(application.pk, actor=_actor(request), at=now())
        return redirect("journey:progress", application.proposal_no)
    context = {
        "application": application,
        "proposal_no": application.proposal_no,
        "changes": changes_of(application),
        "here": request.path,
    }
    return page(request, "mobile/applying/offer.html", context)


def changes_of(application: Application) -> list[dict[str, str]]:
    """Return what the counter-offer changes, line by line, before and after."""
    before = _amounts(application.content)
    after = _amounts({**application.content, **(application.offer or {}).get("sections", {})})
    return [
        {"name": name, "before": before.get(name, "不投保"), "after": after.get(name, "不投保")}
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def _amounts(content: dict[str, Any]) -> dict[str, str]:
    commercial = content.get("commercial") or {}
    rows = {
        line["name"]: f"保额 {_yuan(line['sum_insured'])}，保费 {_yuan(line['premium'])}"
        for line in commercial.get("coverages", ())
    }
    rows["合计"] = _yuan(content["total"]) if "total" in content else "—"
    return rows


def _yuan(text: str) -> str:
    return format_yuan(fen_from_yuan(text))


def _actor(request: HttpRequest) -> str:
    holder = current_holder(request)
    return f"subject:{holder.public_id}" if holder else "browser"
