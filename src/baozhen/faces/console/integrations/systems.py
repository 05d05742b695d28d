"""Connected systems: which flows their messages start and how fields are mapped, without code."""

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
