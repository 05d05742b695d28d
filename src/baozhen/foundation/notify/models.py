"""One message to one person: mails that wait to be sent, and texts as they went."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField, EncryptedTextField
from baozhen.foundation.notify.states import MOVES, DeliveryState
from baozhen.foundation.states import Stateful


class Delivery(Stateful):
    """A mail to one recipient; address and content are encrypted, the masked address is not.

    `content`: {"title", "text", "attachments": [{"name", "sha256", "media_type"}]}; attachments
    lie in the object store.
    """

    MOVES = MOVES
    NOUN = "delivery"
    AUDITED = ("reference", "subject_type", "subject_id")

    reference = models.CharField("业务凭证", max_length=96, unique=True)
    subject_type = models.CharField("对象类型", max_length=32)
    subject_id = models.BigIntegerField("对象编号")
    channel = models.CharField("渠道", max_length=16, default="mail")
    recipient = EncryptedTextField("收件人")
    recipient_masked = models.CharField("收件人（脱敏）", max_length=128)
    content = EncryptedJSONField("内容")
    # Ours, and stored before the call: a repeated mail carries the same Message-ID.
    message_id = models.CharField("邮件标识", max_length=128, unique=True)
    queued_at = models.DateTimeField("排队时间")
    sent_at = models.DateTimeField("发送时间", null=True)
    failure = models.CharField("失败原因", max_length=255, blank=True)

    class Meta:
        verbose_name = "投递"
        verbose_name_plural = "投递"
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="notify_subject")]
        constraints = [
            models.CheckConstraint(
                name="notify_sent_has_time",
                condition=~models.Q(state=DeliveryState.SENT) | models.Q(sent_at__isnull=False),
            ),
            models.CheckConstraint(
                name="notify_state", condition=models.Q(state__in=list(DeliveryState))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient_masked} {self.state}"


class TextDelivery(models.Model):
    """One text handed to the SMS service: when, to whom, of what kind, and what became of it.

    Its content is kept nowhere: it may be a code or a link that opens a document. A second attempt
    is a row of its own. Neither sent nor failed: the process ended before the service answered.
    """

    NOUN: ClassVar[str] = "text_delivery"

    reference = models.CharField("业务凭证", max_length=96, db_index=True)
    template = models.CharField("种类", max_length=32)
    mobile_masked = models.CharField("手机号（脱敏）", max_length=32)
    mobile_index = models.CharField("手机号索引", max_length=64, db_index=True)
    asked_at = models.DateTimeField("请求时间", db_index=True)
    sent_at = models.DateTimeField("发送时间", null=True)
    receipt = models.CharField("回执", max_length=128, blank=True)
    failure = models.CharField("失败原因", max_length=255, blank=True)

    class Meta:
        verbose_name = "短信"
        verbose_name_plural = "短信"
        constraints = [
            models.CheckConstraint(
                name="notify_text_one_outcome",
                condition=models.Q(sent_at__isnull=True) | models.Q(failure=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mobile_masked} {self.template}"
