"""Shared clauses: made, worded anew, and where each is used."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import number, text
from baozhen.faces.console.registers import Cell, Link, Register, show_register
from baozhen.faces.console.templates.reach import (
    managed_units,
    manages,
    seen_clauses,
    seen_templates,
    state_cell,
)
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.queries import require_power
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.templates.errors import TemplateInvalid
from baozhen.signing.templates.models import Clause
from baozhen.signing.templates.queries import where_used
from baozhen.signing.templates.services import change_clause, make_clause
from baozhen.signing.templates.states import VersionState

_FORM = "console/templates/clause_form.html"


@needs(Permission.VIEW_TEMPLATES)
@require_GET
def clauses(request: HttpRequest) -> HttpResponse:
    """List the shared clauses."""
    links = [Link(href=reverse("console:template_clause_new"), label="新建条款", icon="upload")]
    register = Register(
        here="templates",
        title="共用条款",
        note="一处改动，用到它的模版各得到一份新草稿",
        columns=("名称", "代码", "机构", "版本数"),
        empty=("layers", "还没有共用条款", "点“新建条款”，写好后在模版里引用。"),
        links=links if may(request, Permission.MANAGE_TEMPLATES) else (),
        tabs=(Link(href=reverse("console:templates"), label="全部模版", icon="left"),),
    )
    found = seen_clauses(request).annotate(wordings=Count("versions"))
    return show_register(request, register, found.order_by("code"), _cells)


@needs(Permission.VIEW_TEMPLATES)
@require_GET
def clause(request: HttpRequest, key: int) -> HttpResponse:
    """Show a clause: its wording, the earlier ones, and the versions that use it."""
    row = _clause(request, key)
    wordings = list(row.versions.order_by("-number"))
    used = where_used(row).filter(template__in=seen_templates(request))
    context = {
        "here": "templates",
        "clause": row,
        "wordings": wordings,
        "used": [
            {
                "row": one,
                "state": state_cell(one),
                "number": max(one.clauses.filter(clause=row).values_list("number", flat=True)),
            }
            for one in used.defer("document", "source")
        ],
        "may_manage": manages(request, row.unit),
    }
    return page(request, "console/templates/clause.html", context)


@needs(Permission.MANAGE_TEMPLATES)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Make a clause with its first wording."""
    context: dict[str, Any] = {
        "here": "templates",
        "units": managed_units(request),
        "given": request.POST,
        "back": reverse("console:template_clauses"),
    }
    if request.method != "POST":
        return page(request, _FORM, context)
    try:
        unit = managed_units(request).filter(pk=number(request, "unit")).first()
        if unit is None:
            raise TemplateInvalid(path="unit", reason="请选择机构")
        made = make_clause(
            text(request, "code"),
            text(request, "title"),
            request.POST.get("text", ""),
            unit=unit,
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return page(request, _FORM, context | {"fault": str(refusal)}, status=422)
    messages.success(request, "条款已建，可以在模版里引用。", extra_tags="jade")
    return redirect("console:template_clause", key=made.clause.pk)


@needs(Permission.MANAGE_TEMPLATES)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: int) -> HttpResponse:
    """Word a clause anew; every template that uses it gets a draft."""
    row = _clause(request, key)
    require_power(request.user, Permission.MANAGE_TEMPLATES, row.unit)
    newest = row.versions.order_by("-number").first()
    context: dict[str, Any] = {
        "here": "templates",
        "clause": row,
        "given": {"text": request.POST.get("text") or (newest.text if newest else "")},
        "used": where_used(row).exclude(state=VersionState.DROPPED).count(),
        "back": reverse("console:template_clause", kwargs={"key": row.pk}),
    }
    if request.method != "POST":
        return page(request, _FORM, context)
    try:
        drafts = change_clause(row, request.POST.get("text", ""), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return page(request, _FORM, context | {"fault": str(refusal)}, status=422)
    done = f"已改为新措辞，{len(drafts)} 个模版得到新草稿。"
    messages.success(request, done, extra_tags="jade")
    return redirect("console:template_clause", key=row.pk)


def _clause(request: HttpRequest, key: int) -> Clause:
    row = seen_clauses(request).filter(pk=key).first()
    if row is None:
        raise Http404
    return row


def _cells(row: Clause) -> list[Cell]:
    return [
        Cell(text=row.title, href=reverse("console:template_clause", kwargs={"key": row.pk})),
        Cell(text=row.code, is_code=True),
        Cell(text=row.unit.name),
        Cell(text=str(getattr(row, "wordings", 0))),
    ]
