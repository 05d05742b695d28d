"""Start a signing task: choose a flow, fill in the document, name the parties."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.money import MalformedAmount, fen_from_yuan
from baozhen.signing.envelopes.forms import Field, Flow, flow_of, flows
from baozhen.signing.envelopes.services.scenarios import FlowOrder, PartyFacts, start_flow
from baozhen.signing.envelopes.services.sketches import sketches_of
from baozhen.signing.identity.services.subjects import SubjectFacts
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import account_of, scope_of, unit_of
from baozhen.signing.organizations.roles import Permission

_PARTY = (("name", "姓名"), ("id_no", "证件号码"), ("mobile", "手机号"))


@needs(Permission.START_ENVELOPES)
@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """List the ready-made flows, and what one is still putting together oneself."""
    context = {
        "here": "envelopes",
        "flows": list(flows().values()),
        "sketches": sketches_of(account_of(request.user)),
    }
    return page(request, "console/envelopes/flows.html", context)


@needs(Permission.START_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the values and the parties, and start; what was typed is kept when it is wrong."""
    flow = flow_of(code)
    if request.method != "POST":
        return page(request, "console/envelopes/start.html", _context(request, flow, {}, ""))
    try:
        envelope = start_flow(_order(request, flow), actor=actor_of(request), at=now())
    except Refusal as refusal:
        found = refusal.facts.get("faults")
        faults = {f.path: f.message for f in found} if isinstance(found, list) else {}
        fault = str(refusal) if not faults else "填写内容有误，请看标出的各项。"
        context = _context(request, flow, faults, fault)
        return page(request, "console/envelopes/start.html", context, status=422)
    messages.success(request, "已发起，签署方会收到链接。", extra_tags="jade")
    return redirect("console:envelope", public_id=envelope.public_id)


def _order(request: HttpRequest, flow: Flow) -> FlowOrder:
    post = request.POST
    values = {
        entry.name: _value(entry, post.get(f"value.{entry.name}", "").strip())
        for entry in flow.fields
    }
    return FlowOrder(
        flow=flow.code,
        client=actor_of(request),
        unit=_unit(request),
        values={name: value for name, value in values.items() if value not in ("", [])},
        parties={role.role: _party(request, role.role, role.kind) for role in _asked(flow)},
        biz_no=post.get("biz_no", "").strip() or None,
        message=post.get("message", "").strip(),
    )


def _unit(request: HttpRequest) -> OrgUnit:
    """The chosen unit, which must be one where this person may start tasks; else one's own."""
    chosen = request.POST.get("unit", "")
    scope = scope_of(request.user, Permission.START_ENVELOPES)
    if chosen:
        found = scope.filter(public_id=chosen).first()
        if found is not None:
            return found
    return account_of(request.user).unit


def _asked(flow: Flow) -> list[Any]:
    return [role for role in flow.roles if not role.own]


def _party(request: HttpRequest, role: str, kind: str) -> PartyFacts:
    given = {name: request.POST.get(f"party.{role}.{name}", "").strip() for name, _ in _PARTY}
    if kind == "organization":
        unit = request.POST.get(f"party.{role}.unit", "")
        return PartyFacts(unit=unit_of(unit)) if unit else PartyFacts()
    if not given["name"]:
        return PartyFacts()
    subject = SubjectFacts(
        kind="person",
        id_type="id_card",
        name=given["name"],
        id_no=given["id_no"],
        mobile=given["mobile"],
    )
    return PartyFacts(subject=subject)


def _value(entry: Field, text: str) -> Any:
    """Read what was typed; what cannot be read goes on as text and is named as a fault."""
    if entry.kind == "table":
        return [[cell.strip() for cell in line.split(",")] for line in text.splitlines() if line]
    try:
        if entry.kind == "number" and text:
            return float(text)
        if entry.kind == "amount" and text:
            return fen_from_yuan(text)
    except (ValueError, MalformedAmount):
        return text
    return text


def _context(
    request: HttpRequest, flow: Flow, faults: dict[str, str], fault: str
) -> dict[str, Any]:
    post = request.POST
    scope = scope_of(request.user, Permission.START_ENVELOPES)
    outside = OrgUnit.objects.filter(kind="outside").order_by("name")
    return {
        "here": "envelopes",
        "flow": flow,
        "fault": fault,
        "units": scope.order_by("path"),
        "outside": outside,
        "fields": [
            {
                "name": f"value.{entry.name}",
                "label": entry.label,
                "kind": entry.kind,
                "required": entry.required,
                "options": entry.options,
                "columns": "，".join(entry.columns),
                "value": post.get(f"value.{entry.name}", ""),
                "fault": faults.get(entry.name, ""),
            }
            for entry in flow.fields
        ],
        "asked": [
            {
                "role": role.role,
                "label": role.label,
                "kind": role.kind,
                "fields": [
                    {
                        "name": f"party.{role.role}.{name}",
                        "label": label,
                        "value": post.get(f"party.{role.role}.{name}", ""),
                    }
                    for name, label in _PARTY
                ],
                "unit": f"party.{role.role}.unit",
                "chosen": post.get(f"party.{role.role}.unit", ""),
            }
            for role in _asked(flow)
        ],
        "message": post.get("message", ""),
        "biz_no": post.get("biz_no", ""),
    }
