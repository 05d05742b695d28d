"""Lists of dossiers to destroy, who agreed to them, and what remains of what was destroyed."""

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console import destroying
from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.archive.files import type_word, units_of
from baozhen.faces.console.organizations.forms import text
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
from baozhen.faces.console.typed import end_of_day, typed_midnight
from baozhen.faces.templatetags.faces import stamp, who
from baozhen.foundation.clock import now
from baozhen.signing.files.models import ArchiveDestruction, ArchiveItem, LegalHold, Tombstone
from baozhen.signing.files.queries import destruction_of, destructions_of, tombstones_of
from baozhen.signing.files.services.destroying import (
    approve_destruction,
    dossiers_of,
    refuse_destruction,
)
from baozhen.signing.files.states import DESTRUCTION_LABELS, DestructionState
from baozhen.signing.organizations.roles import LABELS, Permission

POWER = Permission.DESTROY_FILES
_KINDS = {"envelope": "签署文件", "evidence": "证据清单"}
_SHOWN = 20
_ITEM_COLUMNS = ("卷宗", "种类", "保管至", "状态", "SHA-256")


@needs(POWER)
@require_GET
def lists(request: HttpRequest) -> HttpResponse:
    """Show the lists, the newest first."""
    register = Register(
        here="destructions",
        title="销毁清单",
        note=f"由提出人以外有“{LABELS[POWER]}”权限的同事批准后销毁",
        columns=destroying.columns("卷宗数"),
        empty=("check", "没有销毁清单", "在“到期卷宗”里提出清单后，会出现在这里等待批准。"),
        filters=(
            Choice(
                name="state",
                label="状态",
                choices=[(state.value, word) for state, word in DESTRUCTION_LABELS.items()],
            ),
        ),
        tabs=tabs(),
    )
    rows = destructions_of(units_of(request, POWER))
    if (state := request.GET.get("state", "")) in set(DestructionState):
        rows = rows.filter(state=state)
    return show_register(request, register, rows, _list_cells)


@needs(POWER)
@require_GET
def done(request: HttpRequest) -> HttpResponse:
    """List what remains of what was destroyed."""
    register = Register(
        here="destructions",
        title="已销毁",
        note="文件内容已经清除，只保留编号、摘要和销毁记录",
        columns=("销毁时间", "卷宗", "种类", "机构", "保管至", "批准人", "SHA-256"),
        empty=("check", "没有销毁过的文件", "销毁清单执行后，每份文件的销毁记录留在这里。"),
        filters=(
            Choice(name="number", label="任务编号、业务编号或 SHA-256"),
            Choice(name="from", label="销毁日期从", kind="date"),
            Choice(name="to", label="到", kind="date"),
        ),
        tabs=tabs(),
    )
    rows = tombstones_of(units_of(request, POWER))
    if number := request.GET.get("number", "").strip()[:64]:
        rows = rows.filter(
            Q(item__dossier=number) | Q(item__sha256=number.lower()) | Q(item__entry__biz_no=number)
        )
    if since := typed_midnight(request.GET.get("from", "")):
        rows = rows.filter(disposed_at__gte=since)
    if before := end_of_day(request.GET.get("to", "")):
        rows = rows.filter(disposed_at__lt=before)
    return show_register(request, register, rows, _gone_cells)


@needs(POWER)
@require_GET
def one(request: HttpRequest, key: str) -> HttpResponse:
    """Show one list."""
    row = _own(request, key)
    rows = _items(row)
    count = rows.count()
    first = f"文件（共 {count:,} 份，先列 {_SHOWN} 份）" if count > _SHOWN else "文件"
    decided = f"{who(row.decided_by)} · {stamp(row.decided_at)}" if row.decided_by else "—"
    sheet = Sheet(
        here="destructions",
        title="销毁清单",
        state=destroying.state_cell(row),
        back=Link(href=reverse("console:destruction_lists"), label="销毁清单", icon="left"),
        facts=(
            *destroying.first_facts(row),
            ("卷宗", f"{dossiers_of(row):,} 个", False),
            ("文件", f"{count:,} 份", False),
            ("不批准" if row.state == DestructionState.REFUSED else "批准", decided, False),
            *((("不批准的理由", row.refusal, False),) if row.refusal else ()),
            ("销毁时间", stamp(row.done_at) if row.done_at else "—", False),
            ("清单摘要", row.items_sha256, True),
        ),
        deeds=_deeds(row, actor_of(request)),
        tables=((first, _ITEM_COLUMNS, _item_lines(row, rows[:_SHOWN])),),
        acts=acts_of(row.NOUN, row.pk),
        links=(
            Link(
                href=reverse("console:destruction_items", args=[row.public_id]),
                label="全部文件",
                icon="list",
            ),
        ),
    )
    return show_sheet(request, sheet)


