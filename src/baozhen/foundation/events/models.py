"""Events, who is called about them, and what became of each call."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from baozhen.foundation.fields import EncryptedJSONField


class CurrentTransaction(models.Func):
    """The number of the writing transaction: readers page in the order in which these end."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class Event(models.Model):
    """What happened, frozen at the commit that made it true; never personal data.

    `client` is the program whose business it is (`api:core`), empty when it is the platform's own.
    `body` is, byte for byte, what every callback and every reader gets.
    """

    public_id = models.CharField("编号", max_length=40, unique=True)
    type = models.CharField("类型", max_length=48)
    subject_type = models.CharField("对象类型", max_length=32)
    subject_id = models.CharField("对象", max_length=64)
    client = models.CharField("客户端", max_length=80, blank=True)
    body = models.TextField("内容")
    at = models.DateTimeField("时间")
    transaction_no = models.BigIntegerField("事务", db_default=CurrentTransaction(), editable=False)

    class Meta:
        verbose_name = "事件"
        verbose_name_plural = "事件"
        indexes = [
            models.Index(fields=["client", "transaction_no", "id"], name="events_by_client"),
            models.Index(fields=["transaction_no", "id"], name="events_in_order"),
            models.Index(fields=["subject_id"], name="events_by_subject"),
            models.Index(fields=["at"], name="events_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.public_id}"


class WebhookEndpoint(models.Model):
    """An address that is called about events; its secrets are readable only to this program.

    `secrets` lists `{"secret": "whsec_…", "until": null | ISO time}`; several are in force while
    one replaces another. `types` empty means all. `owner` empty hears of every client's events.
    """

    public_id = models.CharField("编号", max_length=40, unique=True)
    owner = models.CharField("客户端", max_length=80, blank=True)
    url = models.CharField("地址", max_length=500)
    description = models.CharField("用途", max_length=200, blank=True)
    types = ArrayField(models.CharField(max_length=48), default=list, verbose_name="事件类型")
    secrets = EncryptedJSONField("签名密钥")
    private_key = EncryptedJSONField("Ed25519 私钥")
    public_key = models.CharField("Ed25519 公钥", max_length=64)
    active = models.BooleanField("启用", default=True)
    disabled_reason = models.CharField("停用原因", max_length=200, blank=True)
    failing_since = models.DateTimeField("连续失败始于", null=True)
    created_at = models.DateTimeField("创建时间")

    class Meta:
        verbose_name = "回调地址"
        verbose_name_plural = "回调地址"
        indexes = [models.Index(fields=["owner"], name="endpoints_by_owner")]

    def __str__(self) -> str:
        return self.public_id


class WebhookDelivery(models.Model):
    """One event for one endpoint. `attempts` counts calls; `next_at` is when the next is due."""

    class Status(models.TextChoices):
        """What became of it; `waiting` has another attempt before it."""

        WAITING = "waiting", "待送达"
        DELIVERED = "delivered", "已送达"
        GIVEN_UP = "given_up", "已放弃"

    public_id = models.CharField("编号", max_length=40, unique=True)
    event = models.ForeignKey(Event, models.PROTECT, related_name="deliveries", verbose_name="事件")
    endpoint = models.ForeignKey(
        WebhookEndpoint, models.PROTECT, related_name="deliveries", verbose_name="回调地址"
    )
    status = models.CharField("状态", max_length=12, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    created_at = models.DateTimeField("创建时间")
    next_at = models.DateTimeField("下次时间", null=True)
    leased_until = models.DateTimeField("处理中至", null=True)
    delivered_at = models.DateTimeField("送达时间", null=True)

    class Meta:
        verbose_name = "回调"
        verbose_name_plural = "回调"
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="deliveries_by_endpoint"),
            models.Index(
                fields=["next_at"],
                name="deliveries_waiting",
                condition=models.Q(status="waiting"),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="delivered", delivered_at__isnull=False)
                | models.Q(delivered_at__isnull=True) & ~models.Q(status="delivered"),
                name="deliveries_delivered_at",
            )
        ]

    def __str__(self) -> str:
        return self.public_id


class WebhookAttempt(models.Model):
    """One call: what was answered, or why there was no answer."""

    delivery = models.ForeignKey(
        WebhookDelivery, models.CASCADE, related_name="tries", verbose_name="回调"
    )
    number = models.PositiveSmallIntegerField("第几次")
    at = models.DateTimeField("时间")
    status_code = models.PositiveSmallIntegerField("应答", null=True)
    reason = models.CharField("说明", max_length=200, blank=True)
    answer = models.CharField("应答内容", max_length=500, blank=True)
    milliseconds = models.PositiveIntegerField("耗时（毫秒）")

    class Meta:
        verbose_name = "回调记录"
        verbose_name_plural = "回调记录"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.delivery_id}#{self.number}"
