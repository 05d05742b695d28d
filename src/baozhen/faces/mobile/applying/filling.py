"""The steps that are filled in: vehicle, people, answers. What was typed is never lost."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from baozhen.faces.mobile.applying import asking
from baozhen.faces.mobile.applying.access import SignInFirst, opened, ours_to_keep
from baozhen.faces.mobile.applying.covering import cover_step
from baozhen.faces.mobile.applying.ending import confirm_step
from baozhen.faces.mobile.applying.frames import step_address, step_page
from baozhen.faces.mobile.applying.people_fields import answer_fields, people_groups
from baozhen.faces.mobile.applying.photographing import photo_words
from baozhen.faces.mobile.applying.vehicle_fields import vehicle_groups
from baozhen.faces.mobile.holders import current_holder, to_sign_in
from baozhen.foundation.clock import now
from baozhen.insurance.applications.errors import ApplicationBehind, ApplicationUnknown
from baozhen.insurance.applications.judging import faults_of_step
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.ocr import is_available
from baozhen.insurance.applications.services.drafts import StepInput, save_step
from baozhen.insurance.applications.services.quoting import tables_for
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.applications.steps import ORDER, Step, step_after
from baozhen.insurance.proposals.faults import Fault

_LEADS = {
    Step.VEHICLE: ("车辆信息", "请对照行驶证或购车发票填写。填了一半也会保存，可以随时回来继续。"),
    Step.PEOPLE: ("投保人、被保险人和车主", "您的姓名、证件号码和手机号已经核对，不必再填。"),
    Step.ANSWERS: (
        "如实告知",
        "请您本人逐项回答。故意或因重大过失没有如实告知的，可能影响赔付（保险法第十六条）。",
    ),
}
_BEHIND = "您在另一个页面改过这一步。下面是您刚才填的内容，还没有保存；核对后再按一次“下一步”即可。"
_OPEN = {Step.VEHICLE}


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Show a step, or take what was filled in on it."""
    if name not in ORDER:
        raise ApplicationUnknown(number=number)
    wanted = Step(name)
    try:
        application = opened(request, number)
    except SignInFirst:
        return _kept_for_later(request, number, wanted)
    if application.state != ApplicationState.DRAFT:
        return redirect("journey:progress", number)
    if wanted not in _OPEN and current_holder(request) is None:
        return to_sign_in(request)
    return _PAGES[wanted](request, application)


@require_http_methods(["GET", "HEAD"])
def resume(request: HttpRequest, number: str) -> HttpResponse:
    """Go on where one has come to."""
    try:
        application = opened(request, number)
    except SignInFirst:
        return to_sign_in(request)
    if application.state != ApplicationState.DRAFT:
        return redirect("journey:progress", number)
    return redirect(step_address(application, application.step or Step.VEHICLE))


def _kept_for_later(request: HttpRequest, number: str, wanted: Step) -> HttpResponse:
    """The session has ended while somebody typed: keep it, and ask who is there."""
    application = ours_to_keep(request, number) if request.method == "POST" else None
    if application is not None and wanted in _GROUPS:
        data = _whole(wanted, asking.read(_GROUPS[wanted](application), request.POST))
        try:
            _save(request, application, wanted, data)
        except ApplicationBehind:
            return to_sign_in(request)
    return to_sign_in(request)


def _form_step(wanted: Step) -> Callable[[HttpRequest, Application], HttpResponse]:
    def view(request: HttpRequest, application: Application) -> HttpResponse:
        groups = _GROUPS[wanted](application)
        if request.method != "POST":
            content = {**application.content, **application.inputs}
            return _render(request, application, wanted, content)
        typed = asking.read(groups, request.POST)
        data = _whole(wanted, typed)
        try:
            saved = _save(request, application, wanted, data)
        except ApplicationBehind:
            return _behind(request, application, wanted, data)
        if saved:
            return _render(request, application, wanted, data, faults=list(saved), status=422)
        return redirect(step_address(application, step_after(wanted)))

    return view


def _save(
    request: HttpRequest, application: Application, wanted: Step, data: Mapping[str, Any]
) -> tuple[Fault, ...]:
    revision = request.POST.get("revision", "")
    holder = current_holder(request)
    saved = save_step(
        application.pk,
        StepInput(step=wanted, data=data, revision=int(revision) if revision.isdecimal() else -1),
        actor=f"subject:{holder.public_id}" if holder else "browser",
        at=now(),
    )
    application.revision = saved.application.revision
    application.step = saved.application.step
    return saved.faults


