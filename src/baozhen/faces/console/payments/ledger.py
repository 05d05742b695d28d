"""资金账簿: balances by account, the entries behind each, the journals behind those."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import needs
from baozhen.faces.console.payments.shown import channel_name, sum_cell, time_cell
from baozhen.faces.console.registers import (
    Cell,
    Choice,
    Link,
    Register,
    Sheet,
    show_register,
    show_sheet,
)
from baozhen.faces.templatetags.faces import stamp
from baozhen.insurance.payments.models import Journal, LedgerEntry
from baozhen.insurance.payments.queries import Balance, balances
from baozhen.insurance.payments.states import ACCOUNT_LABELS, CHANNEL_LABELS
from baozhen.signing.organizations.roles import Permission


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def balances_page(request: HttpRequest) -> HttpResponse:
    """Show what every account holds; debits and credits of all accounts are equal."""
    rows = balances()
    debit, credit = sum(row.debit_fen for row in rows), sum(row.credit_fen for row in rows)
    is_even = debit == credit
    sheet = Sheet(
        here="ledger",
        title="资金账簿",
        state=Cell(
            text="借贷平衡" if is_even else "借贷不平",
            tone="jade" if is_even else "seal",
            icon="check" if is_even else "alert",
        ),
        back=Link(href=reverse("console:payment_orders"), label="支付订单", icon="left"),
        facts=(
            ("借方合计", sum_cell(debit).text, False),
            ("贷方合计", sum_cell(credit).text, False),
            ("说明", "只追加的复式账簿：分录不能修改或删除，每张凭证借贷相等", False),
        ),
        tables=(("科目余额", ("科目", "渠道", "借方", "贷方", "余额"), [_row(x) for x in rows]),),
    )
    return show_sheet(request, sheet)


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    """List the entries of an account, the newest first."""
    register = Register(
        here="ledger",
        title="分录",
        note="每个余额都能追到凭证",
        columns=("记账时间", "科目", "渠道", "摘要", "支付订单", "借方", "贷方"),
        empty=("book", "没有分录", "收款和退款会自动记账。"),
        filters=(
            Choice(name="account", label="科目", choices=list(ACCOUNT_LABELS.items())),
            Choice(name="channel", label="渠道", choices=list(CHANNEL_LABELS.items())),
        ),
        links=(Link(href=reverse("console:ledger"), label="科目余额", icon="left"),),
    )
    rows = LedgerEntry.objects.select_related("journal").order_by("-pk")
    wanted = {name: request.GET.get(name, "") for name in ("account", "channel")}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    return show_register(request, register, rows, _entry)


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def journal(request: HttpRequest, key: int) -> HttpResponse:
    """Show one booking."""
    row = get_object_or_404(Journal, pk=key)
    lines = [
        (
            Cell(text=ACCOUNT_LABELS[entry.account]),
            Cell(text=channel_name(entry.channel)),
            sum_cell(entry.debit_fen or None),
            sum_cell(entry.credit_fen or None),
        )
        for entry in row.entries.order_by("pk")
    ]
    sheet = Sheet(
        here="ledger",
        title=f"凭证 {row.pk}",
        state=Cell(text=row.memo, tone="azure", icon="book"),
        back=Link(href=reverse("console:ledger_entries"), label="分录", icon="left"),
        facts=(
            ("来由", row.reference, True),
            ("支付订单", row.order_no or "—", False),
            ("记账时间", stamp(row.at), False),
        ),
        tables=(("分录", ("科目", "渠道", "借方", "贷方"), lines),),
    )
    return show_sheet(request, sheet)


def _row(balance: Balance) -> list[Cell]:
    query = urlencode({"account": balance.account, "channel": balance.channel})
    return [
        Cell(
            text=ACCOUNT_LABELS[balance.account],
            href=f"{reverse('console:ledger_entries')}?{query}",
        ),
        Cell(text=channel_name(balance.channel)),
        sum_cell(balance.debit_fen),
        sum_cell(balance.credit_fen),
        Cell(
            text=f"{'借' if balance.fen > 0 else '贷' if balance.fen else '平'} "
            f"{sum_cell(abs(balance.fen)).text}"
        ),
    ]


def _entry(entry: LedgerEntry) -> list[Cell]:
    return [
        Cell(
            text=time_cell(entry.journal.at).text,
            href=reverse("console:ledger_journal", args=[entry.journal_id]),
        ),
        Cell(text=ACCOUNT_LABELS[entry.account]),
        Cell(text=channel_name(entry.channel)),
        Cell(text=entry.journal.memo),
        Cell(text=entry.journal.order_no or "—"),
        sum_cell(entry.debit_fen or None),
        sum_cell(entry.credit_fen or None),
    ]
