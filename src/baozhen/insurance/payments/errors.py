"""What the payments stage refuses, and the outages of its channels."""

from baozhen.foundation.errors import Outage, Refusal


class PaymentOrderUnknown(Refusal):
    """There is no such order."""

    code = "payment_order_unknown"
    message = "没有支付订单 {order_no}"


class PaymentOrderDiffers(Refusal):
    """The object has another order already, for another sum or payer."""

    code = "payment_order_differs"
    message = "{business_no} 已有金额或付款人不同的支付订单 {order_no}，请先关闭它"


class PaymentOrderClosed(Refusal):
    """The order takes no more money."""

    code = "payment_order_closed"
    message = "支付订单 {order_no} 已经关闭，请返回投保单重新发起支付"


class PaymentOrderPaid(Refusal):
    """The order has been paid."""

    code = "payment_order_paid"
    message = "支付订单 {order_no} 已经付款，请不要重复支付"


class PayerCheckNeeded(Refusal):
    """The channel cannot tell who pays, so the person shows a bank card first."""

    code = "payer_check_needed"
    message = "{channel}不提供付款人姓名，请先用投保人本人的银行卡核实身份"


class PayerCheckFailed(Refusal):
    """The card is not the policyholder's."""

    code = "payer_check_failed"
    message = "银行卡与投保人的姓名、证件号码、手机号不一致。请换一张投保人本人的银行卡"


class PaymentChannelMissing(Refusal):
    """Nobody has configured the channel."""

    code = "payment_channel_missing"
    message = "没有开通{channel}，请换一种支付方式"


class PaymentChannelOutage(Outage):
    """The channel did not answer, or asks to come back later."""

    code = "payment_channel_outage"
    message = "{channel}暂时没有应答（{reason}），请稍后再试，或换一种支付方式"


class PaymentChannelRefused(Refusal):
    """The channel will never do this."""

    code = "payment_channel_refused"
    message = "{channel}没有受理：{reason}"


class PaymentNoticeForged(Refusal):
    """A notice without a good signature of the channel."""

    code = "payment_notice_forged"
    message = "支付通知验签未通过"


class RefundTooMuch(Refusal):
    """More than what is left of the money that came."""

    code = "refund_too_much"
    message = "最多可退 {left} 元，不能退 {wanted} 元"


class RefundReasonMissing(Refusal):
    """A refund by hand was proposed, or decided, without a reason."""

    code = "refund_reason_missing"
    message = "请写明退款理由"


class RefundSecondPerson(Refusal):
    """Who proposed a refund does not approve it."""

    code = "refund_second_person"
    message = "退款须由提出人以外的另一人复核"


class RefundUnknown(Refusal):
    """There is no such refund."""

    code = "refund_unknown"
    message = "没有退款 {refund_no}"


class HandlingNoteMissing(Refusal):
    """A difference was handled without words."""

    code = "handling_note_missing"
    message = "请写明如何处理了这笔差异"
