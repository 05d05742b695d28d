"""Versions of tables: which is in force, what a new one changes, who decides."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, may, needs
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
from baozhen.faces.templatetags.faces import stamp, who
from baozhen.foundation.clock import now, today
from baozhen.insurance.products.cells import cells_of, changes, write_value
from baozhen.insurance.products.errors import TableUnknown
from baozhen.insurance.products.kinds import kinds
from baozhen.insurance.products.models import TableVersion
from baozhen.insurance.products.queries import keys_in_force, version_before
from baozhen.insurance.products.services import (
    approve_version,
    reject_version,
    retire_version,
    submit_version,
)
from baozhen.insurance.products.states import STATE_LABELS, TableState
from baozhen.signing.organizations.roles import Permission

_CHANGES_SHOWN_MAX = 200
_CELLS_SHOWN_MAX = 40
_TONES = {
    TableState.DRAFT: ("", "file-text"),
    TableState.SUBMITTED: ("amber", "clock"),
    TableState.APPROVED: ("jade", "check"),
    TableState.REJECTED: ("quiet", "cross"),
    TableState.RETIRED: ("quiet", "pause"),
}


@needs(Permission.VIEW_PRODUCTS)
@require_GET
def tables(request: HttpRequest) -> HttpResponse:
    """List the versions of every table, what waits first."""
    found = TableVersion.objects.defer("content")
    for name in ("table", "state"):
        if value := request.GET.get(name, "").strip():
            found = found.filter(**{name: value})
    in_force = keys_in_force(today())
    register = Register(
        here="tables",
        title="费率与规则",
        note="各表由一人编制、另一人批准，从生效日起用于报价与核保；每份报价记下所用的版本",
        columns=("表", "状态", "确认", "版本", "生效日", "编制"),
        empty=("layers", "还没有费率表", "程序自带的表在启动时载入；点“导入”编制新版本。"),
        filters=(
            Choice(
                name="table",
                label="表",
                choices=sorted((name, kind.title) for name, kind in kinds().items()),
            ),
            Choice(name="state", label="状态", choices=list(STATE_LABELS.items())),
        ),
        links=_links(request),
    )
    ordered = found.order_by("table", "-effective_from", "-pk")
    return show_register(request, register, ordered, lambda row: _cells(row, in_force))


def _links(request: HttpRequest) -> tuple[Link, ...]:
    if not may(request, Permission.MANAGE_PRODUCTS):
        return ()
    return (
        Link(href=reverse("console:table_import"), label="导入新版本", icon="upload"),
        Link(href=reverse("console:solvency_new"), label="录入偿付能力", icon="pulse"),
    )


def _cells(row: TableVersion, in_force: set[int]) -> list[Cell]:
    kind = kinds().get(row.table)
    return [
        Cell(text=kind.title if kind else row.table, href=_address("table", row)),
        state_cell(row, in_force),
        confirmed_cell(row),
        Cell(text=row.version, is_code=True),
        Cell(text=row.effective_from.isoformat()),
        Cell(text=who(row.made_by)),
    ]


def state_cell(row: TableVersion, in_force: set[int]) -> Cell:
    """Return the state of a version, told apart when it is the one in force."""
    if row.pk in in_force:
        return Cell(text="现行", tone="jade", icon="check")
    tone, icon = _TONES[TableState(row.state)]
    return Cell(text=STATE_LABELS[row.state], tone=tone, icon=icon)


def confirmed_cell(row: TableVersion) -> Cell:
    """Return whether the facts of a version are confirmed by their source."""
    if row.confirmed:
        return Cell(text="已确认", tone="jade", icon="check")
    return Cell(text="未确认", tone="amber", icon="alert")


def _address(name: str, row: TableVersion) -> str:
    return reverse(f"console:{name}", kwargs={"key": row.pk})


def _found(key: int) -> TableVersion:
    row = TableVersion.objects.filter(pk=key).first()
    if row is None:
        raise Http404
    return row


@needs(Permission.VIEW_PRODUCTS)
@require_GET
def table(request: HttpRequest, key: int) -> HttpResponse:
    """Show one version: what it changes, what it says, what can be decided."""
    row = _found(key)
    kind = kinds().get(row.table)
    title = kind.title if kind else row.table
    sheet = Sheet(
        here="tables",
        title=f"{title} {row.version}",
        state=state_cell(row, keys_in_force(today())),
        facts=(
            ("生效日", row.effective_from.isoformat(), False),
            ("失效日", row.effective_to.isoformat() if row.effective_to else "长期", False),
            ("法域与地区", f"{row.jurisdiction} {row.region}", False),
            ("依据", row.source, False),
            ("事实", "已确认" if row.confirmed else "未确认：使用前须由业务部门核对原文", False),
            ("编制", f"{row.made_by}，{stamp(row.made_at)}", False),
            ("批准", _approved(row), False),
            ("说明", row.note or "—", False),
            ("摘要", row.sha256, True),
        ),
        back=Link(href=reverse("console:tables"), label="费率与规则", icon="left"),
        deeds=_deeds(request, row),
        tables=(_changes(row), _content(row)),
        acts=acts_of(TableVersion.NOUN, row.pk),
    )
    return show_sheet(request, sheet)


def _approved(row: TableVersion) -> str:
    return f"{row.approved_by}，{stamp(row.approved_at)}" if row.approved_at else "—"


_Table = tuple[str, tuple[str, ...], list[list[Cell]]]


def _changes(row: TableVersion) -> _Table:
    before = version_before(row)
    made = changes(before or {}, row.content) if before is not None else ()
    rows = [
        [
            Cell(text=one.path, is_code=True),
            Cell(text="—" if one.before is None else one.before),
            Cell(text="删除" if one.after is None else one.after),
        ]
        for one in made[:_CHANGES_SHOWN_MAX]
    ]
    title = "与此前版本的差异" if before is not None else "差异：这是第一版"
    more = f"（只列前 {_CHANGES_SHOWN_MAX} 处）" if len(made) > _CHANGES_SHOWN_MAX else ""
    return f"{title}{more}", ("项目", "原值", "新值"), rows


def _content(row: TableVersion) -> _Table:
    cells = list(cells_of(row.content).items())
    more = f"（共 {len(cells)} 项，只列前 {_CELLS_SHOWN_MAX} 项）"
    more = more if len(cells) > _CELLS_SHOWN_MAX else ""
    whole = f"{reverse('console:table_csv')}?version={row.pk}"
    rows = [[Cell(text="全部"), Cell(text="下载 CSV", href=whole)]]
    rows += [
        [Cell(text=path, is_code=True), Cell(text=write_value(value))]
        for path, value in cells[:_CELLS_SHOWN_MAX]
    ]
    return f"内容{more}", ("项目", "值"), rows


def _deeds(request: HttpRequest, row: TableVersion) -> tuple[Deed, ...]:
    if not may(request, Permission.MANAGE_PRODUCTS):
        return ()
    own = "您编制了这一版，须由另一人办理" if row.made_by == actor_of(request) else ""
    reject = Deed(
        href=_address("table_reject", row),
        label="不采用",
        icon="cross",
        asks=(("reason", "理由"),),
        is_dangerous=True,
    )
    if row.state == TableState.DRAFT:
        submit_it = Deed(href=_address("table_submit", row), label="提交批准")
        return (submit_it, reject)
    if row.state == TableState.SUBMITTED:
        return (Deed(href=_address("table_approve", row), label="批准", blocked=own), reject)
    if row.state == TableState.APPROVED:
        return (
            Deed(
                href=_address("table_retire", row),
                label="停用",
                icon="pause",
                asks=(("reason", "理由"),),
                is_dangerous=True,
                blocked=own,
            ),
        )
    return ()


@needs(Permission.MANAGE_PRODUCTS)
@require_POST
def submit(request: HttpRequest, key: int) -> HttpResponse:
    """Send a draft to a second person."""
    return _decide(request, key, lambda actor: submit_version(key, actor=actor, at=now()), "已提交")


@needs(Permission.MANAGE_PRODUCTS)
@require_POST
def approve(request: HttpRequest, key: int) -> HttpResponse:
    """Approve what somebody else made."""
    return _decide(
        request, key, lambda actor: approve_version(key, actor=actor, at=now()), "已批准"
    )


@needs(Permission.MANAGE_PRODUCTS)
@require_POST
def reject(request: HttpRequest, key: int) -> HttpResponse:
    """Give up a version that was not approved."""
    reason = text(request, "reason")

    def act(actor: str) -> object:
        return reject_version(key, reason=reason, actor=actor, at=now())

    return _decide(request, key, act, "已记录为不采用")


@needs(Permission.MANAGE_PRODUCTS)
@require_POST
def retire(request: HttpRequest, key: int) -> HttpResponse:
    """Take an approved version out of force."""
    reason = text(request, "reason")

    def act(actor: str) -> object:
        return retire_version(key, reason=reason, actor=actor, at=now())

    return _decide(request, key, act, "已停用，此前的版本重新生效")


def _decide(
    request: HttpRequest, key: int, act: Callable[[str], object], done: str
) -> HttpResponse:
    row = _found(key)
    if row.table not in kinds():
        raise TableUnknown(name=row.table)
    actor = actor_of(request)
    return do(request, lambda: act(actor), done=done, to="table", key=key)
