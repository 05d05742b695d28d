"""支付订单: what was asked, tried, received, told and sent back."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import may, needs
from baozhen.faces.console.narrowing import asked_narrowing, narrowing_choices
from baozhen.faces.console.payments.shown import (
    channel_name,
    state_cell,
    sum_cell,
    time_cell,
    verdict_cell,
)
from baozhen.faces.console.registers import (
    Cell,
    Choice,
    Deed,
    Link,
    Register,
    Sheet,
    acts_of,
    show_register,
    show_sheet,
)
from baozhen.faces.templatetags.faces import stamp, yuan
from baozhen.insurance.payments.models import ChannelNotice, PaymentOrder, Receipt, Refund
from baozhen.insurance.payments.queries import receipts_of, refunds_of, search_orders
from baozhen.insurance.payments.services.orders import order_of
from baozhen.insurance.payments.services.refunds import left_of
from baozhen.insurance.payments.states import (
    CHANNEL_LABELS,
    NOTICE_LABELS,
    ORDER_LABELS,
    PURPOSE_LABELS,
    ReceiptVerdict,
)
from baozhen.signing.organizations.roles import Permission

_SOURCES = {"callback": "渠道通知", "query": "主动查询", "bill": "对账"}


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """List the orders, the newest first."""
    register = Register(
        here="payment_orders",
        title="支付订单",
        note="一张投保单或批改申请一张订单；不能使用的款项自动原路退回",
        columns=("订单号", "用途", "业务号", "付款人", "金额", "支付方式", "状态", "建立时间"),
        empty=("tag", "还没有支付订单", "投保人开始缴费后，订单会出现在这里。"),
        filters=(
            Choice(name="q", label="订单号、业务号或渠道交易号"),
            Choice(name="state", label="状态", choices=list(ORDER_LABELS.items())),
            Choice(
                name="channel",
                label="支付方式",
                choices=list(CHANNEL_LABELS.items()),
            ),
            *narrowing_choices("收款"),
        ),
        links=(
            Link(href=reverse("console:unmatched_receipts"), label="无主款项", icon="question"),
            Link(href=reverse("console:payment_regions"), label="地区要求", icon="book"),
        ),
    )
    rows = search_orders(request.GET.get("q", "").strip())
    wanted = {name: request.GET.get(name, "") for name in ("state", "channel")}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    rows = asked_narrowing(request).orders(rows, "confirmed_at")
    return show_register(request, register, rows, _row)


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def unmatched(request: HttpRequest) -> HttpResponse:
    """List the money that has no order of ours."""
    register = Register(
        here="payment_orders",
        title="无主款项",
        note="渠道通知了收款，平台没有对应的订单；核实后由两人办理退款",
        columns=("渠道交易号", "商户订单号", "支付方式", "金额", "支付时间", "可退", "办理"),
        empty=("check", "没有无主款项", "渠道通知的收款都有对应的订单。"),
        links=(Link(href=reverse("console:payment_orders"), label="支付订单", icon="left"),),
    )
    rows = Receipt.objects.filter(verdict=ReceiptVerdict.UNKNOWN).order_by("-pk")
    manages = may(request, Permission.MANAGE_REFUNDS)
    return show_register(request, register, rows, lambda row: _unmatched_row(row, manages))


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def one(request: HttpRequest, order_no: str) -> HttpResponse:
    """Show everything of one order."""
    order = order_of(order_no)
    notices = ChannelNotice.objects.filter(attempt__order=order).order_by("pk")
    sheet = Sheet(
        here="payment_orders",
        title=f"支付订单 {order.order_no}",
        state=state_cell(order.state),
        back=Link(href=reverse("console:payment_orders"), label="支付订单", icon="left"),
        facts=_facts(order),
        deeds=_deeds(request, order),
        tables=(
            ("构成", ("项目", "金额"), _parts(order)),
            (
                "支付尝试",
                ("商户订单号", "支付方式", "发起时间", "结束时间"),
                [
                    (
                        Cell(text=attempt.attempt_no, is_code=True),
                        Cell(text=channel_name(attempt.channel)),
                        time_cell(attempt.made_at),
                        time_cell(attempt.ended_at),
                    )
                    for attempt in order.attempts.order_by("pk")
                ],
            ),
            (
                "到账",
                ("渠道交易号", "付款人", "账号", "金额", "支付时间", "来源", "结论"),
                [_receipt(row) for row in receipts_of(order)],
            ),
            (
                "退款",
                ("退款单号", "原因", "金额", "状态"),
                [_refund(row) for row in refunds_of(order)],
            ),
            (
                "渠道通知",
                ("收到时间", "来源", "摘要", "结论"),
                [
                    (
                        time_cell(row.received_at),
                        Cell(text=_SOURCES.get(row.source, row.source)),
                        Cell(text=row.sha256[:16], is_code=True),
                        Cell(text=NOTICE_LABELS[row.verdict]),
                    )
                    for row in notices
                ],
            ),
        ),
        acts=acts_of("payment_order", order.pk),
    )
    return show_sheet(request, sheet)


def _row(order: PaymentOrder) -> list[Cell]:
    return [
        Cell(text=order.order_no, href=reverse("console:payment_order", args=[order.order_no])),
        Cell(text=PURPOSE_LABELS[order.purpose]),
        Cell(text=order.business_no),
        Cell(text=order.payer_masked),
        sum_cell(order.amount_fen),
        Cell(text=channel_name(order.channel)),
        state_cell(order.state),
        time_cell(order.opened_at),
    ]


def _unmatched_row(receipt: Receipt, manages: bool) -> list[Cell]:
    left = left_of(receipt)
    propose = reverse("console:refund_propose", args=[receipt.pk])
    return [
        Cell(text=receipt.channel_no, is_code=True),
        Cell(text=receipt.attempt_no, is_code=True),
        Cell(text=channel_name(receipt.channel)),
        sum_cell(receipt.amount_fen),
        time_cell(receipt.paid_at),
        sum_cell(left),
        Cell(text="办理退款", href=propose) if manages and left else Cell(text="—"),
    ]


def _facts(order: PaymentOrder) -> list[tuple[str, str, bool]]:
    return [
        ("用途", PURPOSE_LABELS[order.purpose], False),
        ("业务号", order.business_no, False),
        ("金额", yuan(order.amount_fen), False),
        ("已退", yuan(order.refunded_fen), False),
        ("应付款人", order.payer_masked, False),
        ("核实付款人", "须核实" if order.payer_required else "本地区不要求", False),
        ("银行卡核验", order.payer_check_no or "—", bool(order.payer_check_no)),
        ("支付方式", channel_name(order.channel), False),
        ("失效时间", stamp(order.expires_at), False),
        ("支付时间", stamp(order.paid_at), False),
        ("确认时间", stamp(order.confirmed_at), False),
    ]


def _deeds(request: HttpRequest, order: PaymentOrder) -> list[Deed]:
    receipt = receipts_of(order).filter(verdict=ReceiptVerdict.ACCEPTED).first()
    if receipt is None or not may(request, Permission.MANAGE_REFUNDS):
        return []
    blocked = "" if left_of(receipt) else "已经全部退回"
    return [
        Deed(
            href=reverse("console:refund_propose", args=[receipt.pk]),
            label="提出退款",
            icon="again",
            asks=(("amount", f"金额（元），最多 {yuan(left_of(receipt))}"), ("reason", "理由")),
            is_dangerous=True,
            blocked=blocked,
        )
    ]


def _parts(order: PaymentOrder) -> list[tuple[Cell, Cell]]:
    return [(Cell(text=part["label"]), sum_cell(part["fen"])) for part in order.parts]


def _receipt(row: Receipt) -> list[Cell]:
    return [
        Cell(text=row.channel_no, is_code=True),
        Cell(text=row.payer_masked or "渠道未提供"),
        Cell(text=row.account_masked or "—"),
        sum_cell(row.amount_fen),
        time_cell(row.paid_at),
        Cell(text=_SOURCES.get(row.source, row.source)),
        verdict_cell(row.verdict),
    ]


def _refund(row: Refund) -> list[Cell]:
    return [
        Cell(text=row.refund_no, href=reverse("console:refund", args=[row.refund_no])),
        Cell(text=row.reason),
        sum_cell(row.amount_fen),
        state_cell(row.state),
    ]