def _behind(
    request: HttpRequest, application: Application, wanted: Step, data: Mapping[str, Any]
) -> HttpResponse:
    """Show what was typed on top of what another tab saved; nothing is thrown away."""
    application.refresh_from_db()
    saved = {**application.content, **application.inputs}
    differs = asking.differing(_GROUPS[wanted](application), saved, data)
    return _render(request, application, wanted, data, fault=_BEHIND, differs=differs, status=409)


def _render(
    request: HttpRequest,
    application: Application,
    wanted: Step,
    content: Mapping[str, Any],
    **more: Any,
) -> HttpResponse:
    faults: list[Fault] = more.pop("faults", [])
    from_photo = request.GET.get("photo", "")
    # Who comes from taking a photo has not said to be done: nothing is missing yet.
    if not (faults or from_photo or request.method == "POST") and _was_tried(application, wanted):
        faults = faults_of_step(wanted, application.content, application.inputs, at=now())
    groups, others = asking.shown(_GROUPS[wanted](application), content, faults)
    title, lead = _LEADS[wanted]
    context = {
        "groups": groups,
        "title": title,
        "lead": lead,
        "count": len(faults),
        "photo": is_available() and wanted in {Step.VEHICLE, Step.PEOPLE},
        "from_photo": from_photo,
        "photo_words": photo_words(from_photo),
        "models": _models(application) if wanted is Step.VEHICLE else (),
        "applicant": application.applicant if wanted is Step.PEOPLE else None,
        "differs": more.pop("differs", ()),
    }
    return step_page(request, application, wanted, context, faults=others, **more)


def _was_tried(application: Application, wanted: Step) -> bool:
    """Tell whether the step has been filled in before: an empty page shows no faults."""
    parts = {**application.content, **application.inputs}
    key = {Step.PEOPLE: "relation_to_insured", Step.ANSWERS: "answers"}.get(wanted, "vehicle")
    return key in parts


def _whole(wanted: Step, typed: dict[str, Any]) -> dict[str, Any]:
    """Put in the parts that nobody filled in: each of their fields is said to be missing."""
    if wanted is Step.VEHICLE:
        return _filled_from_library({"vehicle": {}, **typed})
    if wanted is not Step.PEOPLE:
        return typed
    whole = {"policyholder": {}, **typed}
    if typed.get("relation_to_insured") not in {None, "self"}:
        whole = {"insured": {}, **whole}
    if typed.get("relation_to_owner") not in {None, "self"}:
        whole = {"owner": {}, **whole}
    for role in ("policyholder", "insured"):
        if role in whole:
            whole[role] = {"address": {}, **whole[role]}
    return whole


def _filled_from_library(typed: dict[str, Any]) -> dict[str, Any]:
    """Fill in what the library of models knows and nobody typed."""
    vehicle = typed.get("vehicle", {})
    library = tables_for(now()).models.models
    model = library.get(str(vehicle.get("model_code", "")))
    if model is None:
        return typed
    known = {
        "brand_model": model.brand_model,
        **{name: value for name, value in model.facts.items() if value is not None},
    }
    return {**typed, "vehicle": {**known, **vehicle}}


def _models(application: Application) -> list[tuple[str, str]]:
    is_new_energy = application.form == "new_energy"
    return [
        (model.code, model.brand_model)
        for model in tables_for(now()).models.models.values()
        if (model.facts.get("fuel") == "battery_electric") == is_new_energy
    ]


_GROUPS: dict[Step, Callable[[Application], tuple[asking.Group, ...]]] = {
    Step.VEHICLE: lambda application: vehicle_groups(application.form),
    Step.PEOPLE: lambda _application: people_groups(),
    Step.ANSWERS: lambda _application: answer_fields(),
}
_PAGES: dict[Step, Callable[[HttpRequest, Application], HttpResponse]] = {
    Step.VEHICLE: _form_step(Step.VEHICLE),
    Step.PEOPLE: _form_step(Step.PEOPLE),
    Step.COVER: cover_step,
    Step.ANSWERS: _form_step(Step.ANSWERS),
    Step.CONFIRM: confirm_step,
}
