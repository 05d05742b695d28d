"""The monthly clearing between units."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.organizations.forms import Asked, Field, show, text
from baozhen.faces.console.registers import (
    Cell,
    Deed,
    Link,
    Register,
    Sheet,
    acts_of,
    do,
    show_register,
    show_sheet,
)
from baozhen.faces.console.spreadsheets import streamed
from baozhen.faces.console.statistics.prices import day_of
from baozhen.faces.templatetags.faces import stamp
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.money import format_yuan, yuan_from_fen
from baozhen.signing.organizations.queries import require_power, root_unit, scope_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.statistics.errors import StatementUnknown
from baozhen.signing.statistics.models import Statement, StatementLine
from baozhen.signing.statistics.queries import statements_of
from baozhen.signing.statistics.services import (
    clear_month,
    confirm_statement,
    lock_statement,
    recount_statement,
)
from baozhen.signing.statistics.states import MODE_LABELS, ChargeMode

_STATEMENT_HEAD = ("月份", "机构", "用量", "方式", "数量", "金额（元）")


@needs(Permission.MANAGE_CHARGING)
@require_GET
def statements(request: HttpRequest) -> HttpResponse:
    """List the statements of one's units."""
    register = Register(
        here="charging",
        title="计费清分",
        note="每月一张清分单：确认后锁定，不再变动",
        columns=("月份", "机构", "金额", "状态"),
        empty=("list", "还没有清分单", "设定价格，月份结束后生成清分单。"),
        links=(
            Link(href=reverse("console:usage"), label="用量记录", icon="list"),
            Link(href=reverse("console:prices"), label="价格规则", icon="tag"),
            Link(href=reverse("console:charging_clear"), label="生成清分单", icon="check"),
        ),
    )
    return show_register(request, register, statements_of(_units(request)), _row)


@needs(Permission.MANAGE_CHARGING)
@require_http_methods(["GET", "POST"])
def clear(request: HttpRequest) -> HttpResponse:
    """Make the statements of a month."""
    asked = Asked(
        here="charging",
        title="生成清分单",
        submit="生成",
        back=reverse("console:charging"),
        note="为结束的月份生成各机构的清分单；已有清分单的机构不变。",
        fields=(Field(name="month", label="月份", kind="month"),),
    )
    if request.method != "POST":
        return show(request, asked)
    require_power(request.user, Permission.MANAGE_CHARGING, root_unit())
    try:
        month = day_of(f"{text(request, 'month')}-01", "month")
        clear_month(month, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    return redirect(reverse("console:charging"))


@needs(Permission.MANAGE_CHARGING)
@require_GET
def statement(request: HttpRequest, key: int) -> HttpResponse:
    """Show one statement."""
    row = _statement(request, key)
    uses = {"month": f"{row.month:%Y-%m}", "unit": str(row.unit_id)}
    rows = [
        (
            Cell(text=line.get_kind_display()),
            Cell(text=_mode(line)),
            Cell(
                text=f"{line.count:,}",
                href=f"{reverse('console:usage')}?{urlencode(uses | {'kind': line.kind})}",
            ),
            Cell(text=format_yuan(line.total_fen)),
        )
        for line in row.lines.order_by("pk")
    ]
    sheet = Sheet(
        here="charging",
        title=f"{row.unit.name} {row.month:%Y-%m} 清分单",
        state=_state(row),
        back=Link(href=reverse("console:charging"), label="计费清分", icon="left"),
        links=(
            Link(
                href=reverse("console:statement_export", kwargs={"key": row.pk}),
                label="CSV",
                icon="download",
            ),
        ),
        facts=(
            ("机构", row.unit.name, False),
            ("金额", format_yuan(row.total_fen), False),
            ("生成时间", stamp(row.made_at), False),
        ),
        deeds=_deeds(row),
        tables=(("明细", ("用量", "方式", "数量", "金额"), rows),),
        acts=acts_of("statement", row.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.MANAGE_CHARGING)
@require_POST
def recount(request: HttpRequest, key: int) -> HttpResponse:
    """Work a draft out again: a price was set too late, a use was written down later."""
    row = _statement(request, key)
    return do(
        request,
        lambda: recount_statement(row, actor=actor_of(request), at=now()),
        done="已按现在的价格和用量重新计算。",
        to="statement",
        key=key,
    )


@needs(Permission.MANAGE_CHARGING)
@require_POST
def confirm(request: HttpRequest, key: int) -> HttpResponse:
    """Confirm a statement."""
    row = _statement(request, key)
    return do(
        request,
        lambda: confirm_statement(row, actor=actor_of(request), at=now()),
        done="已确认。",
        to="statement",
        key=key,
    )


@needs(Permission.MANAGE_CHARGING)
@require_POST
def lock(request: HttpRequest, key: int) -> HttpResponse:
    """Lock a statement."""
    row = _statement(request, key)
    return do(
        request,
        lambda: lock_statement(row, actor=actor_of(request), at=now()),
        done="已锁定，不再变动。",
        to="statement",
        key=key,
    )


@needs(Permission.MANAGE_CHARGING)
@require_GET
def export(request: HttpRequest, key: int) -> StreamingHttpResponse:
    """Send the statement as CSV."""
    row = _statement(request, key)
    of = (f"{row.month:%Y-%m}", row.unit.name)
    rows: list[tuple[object, ...]] = [
        (*of, line.get_kind_display(), _mode(line), line.count, yuan_from_fen(line.total_fen))
        for line in row.lines.order_by("pk")
    ]
    rows.append((*of, "合计", "", "", yuan_from_fen(row.total_fen)))
    return streamed(f"statement-{key}", _STATEMENT_HEAD, rows)


def _deeds(row: Statement) -> tuple[Deed, ...]:
    address = {"key": row.pk}
    deeds = {
        "draft": (
            Deed(href=reverse("console:statement_confirm", kwargs=address), label="确认"),
            Deed(
                href=reverse("console:statement_recount", kwargs=address),
                label="重新计算",
                icon="again",
            ),
        ),
        "confirmed": (
            Deed(href=reverse("console:statement_lock", kwargs=address), label="锁定", icon="lock"),
        ),
    }
    return deeds.get(row.state, ())


def _state(row: Statement) -> Cell:
    tones = {
        "draft": ("amber", "clock"),
        "confirmed": ("azure", "check"),
        "locked": ("jade", "lock"),
    }
    tone, icon = tones[row.state]
    return Cell(text=row.get_state_display(), tone=tone, icon=icon)


def _mode(line: StatementLine) -> str:
    return MODE_LABELS[ChargeMode(line.mode)] if line.mode else "没有价格"


def _units(request: HttpRequest) -> list[int]:
    return list(scope_of(request.user, Permission.MANAGE_CHARGING).values_list("pk", flat=True))


def _statement(request: HttpRequest, key: int) -> Statement:
    row = statements_of(_units(request)).filter(pk=key).first()
    if row is None:
        raise StatementUnknown(statement=key)
    return row


def _row(row: Statement) -> tuple[Cell, ...]:
    return (
        Cell(text=f"{row.month:%Y-%m}", href=reverse("console:statement", kwargs={"key": row.pk})),
        Cell(text=row.unit.name),
        Cell(text=format_yuan(row.total_fen)),
        _state(row),
    )
