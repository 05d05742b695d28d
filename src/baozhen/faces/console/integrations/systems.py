"""Connected systems: which flows their messages start and how fields are mapped, without code."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.integrations.flows import system_of
from baozhen.faces.console.integrations.paging import page_back
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.events.models import WebhookEndpoint
from baozhen.signing.envelopes.forms import flows as ready_flows
from baozhen.signing.integrations.errors import ConnectedSystemInvalid
from baozhen.signing.integrations.models import ConnectedSystem, InboundMessage
from baozhen.signing.integrations.services import (
    SystemRequest,
    change_system,
    connect_system,
    flows_of,
    switch_system,
)
from baozhen.signing.organizations.models import ApiClient, OrgUnit
from baozhen.signing.organizations.roles import Permission

_FORM = "console/integrations/system_form.html"


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
    if request.method != "POST":
        return _form(request, {"telling": ConnectedSystem.Telling.PULL})
    try:
        asked = _request(request, code=request.POST.get("code", "").strip().lower()[:32])
        made = connect_system(asked, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return _form(request, request.POST, refusal=refusal)
    messages.success(request, "系统已接入，请设置流程和字段映射。", extra_tags="jade")
    return redirect("console:system", code=made.code)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, code: str) -> HttpResponse:
    """Change a system: another key, another unit, push instead of pull."""
    shown = system_of(code)
    if request.method != "POST":
        given = {
            "name": shown.name,
            "kind": shown.kind,
            "client": shown.client.name,
            "unit": shown.unit.public_id,
            "telling": shown.telling,
            "endpoint": shown.endpoint,
        }
        return _form(request, given, system=shown)
    try:
        asked = _request(request, code=code)
        change_system(shown, asked, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return _form(request, request.POST, system=shown, refusal=refusal)
    messages.success(request, "设置已保存，从下一份报文起生效。", extra_tags="jade")
    return redirect("console:system", code=code)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_GET
def system(request: HttpRequest, code: str) -> HttpResponse:
    """Show a system, its flows and what it sent."""
    shown = system_of(code)
    context = {
        "here": "systems",
        "system": shown,
        "flows": [(one, ready_flows().get(one.flow)) for one in flows_of(shown)],
        "ready": ready_flows().values(),
        **page_back(InboundMessage.objects.filter(system=shown), request, {}),
    }
    return page(request, "console/integrations/system.html", context)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_POST
def switch(request: HttpRequest, code: str) -> HttpResponse:
    """Take the system's messages, or refuse them."""
    on = request.POST.get("on") == "1"
    switch_system(system_of(code), on=on, actor=actor_of(request), at=now())
    words = "系统已启用。" if on else "系统已停用，报文会被拒绝。"
    messages.success(request, words, extra_tags="jade")
    return redirect("console:system", code=code)


def _form(
    request: HttpRequest,
    given: Mapping[str, str],
    *,
    system: ConnectedSystem | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "here": "systems",
        "system": system,
        "kinds": ConnectedSystem.Kind.choices,
        "tellings": ConnectedSystem.Telling.choices,
        "clients": ApiClient.objects.filter(active=True).order_by("name"),
        "units": OrgUnit.objects.order_by("path")[:500],
        "endpoints": WebhookEndpoint.objects.filter(active=True).order_by("-pk")[:200],
        "given": given,
    }
    if refusal is None:
        return page(request, _FORM, context)
    context |= {"fault": str(refusal), "fault_at": refusal.facts.get("path", "")}
    return page(request, _FORM, context, status=422)


def _request(request: HttpRequest, *, code: str) -> SystemRequest:
    given = request.POST
    client = ApiClient.objects.filter(name=given.get("client", ""), active=True).first()
    unit = OrgUnit.objects.filter(public_id=given.get("unit", "")).first()
    if client is None or unit is None:
        raise ConnectedSystemInvalid(reason="请选择接口客户端和机构")
    telling = given.get("telling", "")
    is_pushed = telling == ConnectedSystem.Telling.PUSH
    return SystemRequest(
        code=code,
        name=given.get("name", "").strip()[:64],
        kind=given.get("kind", ""),
        client=client,
        unit=unit,
        telling=telling,
        endpoint=given.get("endpoint", "")[:40] if is_pushed else "",
    )
