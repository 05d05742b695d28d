"""退款: money on its way back; by hand only with a second person."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.narrowing import asked_narrowing, narrowing_choices
from baozhen.faces.console.organizations.forms import Asked, Field, show, text
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
from baozhen.foundation.errors import Refusal
from baozhen.foundation.money import fen_from_yuan
from baozhen.insurance.payments.models import Receipt, Refund
from baozhen.insurance.payments.services.refunds import (
    decide_refund,
    left_of,
    propose_refund,
    refund_of,
    retry_refund,
)
from baozhen.insurance.payments.states import CHANNEL_LABELS, REFUND_LABELS, RefundState
from baozhen.signing.organizations.roles import Permission


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """List the refunds, the newest first."""
    register = Register(
        here="refunds",
        title="退款",
        note="不能使用的款项自动原路退回；人工退款由两人办理",
        columns=("退款单号", "原因", "金额", "支付方式", "提出人", "状态", "提出时间"),
        empty=("again", "还没有退款", "自动退款和人工退款都会出现在这里。"),
        filters=(
            Choice(name="state", label="状态", choices=list(REFUND_LABELS.items())),
            Choice(name="channel", label="支付方式", choices=list(CHANNEL_LABELS.items())),
            *narrowing_choices("提出"),
        ),
    )
    rows = Refund.objects.select_related("receipt").order_by("-proposed_at", "-pk")
    if state := request.GET.get("state", ""):
        rows = rows.filter(state=state)
    if channel := request.GET.get("channel", ""):
        rows = rows.filter(receipt__channel=channel)
    rows = asked_narrowing(request).refunds(rows, "proposed_at")
    return show_register(request, register, rows, _row)


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def one(request: HttpRequest, refund_no: str) -> HttpResponse:
    """Show one refund and what can be done with it."""
    refund = refund_of(refund_no)
    receipt = refund.receipt
    order_no = receipt.attempt.order.order_no if receipt.attempt else ""
    sheet = Sheet(
        here="refunds",
        title=f"退款 {refund.refund_no}",
        state=state_cell(refund.state),
        back=Link(href=reverse("console:refunds"), label="退款", icon="left"),
        facts=(
            ("金额", yuan(refund.amount_fen), False),
            ("原因", refund.reason, False),
            ("支付订单", order_no or "无主款项", False),
            ("原渠道交易号", receipt.channel_no, True),
            ("支付方式", channel_name(receipt.channel), False),
            ("退回账户", receipt.account_masked or "原付款账户", False),
            ("提出人", who(refund.proposed_by), False),
            ("复核人", who(refund.approved_by) or "—", False),
            ("渠道退款号", refund.channel_no or "—", bool(refund.channel_no)),
            ("失败原因", refund.failure or "—", False),
            ("发送时间", stamp(refund.sent_at), False),
            ("到账时间", stamp(refund.ended_at), False),
        ),
        deeds=_deeds(request, refund),
        acts=acts_of("refund", refund.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.MANAGE_REFUNDS)
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, key: int) -> HttpResponse:
    """Propose a refund of money that came: how much, and why."""
    receipt = get_object_or_404(Receipt, pk=key)
    order = receipt.attempt.order if receipt.attempt else None
    back = (
        reverse("console:payment_order", args=[order.order_no])
        if order
        else reverse("console:unmatched_receipts")
    )
    asked = Asked(
        here="refunds",
        title="提出退款",
        submit="提出，等待复核",
        back=back,
        note=f"原路退回付款账户，最多可退 {yuan(left_of(receipt))}。须由另一人复核后才会发送。",
        fields=(
            Field(name="amount", label="金额（元）"),
            Field(name="reason", label="理由", hint="写明依据，复核人和审计会看到"),
        ),
    )
    if request.method != "POST":
        return show(request, asked)
    try:
        refund = propose_refund(
            receipt.pk,
            amount_fen=_fen(text(request, "amount")),
            reason=text(request, "reason"),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, asked, refusal)
    return redirect("console:refund", refund.refund_no)


@needs(Permission.MANAGE_REFUNDS)
@require_POST
def approve(request: HttpRequest, refund_no: str) -> HttpResponse:
    """Let a proposed refund go out; whoever proposed it may not."""
    return _decide(request, refund_no, approved=True, done="已批准，正在发送给渠道。")


@needs(Permission.MANAGE_REFUNDS)
@require_POST
def reject(request: HttpRequest, refund_no: str) -> HttpResponse:
    """Let a proposed refund not go out."""
    return _decide(request, refund_no, approved=False, done="未批准，不会退款。")


@needs(Permission.MANAGE_REFUNDS)
@require_POST
def retry(request: HttpRequest, refund_no: str) -> HttpResponse:
    """Ask the channel again for a refund that it refused."""
    return do(
        request,
        lambda: retry_refund(refund_no, actor=actor_of(request), at=now()),
        done="已重新发送。",
        to="refund",
        refund_no=refund_no,
    )


def _decide(request: HttpRequest, refund_no: str, *, approved: bool, done: str) -> HttpResponse:
    return do(
        request,
        lambda: decide_refund(
            refund_no,
            approved=approved,
            note=text(request, "note"),
            actor=actor_of(request),
            at=now(),
        ),
        done=done,
        to="refund",
        refund_no=refund_no,
    )


def _fen(typed: str) -> int:
    try:
        return fen_from_yuan(typed)
    except Refusal as refusal:
        refusal.path = "amount"
        raise


def _row(refund: Refund) -> list[Cell]:
    return [
        Cell(text=refund.refund_no, href=reverse("console:refund", args=[refund.refund_no])),
        Cell(text=refund.reason),
        sum_cell(refund.amount_fen),
        Cell(text=channel_name(refund.receipt.channel)),
        Cell(text=who(refund.proposed_by)),
        state_cell(refund.state),
        time_cell(refund.proposed_at),
    ]


def _deeds(request: HttpRequest, refund: Refund) -> list[Deed]:
    if not may(request, Permission.MANAGE_REFUNDS):
        return []
    number = refund.refund_no
    if refund.state == RefundState.FAILED:
        return [Deed(href=reverse("console:refund_retry", args=[number]), label="重新发送")]
    if refund.state != RefundState.PROPOSED:
        return []
    own = "须由提出人以外的另一人复核" if refund.proposed_by == actor_of(request) else ""
    return [
        Deed(
            href=reverse("console:refund_approve", args=[number]),
            label="批准退款",
            asks=(("note", "复核意见"),),
            blocked=own,
        ),
        Deed(
            href=reverse("console:refund_reject", args=[number]),
            label="不批准",
            icon="cross",
            asks=(("note", "理由"),),
            is_dangerous=True,
            blocked=own,
        ),
    ]
