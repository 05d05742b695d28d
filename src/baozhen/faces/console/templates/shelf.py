"""The staff pages of templates: the shelf, what waits for approval, one template, making one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import Asked, Field, number, show, text
from baozhen.faces.console.registers import (
    Cell,
    Choice,
    Link,
    Register,
    acts_of,
    show_register,
)
from baozhen.faces.console.templates.reach import (
    managed_units,
    manages,
    seen_templates,
    sharing_of,
    state_cell,
    template_managed,
    template_seen,
)
from baozhen.faces.templatetags.faces import stamp
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.templates.errors import SourceInvalid, TemplateInvalid
from baozhen.signing.templates.fields import check_fields
from baozhen.signing.templates.models import Template, TemplateVersion
from baozhen.signing.templates.queries import units_shared_with
from baozhen.signing.templates.services import (
    Content,
    TemplateChange,
    TemplateDraft,
    add_version,
    change_template,
    create_template,
    prepare_upload,
)
from baozhen.signing.templates.states import (
    SHARING_LABELS,
    Sharing,
    SourceKind,
    VersionState,
)

_TYPST, _FILE, _COPY = "typst", "file", "copy"
_STARTER = """#import "/look.typ": *
#let data = json("/data.json")
#show: setup.with("{title}")

#head("{title}")

"""
# Which units are chosen is asked on a page of its own, with the tree.
_SHARINGS = [
    (one.value, label) for one, label in SHARING_LABELS.items() if one is not Sharing.CHOSEN
]
_FILE_HINT = "PDF，或 Word（DOCX，须本机装有 LibreOffice）；不超过 10 MB。"


@dataclass(frozen=True)
class _Way:
    """How a version comes to be: the choices of the form, in order."""

    value: str
    label: str


@needs(Permission.VIEW_TEMPLATES)
@require_GET
def templates(request: HttpRequest) -> HttpResponse:
    """List the templates that one's units may use."""
    found = seen_templates(request).annotate(
        in_force=Max("versions__number", filter=Q(versions__state=VersionState.APPROVED)),
        waiting=Count("versions", filter=Q(versions__state=VersionState.SUBMITTED)),
    )
    for name, column in (("title", "title__icontains"), ("type", "document_type")):
        if value := request.GET.get(name, "").strip():
            found = found.filter(**{column: value})
    register = Register(
        here="templates",
        title="模版",
        note="文件由模版填写参数生成，各版本按生效日启用",
        columns=("名称", "代码", "文件类型", "机构", "共享范围", "批准的版本"),
        empty=("file-text", "还没有模版", "点“新建模版”，上传文件或在线编排。"),
        filters=(Choice(name="title", label="名称"), Choice(name="type", label="文件类型")),
        links=_links(request),
        tabs=(
            Link(href=reverse("console:templates_waiting"), label="待批准", icon="person"),
            Link(href=reverse("console:template_clauses"), label="共用条款", icon="layers"),
        ),
    )
    return show_register(request, register, found.order_by("code"), _template_cells)


@needs(Permission.VIEW_TEMPLATES)
@require_GET
def waiting(request: HttpRequest) -> HttpResponse:
    """List the versions that wait for a second person."""
    found = TemplateVersion.objects.select_related("template", "template__unit").defer(
        "document", "source"
    )
    found = found.filter(template__in=seen_templates(request), state=VersionState.SUBMITTED)
    register = Register(
        here="templates",
        title="待批准的模版",
        note="由没有写过这一版的人批准",
        columns=("模版", "版本", "机构", "编写", "说明"),
        empty=("check", "没有待批准的版本", "草稿提交后出现在这里。"),
        tabs=(Link(href=reverse("console:templates"), label="全部模版", icon="left"),),
    )
    return show_register(request, register, found.order_by("pk"), _waiting_cells)


