"""The noun of the payments stage."""

from django.db import models

from baozhen.foundation.states import Stateful
from baozhen.insurance.payments.states import PAYMENT_MOVES, PaymentState
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
