"""电子发票: what was asked for, what came, what was refused and may be asked for again."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.organizations.forms import text
from baozhen.faces.console.payments.shown import sum_cell, time_cell
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
from baozhen.faces.templatetags.faces import stamp, yuan
from baozhen.faces.words import INVOICE_STATES, word_for
from baozhen.foundation.clock import now
from baozhen.insurance.policies.models import PolicyInvoice
from baozhen.insurance.policies.services.invoicing import request_again
from baozhen.insurance.policies.states import InvoiceState
from baozhen.signing.organizations.roles import Permission


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """List the invoices, the newest first."""
    register = Register(
        here="invoices",
        title="电子发票",
        note="随保单开具；被拒绝的可以核对后重新申请",
        columns=("开票请求号", "状态", "价税合计", "保单", "发票号码", "申请时间"),
        empty=("file-text", "还没有发票", "保单签发后会自动申请电子发票，结果出现在这里。"),
        filters=(
            Choice(
                name="state",
                label="状态",
                choices=[(name, word.label) for name, word in INVOICE_STATES.items()],
            ),
            Choice(name="q", label="保单号、请求号或发票号码"),
        ),
    )
    rows = PolicyInvoice.objects.select_related("policy").order_by("-requested_at", "-pk")
    if state := request.GET.get("state", "").strip():
        rows = rows.filter(state=state)
    if asked := request.GET.get("q", "").strip():
        rows = (
            rows.filter(policy__number=asked)
            | rows.filter(request_no=asked)
            | rows.filter(number=asked)
        )
    return show_register(request, register, rows, _row)


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def one(request: HttpRequest, request_no: str) -> HttpResponse:
    """Show one invoice, and that it can be asked for again."""
    invoice = _invoice(request_no)
    sheet = Sheet(
        here="invoices",
        title="电子发票",
        state=_state(invoice),
        back=Link(href=reverse("console:invoices"), label="电子发票", icon="left"),
        facts=(
            ("开票请求号", invoice.request_no, True),
            ("保单", invoice.policy.number, True),
            ("价税合计", yuan(invoice.amount_fen), False),
            ("其中税额", yuan(invoice.tax_fen), False),
            ("发票号码", invoice.number or "—", bool(invoice.number)),
            ("未开具原因", invoice.failure or "—", False),
            ("申请时间", stamp(invoice.requested_at), False),
            ("开具时间", stamp(invoice.issued_at), False),
        ),
        deeds=_deeds(request, invoice),
        acts=acts_of(PolicyInvoice.NOUN, invoice.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.MANAGE_INVOICES)
@require_POST
def again(request: HttpRequest, request_no: str) -> HttpResponse:
    """Ask again, under the same number, for an invoice that did not come."""
    invoice = _invoice(request_no)

    def act() -> None:
        request_again(invoice, note=text(request, "note"), actor=actor_of(request), at=now())

    return do(
        request,
        act,
        done="已重新申请。开具后发票会用邮件补发给投保人。",
        to="invoice",
        request_no=request_no,
    )


def _invoice(request_no: str) -> PolicyInvoice:
    return get_object_or_404(PolicyInvoice.objects.select_related("policy"), request_no=request_no)


def _state(invoice: PolicyInvoice) -> Cell:
    word = word_for(INVOICE_STATES, invoice.state)
    return Cell(text=word.label, tone=word.tone, icon=word.icon)


def _row(invoice: PolicyInvoice) -> list[Cell]:
    return [
        Cell(text=invoice.request_no, href=reverse("console:invoice", args=[invoice.request_no])),
        _state(invoice),
        sum_cell(invoice.amount_fen),
        Cell(text=invoice.policy.number, is_code=True),
        Cell(text=invoice.number or "—", is_code=bool(invoice.number)),
        time_cell(invoice.requested_at),
    ]


def _deeds(request: HttpRequest, invoice: PolicyInvoice) -> list[Deed]:
    if invoice.state == InvoiceState.ISSUED or not may(request, Permission.MANAGE_INVOICES):
        return []
    return [
        Deed(
            href=reverse("console:invoice_again", args=[invoice.request_no]),
            label="重新申请开具",
            icon="again",
            asks=(("note", "处理情况，例如“已与客户核对名称和证件号”"),),
        )
    ]