@needs(Permission.VIEW_TEMPLATES)
@require_GET
def template(request: HttpRequest, key: int) -> HttpResponse:
    """Show one template with its versions."""
    row = template_seen(request, key)
    versions = row.versions.defer("document", "source").order_by("-number")
    context = {
        "here": "templates",
        "template": row,
        "versions": [{"row": one, "state": state_cell(one)} for one in versions],
        "shared_with": units_shared_with(row),
        "may_manage": manages(request, row.unit),
        "may_start": may(request, Permission.START_ENVELOPES),
        "acts": acts_of("template", row.pk),
    }
    return page(request, "console/templates/template.html", context)


@needs(Permission.MANAGE_TEMPLATES)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Make a template from a file or with an empty text; then its first draft is edited."""
    asked = _create_form(request)
    if request.method != "POST":
        return show(request, asked)
    try:
        unit = managed_units(request).filter(pk=number(request, "unit")).first()
        if unit is None:
            raise TemplateInvalid(path="unit", reason="请选择机构")
        draft = TemplateDraft(
            code=text(request, "code"),
            title=text(request, "title"),
            document_type=text(request, "document_type"),
            unit=unit,
            sharing=sharing_of(text(request, "sharing")),
            needs_filing=text(request, "needs_filing") == "yes",
        )
        made = create_template(draft, _content(request, None), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    messages.success(request, "模版已建，请放置域并保存。", extra_tags="jade")
    return redirect("console:template_edit", key=made.pk)


@needs(Permission.MANAGE_TEMPLATES)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, key: int) -> HttpResponse:
    """Begin a new version: a copy of the newest, a new file, or a text."""
    row = template_managed(request, key)
    newest = row.versions.order_by("-number").first()
    ways = (_Way(_COPY, "沿用最新一版，再改"), _Way(_FILE, "上传新文件"), _Way(_TYPST, "在线编排"))
    asked = Asked(
        here="templates",
        title=f"{row.title}：新版本",
        submit="建新版本",
        fields=(
            Field(name="way", label="来源", choices=[(one.value, one.label) for one in ways]),
            Field(name="file", label="文件", kind="file", required=False, hint=_FILE_HINT),
            Field(name="note", label="改了什么", required=False),
        ),
        back=reverse("console:template", kwargs={"key": row.pk}),
        note="域和示例数据从最新一版带过来。",
        has_file=True,
    )
    if request.method != "POST":
        return show(request, asked)
    try:
        made = add_version(row, _content(request, newest), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    kept = {entry["name"] for entry in made.fields}
    before = newest.fields if newest is not None else ()
    if lost := [entry["name"] for entry in before if entry["name"] not in kept]:
        said = f"新文件里放不下这些域，已去掉：{'、'.join(lost)}"
        messages.warning(request, said, extra_tags="amber")
    return redirect("console:template_edit", key=made.pk)


@needs(Permission.MANAGE_TEMPLATES)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, key: int) -> HttpResponse:
    """Rename a template, or ask for a filed clause number at each approval."""
    row = template_managed(request, key)
    asked = Asked(
        here="templates",
        title=f"{row.title}：名称与备案",
        submit="保存",
        fields=(
            Field(name="title", label="名称", value=row.title),
            Field(name="document_type", label="文件类型", value=row.document_type),
            _filing_field("yes" if row.needs_filing else "no"),
        ),
        back=reverse("console:template", kwargs={"key": row.pk}),
        note=f"代码 {row.code} 不变：程序按代码使用模版。",
    )
    if request.method != "POST":
        return show(request, asked)
    try:
        change = TemplateChange(
            title=text(request, "title"),
            document_type=text(request, "document_type"),
            needs_filing=text(request, "needs_filing") == "yes",
        )
        change_template(row, change, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    messages.success(request, "已保存。", extra_tags="jade")
    return redirect("console:template", key=row.pk)


def _create_form(request: HttpRequest) -> Asked:
    units = [(str(unit.pk), unit.name) for unit in managed_units(request)]
    ways = (_Way(_FILE, "上传 PDF 或 Word 文件"), _Way(_TYPST, "在线编排"))
    return Asked(
        here="templates",
        title="新建模版",
        submit="建模版",
        fields=(
            Field(name="title", label="名称"),
            Field(name="code", label="代码", hint="小写字母、数字和下划线；以后不能改。"),
            Field(name="document_type", label="文件类型", hint="如 policy、claim_application。"),
            Field(name="unit", label="机构", choices=units),
            Field(
                name="sharing",
                label="共享范围",
                choices=_SHARINGS,
                value=Sharing.BELOW.value,
                hint="只与选定的机构共享，在建好之后到模版页的“共享”里选。",
            ),
            _filing_field("no"),
            Field(name="way", label="来源", choices=[(one.value, one.label) for one in ways]),
            Field(name="file", label="文件", kind="file", required=False, hint=_FILE_HINT),
        ),
        back=reverse("console:templates"),
        has_file=True,
    )


def _filing_field(value: str) -> Field:
    return Field(
        name="needs_filing",
        label="批准时须填写条款备案号",
        choices=[("no", "不须"), ("yes", "须")],
        value=value,
    )


def _content(request: HttpRequest, newest: TemplateVersion | None) -> Content:
    """Return what a new version shall say; the fields of the newest one go with it."""
    way, note = text(request, "way"), text(request, "note")
    fields = newest.fields if newest is not None else []
    sample = newest.sample if newest is not None else {}
    if way == _COPY and newest is not None:
        kind = SourceKind(newest.source_kind)
        return Content(
            source_kind=kind, source=newest.source, fields=fields, sample=sample, note=note
        )
    if way == _TYPST:
        title = text(request, "title").replace('"', "”") or "标题"
        source = newest.source if newest is not None else ""
        starter = source or _STARTER.format(title=title)
        return Content(
            source_kind=SourceKind.TYPST, source=starter, fields=fields, sample=sample, note=note
        )
    given = request.FILES.get("file")
    if given is None:
        raise SourceInvalid(path="file", reason="请选择文件")
    kind = SourceKind.DOCX if str(given.name).lower().endswith(".docx") else SourceKind.PDF
    upload = prepare_upload(bytes_of(given), kind)
    kept = _fitting(fields, len(upload.pages))
    return Content(source_kind=kind, upload=upload, fields=kept, sample=sample, note=note)


def _fitting(fields: Sequence[Mapping[str, Any]], pages: int) -> list[dict[str, Any]]:
    """Return the fields that can stand on the new file; one that goes may take others with it."""
    kept = [dict(entry) for entry in fields]
    while faults := check_fields(kept, pages=pages, needs_place=True):
        unfit = {int(fault.path.split(".")[1]) for fault in faults}
        kept = [entry for index, entry in enumerate(kept) if index not in unfit]
    return kept


def _links(request: HttpRequest) -> list[Link]:
    if not may(request, Permission.MANAGE_TEMPLATES):
        return []
    return [Link(href=reverse("console:template_new"), label="新建模版", icon="upload")]


def _template_cells(row: Template) -> list[Cell]:
    in_force = getattr(row, "in_force", None)
    count = getattr(row, "waiting", 0)
    shown = f"第 {in_force} 版" if in_force else "—"
    return [
        Cell(text=row.title, href=reverse("console:template", kwargs={"key": row.pk})),
        Cell(text=row.code, is_code=True),
        Cell(text=row.document_type),
        Cell(text=row.unit.name),
        Cell(text=row.get_sharing_display()),
        Cell(text=f"{shown}，另有 {count} 版待批准" if count else shown),
    ]


def _waiting_cells(row: TemplateVersion) -> list[Cell]:
    return [
        Cell(text=row.template.title, href=reverse("console:template_version", args=[row.pk])),
        Cell(text=f"第 {row.number} 版"),
        Cell(text=row.template.unit.name),
        Cell(text=f"{row.created_by}，{stamp(row.created_at)}"),
        Cell(text=row.note or "—"),
    ]
