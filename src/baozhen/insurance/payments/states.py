"""States of payments (收费), orders, refunds and reconciliation, and the words of money."""

from collections.abc import Mapping
from enum import StrEnum


class PaymentState(StrEnum):
    """`confirmed`: the premium was received (S0-4.3.2); `excepted`: an exception stands for it."""

    EXCEPTED = "excepted"
    CONFIRMED = "confirmed"


PAYMENT_MOVES: Mapping[str, frozenset[str]] = {
    PaymentState.EXCEPTED: frozenset({PaymentState.CONFIRMED}),
    PaymentState.CONFIRMED: frozenset(),
}


class Purpose(StrEnum):
    """What an order asks money for; its business number names the object."""

    APPLICATION = "application"
    ENDORSEMENT = "endorsement"


PURPOSE_LABELS: Mapping[str, str] = {
    Purpose.APPLICATION: "投保缴费",
    Purpose.ENDORSEMENT: "批改补缴",
}


class OrderState(StrEnum):
    """`confirmed`: the right money has come; `refunding`: all of it goes back; `closed`: none came.

    Money that must not be kept (wrong, late, double) is refunded without touching the order.
    """

    OPENED = "opened"
    PAYING = "paying"
    CONFIRMED = "confirmed"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    CLOSED = "closed"


ORDER_MOVES: Mapping[str, frozenset[str]] = {
    OrderState.OPENED: frozenset({OrderState.PAYING, OrderState.CLOSED}),
    OrderState.PAYING: frozenset({OrderState.CONFIRMED, OrderState.CLOSED}),
    OrderState.CONFIRMED: frozenset({OrderState.REFUNDING}),
    OrderState.REFUNDING: frozenset({OrderState.REFUNDED}),
    OrderState.REFUNDED: frozenset(),
    OrderState.CLOSED: frozenset(),
}
ORDER_LABELS: Mapping[str, str] = {
    OrderState.OPENED: "待支付",
    OrderState.PAYING: "支付中",
    OrderState.CONFIRMED: "已收款",
    OrderState.REFUNDING: "退款中",
    OrderState.REFUNDED: "已退款",
    OrderState.CLOSED: "已关闭",
}
PAYABLE = (OrderState.OPENED, OrderState.PAYING)
LIVE = (*PAYABLE, OrderState.CONFIRMED, OrderState.REFUNDING)


class RefundState(StrEnum):
    """A refund that people ask for waits, `proposed`, for a second person."""

    PROPOSED = "proposed"
    REQUESTED = "requested"
    SENT = "sent"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"


REFUND_MOVES: Mapping[str, frozenset[str]] = {
    RefundState.PROPOSED: frozenset({RefundState.REQUESTED, RefundState.REJECTED}),
    RefundState.REQUESTED: frozenset({RefundState.SENT, RefundState.FAILED}),
    RefundState.SENT: frozenset({RefundState.SUCCEEDED, RefundState.FAILED}),
    RefundState.FAILED: frozenset({RefundState.REQUESTED}),
    RefundState.SUCCEEDED: frozenset(),
    RefundState.REJECTED: frozenset(),
}
REFUND_LABELS: Mapping[str, str] = {
    RefundState.PROPOSED: "待复核",
    RefundState.REQUESTED: "待发送",
    RefundState.SENT: "渠道处理中",
    RefundState.SUCCEEDED: "已到原账户",
    RefundState.FAILED: "退款失败",
    RefundState.REJECTED: "未批准",
}


class DifferenceState(StrEnum):
    """A difference between a channel's bill and us is open until somebody has handled it."""

    OPEN = "open"
    HANDLED = "handled"


DIFFERENCE_MOVES: Mapping[str, frozenset[str]] = {
    DifferenceState.OPEN: frozenset({DifferenceState.HANDLED}),
    DifferenceState.HANDLED: frozenset(),
}
DIFFERENCE_LABELS: Mapping[str, str] = {
    DifferenceState.OPEN: "待处理",
    DifferenceState.HANDLED: "已处理",
}


class DifferenceKind(StrEnum):
    """What a bill and our rows disagree about."""

    RECOVERED = "recovered"
    AMOUNT = "amount"
    UNKNOWN = "unknown"
    MISSING = "missing"


DIFFERENCE_KINDS: Mapping[str, str] = {
    DifferenceKind.RECOVERED: "通知丢失，已由对账补入",
    DifferenceKind.AMOUNT: "金额不一致",
    DifferenceKind.UNKNOWN: "渠道有、平台无",
    DifferenceKind.MISSING: "平台有、渠道无",
}


class ReceiptVerdict(StrEnum):
    """What money that came is worth to its order."""

    ACCEPTED = "accepted"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_PAYER = "wrong_payer"
    PAYER_UNPROVEN = "payer_unproven"
    LATE = "late"
    DOUBLE = "double"
    UNKNOWN = "unknown"


VERDICT_LABELS: Mapping[str, str] = {
    ReceiptVerdict.ACCEPTED: "入账",
    ReceiptVerdict.WRONG_AMOUNT: "金额不符",
    ReceiptVerdict.WRONG_PAYER: "付款人不是投保人",
    ReceiptVerdict.PAYER_UNPROVEN: "付款人未能核实",
    ReceiptVerdict.LATE: "订单关闭后到账",
    ReceiptVerdict.DOUBLE: "重复支付",
    ReceiptVerdict.UNKNOWN: "没有对应订单",
}


class NoticeVerdict(StrEnum):
    """What became of what a channel told us."""

    TAKEN = "taken"
    REPEATED = "repeated"
    IGNORED = "ignored"
    UNUSABLE = "unusable"
    FORGED = "forged"


NOTICE_LABELS: Mapping[str, str] = {
    NoticeVerdict.TAKEN: "已处理",
    NoticeVerdict.REPEATED: "重复通知",
    NoticeVerdict.IGNORED: "无需处理",
    NoticeVerdict.UNUSABLE: "款项不能使用",
    NoticeVerdict.FORGED: "验签未通过",
}


class Account(StrEnum):
    """The accounts of the ledger; clearing is kept for each channel."""

    CLEARING = "channel_clearing"
    PREMIUM = "premium_payable"
    VEHICLE_TAX = "vehicle_tax_payable"
    REFUNDS = "refunds_payable"
    UNMATCHED = "unmatched_receipts"


ACCOUNT_LABELS: Mapping[str, str] = {
    Account.CLEARING: "渠道待清算款",
    Account.PREMIUM: "应付保费",
    Account.VEHICLE_TAX: "代收车船税",
    Account.REFUNDS: "应付退款",
    Account.UNMATCHED: "待处理款项",
}
CHANNEL_LABELS: Mapping[str, str] = {
    "wechat": "微信支付",
    "alipay": "支付宝",
    "unionpay": "银联在线支付",
}
