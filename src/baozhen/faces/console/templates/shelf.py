"""The staff pages of templates: the shelf, one template, one version with its differences."""

from datetime import date

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.registers import (
    Cell,
    Choice,
    Deed,
    Link,
    Register,
    Sheet,
    acts_of,
    do,
    show_register,
    show_sheet,
)
from baozhen.faces.templatetags.faces import stamp
from baozhen.foundation.clock import now
from baozhen.signing.organizations.queries import require_power, scope_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.templates.errors import PeriodInvalid
from baozhen.signing.templates.fields import KIND_LABELS, fields_from_json
from baozhen.signing.templates.models import Template, TemplateVersion
from baozhen.signing.templates.queries import usable_by
from baozhen.signing.templates.services import (
    Approval,
    approve_version,
    drop_version,
    retire_version,
    try_fill,
)
from baozhen.signing.templates.states import LABELS, VersionState

_TONES = {
    VersionState.DRAFT: ("amber", "clock"),
    VersionState.APPROVED: ("jade", "check"),
    VersionState.RETIRED: ("", "pause"),
    VersionState.DROPPED: ("seal", "cross"),
}


@needs(Permission.VIEW_TEMPLATES)
@require_GET
def templates(request: HttpRequest) -> HttpResponse:
    """List the templates that one's units may use."""
    found = _seen(request)
    for name, column in (("title", "title__icontains"), ("type", "document_type")):
        if value := request.GET.get(name, "").strip():
            found = found.filter(**{column: value})
    register = Register(
        here="templates",
        title="模版",
        note="文件由模版填写参数生成，各版本按生效日启用",
        columns=("名称", "代码", "文件类型", "机构", "共享范围"),
        empty=("file-text", "还没有模版", "建好的模版出现在这里。"),
        filters=(Choice(name="title", label="名称"), Choice(name="type", label="文件类型")),
    )
    return show_register(request, register, found.order_by("code"), _template_cells)