@needs(POWER)
@require_GET
def items(request: HttpRequest, key: str) -> HttpResponse:
    """Show every document of a list, page by page."""
    row = _own(request, key)
    register = Register(
        here="destructions",
        title="清单上的文件",
        note=f"{row.public_id}：{row.get_state_display()}",
        columns=_ITEM_COLUMNS,
        empty=("list", "清单上没有文件", "清单按卷宗提出，至少有一份文件。"),
        links=(
            Link(
                href=reverse("console:destruction", args=[row.public_id]),
                label="返回清单",
                icon="left",
            ),
        ),
    )
    held = _held(row)
    return show_register(request, register, _items(row), lambda item: _line(row, item, held))


@needs(POWER)
@require_POST
def approve(request: HttpRequest, key: str) -> HttpResponse:
    """Agree to a list, once its number of dossiers was typed."""
    row = _own(request, key)
    return do(
        request,
        lambda: approve_destruction(
            row.public_id,
            confirmed=text(request, "confirmed"),
            actor=actor_of(request),
            at=now(),
        ),
        done="已批准，正在销毁。",
        to="destruction",
        key=key,
    )


@needs(POWER)
@require_POST
def refuse(request: HttpRequest, key: str) -> HttpResponse:
    """Refuse a list, or take one's own back."""
    row = _own(request, key)
    return do(
        request,
        lambda: refuse_destruction(
            row.public_id, reason=text(request, "reason"), actor=actor_of(request), at=now()
        ),
        done="已记录：不批准。清单上的卷宗可以重新提出。",
        to="destruction",
        key=key,
    )


def tabs() -> tuple[Link, ...]:
    """Return the three views: what is due, the lists, what is gone."""
    return (
        Link(href=reverse("console:destructions"), label="到期卷宗", icon="clock"),
        Link(href=reverse("console:destruction_lists"), label="销毁清单", icon="list"),
        Link(href=reverse("console:tombstones"), label="已销毁", icon="check"),
    )


def _own(request: HttpRequest, key: str) -> ArchiveDestruction:
    return destruction_of(key, units=units_of(request, POWER))


def _list_cells(row: ArchiveDestruction) -> tuple[Cell, ...]:
    href = reverse("console:destruction", args=[row.public_id])
    return destroying.cells(row, href=href, count=dossiers_of(row))


def _gone_cells(row: Tombstone) -> tuple[Cell, ...]:
    entry = getattr(row.item, "entry", None)
    return (
        Cell(text=stamp(row.disposed_at)),
        Cell(text=row.item.dossier, is_code=True),
        Cell(text=type_word(entry) if entry else _KINDS.get(row.item.kind, row.item.kind)),
        Cell(text=entry.unit.name if entry else "—"),
        Cell(text=row.item.retain_until.isoformat()),
        Cell(text=who(row.disposed_by)),
        Cell(text=row.item.sha256, is_code=True),
    )


def _deeds(row: ArchiveDestruction, actor: str) -> tuple[Deed, ...]:
    if row.state != DestructionState.PROPOSED:
        return ()
    is_own = actor == row.proposed_by
    return (
        Deed(
            href=reverse("console:destruction_approve", args=[row.public_id]),
            label="批准销毁",
            asks=(("confirmed", "请输入清单上的卷宗数以确认，销毁后不能恢复"),),
            is_dangerous=True,
            blocked=f"须由另一位有“{LABELS[POWER]}”权限的同事批准" if is_own else "",
        ),
        Deed(
            href=reverse("console:destruction_refuse", args=[row.public_id]),
            label="收回清单" if is_own else "不批准",
            icon="cross",
            asks=(("reason", "理由（4 至 200 字）"),),
        ),
    )


def _items(row: ArchiveDestruction) -> QuerySet[ArchiveItem]:
    return row.items.select_related("tombstone").order_by("dossier", "pk")


def _held(row: ArchiveDestruction) -> set[str]:
    holds = LegalHold.objects.filter(
        dossier__in=row.items.values("dossier"), released_at__isnull=True
    )
    return set(holds.values_list("dossier", flat=True))


def _item_lines(row: ArchiveDestruction, found: QuerySet[ArchiveItem]) -> list[tuple[Cell, ...]]:
    held = _held(row)
    return [_line(row, item, held) for item in found]


def _line(row: ArchiveDestruction, item: ArchiveItem, held: set[str]) -> tuple[Cell, ...]:
    return (
        Cell(text=item.dossier, is_code=True),
        Cell(text=_KINDS.get(item.kind, item.kind)),
        Cell(text=item.retain_until.isoformat()),
        _fate(row, item, is_held=item.dossier in held),
        Cell(text=item.sha256, is_code=True),
    )


def _fate(row: ArchiveDestruction, item: ArchiveItem, *, is_held: bool) -> Cell:
    """Return what became of a document, or what will."""
    if hasattr(item, "tombstone"):
        return Cell(text="已销毁", tone="jade", icon="check")
    if is_held:
        return Cell(text="法律冻结，保留", tone="amber", icon="lock")
    if row.state == DestructionState.DONE:
        return Cell(text="未到期，保留", tone="amber", icon="clock")
    return Cell(text="在档", tone="", icon="file-text")
