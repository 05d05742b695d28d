"""The nouns of the payments stage: the payment of a proposal, and how money comes and goes back."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from baozhen.foundation.fields import EncryptedJSONField, EncryptedTextField
from baozhen.foundation.states import Stateful
from baozhen.insurance.payments.states import (
    DIFFERENCE_MOVES,
    LIVE,
    ORDER_MOVES,
    PAYMENT_MOVES,
    REFUND_MOVES,
    DifferenceState,
    OrderState,
    PaymentState,
    RefundState,
)
from baozhen.insurance.proposals.models import Proposal


class Payment(Stateful):
    """收费: the premium of one proposal, received in one sum (交强险条例 第十二条)."""

    MOVES = PAYMENT_MOVES
    NOUN = "payment"
    AUDITED = ("order_no", "amount_fen", "channel", "paid_at")

    proposal = models.OneToOneField(Proposal, on_delete=models.PROTECT, related_name="payment")
    order_no = models.CharField("支付订单号", max_length=64)
    amount_fen = models.BigIntegerField("金额（分）")
    channel = models.CharField("支付方式", max_length=24)
    payer_index = models.CharField("付款人证件索引", max_length=64)
    account_masked = models.CharField("付款账号（掩码）", max_length=40)
    # Empty while an approved exception stands in for the payment.
    paid_at = models.DateTimeField("支付时间", null=True)
    confirmed_at = models.DateTimeField("收费确认时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "收费"
        constraints = [
            models.UniqueConstraint(fields=["order_no"], name="payment_once_per_order"),
            models.CheckConstraint(name="payment_positive", condition=models.Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="payment_state_facts",
                condition=models.Q(
                    state=PaymentState.EXCEPTED, paid_at__isnull=True, confirmed_at__isnull=True
                )
                | models.Q(
                    state=PaymentState.CONFIRMED,
                    paid_at__isnull=False,
                    confirmed_at__gte=models.F("paid_at"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.order_no

    @property
    def client(self) -> str:
        """Whose event it is: the program that sent the proposal."""
        return str(self.proposal.client)

    def event_data(self) -> dict[str, object] | None:
        """Return what outside systems are told; payments of a batch are told with it."""
        if self.proposal.batch_id is not None:
            return None
        return {
            "id": self.order_no,
            "proposal_no": self.proposal.proposal_no,
            "amount_fen": self.amount_fen,
            "channel": self.channel,
        }


class PaymentOrder(Stateful):
    """支付订单: asks one person for one sum for one object, until the right money has come."""

    MOVES = ORDER_MOVES
    NOUN = "payment_order"
    AUDITED: ClassVar[tuple[str, ...]] = ("order_no", "purpose", "business_no", "amount_fen")

    order_no = models.CharField("支付订单号", max_length=32, unique=True)
    purpose = models.CharField("用途", max_length=16)
    business_no = models.CharField("业务号", max_length=40)
    title = models.CharField("名称", max_length=80)
    amount_fen = models.BigIntegerField("金额（分）")
    # What the sum is made of: kind (premium or tax), label, fen.
    parts = models.JSONField("构成", default=list)
    tax_fen = models.BigIntegerField("其中车船税（分）", default=0)
    region_code = models.CharField("地区", max_length=6, blank=True)
    payer_required = models.BooleanField("须核实付款人", default=True)
    payer_name = EncryptedTextField("应付款人")
    payer_id_no = EncryptedTextField("应付款人证件号码")
    payer_name_index = models.CharField("付款人姓名索引", max_length=64)
    payer_id_index = models.CharField("付款人证件索引", max_length=64, db_index=True)
    payer_masked = models.CharField("付款人（掩码）", max_length=40)
    # The bank card check by which the person showed who pays, where the channel cannot tell.
    payer_check_no = models.CharField("付款人核验编号", max_length=40, blank=True)
    channel = models.CharField("支付方式", max_length=16, blank=True)
    refunded_fen = models.BigIntegerField("已退（分）", default=0)
    opened_at = models.DateTimeField("建立时间")
    expires_at = models.DateTimeField("失效时间")
    paid_at = models.DateTimeField("支付时间", null=True)
    confirmed_at = models.DateTimeField("确认时间", null=True)
    closed_at = models.DateTimeField("关闭时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "支付订单"
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "business_no"],
                condition=Q(state__in=list(LIVE)),
                name="payment_order_one_live",
            ),
            models.CheckConstraint(
                name="payment_order_sums",
                condition=Q(amount_fen__gt=0)
                & Q(tax_fen__gte=0, tax_fen__lte=F("amount_fen"))
                & Q(refunded_fen__gte=0, refunded_fen__lte=F("amount_fen")),
            ),
            models.CheckConstraint(
                name="payment_order_state_facts",
                condition=Q(
                    state__in=[OrderState.OPENED, OrderState.PAYING],
                    confirmed_at__isnull=True,
                    closed_at__isnull=True,
                )
                | Q(state=OrderState.CLOSED, confirmed_at__isnull=True, closed_at__isnull=False)
                | Q(
                    state__in=[OrderState.CONFIRMED, OrderState.REFUNDING, OrderState.REFUNDED],
                    paid_at__isnull=False,
                    confirmed_at__isnull=False,
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["-opened_at", "-id"], name="payment_order_newest"),
            models.Index(fields=["business_no"], name="payment_order_business"),
            models.Index(
                fields=["expires_at"],
                condition=Q(state__in=[OrderState.OPENED, OrderState.PAYING]),
                name="payment_order_payable",
            ),
        ]

    def __str__(self) -> str:
        return self.order_no


class PaymentAttempt(models.Model):
    """支付尝试: an order at one channel, under a number of ours stored before any call."""

    order = models.ForeignKey(PaymentOrder, on_delete=models.PROTECT, related_name="attempts")
    attempt_no = models.CharField("商户订单号", max_length=32, unique=True)
    channel = models.CharField("支付方式", max_length=16)
    scene = models.CharField("场景", max_length=12)
    # Where the payer was sent; a second click gets the same.
    handover = EncryptedJSONField("去处", null=True)
    made_at = models.DateTimeField("建立时间")
    handed_at = models.DateTimeField("下单时间", null=True)
    asked_at = models.DateTimeField("查询时间", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "支付尝试"
        indexes = [
            models.Index(
                fields=["asked_at"], condition=Q(ended_at__isnull=True), name="attempt_open"
            )
        ]

    def __str__(self) -> str:
        return self.attempt_no


class Receipt(models.Model):
    """到账: money that a channel says has come, and what it is worth to its order. Frozen."""

    attempt = models.ForeignKey(
        PaymentAttempt, on_delete=models.PROTECT, null=True, related_name="receipts"
    )
    channel = models.CharField("支付方式", max_length=16)
    channel_no = models.CharField("渠道交易号", max_length=64)
    attempt_no = models.CharField("商户订单号", max_length=64)
    amount_fen = models.BigIntegerField("金额（分）")
    paid_at = models.DateTimeField("支付时间")
    payer_name = EncryptedTextField("付款人", default="")
    payer_id_no = EncryptedTextField("付款人证件号码", default="")
    account = EncryptedTextField("付款账号", default="")
    payer_masked = models.CharField("付款人（掩码）", max_length=40, blank=True)
    account_masked = models.CharField("付款账号（掩码）", max_length=40, blank=True)
    verdict = models.CharField("结论", max_length=16)
    source = models.CharField("来源", max_length=12)
    taken_at = models.DateTimeField("入账时间")

    class Meta:
        verbose_name = verbose_name_plural = "到账"
        constraints = [
            models.UniqueConstraint(fields=["channel", "channel_no"], name="receipt_once"),
            models.CheckConstraint(name="receipt_positive", condition=Q(amount_fen__gt=0)),
        ]
        indexes = [models.Index(fields=["channel", "paid_at"], name="receipt_by_day")]

    def __str__(self) -> str:
        return f"{self.channel}/{self.channel_no}"


class ChannelNotice(models.Model):
    """渠道通知: what a channel told us, as it came, and what became of it."""

    channel = models.CharField("支付方式", max_length=16)
    source = models.CharField("来源", max_length=12)
    raw = EncryptedTextField("原文")
    sha256 = models.CharField("原文摘要", max_length=64)
    verdict = models.CharField("结论", max_length=12)
    attempt = models.ForeignKey(
        PaymentAttempt, on_delete=models.PROTECT, null=True, related_name="notices"
    )
    received_at = models.DateTimeField("收到时间")

    class Meta:
        verbose_name = verbose_name_plural = "渠道通知"
        indexes = [
            models.Index(fields=["channel", "-received_at"], name="notice_by_channel"),
            models.Index(fields=["verdict", "received_at"], name="notice_by_verdict"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.verdict} {self.sha256[:12]}"


class Refund(Stateful):
    """退款: money on its way back to the account it came from, under a number of ours."""

    MOVES = REFUND_MOVES
    NOUN = "refund"
    BEGINS = (RefundState.PROPOSED, RefundState.REQUESTED)
    AUDITED: ClassVar[tuple[str, ...]] = ("refund_no", "amount_fen", "cause")

    refund_no = models.CharField("退款单号", max_length=32, unique=True)
    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="refunds")
    # The same reference is the same refund, however often it is asked for.
    reference = models.CharField("来由编号", max_length=80)
    cause = models.CharField("原因", max_length=40)
    reason = models.CharField("说明", max_length=200)
    amount_fen = models.BigIntegerField("金额（分）")
    channel_no = models.CharField("渠道退款号", max_length=64, blank=True)
    proposed_by = models.CharField("提出人", max_length=64)
    approved_by = models.CharField("复核人", max_length=64, blank=True)
    failure = models.CharField("失败原因", max_length=200, blank=True)
    proposed_at = models.DateTimeField("提出时间")
    sent_at = models.DateTimeField("发送时间", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "退款"
        constraints = [
            models.UniqueConstraint(fields=["receipt", "reference"], name="refund_once"),
            models.CheckConstraint(name="refund_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="refund_state_facts",
                condition=~Q(state__in=[RefundState.SUCCEEDED, RefundState.REJECTED])
                | Q(ended_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["state", "proposed_at"], name="refund_by_state")]

    def __str__(self) -> str:
        return self.refund_no


class Journal(models.Model):
    """记账凭证: one balanced booking; its reference makes it happen once."""

    reference = models.CharField("来由", max_length=64, unique=True)
    memo = models.CharField("摘要", max_length=80)
    order_no = models.CharField("支付订单号", max_length=32, blank=True, db_index=True)
    at = models.DateTimeField("记账时间")

    class Meta:
        verbose_name = verbose_name_plural = "记账凭证"

    def __str__(self) -> str:
        return self.reference


class LedgerEntry(models.Model):
    """分录: a debit or a credit; triggers refuse changes and journals that do not balance."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField("科目", max_length=24)
    channel = models.CharField("支付方式", max_length=16, blank=True)
    debit_fen = models.BigIntegerField("借方（分）", default=0)
    credit_fen = models.BigIntegerField("贷方（分）", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "分录"
        constraints = [
            models.CheckConstraint(
                name="ledger_one_side",
                condition=Q(debit_fen__gt=0, credit_fen=0) | Q(debit_fen=0, credit_fen__gt=0),
            )
        ]
        indexes = [models.Index(fields=["account", "channel"], name="ledger_by_account")]

    def __str__(self) -> str:
        return f"{self.account} {self.debit_fen - self.credit_fen}"


class ReconciliationRun(models.Model):
    """对账: one channel's bill of one day, compared with what we have."""

    channel = models.CharField("支付方式", max_length=16)
    day = models.DateField("账单日期")
    bill_sha256 = models.CharField("账单摘要", max_length=64)
    lines = models.PositiveIntegerField("账单笔数")
    received_fen = models.BigIntegerField("收款合计（分）")
    refunded_fen = models.BigIntegerField("退款合计（分）")
    run_at = models.DateTimeField("对账时间")

    class Meta:
        verbose_name = verbose_name_plural = "对账"
        constraints = [
            models.UniqueConstraint(fields=["channel", "day"], name="reconciled_once"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.day}"


class Difference(Stateful):
    """对账差异: a line on which a bill and we disagree, until somebody has handled it."""

    MOVES = DIFFERENCE_MOVES
    NOUN = "payment_difference"
    AUDITED: ClassVar[tuple[str, ...]] = ("kind", "business_no", "theirs_fen", "ours_fen")

    run = models.ForeignKey(ReconciliationRun, on_delete=models.PROTECT, related_name="differences")
    kind = models.CharField("种类", max_length=12)
    is_refund = models.BooleanField("退款", default=False)
    business_no = models.CharField("商户订单号或退款单号", max_length=64)
    channel_no = models.CharField("渠道交易号", max_length=64, blank=True)
    theirs_fen = models.BigIntegerField("渠道金额（分）", null=True)
    ours_fen = models.BigIntegerField("平台金额（分）", null=True)
    note = models.CharField("处理说明", max_length=300, blank=True)
    handled_by = models.CharField("处理人", max_length=64, blank=True)
    handled_at = models.DateTimeField("处理时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "对账差异"
        constraints = [
            models.UniqueConstraint(
                fields=["run", "is_refund", "business_no"], name="difference_once"
            ),
            models.CheckConstraint(
                name="difference_state_facts",
                condition=Q(state=DifferenceState.OPEN, handled_at__isnull=True)
                | Q(state=DifferenceState.HANDLED, handled_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["state", "-id"], name="difference_by_state")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.kind} {self.business_no}"
