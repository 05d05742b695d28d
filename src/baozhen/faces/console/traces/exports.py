"""Packages for a regulator or a court: asked for by one, allowed by another, taken on record."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.organizations.forms import Asked, Field, show, text
from baozhen.faces.console.registers import (
    Act,
    Cell,
    Deed,
    Link,
    Register,
    Sheet,
    do,
    show_register,
    show_sheet,
)
from baozhen.faces.templatetags.faces import size, stamp, who
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces.errors import TraceUnknown
from baozhen.foundation.traces.models import TraceExport
from baozhen.foundation.traces.queries import export_of
from baozhen.foundation.traces.services.exporting import (
    decide_export,
    record_taking,
    request_export,
)
from baozhen.foundation.traces.states import EXPORT_LABELS, ExportState
from baozhen.signing.organizations.extent import is_alone
from baozhen.signing.organizations.roles import Permission

_TONES = {
    ExportState.REQUESTED: "amber",
    ExportState.REFUSED: "seal",
    ExportState.APPROVED: "azure",
    ExportState.MADE: "jade",
}
_ACTS = {
    "trace_export.requested": "申请",
    "trace_export.approved": "批准",
    "trace_export.refused": "不批准",
    "trace_export.made": "生成",
    "trace_export.taken": "下载",
}


@needs(Permission.EXPORT_TRACES)
@require_GET
def exports(request: HttpRequest) -> HttpResponse:
    """List the exports."""
    register = Register(
        here="traces",
        title="可回溯导出",
        note="按业务编号导出全部会话、页面和签署文件，供监管检查或诉讼使用",
        columns=("申请时间", "业务编号", "事由", "申请人", "状态", "大小"),
        empty=("download", "还没有导出", "选择“申请导出”，由另一位有权限的人员批准后生成。"),
        links=(
            Link(href=reverse("console:trace_export_new"), label="申请导出", icon="download"),
            Link(href=reverse("console:traces"), label="返回记录", icon="left"),
        ),
    )
    rows = TraceExport.objects.order_by("-requested_at", "-pk")
    return show_register(request, register, rows, _cells)


@needs(Permission.EXPORT_TRACES)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a package."""
    asked = Asked(
        here="traces",
        title="申请可回溯导出",
        submit="提交申请",
        back=reverse("console:trace_exports"),
        note="导出包含客户看到的页面原样和签署文件，须由另一位有权限的人员批准。",
        fields=[
            Field(name="number", label="业务编号" if is_alone() else "投保单号、保单号或业务编号"),
            Field(name="reason", label="事由", hint="例如：监管检查通知书〔2026〕18 号"),
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    try:
        export = request_export(
            text(request, "number")[:64],
            reason=text(request, "reason"),
            actor=actor_of(request),
            at=now(),
        )
    except TraceUnknown as unknown:
        unknown.path = "number"
        return show(request, asked, unknown)
    except Refusal as refusal:
        return show(request, asked, refusal)
    return redirect(reverse("console:trace_export", args=[export.public_id]))


@needs(Permission.EXPORT_TRACES)
@require_GET
def export(request: HttpRequest, key: str) -> HttpResponse:
    """Show one export."""
    row = export_of(key)
    state = ExportState(row.state)
    return show_sheet(
        request,
        Sheet(
            here="traces",
            title=f"导出 {row.number}",
            state=Cell(text=EXPORT_LABELS[state], tone=_TONES[state], icon=_icon(state)),
            back=Link(href=reverse("console:trace_exports"), label="可回溯导出", icon="left"),
            facts=(
                ("导出编号", row.public_id, True),
                ("业务编号", row.number, True),
                ("事由", row.reason, False),
                ("申请", f"{who(row.requested_by)} · {stamp(row.requested_at)}", False),
                ("决定", f"{who(row.decided_by)} · {stamp(row.decided_at)}", False)
                if row.decided_by
                else ("决定", "待另一位人员批准", False),
                ("大小", size(row.size), False),
                ("SHA-256", row.sha256 or "—", True),
            ),
            deeds=tuple(_deeds(row, actor_of(request))),
            acts=tuple(
                Act(label=_ACTS.get(act.action, act.action), at=act.at, actor=act.actor)
                for act in entries_of("trace_export", row.pk).order_by("-position")[:50]
            ),
        ),
    )


@needs(Permission.EXPORT_TRACES)
@require_POST
def decide(request: HttpRequest, key: str) -> HttpResponse:
    """Allow or refuse it."""
    allow = text(request, "decision") == "allow"
    return do(
        request,
        lambda: decide_export(key, allow=allow, actor=actor_of(request), at=now()),
        done="已批准，正在生成" if allow else "已记录：不批准",
        to="trace_export",
        key=key,
    )


@needs(Permission.EXPORT_TRACES)
@require_POST
def download(request: HttpRequest, key: str) -> HttpResponse:
    """Send the package; it is on record who took it."""
    row = export_of(key)
    if row.state != ExportState.MADE:
        raise TraceUnknown(what=key)
    record_taking(row, actor=actor_of(request), at=now())
    headers = {"Content-Disposition": f'attachment; filename="{row.public_id}.zip"'}
    data = get_storage().get(row.sha256)
    return HttpResponse(data, content_type="application/zip", headers=headers)


def _deeds(row: TraceExport, actor: str) -> list[Deed]:
    decide_at = reverse("console:trace_export_decide", args=[row.public_id])
    if row.state == ExportState.REQUESTED:
        own = "须由另一位有权限的人员决定" if row.requested_by == actor else ""
        decisions = (("allow", "批准"), ("refuse", "不批准"))
        return [
            Deed(
                href=decide_at,
                label="决定",
                icon="check",
                choices=("decision", "决定", decisions),
                blocked=own,
            )
        ]
    if row.state == ExportState.MADE:
        where = reverse("console:trace_export_file", args=[row.public_id])
        return [Deed(href=where, label="下载导出包", icon="download")]
    return []


def _icon(state: ExportState) -> str:
    return {ExportState.MADE: "check", ExportState.REFUSED: "cross"}.get(state, "clock")


def _cells(row: TraceExport) -> tuple[Cell, ...]:
    state = ExportState(row.state)
    return (
        Cell(
            text=stamp(row.requested_at), href=reverse("console:trace_export", args=[row.public_id])
        ),
        Cell(text=row.number, is_code=True),
        Cell(text=row.reason),
        Cell(text=who(row.requested_by)),
        Cell(text=EXPORT_LABELS[state], tone=_TONES[state], icon=_icon(state)),
        Cell(text=size(row.size)),
    )
