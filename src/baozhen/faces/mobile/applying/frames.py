"""What the pages of applying share: the guard of an application, the bar of steps, one renderer."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from baozhen.faces.frame import page
from baozhen.faces.mobile.applying.access import SignInFirst, opened
from baozhen.faces.mobile.holders import to_sign_in
from baozhen.faces.tracing import note
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.steps import ORDER, STEP_LABELS, Step
from baozhen.insurance.proposals.faults import Fault

P = ParamSpec("P")


def own_application(
    view: Callable[Concatenate[HttpRequest, Application, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """Give a view the visitor's own application; anybody else signs in, or finds nothing."""

    @wraps(view)
    def guarded(
        request: HttpRequest, number: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        try:
            application = opened(request, number)
        except SignInFirst:
            return to_sign_in(request)
        note(request, product=application.form)
        return view(request, application, *args, **kwargs)

    # The address names its parts, so `number` comes by name: the type has only its place.
    return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponse]", guarded)


def step_address(application: Application, step: str) -> str:
    """Return the address of a step of an application."""
    return reverse("journey:step", args=[application.proposal_no, step])


def step_page(  # noqa: PLR0913 -- what a page of a step is made of
    request: HttpRequest,
    application: Application,
    step: Step,
    context: dict[str, Any],
    *,
    faults: Iterable[Fault] = (),
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render the page of a step within the bar of steps."""
    shared = {
        "application": application,
        "proposal_no": application.proposal_no,
        "step": step,
        "steps": bar(application, step),
        "other_faults": list(faults),
        "fault": fault,
        "back": _back(application, step),
        "here": request.path,
    }
    template = f"mobile/applying/{_TEMPLATES.get(step, step.value)}.html"
    return page(request, template, {**shared, **context}, status=status)


_TEMPLATES = {Step.VEHICLE: "form", Step.PEOPLE: "form", Step.ANSWERS: "form"}


def bar(application: Application, step: Step) -> list[dict[str, Any]]:
    """Return the bar of steps; what has been reached can be gone back to by its link."""
    reached = ORDER.index(Step(application.step)) if application.step else 0
    place = ORDER.index(step)
    return [
        {
            "label": STEP_LABELS[one],
            "now": number == place,
            "done": number < max(place, reached) and number != place,
        }
        for number, one in enumerate(ORDER)
    ]


def _back(application: Application, step: Step) -> str:
    place = ORDER.index(step)
    return step_address(application, ORDER[place - 1]) if place else ""
