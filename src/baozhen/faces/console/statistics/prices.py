"""Prices: what a use costs from which month on, for all units or for one."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.organizations.forms import (
    Asked,
    Field,
    limit,
    number,
    show,
    text,
)
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
from baozhen.faces.console.typed import typed_day
from baozhen.foundation.clock import now, today
from baozhen.foundation.errors import Refusal
from baozhen.foundation.money import format_yuan
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import require_power, root_unit
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.statistics.errors import PriceMalformed
from baozhen.signing.statistics.models import PriceRule
from baozhen.signing.statistics.rules import Price
from baozhen.signing.statistics.services import end_price, set_price
from baozhen.signing.statistics.states import MODE_LABELS, USAGE_LABELS, ChargeMode, UsageKind


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
@require_GET
def price(request: HttpRequest, key: int) -> HttpResponse:
    """Show one price; one without an end can be ended."""
    rule = get_object_or_404(PriceRule.objects.select_related("unit"), pk=key)
    ended = rule.ends_on is not None and rule.ends_on <= today()
    running = Cell(text="已失效", icon="clock") if ended else Cell(text="有效", tone="jade")
    sheet = Sheet(
        here="charging",
        title=f"{rule.get_kind_display()}的价格",
        state=running,
        back=Link(href=reverse("console:prices"), label="价格规则", icon="left"),
        facts=(
            ("方式", rule.get_mode_display(), False),
            ("单价", format_yuan(rule.fen), False),
            ("月费", format_yuan(rule.monthly_fen), False),
            ("含次数", f"{rule.included:,}", False),
            ("机构", rule.unit.name if rule.unit else "全部机构", False),
            ("生效", rule.starts_on.isoformat(), False),
            ("失效", rule.ends_on.isoformat() if rule.ends_on else "长期", False),
        ),
        deeds=(
            Deed(
                href=reverse("console:price_end", kwargs={"key": rule.pk}),
                label="结束这个价格",
                asks=(("ends_on", "失效日（某月 1 日，如 2027-01-01）"),),
                is_dangerous=True,
            ),
        )
        if rule.ends_on is None
        else (),
        acts=acts_of("price_rule", rule.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.MANAGE_CHARGING)
@require_POST
def finish_price(request: HttpRequest, key: int) -> HttpResponse:
    """End a price; head office alone does."""
    require_power(request.user, Permission.MANAGE_CHARGING, root_unit())
    rule = get_object_or_404(PriceRule, pk=key)
    return do(
        request,
        lambda: end_price(
            rule,
            ends_on=day_of(text(request, "ends_on"), "ends_on"),
            actor=actor_of(request),
            at=now(),
        ),
        done="失效日已设定；已生成的清分单不变。",
        to="price",
        key=key,
    )


def _price_row(rule: PriceRule) -> tuple[Cell, ...]:
    return (
        Cell(text=rule.get_kind_display(), href=reverse("console:price", kwargs={"key": rule.pk})),
        Cell(text=rule.get_mode_display()),
        Cell(text=format_yuan(rule.fen)),
        Cell(text=format_yuan(rule.monthly_fen)),
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
        fen=limit(request, "fen", "单价", least=0) or 0,
        monthly_fen=limit(request, "monthly_fen", "月费", least=0) or 0,
        included=limit(request, "included", "含次数", least=0) or 0,
        unit=number(request, "unit") or None,
        starts_on=day_of(text(request, "starts_on"), "starts_on"),
        ends_on=day_of(ends_on, "ends_on") if ends_on else None,
    )


def day_of(typed: str, name: str) -> date:
    """Return a day that has to be typed; raises PriceMalformed."""
    day = typed_day(typed)
    if day is None:
        raise PriceMalformed(path=name, problem="请填写日期")
    return day
