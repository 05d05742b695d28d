"""对账: the days that were compared, and the differences somebody has to handle."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.organizations.forms import text
from baozhen.faces.console.payments.shown import channel_name, state_cell, sum_cell, time_cell
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
from baozhen.faces.templatetags.faces import stamp, who, yuan
from baozhen.foundation.clock import now
from baozhen.insurance.payments.models import Difference, ReconciliationRun
from baozhen.insurance.payments.services.reconciling import handle_difference
from baozhen.insurance.payments.states import (
    CHANNEL_LABELS,
    DIFFERENCE_KINDS,
    DIFFERENCE_LABELS,
    DifferenceState,
)
from baozhen.signing.organizations.roles import Permission

_COLUMNS = ("种类", "业务", "渠道", "商户订单号或退款单号", "渠道金额", "平台金额", "状态")


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """List the days that were compared, the newest first."""
    register = Register(
        here="reconciliation",
        title="对账",
        note="每天上午十一点后下载各渠道前一天的账单并逐笔核对；通知丢失的收款自动补入",
        columns=("账单日期", "渠道", "笔数", "收款", "退款", "差异", "对账时间"),
        empty=("check", "还没有对账记录", "渠道生成前一天的账单后自动对账。"),
        filters=(Choice(name="channel", label="渠道", choices=list(CHANNEL_LABELS.items())),),
        links=(Link(href=reverse("console:payment_differences"), label="差异", icon="alert"),),
    )
    rows = ReconciliationRun.objects.order_by("-day", "channel")
    if channel := request.GET.get("channel", ""):
        rows = rows.filter(channel=channel)
    return show_register(request, register, rows, _run_row)


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def run(request: HttpRequest, key: int) -> HttpResponse:
    """Show one day of one channel."""
    row = get_object_or_404(ReconciliationRun, pk=key)
    found = row.differences.order_by("pk")
    waiting = found.filter(state=DifferenceState.OPEN).count()
    sheet = Sheet(
        here="reconciliation",
        title=f"{channel_name(row.channel)} {row.day:%Y-%m-%d}",
        state=Cell(
            text=f"{waiting} 笔待处理" if waiting else "没有待处理的差异",
            tone="amber" if waiting else "jade",
            icon="alert" if waiting else "check",
        ),
        back=Link(href=reverse("console:reconciliation"), label="对账", icon="left"),
        facts=(
            ("账单笔数", f"{row.lines:,}", False),
            ("收款合计", yuan(row.received_fen), False),
            ("退款合计", yuan(row.refunded_fen), False),
            ("账单摘要", row.bill_sha256, True),
            ("对账时间", stamp(row.run_at), False),
        ),
        tables=(("差异", _COLUMNS, [_difference_row(one) for one in found]),),
    )
    return show_sheet(request, sheet)


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def differences(request: HttpRequest) -> HttpResponse:
    """List the differences, those that wait first."""
    register = Register(
        here="reconciliation",
        title="对账差异",
        note="每笔差异由经办人核实并写明处理结果",
        columns=_COLUMNS,
        empty=("check", "没有差异", "渠道账单与平台记录一致。"),
        filters=(
            Choice(name="state", label="状态", choices=list(DIFFERENCE_LABELS.items())),
            Choice(name="kind", label="种类", choices=list(DIFFERENCE_KINDS.items())),
        ),
        links=(Link(href=reverse("console:reconciliation"), label="对账记录", icon="left"),),
    )
    wanted = {name: request.GET.get(name, "") for name in ("state", "kind")}
    rows = Difference.objects.select_related("run").order_by("-state", "-pk")
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    return show_register(request, register, rows, _difference_row)


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def difference(request: HttpRequest, key: int) -> HttpResponse:
    """Show one difference; say how it was handled."""
    row = get_object_or_404(Difference.objects.select_related("run"), pk=key)
    deeds = []
    if row.state == DifferenceState.OPEN and may(request, Permission.MANAGE_REFUNDS):
        href = reverse("console:difference_handle", args=[row.pk])
        deeds = [Deed(href=href, label="处理完毕", asks=(("note", "处理说明"),))]
    sheet = Sheet(
        here="reconciliation",
        title=DIFFERENCE_KINDS[row.kind],
        state=state_cell(row.state),
        back=Link(href=reverse("console:payment_differences"), label="对账差异", icon="left"),
        facts=(
            ("渠道", channel_name(row.run.channel), False),
            ("账单日期", f"{row.run.day:%Y-%m-%d}", False),
            ("业务", "退款" if row.is_refund else "收款", False),
            ("商户订单号或退款单号", row.business_no, True),
            ("渠道交易号", row.channel_no or "—", True),
            ("渠道金额", yuan(row.theirs_fen), False),
            ("平台金额", yuan(row.ours_fen), False),
            ("处理说明", row.note or "—", False),
            ("处理人", who(row.handled_by) or "—", False),
        ),
        deeds=deeds,
        acts=acts_of("payment_difference", row.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.MANAGE_REFUNDS)
@require_POST
def handle(request: HttpRequest, key: int) -> HttpResponse:
    """Note how a difference was handled."""
    get_object_or_404(Difference, pk=key)
    return do(
        request,
        lambda: handle_difference(
            key, note=text(request, "note"), actor=actor_of(request), at=now()
        ),
        done="已记录处理结果。",
        to="payment_difference",
        key=key,
    )


def _run_row(row: ReconciliationRun) -> list[Cell]:
    found = row.differences.count()
    return [
        Cell(text=f"{row.day:%Y-%m-%d}", href=reverse("console:reconciliation_run", args=[row.pk])),
        Cell(text=channel_name(row.channel)),
        Cell(text=f"{row.lines:,}"),
        sum_cell(row.received_fen),
        sum_cell(row.refunded_fen),
        Cell(text=f"{found} 笔", tone="amber", icon="alert")
        if found
        else Cell(text="一致", tone="jade", icon="check"),
        time_cell(row.run_at),
    ]


def _difference_row(row: Difference) -> list[Cell]:
    return [
        Cell(
            text=DIFFERENCE_KINDS[row.kind],
            href=reverse("console:payment_difference", args=[row.pk]),
        ),
        Cell(text="退款" if row.is_refund else "收款"),
        Cell(text=channel_name(row.run.channel)),
        Cell(text=row.business_no, is_code=True),
        sum_cell(row.theirs_fen),
        sum_cell(row.ours_fen),
        state_cell(row.state),
    ]
