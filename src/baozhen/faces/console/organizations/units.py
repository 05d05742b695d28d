"""The tree of units, and one unit: its people, what is below it, what may be done with it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import Asked, Field, show, text
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import ancestors_of, legal_entity_of, units_under
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.services import UnitFacts, create_unit
from baozhen.signing.organizations.services.units import (
    move_unit,
    rename_unit,
    resume_unit,
    suspend_unit,
)
from baozhen.signing.organizations.states import UNIT_KINDS, UnitKind, UnitState

_SHOWN_MAX = 500


@needs(Permission.MANAGE_ORGANIZATIONS)
@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """Show the tree; with a search, what fits it, flat."""
    q, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    found = OrgUnit.objects.order_by("path")
    if q:
        found = found.filter(name__icontains=q) | found.filter(code=q) | found.filter(public_id=q)
    if kind in set(UnitKind):
        found = found.filter(kind=kind)
    context = {
        "here": "units",
        "units": found[:_SHOWN_MAX],
        "count": found.count(),
        "q": q,
        "kind": kind,
        "kinds": [(one.value, label) for one, label in UNIT_KINDS.items()],
        "flat": bool(q or kind),
    }
    return page(request, "console/organizations/units.html", context)


@needs(Permission.MANAGE_ORGANIZATIONS)
@require_GET
def unit(request: HttpRequest, key: int) -> HttpResponse:
    """Show one unit."""
    shown = get_object_or_404(OrgUnit.objects.select_related("parent"), pk=key)
    under = units_under(shown).values("pk")
    context = {
        "here": "units",
        "unit": shown,
        "above": ancestors_of(shown),
        "legal_entity": legal_entity_of(shown),
        "below": shown.children.order_by("path"),
        "people": shown.accounts.select_related("user").order_by("display_name")[:_SHOWN_MAX],
        "acts": entries_of("org_unit", shown.pk),
        "parents": OrgUnit.objects.filter(state=UnitState.ACTIVE)
        .exclude(pk__in=under)
        .order_by("path")[:_SHOWN_MAX],
    }
    return page(request, "console/organizations/unit.html", context)


@needs(Permission.MANAGE_ORGANIZATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Make a unit."""
    parents = OrgUnit.objects.filter(state=UnitState.ACTIVE).order_by("path")[:_SHOWN_MAX]
    asked = Asked(
        here="units",
        title="新建机构",
        submit="建立机构",
        back=reverse("console:units"),
        note="分支机构和部门没有独立法人资格，由上级法人承担责任。外部机构和中介机构是独立法人。",
        fields=[
            Field(name="name", label="名称"),
            Field(
                name="kind",
                label="类型",
                value=request.GET.get("kind", UnitKind.DEPARTMENT),
                choices=[
                    (kind.value, label)
                    for kind, label in UNIT_KINDS.items()
                    if kind != UnitKind.INSURER
                ],
            ),
            Field(
                name="parent",
                label="上级机构",
                value=request.GET.get("parent", ""),
                required=False,
                choices=[
                    ("", "（无：外部机构或中介机构）"),
                    *((str(one.pk), "　" * one.depth + one.name) for one in parents),
                ],
            ),
            Field(name="code", label="机构代码", required=False),
            Field(name="uscc", label="统一社会信用代码", required=False),
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    parent = text(request, "parent")
    kind = text(request, "kind")
    try:
        made = create_unit(
            UnitFacts(
                name=text(request, "name"),
                kind=UnitKind(kind) if kind in set(UnitKind) else UnitKind.DEPARTMENT,
                parent=get_object_or_404(OrgUnit, pk=int(parent)) if parent.isdecimal() else None,
                code=text(request, "code") or None,
                uscc=text(request, "uscc")[:18],
            ),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, asked, refusal)
    messages.success(request, f"机构“{made.name}”已建立。", extra_tags="jade")
    return redirect("console:unit", key=made.pk)


@needs(Permission.MANAGE_ORGANIZATIONS)
@require_POST
def change(request: HttpRequest, key: int) -> HttpResponse:
    """Rename or move the unit."""
    shown = get_object_or_404(OrgUnit, pk=key)
    parent = text(request, "parent")
    try:
        if text(request, "name"):
            rename_unit(shown, text(request, "name"), actor=actor_of(request), at=now())
        if parent.isdecimal():
            target = get_object_or_404(OrgUnit, pk=int(parent))
            move_unit(shown, target, actor=actor_of(request), at=now())
    except Refusal as refusal:
        messages.error(request, str(refusal), extra_tags="seal")
    else:
        messages.success(request, "机构信息已更新。", extra_tags="jade")
    return redirect("console:unit", key=key)


@needs(Permission.MANAGE_ORGANIZATIONS)
@require_POST
def switch(request: HttpRequest, key: int) -> HttpResponse:
    """Suspend the unit, with a reason, or resume it."""
    shown = get_object_or_404(OrgUnit, pk=key)
    reason = text(request, "reason")
    try:
        if shown.state == UnitState.SUSPENDED:
            resume_unit(shown, actor=actor_of(request), at=now())
            messages.success(request, "机构已恢复。", extra_tags="jade")
        elif reason:
            suspend_unit(shown, reason=reason, actor=actor_of(request), at=now())
            messages.success(request, "机构已停用，其中的权限都不再有效。", extra_tags="jade")
        else:
            messages.error(request, "请填写停用理由。", extra_tags="seal")
    except Refusal as refusal:
        messages.error(request, str(refusal), extra_tags="seal")
    return redirect("console:unit", key=key)
