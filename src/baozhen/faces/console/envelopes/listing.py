"""The work queue and the list of signing tasks."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.words import ENVELOPE_STATES
from baozhen.signing.envelopes.forms import flows
from baozhen.signing.envelopes.queries import counts_by_state, envelopes_for, tasks_for, voids_for
from baozhen.signing.envelopes.services.from_templates import TEMPLATE_FLOW
from baozhen.signing.organizations.roles import Permission

_PAGE = 50


@needs(Permission.VIEW_ENVELOPES)
@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """List what waits for the person who asks, the most urgent first."""
    waiting = list(tasks_for(request.user)[:_PAGE])
    context = {
        "here": "tasks",
        "tasks": waiting,
        "voids": voids_for(request.user)[:_PAGE],
        "may_act": may(request, Permission.APPROVE_ENVELOPES),
    }
    return page(request, "console/envelopes/tasks.html", context)


@needs(Permission.VIEW_ENVELOPES)
@require_GET
def envelopes(request: HttpRequest) -> HttpResponse:
    """List the tasks of one's units, filtered by what stands in the address."""
    visible = envelopes_for(request.user)
    asked = {name: request.GET.get(name, "").strip() for name in ("state", "flow", "q")}
    rows = visible
    if asked["state"] in ENVELOPE_STATES:
        rows = rows.filter(state=asked["state"])
    if asked["flow"]:
        rows = rows.filter(flow=asked["flow"])
    if asked["q"]:
        rows = rows.filter(public_id=asked["q"]) | rows.filter(biz_no=asked["q"])
    before = request.GET.get("before", "")
    if before.isdecimal():
        rows = rows.filter(pk__lt=int(before))
    shown = list(rows.order_by("-pk")[: _PAGE + 1])
    kept = {name: value for name, value in asked.items() if value}
    next_href = ""
    if len(shown) > _PAGE:
        shown = shown[:_PAGE]
        next_href = "?" + urlencode(kept | {"before": shown[-1].pk})
    context = {
        "here": "envelopes",
        "envelopes": shown,
        "counts": counts_by_state(visible),
        "filtered": bool(kept),
        "search": asked["q"],
        "filters": [
            {
                "name": "state",
                "label": "状态",
                "choices": [(name, word.label) for name, word in ENVELOPE_STATES.items()],
                "value": asked["state"],
            },
            {
                "name": "flow",
                "label": "流程",
                "choices": [
                    *((flow.code, flow.title) for flow in flows().values()),
                    (TEMPLATE_FLOW, "从模版发起"),
                ],
                "value": asked["flow"],
            },
        ],
        "may_start": may(request, Permission.START_ENVELOPES),
        "next_href": next_href,
    }
    return page(request, "console/envelopes/list.html", context)
