"""Start a signing task from a template: a form made of its parameters, and who its parties are."""

import base64
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.money import MalformedAmount, fen_from_yuan
from baozhen.signing.envelopes.services.from_templates import (
    TemplateOrder,
    TemplateRole,
    roles_of,
    start_from_template,
    templates_in_force,
    usable_version,
)
from baozhen.signing.envelopes.services.scenarios import PartyFacts
from baozhen.signing.identity.services.subjects import SubjectFacts
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import account_of, scope_of, unit_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.templates.fields import Field, FieldKind, fields_from_json
from baozhen.signing.templates.models import TemplateVersion
from baozhen.signing.templates.values import is_filled

_FORM = "console/envelopes/template_start.html"
_AMOUNTS = frozenset({FieldKind.AMOUNT, FieldKind.AMOUNT_CAPITALS})
_PARTY = (("name", "姓名"), ("id_no", "证件号码"), ("mobile", "手机号"))


@needs(Permission.START_ENVELOPES)
@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """List the templates in force that one's unit may use."""
    context = {
        "here": "envelopes",
        "versions": templates_in_force([account_of(request.user).unit], at=now()),
    }
    return page(request, "console/envelopes/templates.html", context)


@needs(Permission.START_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the values and the parties, and start; what was typed is kept when it is wrong."""
    unit = _unit(request)
    version = usable_version(code, unit, at=now())
    if request.method != "POST":
        return page(request, _FORM, _context(request, version, {}))
    try:
        order = _order(request, version, unit)
        envelope = start_from_template(order, actor=actor_of(request), at=now())
    except Refusal as refusal:
        found = refusal.facts.get("faults")
        faults = {one.path: one.message for one in found} if isinstance(found, list) else {}
        context = _context(request, version, faults)
        context["fault"] = "填写内容有误，请看标出的各项。" if faults else str(refusal)
        return page(request, _FORM, context, status=422)
    messages.success(request, "已发起，签署方会收到链接。", extra_tags="jade")
    return redirect("console:envelope", public_id=envelope.public_id)


def _order(request: HttpRequest, version: TemplateVersion, unit: OrgUnit) -> TemplateOrder:
    post = request.POST
    found = {field.name: _value(request, field) for field in _parameters(version)}
    roles = roles_of(version)
    parties = {one.role: _party(request, one) for one in roles}
    return TemplateOrder(
        template=version.template.code,
        client=actor_of(request),
        unit=unit,
        values={name: value for name, value in found.items() if value not in ("", [], None)},
        parties={role: facts for role, facts in parties.items() if facts is not None},
        silent=frozenset(one.role for one in roles if _company(request, one) == "silent"),
        biz_no=post.get("biz_no", "").strip() or None,
        title=post.get("title", "").strip(),
        message=post.get("message", "").strip(),
    )


def _parameters(version: TemplateVersion) -> list[Field]:
    return [one for one in fields_from_json(version.fields) if is_filled(one)]


def _unit(request: HttpRequest) -> OrgUnit:
    """The chosen unit, which must be one where this person may start tasks; else one's own."""
    scope = scope_of(request.user, Permission.START_ENVELOPES)
    found = scope.filter(public_id=request.POST.get("unit", "")).first()
    return found or account_of(request.user).unit


def _company(request: HttpRequest, role: TemplateRole) -> str:
    """What was chosen for a company: nothing for our own at the desk, silent, or a unit's id."""
    return request.POST.get(f"party.{role.role}.unit", "") if role.kind == "organization" else ""


def _party(request: HttpRequest, role: TemplateRole) -> PartyFacts | None:
    """Return who fills a role; None leaves it to our own company, or unanswered."""
    if role.kind == "organization":
        chosen = _company(request, role)
        return PartyFacts(unit=unit_of(chosen)) if chosen not in ("", "silent") else None
    given = {name: request.POST.get(f"party.{role.role}.{name}", "").strip() for name, _ in _PARTY}
    if not given["name"]:
        return None
    subject = SubjectFacts(
        kind="person",
        id_type="id_card",
        name=given["name"],
        id_no=given["id_no"],
        mobile=given["mobile"],
    )
    return PartyFacts(subject=subject)


def _value(request: HttpRequest, field: Field) -> Any:
    """Read what was typed; what cannot be read goes on as text and is named as a fault."""
    name = f"value.{field.name}"
    if field.kind is FieldKind.PICTURE:
        given = request.FILES.get(name)
        return base64.b64encode(bytes_of(given)).decode() if given is not None else None
    typed = request.POST.get(name, "").strip()
    if field.kind is FieldKind.CHECKBOX:
        return typed == "yes"
    if field.kind is FieldKind.TABLE:
        lines = [line for line in typed.splitlines() if line.strip()]
        return [[cell.strip() for cell in line.replace("，", ",").split(",")] for line in lines]
    return _number(field, typed) if typed else typed


def _number(field: Field, typed: str) -> Any:
    try:
        if field.kind is FieldKind.NUMBER:
            return float(typed)
        return fen_from_yuan(typed) if field.kind in _AMOUNTS else typed
    except (ValueError, MalformedAmount):
        return typed


def _context(
    request: HttpRequest, version: TemplateVersion, faults: dict[str, str]
) -> dict[str, Any]:
    post = request.POST
    scope = scope_of(request.user, Permission.START_ENVELOPES)
    return {
        "here": "envelopes",
        "version": version,
        "template": version.template,
        "units": scope.order_by("path"),
        "unit": post.get("unit", account_of(request.user).unit.public_id),
        "outside": OrgUnit.objects.filter(kind="outside").order_by("name"),
        "fields": [
            _asked(post.get(f"value.{one.name}", ""), one, faults) for one in _parameters(version)
        ],
        "asked": [
            {
                "role": one,
                "chosen": _company(request, one),
                "fields": [
                    {
                        "name": f"party.{one.role}.{name}",
                        "label": label,
                        "value": post.get(f"party.{one.role}.{name}", ""),
                    }
                    for name, label in _PARTY
                ],
            }
            for one in roles_of(version)
        ],
        "given": post,
    }


def _asked(typed: str, field: Field, faults: dict[str, str]) -> dict[str, Any]:
    fault = faults.get(field.name, "")
    if fault and typed and field.kind in _AMOUNTS:
        fault = f"“{field.shown_label}”应为以元为单位的金额，如 1376.45"  # programs speak in fen
    return {
        "name": f"value.{field.name}",
        "label": field.shown_label,
        "kind": "amount" if field.kind in _AMOUNTS else field.kind.value,
        "required": field.required and not field.condition,
        "options": field.options,
        "columns": "，".join(field.columns),
        "length": field.length_max,
        "value": typed,
        "fault": fault,
    }
