"""Find sessions, and read one: its acts in their order, each page as it was shown."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.console.access import may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import Asked, Field, show, text
from baozhen.faces.console.registers import Cell, Choice, Link, Register, show_register
from baozhen.faces.console.traces.opening import LASTS_MINUTES, is_open, open_session
from baozhen.faces.console.typed import typed_midnight
from baozhen.faces.middleware import CONTENT_SECURITY_POLICY
from baozhen.faces.templatetags.faces import stamp
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.errors import Refusal
from baozhen.foundation.traces.checking import events_of, faults_of
from baozhen.foundation.traces.models import TraceEvent, TraceLink, TraceSession
from baozhen.foundation.traces.queries import WantedTraces, find_sessions, session_of
from baozhen.foundation.traces.states import KIND_LABELS, NUMBER_LABELS, Kind, Number
from baozhen.signing.identity.services.subjects import number_index
from baozhen.signing.organizations.extent import is_alone
from baozhen.signing.organizations.roles import Permission

_ICONS = {
    Kind.ENTER: "file-text",
    Kind.LEAVE: "exit",
    Kind.SUBMIT: "upload",
    Kind.TICK: "check",
    Kind.CONFIRM: "check",
    Kind.RECORD: "eye",
    Kind.OTP: "lock",
    Kind.SIGN: "certificate",
}
_LOOKS_MAX = 50


@needs(Permission.VIEW_TRACES)
@require_GET
def traces(request: HttpRequest) -> HttpResponse:
    """Search the sessions."""
    rows = find_sessions(_wanted(request)).prefetch_related("links")
    return show_register(request, _register(request), rows, _cells)


@needs(Permission.VIEW_TRACES)
@require_http_methods(["GET", "POST"])
def session(request: HttpRequest, key: str) -> HttpResponse:
    """Ask why, then show the acts of one session."""
    row = session_of(key)
    if row.destroyed_at is None and not is_open(request, row):
        return _ask(request, row)
    response = page(request, "console/traces/session.html", _context(row))
    # The archived pages stand in frames of our own.
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return response


def _ask(request: HttpRequest, row: TraceSession) -> HttpResponse:
    asked = Asked(
        here="traces",
        title="查看可回溯记录",
        submit="查看",
        back=reverse("console:traces"),
        note=f"会话 {row.public_id} 记录了一位客户的操作。"
        f"写明事由后可查看 {LASTS_MINUTES} 分钟，查看会留下记录。",
        fields=[Field(name="reason", label="查看事由", hint="例如：处理投诉 2026-118")],
    )
    if request.method != "POST":
        return show(request, asked)
    try:
        open_session(request, row, text(request, "reason"))
    except Refusal as refusal:
        return show(request, asked, refusal)
    return HttpResponse(status=303, headers={"Location": request.path})


def _context(row: TraceSession) -> dict[str, Any]:
    events = events_of(row)
    first = next((event for event in events if event.shown), None)
    return {
        "here": "traces",
        "row": row,
        "links": [_about(link) for link in row.links.order_by("pk")],
        "faults": list(faults_of(row)),
        "acts": [_act(event) for event in events],
        "first": _page_address(first) if first else "",
        "has_movie": row.chunks.exists(),
        "looks": list(entries_of("trace_session", row.pk).order_by("-position")[:_LOOKS_MAX]),
    }


def _act(event: TraceEvent) -> dict[str, Any]:
    kind = Kind(event.kind)
    return {
        "event": event,
        "label": KIND_LABELS[kind],
        "icon": _ICONS.get(kind, "right"),
        "page": _page_address(event) if event.shown else "",
        "is_page": bool(event.shown),
    }


def _page_address(event: TraceEvent) -> str:
    where = {"key": event.session.public_id, "seq": event.seq}
    return reverse("console:trace_page", kwargs=where)


def _wanted(request: HttpRequest) -> WantedTraces:
    asked = {name: str(value).strip() for name, value in request.GET.items()}
    return WantedTraces(
        number=asked.get("number", "")[:64],
        person_index=number_index(asked.get("person", "")[:40]),
        product=asked.get("product", "")[:64],
        since=typed_midnight(asked.get("from", "")),
        until=typed_midnight(asked.get("to", ""), days=1),
    )


def _register(request: HttpRequest) -> Register:
    links = []
    if may(request, Permission.EXPORT_TRACES):
        links.append(Link(href=reverse("console:trace_exports"), label="导出", icon="download"))
    if may(request, Permission.DESTROY_TRACES):
        links.append(
            Link(href=reverse("console:trace_destructions"), label="到期销毁", icon="cross")
        )
    pages = "签署页面" if is_alone() else "投保和签署页面"
    return Register(
        here="traces",
        title="可回溯",
        note=f"客户在{pages}上看到的内容与操作，按会话记录",
        columns=("开始时间", "业务", "渠道", "设备", "操作数", "会话"),
        empty=("again", "没有记录", f"客户打开{pages}后，会话会出现在这里。"),
        filters=(
            Choice(name="number", label="业务编号" if is_alone() else "投保单号、保单号或业务编号"),
            Choice(name="person", label="证件号码（完整）"),
            Choice(name="product", label="产品"),
            Choice(name="from", label="日期从", kind="date"),
            Choice(name="to", label="到", kind="date"),
        ),
        links=tuple(links),
    )


def _cells(row: TraceSession) -> tuple[Cell, ...]:
    about = "、".join(link.number for link in row.links.all() if link.kind != Number.PRODUCT)
    return (
        Cell(text=stamp(row.started_at), href=reverse("console:trace", args=[row.public_id])),
        Cell(text=about or "未关联", is_code=bool(about)),
        Cell(text=row.channel),
        Cell(text=row.device),
        Cell(text="已销毁" if row.destroyed_at else f"{row.event_count}"),
        Cell(text=row.public_id, is_code=True),
    )


def _about(link: TraceLink) -> tuple[str, str]:
    return NUMBER_LABELS[Number(link.kind)], link.number
