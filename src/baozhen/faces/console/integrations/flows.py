"""The flows of a connected system: one page each, where its fields are mapped row by row."""

import json
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.integrations.mapping import (
    Draft,
    Row,
    choices,
    draft_of,
    first_draft,
    marked,
    read,
    typed,
)
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.envelopes.errors import FlowUnknown
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.integrations.errors import ConnectedSystemInvalid
from baozhen.signing.integrations.models import ConnectedSystem
from baozhen.signing.integrations.rules import CONVERSIONS
from baozhen.signing.integrations.services import (
    FlowRequest,
    change_flows,
    flow_faults,
    flows_of,
    preview,
)
from baozhen.signing.organizations.roles import Permission

_PAGE = "console/integrations/flow.html"


@needs(Permission.MANAGE_INTEGRATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, code: str) -> HttpResponse:
    """Set up one more flow."""
    system = system_of(code)
    try:
        draft = first_draft(flow_of(request.GET.get("flow", "")))
    except FlowUnknown as unknown:
        raise Http404 from unknown
    return _edit(request, system, draft, place=None)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, code: str, place: int) -> HttpResponse:
    """Change a flow that the system starts."""
    system = system_of(code)
    found = flows_of(system)
    if place >= len(found):
        raise Http404
    return _edit(request, system, draft_of(found[place]), place=place)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_POST
def order(request: HttpRequest, code: str, place: int) -> HttpResponse:
    """Put a flow before the one above it, or take it away."""
    system, act = system_of(code), request.POST.get("act", "")

    def change(found: list[FlowRequest]) -> list[FlowRequest]:
        check_unchanged(found, place, request.POST.get("flow", ""))
        rest = [one for number, one in enumerate(found) if number != place]
        if act == "up":
            rest.insert(max(place - 1, 0), found[place])
        return rest

    try:
        change_flows(system, change, actor=actor_of(request), at=now())
    except Refusal as refusal:
        messages.warning(request, str(refusal), extra_tags="amber")
        return redirect("console:system", code=code)
    messages.success(request, "已上移。" if act == "up" else "流程已移除。", extra_tags="jade")
    return redirect("console:system", code=code)


def check_unchanged(found: list[FlowRequest], place: int, flow: str) -> None:
    """Raise ConnectedSystemInvalid when another flow stands in the place by now."""
    if place >= len(found) or found[place].flow != flow:
        raise ConnectedSystemInvalid(reason="流程已被别人改动，请重新打开再改")


def system_of(code: str) -> ConnectedSystem:
    """Return a system, or answer 404."""
    found = ConnectedSystem.objects.select_related("client", "unit")
    return get_object_or_404(found, code=code)


def _edit(
    request: HttpRequest, system: ConnectedSystem, draft: Draft, *, place: int | None
) -> HttpResponse:
    if request.method != "POST":
        return _show(request, system, draft, place=place)
    draft, act = typed(draft.flow, request.POST), request.POST.get("act", "")
    if act == "add":
        return _show(request, system, replace(draft, rows=(*draft.rows, Row())), place=place)
    if act.startswith("remove-"):
        return _show(request, system, draft, place=place)
    asked, draft = read(draft)
    draft = marked(draft, flow_faults(asked))
    if act == "preview":
        return _try(request, system, asked, draft, place=place)
    if draft.is_faulty:
        return _show(request, system, draft, place=place, status=422)
    return _save(request, system, asked, draft, place=place)


def _try(
    request: HttpRequest,
    system: ConnectedSystem,
    asked: FlowRequest,
    draft: Draft,
    *,
    place: int | None,
) -> HttpResponse:
    """Show what the sample would become; what cannot be read is not tried."""
    if draft.is_faulty:
        return _show(request, system, draft, place=place, status=422)
    mapped, faults = preview(asked)
    order = {
        "biz_no": mapped.biz_no,
        "message": mapped.message,
        "values": mapped.values,
        "parties": mapped.parties,
    }
    made = json.dumps(order, ensure_ascii=False, indent=2)
    return _show(request, system, marked(draft, faults), place=place, tried=made)


def _save(
    request: HttpRequest,
    system: ConnectedSystem,
    asked: FlowRequest,
    draft: Draft,
    *,
    place: int | None,
) -> HttpResponse:
    def change(found: list[FlowRequest]) -> list[FlowRequest]:
        if place is None:
            return [*found, asked]
        check_unchanged(found, place, asked.flow)
        return [*found[:place], asked, *found[place + 1 :]]

    try:
        change_flows(system, change, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return _show(
            request, system, replace(draft, faults=(str(refusal),)), place=place, status=422
        )
    messages.success(request, "流程和字段映射已生效。", extra_tags="jade")
    return redirect("console:system", code=system.code)


def _show(
    request: HttpRequest,
    system: ConnectedSystem,
    draft: Draft,
    *,
    place: int | None,
    tried: str = "",
    status: int = 200,
) -> HttpResponse:
    flow = flow_of(draft.flow)
    context: dict[str, Any] = {
        "here": "systems",
        "system": system,
        "flow": flow,
        "draft": draft,
        "choices": choices(flow, draft.rows),
        "conversions": CONVERSIONS.items(),
        "blank": Row(),
        "tried": tried,
        "place": place,
        "is_new": place is None,
    }
    return page(request, _PAGE, context, status=status)
