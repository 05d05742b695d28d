"""Reads of the payments stage: where an order stands, what the ledger holds."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet, Sum

from baozhen.insurance.payments.models import LedgerEntry, PaymentOrder, Receipt, Refund
from baozhen.insurance.payments.states import ReceiptVerdict


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What one account holds: debits less credits."""

    account: str
    channel: str
    debit_fen: int
    credit_fen: int

    @property
    def fen(self) -> int:
        """The balance; positive on the debit side."""
        return self.debit_fen - self.credit_fen


def latest_order(purpose: str, business_no: str) -> PaymentOrder | None:
    """Return the newest order of an object."""
    rows = PaymentOrder.objects.filter(purpose=purpose, business_no=business_no)
    return rows.order_by("-pk").first()


def accepted_receipt(order: PaymentOrder) -> Receipt | None:
    """Return the money that an order was confirmed by."""
    return Receipt.objects.filter(attempt__order=order, verdict=ReceiptVerdict.ACCEPTED).first()


def receipts_of(order: PaymentOrder) -> QuerySet[Receipt]:
    """Return all money that came for an order."""
    return Receipt.objects.filter(attempt__order=order).order_by("pk")


def refunds_of(order: PaymentOrder) -> QuerySet[Refund]:
    """Return all refunds of an order's money, the newest first."""
    return Refund.objects.filter(receipt__attempt__order=order).order_by("-pk")


def search_orders(text: str) -> QuerySet[PaymentOrder]:
    """Return orders by their number, their object's or a channel's, the newest first."""
    rows = PaymentOrder.objects.order_by("-opened_at", "-pk")
    if not text:
        return rows
    return rows.filter(
        Q(order_no=text)
        | Q(business_no=text)
        | Q(attempts__attempt_no=text)
        | Q(attempts__receipts__channel_no=text)
    ).distinct()


def balances() -> list[Balance]:
    """Return the balance of every account, clearing by channel."""
    rows = LedgerEntry.objects.values("account", "channel").annotate(
        debit=Sum("debit_fen"), credit=Sum("credit_fen")
    )
    return [
        Balance(
            account=row["account"],
            channel=row["channel"],
            debit_fen=row["debit"],
            credit_fen=row["credit"],
        )
        for row in rows.order_by("account", "channel")
    ]
