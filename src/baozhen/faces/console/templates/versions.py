"""One version of a template: what it says, how it came about, and what can be decided on it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import text
from baozhen.faces.console.registers import acts_of, do
from baozhen.faces.console.templates.reach import (
    manages,
    state_cell,
    version_managed,
    version_seen,
)
from baozhen.foundation.clock import now
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.templates.errors import PeriodInvalid
from baozhen.signing.templates.fields import KIND_LABELS, SIGNED, Field, fields_from_json
from baozhen.signing.templates.models import TemplateEdit, TemplateVersion
from baozhen.signing.templates.services import (
    Approval,
    approve_version,
    drop_version,
    retire_version,
    return_version,
    submit_version,
    try_fill,
)
from baozhen.signing.templates.states import SourceKind, VersionState
from baozhen.signing.templates.values import is_filled, show

_PROPERTIES = {
    "name": "域名",
    "kind": "种类",
    "label": "名称",
    "page": "页",
    "rect": "位置",
    "keyword": "关键字",
    "role": "签署方",
    "required": "必填",
    "options": "选项",
    "columns": "列",
    "condition": "条件",
    "source": "取值",
    "length_max": "最多字数",
    "size": "字号",
    "align": "对齐",
}


@needs(Permission.VIEW_TEMPLATES)
@require_GET
def version(request: HttpRequest, key: int) -> HttpResponse:
    """Show one version: fields, every change with its difference, what can be done."""
    row = version_seen(request, key)
    fields = fields_from_json(row.fields)
    may_manage = manages(request, row.template.unit)
    wrote = actor_of(request) in {row.created_by, *row.edits.values_list("actor", flat=True)}
    context = {
        "here": "templates",
        "version": row,
        "state": state_cell(row),
        "parameters": [_parameter(row, one) for one in fields if is_filled(one)],
        "marks": [_kinded(one) for one in fields if one.kind in SIGNED],
        "others": [_kinded(one) for one in fields if not is_filled(one) and one.kind not in SIGNED],
        "clauses": row.clauses.select_related("clause"),
        "edits": [_edit(one) for one in row.edits.order_by("-pk")],
        "acts": acts_of(TemplateVersion.NOUN, row.pk),
        "is_typst": row.source_kind == SourceKind.TYPST,
        "may_edit": may_manage and row.state == VersionState.DRAFT,
        "may_approve": may_manage and row.state == VersionState.SUBMITTED and not wrote,
        "may_return": may_manage and row.state == VersionState.SUBMITTED,
        "may_retire": may_manage and row.state == VersionState.APPROVED,
        "may_drop": may_manage and row.state in {VersionState.DRAFT, VersionState.SUBMITTED},
    }
    return page(request, "console/templates/version.html", context)


@needs(Permission.VIEW_TEMPLATES)
@require_GET
def sample(request: HttpRequest, key: int) -> HttpResponse:
    """Send the version filled with its sample data."""
    row = version_seen(request, key)
    name = f"{row.template.code}-v{row.number}-sample.pdf"
    return HttpResponse(
        try_fill(row, row.sample, at=now()).pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def submit(request: HttpRequest, key: int) -> HttpResponse:
    """Send a draft for approval."""
    return _decide(request, key, lambda actor: submit_version(key, actor=actor, at=now()), "已提交")


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def approve(request: HttpRequest, key: int) -> HttpResponse:
    """Approve what somebody else wrote."""

    def act(actor: str) -> None:
        begin = _day(request, "effective_from")
        if begin is None:
            raise PeriodInvalid(path="effective_from", reason="请填写生效日")
        approval = Approval(
            effective_from=begin,
            effective_until=_day(request, "effective_until"),
            filing_no=text(request, "filing_no")[:64],
        )
        approve_version(key, approval, actor=actor, at=now())

    return _decide(request, key, act, "已批准")


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def give_back(request: HttpRequest, key: int) -> HttpResponse:
    """Make what was submitted a draft again, for a reason."""
    reason = text(request, "reason")
    act = lambda actor: return_version(key, reason=reason, actor=actor, at=now())  # noqa: E731
    return _decide(request, key, act, "已退回修改")


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def end(request: HttpRequest, key: int) -> HttpResponse:
    """Retire an approved version, or drop one that never was."""
    row = version_managed(request, key)
    ending = retire_version if row.state == VersionState.APPROVED else drop_version
    reason = text(request, "reason")
    act = lambda actor: ending(key, reason=reason, actor=actor, at=now())  # noqa: E731
    return _decide(request, key, act, "已办理")


def _decide(
    request: HttpRequest, key: int, act: Callable[[str], object], done: str
) -> HttpResponse:
    version_managed(request, key)
    actor = actor_of(request)
    return do(request, lambda: act(actor), done=done, to="template_version", key=key)


def _day(request: HttpRequest, name: str) -> date | None:
    typed = text(request, name)
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise PeriodInvalid(path=name, reason="日期应写作 2026-01-15") from None


def _kinded(field: Field) -> dict[str, Any]:
    return {"field": field, "kind": KIND_LABELS[field.kind]}


def _parameter(row: TemplateVersion, field: Field) -> dict[str, Any]:
    value = row.sample.get(field.name)
    shown = "（表格）" if isinstance(value, list) else show(field, value)
    return _kinded(field) | {"sample": shown}


def _edit(edit: TemplateEdit) -> dict[str, Any]:
    """Return one change with its lines told apart by what became of them."""
    marks = {"+": "jade", "-": "seal", "@": "quiet"}
    lines = [
        {"text": line, "tone": marks.get(line[:1], "")}
        for line in edit.source_diff.splitlines()
        if not line.startswith(("---", "+++"))
    ]
    return {"row": edit, "lines": lines, "fields": [_field_change(one) for one in edit.field_diff]}


def _field_change(change: dict[str, Any]) -> dict[str, Any]:
    parts = [
        {"name": _PROPERTIES.get(name, name), "before": _said(before), "after": _said(after)}
        for name, (before, after) in change["changed"].items()
    ]
    return {"name": change["name"], "act": change["act"], "parts": parts}


def _said(value: Any) -> str:
    """Return a property as people read it; places in per cent of the page."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list) and all(isinstance(one, float | int) for one in value):
        return "、".join(f"{one:.1%}" for one in value)
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)