@needs(Permission.VIEW_TEMPLATES)
@require_GET
def template(request: HttpRequest, key: int) -> HttpResponse:
    """Show one template with its versions."""
    row = _seen(request).filter(pk=key).first()
    if row is None:
        raise Http404
    versions = list(row.versions.defer("document", "source").order_by("-number"))
    sheet = Sheet(
        here="templates",
        title=row.title,
        state=Cell(text=row.get_sharing_display()),
        facts=(
            ("编号", row.public_id, True),
            ("代码", row.code, True),
            ("文件类型", row.document_type, False),
            ("机构", row.unit.name, False),
        ),
        back=Link(href=reverse("console:templates"), label="模版", icon="left"),
        tables=(
            (
                "版本",
                ("版本", "状态", "来源", "生效日", "失效日", "条款备案号", "编写", "批准"),
                [_version_cells(version) for version in versions],
            ),
        ),
        acts=acts_of("template", row.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.VIEW_TEMPLATES)
@require_GET
def version(request: HttpRequest, key: int) -> HttpResponse:
    """Show one version: fields, every change with its difference, what can be done."""
    row = _version(request, key)
    sheet = Sheet(
        here="templates",
        title=str(row),
        state=_state(row),
        facts=(
            ("来源", row.get_source_kind_display(), False),
            ("摘要", row.sha256, True),
            ("生效日", str(row.effective_from or "—"), False),
            ("失效日", str(row.effective_until or "—"), False),
            ("条款备案号", row.filing_no or "—", False),
            ("说明", row.note or "—", False),
        ),
        back=Link(
            href=reverse("console:template", kwargs={"key": row.template_id}),
            label=row.template.title,
            icon="left",
        ),
        deeds=_deeds(request, row),
        tables=(
            (
                "试填",
                ("文件",),
                [
                    [
                        Cell(
                            text="用示例数据生成 PDF",
                            href=reverse("console:template_sample", kwargs={"key": row.pk}),
                        )
                    ]
                ],
            ),
            ("域", ("名称", "种类", "域名", "签署方", "条件"), _field_rows(row)),
            ("修改经过", ("时间", "编写人", "说明", "文本差异", "域差异"), _edit_rows(row)),
        ),
        acts=acts_of(TemplateVersion.NOUN, row.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.VIEW_TEMPLATES)
@require_GET
def sample(request: HttpRequest, key: int) -> HttpResponse:
    """Send the version filled with its sample data."""
    row = _version(request, key)
    name = f"{row.template.code}-v{row.number}-sample.pdf"
    return HttpResponse(
        try_fill(row, row.sample, at=now()).pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def approve(request: HttpRequest, key: int) -> HttpResponse:
    """Approve a draft that somebody else wrote."""
    row = _managed(request, key)

    def act() -> None:
        try:
            begin = date.fromisoformat(request.POST.get("effective_from", "").strip())
        except ValueError:
            raise PeriodInvalid(path="effective_from", reason="日期应写作 2026-01-15") from None
        filing = request.POST.get("filing_no", "").strip()[:64]
        approval = Approval(effective_from=begin, filing_no="" if filing == "无" else filing)
        approve_version(row.pk, approval, actor=actor_of(request), at=now())

    return do(request, act, done="已批准", to="template_version", key=key)


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def end(request: HttpRequest, key: int) -> HttpResponse:
    """Retire an approved version, or drop a draft."""
    row = _managed(request, key)
    reason = request.POST.get("reason", "")

    def act() -> None:
        if not reason.strip():
            raise PeriodInvalid(path="reason", reason="请填写理由")
        ending = drop_version if row.state == VersionState.DRAFT else retire_version
        ending(row.pk, reason=reason, actor=actor_of(request), at=now())

    return do(request, act, done="已办理", to="template_version", key=key)


def _seen(request: HttpRequest) -> QuerySet[Template]:
    return usable_by(list(scope_of(request.user, Permission.VIEW_TEMPLATES)))


def _version(request: HttpRequest, key: int) -> TemplateVersion:
    found = TemplateVersion.objects.select_related("template", "template__unit")
    row = found.filter(pk=key, template__in=_seen(request)).first()
    if row is None:
        raise Http404
    return row


def _managed(request: HttpRequest, key: int) -> TemplateVersion:
    row = _version(request, key)
    require_power(request.user, Permission.MANAGE_TEMPLATES, row.template.unit)
    return row


def _deeds(request: HttpRequest, row: TemplateVersion) -> list[Deed]:
    if not may(request, Permission.MANAGE_TEMPLATES):
        return []
    place = {"key": row.pk}
    ending = reverse("console:template_version_end", kwargs=place)
    asks = (("reason", "理由"),)
    if row.state == VersionState.APPROVED:
        return [Deed(href=ending, label="停用", icon="pause", asks=asks, is_dangerous=True)]
    if row.state != VersionState.DRAFT:
        return []
    begin = (
        ("effective_from", "生效日（如 2026-01-15）"),
        ("filing_no", "条款备案号（没有填“无”）"),
    )
    approving = reverse("console:template_version_approve", kwargs=place)
    return [
        Deed(href=approving, label="批准", asks=begin),
        Deed(href=ending, label="放弃", icon="cross", asks=asks, is_dangerous=True),
    ]


def _state(row: TemplateVersion) -> Cell:
    state = VersionState(row.state)
    tone, icon = _TONES[state]
    return Cell(text=LABELS[state], tone=tone, icon=icon)


def _template_cells(row: Template) -> list[Cell]:
    return [
        Cell(text=row.title, href=reverse("console:template", kwargs={"key": row.pk})),
        Cell(text=row.code, is_code=True),
        Cell(text=row.document_type),
        Cell(text=row.unit.name),
        Cell(text=row.get_sharing_display()),
    ]


def _version_cells(row: TemplateVersion) -> list[Cell]:
    return [
        Cell(
            text=f"第 {row.number} 版",
            href=reverse("console:template_version", kwargs={"key": row.pk}),
        ),
        _state(row),
        Cell(text=row.get_source_kind_display()),
        Cell(text=str(row.effective_from or "—")),
        Cell(text=str(row.effective_until or "—")),
        Cell(text=row.filing_no or "—"),
        Cell(text=row.created_by),
        Cell(text=row.approved_by or "—"),
    ]


def _field_rows(row: TemplateVersion) -> list[list[Cell]]:
    return [
        [
            Cell(text=field.shown_label),
            Cell(text=KIND_LABELS[field.kind]),
            Cell(text=field.name, is_code=True),
            Cell(text=field.role or "—"),
            Cell(text=field.condition or "—", is_code=bool(field.condition)),
        ]
        for field in fields_from_json(row.fields)
    ]


def _edit_rows(row: TemplateVersion) -> list[list[Cell]]:
    return [
        [
            Cell(text=stamp(edit.at)),
            Cell(text=edit.actor),
            Cell(text=edit.note or "—"),
            Cell(text=edit.source_diff or "—", is_code=True),
            Cell(text="、".join(f"{one['act']} {one['name']}" for one in edit.field_diff) or "—"),
        ]
        for edit in row.edits.order_by("-pk")
    ]
