"""Dossiers of signing tasks whose time is over, and the proposal to destroy them."""

from datetime import date
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.console import destroying
from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.archive.destruction_lists import POWER, tabs
from baozhen.faces.console.archive.files import type_word, units_of
from baozhen.faces.console.organizations.forms import Asked, Field, show, text
from baozhen.faces.console.registers import Cell, Choice, Link, Register, show_register
from baozhen.faces.console.typed import typed_day
from baozhen.faces.words import DOCUMENT_TYPES
from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.errors import Refusal
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.queries import due_dossiers
from baozhen.signing.files.services.destroying import DOSSIERS_MAX, propose_destruction
from baozhen.signing.files.titles import open_title
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.roles import LABELS

_FILTERS = ("number", "unit", "type", "until")


@needs(POWER)
@require_GET
def due(request: HttpRequest) -> HttpResponse:
    """List the dossiers that may be destroyed."""
    asked = {name: request.GET.get(name, "").strip()[:64] for name in _FILTERS}
    kept = {name: value for name, value in asked.items() if value}
    rows = _chosen(request, asked)
    query = f"?{urlencode(kept)}" if kept else ""
    register = Register(
        here="destructions",
        title="到期销毁",
        note="保管期全部届满、没有法律冻结、也不在待批准清单上的签署任务卷宗",
        columns=("保管至", "卷宗", "标题", "类型", "机构", "文件数"),
        empty=(
            "check",
            "没有到期的卷宗",
            "签署任务的文件保管期届满的次日起，会出现在这里，可以提出销毁。",
        ),
        filters=(
            Choice(name="number", label="任务编号或业务编号"),
            Choice(name="unit", label="机构", choices=_units(request)),
            Choice(name="type", label="类型", choices=list(DOCUMENT_TYPES.items())),
            Choice(name="until", label="保管至不晚于", kind="date"),
        ),
        links=(
            Link(href=reverse("console:destruction_new") + query, label="提出清单", icon="list"),
        )
        if rows.exists()
        else (),
        tabs=tabs(),
    )
    return show_register(request, register, rows, _due_cells)


@needs(POWER)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Propose to destroy what the filters of the list before choose; a reason goes with it."""
    given = request.POST if request.method == "POST" else request.GET
    asked = {name: given.get(name, "").strip()[:64] for name in _FILTERS}
    rows = _chosen(request, asked)
    dossiers = list(rows.values_list("envelope", flat=True)[: DOSSIERS_MAX + 1])
    form = Asked(
        here="destructions",
        title="提出销毁清单",
        submit="提出清单",
        back=reverse("console:destructions"),
        note=_what(len(dossiers)),
        fields=(
            Field(name="number", label="任务编号或业务编号", value=asked["number"], required=False),
            Field(
                name="unit",
                label="机构",
                value=asked["unit"],
                required=False,
                choices=[("", "全部"), *_units(request)],
            ),
            Field(
                name="type",
                label="类型",
                value=asked["type"],
                required=False,
                choices=[("", "全部"), *DOCUMENT_TYPES.items()],
            ),
            Field(
                name="until",
                label="保管至不晚于",
                kind="date",
                value=asked["until"],
                required=False,
            ),
            destroying.REASON,
        ),
    )
    if request.method != "POST":
        return show(request, form)
    try:
        row = propose_destruction(
            dossiers[:DOSSIERS_MAX],
            reason=text(request, "reason"),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, form, refusal)
    return redirect("console:destruction", key=row.public_id)


def _chosen(request: HttpRequest, asked: dict[str, str]) -> QuerySet[FileEntry]:
    day = typed_day(asked["until"])
    rows = due_dossiers(units_of(request, POWER), today=shanghai_date(now()), until=day)
    if asked["number"]:
        rows = rows.filter(Q(envelope=asked["number"]) | Q(biz_no=asked["number"]))
    if asked["unit"]:
        is_key = asked["unit"].isdecimal() and asked["unit"].isascii()
        rows = rows.filter(unit_id=int(asked["unit"])) if is_key else rows.none()
    if asked["type"]:
        rows = rows.filter(document_type=asked["type"])
    # A date that cannot be read chooses nothing: it must never become no limit.
    return rows if day or not asked["until"] else rows.none()


def _units(request: HttpRequest) -> list[tuple[str, str]]:
    units = OrgUnit.objects.filter(pk__in=units_of(request, POWER)).order_by("path")
    return [(str(unit.pk), unit.name) for unit in units]


def _what(count: int) -> str:
    """Return how much the form would list, and what comes of it."""
    if count > DOSSIERS_MAX:
        much = f"符合条件的卷宗超过 {DOSSIERS_MAX} 个，这张清单列入最早的 {DOSSIERS_MAX} 个"
    else:
        much = f"将列入 {count} 个卷宗的全部文件"
    return (
        f"{much}。另一位有“{LABELS[POWER]}”权限的同事批准后销毁，内容不能恢复，"
        "只留下编号、摘要和销毁记录。"
    )


def _due_cells(entry: FileEntry) -> tuple[Cell, ...]:
    until: date | None = getattr(entry, "until", None)
    return (
        Cell(text=until.isoformat() if until else ""),
        Cell(text=entry.envelope, is_code=True),
        Cell(text=open_title(entry)),
        Cell(text=type_word(entry)),
        Cell(text=entry.unit.name),
        Cell(text=f"{getattr(entry, 'files', 0)}"),
    )
