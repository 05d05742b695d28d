"""Lists of sessions whose time is over: proposed by one, agreed to by two others."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console import destroying
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
from baozhen.faces.templatetags.faces import stamp, who
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.traces.keeping import due_sessions
from baozhen.foundation.traces.models import TraceDestruction, TraceSession
from baozhen.foundation.traces.queries import destruction_of
from baozhen.foundation.traces.services.destroying import (
    approve_destruction,
    propose_destruction,
    refuse_destruction,
)
from baozhen.foundation.traces.states import DESTRUCTION_LABELS, DestructionState
from baozhen.signing.organizations.roles import Permission

_OPEN = {DestructionState.PROPOSED, DestructionState.APPROVED_ONCE}
_ROWS_MAX = 200
_ACTS = {f"trace_destruction.{state}": word for state, word in DESTRUCTION_LABELS.items()} | {
    "trace_destruction.proposed": "提出",
    "trace_destruction.approved_once": "第一次批准",
    "trace_destruction.approved": "第二次批准",
}


@needs(Permission.DESTROY_TRACES)
@require_GET
def destructions(request: HttpRequest) -> HttpResponse:
    """Show all lists."""
    register = Register(
        here="traces",
        title="到期销毁",
        note="保管期满的会话，经提出人之外的两人批准后销毁",
        columns=destroying.columns("会话数"),
        empty=("check", "没有销毁清单", "保管期满的会话可以由此提出销毁。"),
        links=(
            Link(href=reverse("console:trace_destruction_new"), label="提出清单", icon="list"),
            Link(href=reverse("console:traces"), label="返回记录", icon="left"),
        ),
    )
    rows = TraceDestruction.objects.order_by("-proposed_at", "-pk")
    return show_register(request, register, rows, _cells)


@needs(Permission.DESTROY_TRACES)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """List what is due up to a day."""
    asked = Asked(
        here="traces",
        title="提出销毁清单",
        submit="提出",
        back=reverse("console:trace_destructions"),
        note="只列入保管期已满、没有法律冻结的会话；销毁后只留下会话编号和销毁记录。",
        fields=[
            Field(name="until", label="最近操作不晚于", kind="date"),
            destroying.REASON,
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    at = now()
    try:
        row = propose_destruction(
            due_sessions(until=destroying.typed_until(request, at), at=at),
            reason=text(request, "reason"),
            actor=actor_of(request),
            at=at,
        )
    except Refusal as refusal:
        return show(request, asked, refusal)
    return redirect(reverse("console:trace_destruction", args=[row.public_id]))


@needs(Permission.DESTROY_TRACES)
@require_GET
def destruction(request: HttpRequest, key: str) -> HttpResponse:
    """Show one list."""
    row = destruction_of(key)
    return show_sheet(
        request,
        Sheet(
            here="traces",
            title="销毁清单",
            state=destroying.state_cell(row),
            back=Link(href=reverse("console:trace_destructions"), label="到期销毁", icon="left"),
            facts=(
                *destroying.first_facts(row),
                ("第一批准人", who(row.first_by) or "—", False),
                ("第二批准人", who(row.second_by) or "—", False),
                ("销毁时间", stamp(row.done_at), False),
                ("清单摘要", row.sessions_sha256, True),
            ),
            deeds=tuple(_deeds(row, actor_of(request))),
            tables=(("会话", ("开始时间", "最近操作", "会话"), _lines(row)),),
            acts=tuple(
                Act(label=_ACTS.get(act.action, act.action), at=act.at, actor=act.actor)
                for act in entries_of("trace_destruction", row.pk).order_by("-position")
            ),
        ),
    )


@needs(Permission.DESTROY_TRACES)
@require_POST
def decide(request: HttpRequest, key: str) -> HttpResponse:
    """Agree to a list, or refuse it."""
    allow = text(request, "decision") == "allow"
    act = approve_destruction if allow else refuse_destruction
    return do(
        request,
        lambda: act(key, actor=actor_of(request), at=now()),
        done="已批准" if allow else "已记录：不批准",
        to="trace_destruction",
        key=key,
    )


def _deeds(row: TraceDestruction, actor: str) -> list[Deed]:
    if row.state not in _OPEN:
        return []
    was_here = actor in {row.proposed_by, row.first_by}
    return [
        Deed(
            href=reverse("console:trace_destruction_decide", args=[row.public_id]),
            label="决定",
            icon="check",
            choices=("decision", "决定", (("allow", "批准销毁"), ("refuse", "不批准"))),
            is_dangerous=True,
            blocked="提出人和已批准的人不能再批准" if was_here else "",
        )
    ]


def _lines(row: TraceDestruction) -> list[tuple[Cell, ...]]:
    sessions = row.sessions.order_by("pk")[:_ROWS_MAX]
    return [_line(session) for session in sessions]


def _line(session: TraceSession) -> tuple[Cell, ...]:
    return (
        Cell(text=stamp(session.started_at)),
        Cell(text=stamp(session.last_at)),
        Cell(text=session.public_id, is_code=True),
    )


def _cells(row: TraceDestruction) -> tuple[Cell, ...]:
    where = reverse("console:trace_destruction", args=[row.public_id])
    return destroying.cells(row, href=where, count=row.sessions.count())
