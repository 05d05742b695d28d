"""Prices and the monthly clearing between units."""

import csv
import io
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.organizations.forms import Asked, Field, number, show, text
from baozhen.faces.console.registers import (
    Cell,
    Deed,
    Link,
    Register,
    Sheet,
    do,
    show_register,
    show_sheet,
)
from baozhen.faces.console.typed import typed_day
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import require_power, root_unit, scope_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.statistics.errors import PriceMalformed, StatementUnknown
from baozhen.signing.statistics.models import PriceRule, Statement
from baozhen.signing.statistics.queries import statements_of
from baozhen.signing.statistics.rules import Price
from baozhen.signing.statistics.services import (
    clear_month,
    confirm_statement,
    lock_statement,
    set_price,
)
from baozhen.signing.statistics.states import MODE_LABELS, USAGE_LABELS, ChargeMode, UsageKind


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
            Link(href=reverse("console:prices"), label="价格规则", icon="tag"),
            Link(href=reverse("console:charging_clear"), label="生成清分单", icon="check"),
        ),
    )
    return show_register(request, register, statements_of(_units(request)), _row)


@needs(Permission.MANAGE_CHARGING)
@require_GET
def prices(request: HttpRequest) -> HttpResponse:
    """List the prices."""
    register = Register(
        here="charging",
        title="价格规则",
        note="按整月生效；机构自己的价格优先于通用价格",
        columns=("用量", "方式", "单价", "月费", "含次数", "机构", "生效", "失效"),
        empty=("tag", "还没有价格", "没有价格的用量只计数、不收费。"),
        links=(
            Link(href=reverse("console:charging"), label="清分单", icon="list"),
            Link(href=reverse("console:price_new"), label="新价格", icon="check"),
        ),
    )
    rules = PriceRule.objects.select_related("unit").order_by("-starts_on", "-pk")
    return show_register(request, register, rules, _price_row)


@needs(Permission.MANAGE_CHARGING)
@require_http_methods(["GET", "POST"])
def new_price(request: HttpRequest) -> HttpResponse:
    """Set a price; head office alone does."""
    units = OrgUnit.objects.order_by("path")
    asked = Asked(
        here="charging",
        title="新价格",
        submit="设定",
        back=reverse("console:prices"),
        note="金额以分为单位的整数，不需要舍入。",
        fields=(
            Field(
                name="kind",
                label="用量",
                choices=[(kind.value, label) for kind, label in USAGE_LABELS.items()],
            ),
            Field(
                name="mode",
                label="方式",
                choices=[(mode.value, label) for mode, label in MODE_LABELS.items()],
            ),
            Field(name="fen", label="单价（分）", kind="number", value="0"),
            Field(name="monthly_fen", label="月费（分）", kind="number", value="0"),
            Field(name="included", label="含次数", kind="number", value="0"),
            Field(
                name="unit",
                label="机构",
                required=False,
                choices=[("", "全部机构"), *((str(unit.pk), unit.name) for unit in units)],
            ),
            Field(name="starts_on", label="生效日（某月 1 日）", kind="date"),
            Field(name="ends_on", label="失效日（某月 1 日）", kind="date", required=False),
        ),
    )
    if request.method != "POST":
        return show(request, asked)
    require_power(request.user, Permission.MANAGE_CHARGING, root_unit())
    try:
        set_price(_price(request), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    return redirect(reverse("console:prices"))


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
        month = _day(f"{text(request, 'month')}-01", "month")
        clear_month(month, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    return redirect(reverse("console:charging"))


@needs(Permission.MANAGE_CHARGING)
@require_GET
def statement(request: HttpRequest, key: int) -> HttpResponse:
    """Show one statement."""
    row = _statement(request, key)
    rows = [
        (
            Cell(text=line.get_kind_display()),
            Cell(text=MODE_LABELS[ChargeMode(line.mode)] if line.mode else "没有价格"),
            Cell(text=f"{line.count:,}"),
            Cell(text=_yuan(line.total_fen)),
        )
        for line in row.lines.order_by("pk")
    ]
    sheet = Sheet(
        here="charging",
        title=f"{row.unit.name} {row.month:%Y-%m} 清分单",
        state=Cell(text=row.get_state_display(), tone="jade", icon="check"),
        back=Link(href=reverse("console:charging"), label="计费清分", icon="left"),
        facts=(("机构", row.unit.name, False), ("金额", _yuan(row.total_fen), False)),
        deeds=_deeds(row),
        tables=(("明细", ("用量", "方式", "数量", "金额"), rows),),
    )
    return show_sheet(request, sheet)


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
def export(request: HttpRequest, key: int) -> HttpResponse:
    """Send the statement as CSV."""
    row = _statement(request, key)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("月份", "机构", "用量", "数量", "金额（分）"))
    for line in row.lines.order_by("pk"):
        writer.writerow(
            (f"{row.month:%Y-%m}", row.unit.name, line.kind, line.count, line.total_fen)
        )
    writer.writerow((f"{row.month:%Y-%m}", row.unit.name, "合计", "", row.total_fen))
    headers = {"Content-Disposition": f'attachment; filename="statement-{key}.csv"'}
    data = ("\ufeff" + out.getvalue()).encode()
    return HttpResponse(data, content_type="text/csv; charset=utf-8", headers=headers)


def _deeds(row: Statement) -> tuple[Deed, ...]:
    address = {"key": row.pk}
    deeds = {
        "draft": Deed(href=reverse("console:statement_confirm", kwargs=address), label="确认"),
        "confirmed": Deed(
            href=reverse("console:statement_lock", kwargs=address), label="锁定", icon="lock"
        ),
    }
    return (deeds[row.state],) if row.state in deeds else ()


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
        Cell(text=_yuan(row.total_fen)),
        Cell(text=row.get_state_display()),
    )


def _price_row(rule: PriceRule) -> tuple[Cell, ...]:
    return (
        Cell(text=rule.get_kind_display()),
        Cell(text=rule.get_mode_display()),
        Cell(text=_yuan(rule.fen)),
        Cell(text=_yuan(rule.monthly_fen)),
        Cell(text=f"{rule.included:,}"),
        Cell(text=rule.unit.name if rule.unit else "全部机构"),
        Cell(text=rule.starts_on.isoformat()),
        Cell(text=rule.ends_on.isoformat() if rule.ends_on else "长期"),
    )


def _price(request: HttpRequest) -> Price:
    kind, mode, ends_on = text(request, "kind"), text(request, "mode"), text(request, "ends_on")
    if kind not in set(UsageKind) or mode not in set(ChargeMode):
        raise PriceMalformed(path="kind", problem="请选择用量和方式")
    return Price(
        kind=UsageKind(kind),
        mode=ChargeMode(mode),
        fen=number(request, "fen"),
        monthly_fen=number(request, "monthly_fen"),
        included=number(request, "included"),
        unit=number(request, "unit") or None,
        starts_on=_day(text(request, "starts_on"), "starts_on"),
        ends_on=_day(ends_on, "ends_on") if ends_on else None,
    )


def _day(typed: str, name: str) -> date:
    day = typed_day(typed)
    if day is None:
        raise PriceMalformed(path=name, problem="请填写日期")
    return day


def _yuan(fen: int) -> str:
    return f"¥{fen // 100:,}.{fen % 100:02d}"
