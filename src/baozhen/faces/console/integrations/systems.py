"""Connected systems: which flows their messages start and how fields are mapped, without code."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.integrations.paging import page_back
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.events.models import WebhookEndpoint
from baozhen.signing.envelopes.forms import flows as ready_flows
from baozhen.signing.integrations.errors import ConnectedSystemInvalid
from baozhen.signing.integrations.models import ConnectedSystem, InboundMessage
from baozhen.signing.integrations.rules import CONVERSIONS
from baozhen.signing.integrations.services import (
    FlowRequest,
    SystemRequest,
    connect_system,
    flow_faults,
    preview,
    set_flows,
    switch_system,
)
from baozhen.signing.organizations.models import ApiClient, OrgUnit
from baozhen.signing.organizations.roles import Permission

_FORM = "console/integrations/system_form.html"
_TEXT_MAX = 200_000


@needs(Permission.MANAGE_INTEGRATIONS)
@require_GET
def systems(request: HttpRequest) -> HttpResponse:
    """List the systems."""
    found = ConnectedSystem.objects.select_related("client", "unit").prefetch_related("flows")
    context = {"here": "systems", "systems": found.order_by("-active", "name")}
    return page(request, "console/integrations/systems.html", context)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest) -> HttpResponse:
    """Connect a system to a program's key and a unit."""
    context = {
        "here": "systems",
        "kinds": ConnectedSystem.Kind.choices,
        "tellings": ConnectedSystem.Telling.choices,
        "clients": ApiClient.objects.filter(active=True).order_by("name"),
        "units": OrgUnit.objects.order_by("path")[:500],
        "endpoints": WebhookEndpoint.objects.filter(active=True).order_by("-pk")[:200],
        "given": request.POST,
    }
    if request.method != "POST":
        return page(request, _FORM, context)
    try:
        made = connect_system(_request(request), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return page(request, _FORM, context | {"fault": str(refusal)}, status=422)
    messages.success(request, "系统已接入，请设置流程和字段映射。", extra_tags="jade")
    return redirect("console:system", code=made.code)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_GET
def system(request: HttpRequest, code: str) -> HttpResponse:
    """Show a system, its flows and what it sent."""
    return _show(request, _system(code))


@needs(Permission.MANAGE_INTEGRATIONS)
@require_POST
def flows(request: HttpRequest, code: str) -> HttpResponse:
    """Try the mapping with its sample, or put it in force."""
    shown = _system(code)
    text = request.POST.get("flows", "")[:_TEXT_MAX]
    try:
        asked = _flows(text)
        if request.POST.get("act") == "preview":
            return _show(request, shown, text=text, previews=[_preview(one) for one in asked])
        set_flows(shown, asked, actor=actor_of(request), at=now())
    except Refusal as refusal:
        faults = refusal.facts.get("faults", [])
        return _show(request, shown, text=text, fault=str(refusal), faults=faults)
    messages.success(request, "流程和字段映射已生效。", extra_tags="jade")
    return redirect("console:system", code=code)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_POST
def switch(request: HttpRequest, code: str) -> HttpResponse:
    """Take the system's messages, or refuse them."""
    on = request.POST.get("on") == "1"
    switch_system(_system(code), on=on, actor=actor_of(request), at=now())
    words = "系统已启用。" if on else "系统已停用，报文会被拒绝。"
    messages.success(request, words, extra_tags="jade")
    return redirect("console:system", code=code)


def _show(
    request: HttpRequest,
    shown: ConnectedSystem,
    *,
    text: str | None = None,
    previews: list[dict[str, Any]] | None = None,
    fault: str = "",
    faults: Any = (),
) -> HttpResponse:
    context = {
        "here": "systems",
        "system": shown,
        "text": text if text is not None else _text(shown),
        "previews": previews,
        "fault": fault,
        "faults": faults,
        "ready": ready_flows().values(),
        "conversions": [(name or "（空）", words) for name, words in CONVERSIONS.items()],
        **page_back(InboundMessage.objects.filter(system=shown), request, {}),
    }
    status = 422 if fault else 200
    return page(request, "console/integrations/system.html", context, status=status)


def _preview(asked: FlowRequest) -> dict[str, Any]:
    mapped, faults = preview(asked)
    order = {
        "biz_no": mapped.biz_no,
        "message": mapped.message,
        "values": mapped.values,
        "parties": mapped.parties,
    }
    return {
        "flow": asked.flow,
        "order": json.dumps(order, ensure_ascii=False, indent=2),
        "faults": [*flow_faults(asked), *faults],
    }


def _text(shown: ConnectedSystem) -> str:
    flows = [
        {
            "flow": one.flow,
            "when_path": one.when_path,
            "when_value": one.when_value,
            "mapping": one.mapping,
            "sample": one.sample,
        }
        for one in shown.flows.all()
    ]
    return json.dumps(flows, ensure_ascii=False, indent=2)


def _flows(text: str) -> list[FlowRequest]:
    try:
        raw = json.loads(text)
        found = [FlowRequest(**one) for one in raw]
    except (ValueError, TypeError, RecursionError) as error:
        raise ConnectedSystemInvalid(reason="应为流程的 JSON 列表") from error
    for one in found:
        shapes = (
            isinstance(one.flow, str),
            isinstance(one.mapping, list),
            isinstance(one.when_path, str),
            isinstance(one.when_value, str),
            isinstance(one.sample, dict),
        )
        if not all(shapes):
            raise ConnectedSystemInvalid(reason="流程的字段类型有误")
    return found


def _request(request: HttpRequest) -> SystemRequest:
    given = request.POST
    client = ApiClient.objects.filter(name=given.get("client", ""), active=True).first()
    unit = OrgUnit.objects.filter(public_id=given.get("unit", "")).first()
    if client is None or unit is None or not given.get("name", "").strip():
        raise ConnectedSystemInvalid(reason="请填写名称，选择接口客户端和机构")
    telling = given.get("telling", "")
    if telling not in ConnectedSystem.Telling.values:
        raise ConnectedSystemInvalid(reason="没有这种通知方式")
    return SystemRequest(
        code=given.get("code", "").strip().lower()[:32],
        name=given["name"].strip()[:64],
        kind=given.get("kind", ""),
        client=client,
        unit=unit,
        telling=telling,
        endpoint=given.get("endpoint", "")[:40],
    )


def _system(code: str) -> ConnectedSystem:
    found = ConnectedSystem.objects.select_related("client", "unit")
    return get_object_or_404(found, code=code)
