"""The append-only double-entry ledger: each fact about money is booked once, and balances."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from baozhen.insurance.payments.models import Journal, LedgerEntry, PaymentOrder, Receipt
from baozhen.insurance.payments.states import Account, ReceiptVerdict


@dataclass(frozen=True, kw_only=True)
class Line:
    """One entry: positive sums are debits, negative ones credits."""

    account: Account
    fen: int
    channel: str = ""


def book(
    reference: str, lines: Sequence[Line], *, memo: str, order_no: str = "", at: datetime
) -> bool:
    """Book once, in the caller's transaction; return False when it had been booked before."""
    journal, is_new = Journal.objects.get_or_create(
        reference=reference, defaults={"memo": memo, "order_no": order_no, "at": at}
    )
    if is_new:
        LedgerEntry.objects.bulk_create(
            LedgerEntry(
                journal=journal,
                account=line.account,
                channel=line.channel,
                debit_fen=max(line.fen, 0),
                credit_fen=max(-line.fen, 0),
            )
            for line in lines
            if line.fen
        )
    return is_new


def book_receipt(receipt: Receipt, order: PaymentOrder | None, *, at: datetime) -> None:
    """Money has come: it is owed as premium and tax, or waits to go back."""
    amount = receipt.amount_fen
    lines = [Line(account=Account.CLEARING, channel=receipt.channel, fen=amount)]
    if receipt.verdict == ReceiptVerdict.ACCEPTED and order is not None:
        lines += [
            Line(account=Account.PREMIUM, fen=-(amount - order.tax_fen)),
            Line(account=Account.VEHICLE_TAX, fen=-order.tax_fen),
        ]
    else:
        lines.append(Line(account=Account.UNMATCHED, fen=-amount))
    book(
        f"receipt/{receipt.pk}",
        lines,
        memo="到账",
        order_no=order.order_no if order else "",
        at=at,
    )


def owed_back(
    receipt: Receipt, order: PaymentOrder | None, *, before_fen: int, fen: int
) -> list[Line]:
    """Return what a refund takes from: premium first, then the tax; or money that had no place.

    `before_fen` of the receipt is on its way back already.
    """
    if receipt.verdict != ReceiptVerdict.ACCEPTED or order is None:
        return [Line(account=Account.UNMATCHED, fen=fen)]
    premium_left = max(receipt.amount_fen - order.tax_fen - before_fen, 0)
    premium = min(fen, premium_left)
    return [
        Line(account=Account.PREMIUM, fen=premium),
        Line(account=Account.VEHICLE_TAX, fen=fen - premium),
    ]
