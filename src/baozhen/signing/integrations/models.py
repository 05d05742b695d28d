"""Connected systems and the keys with which programs sign their requests."""

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField
from baozhen.signing.organizations.models import ApiClient, OrgUnit


class RequestKey(models.Model):
    """A key with which a client signs requests (RFC 9421).

    `material` holds, as base64, the shared secret of HMAC or a public key. `is_required`: the
    client's requests are refused unless they are signed.
    """

    key_id = models.CharField("密钥编号", max_length=40, unique=True)
    client = models.ForeignKey(
        ApiClient, models.PROTECT, related_name="request_keys", verbose_name="客户端"
    )
    algorithm = models.CharField("算法", max_length=16)
    material = EncryptedJSONField("密钥")
    is_required = models.BooleanField("必须签名", default=False)
    active = models.BooleanField("启用", default=True)
    created_at = models.DateTimeField("创建时间")

    class Meta:
        verbose_name = "请求签名密钥"
        verbose_name_plural = "请求签名密钥"

    def __str__(self) -> str:
        return self.key_id


class ConnectedSystem(models.Model):
    """A system of the insurer that starts flows by sending its own messages."""

    class Kind(models.TextChoices):
        """What the system is for."""

        CORE = "core", "核心业务"
        REGISTRATION = "registration", "注册登记"
        CLAIMS = "claims", "理赔"
        CRM = "crm", "客户关系"
        GUARANTEE = "guarantee", "保函"
        OTHER = "other", "其他"

    class Telling(models.TextChoices):
        """How the system hears of events."""

        PUSH = "push", "回调推送"
        PULL = "pull", "主动拉取"

    code = models.SlugField("代码", max_length=32, unique=True)
    name = models.CharField("名称", max_length=64)
    kind = models.CharField("类别", max_length=16, choices=Kind)
    client = models.ForeignKey(
        ApiClient, models.PROTECT, related_name="systems", verbose_name="接口客户端"
    )
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", verbose_name="机构")
    telling = models.CharField("通知方式", max_length=8, choices=Telling, default=Telling.PULL)
    endpoint = models.CharField("回调地址编号", max_length=40, blank=True)
    active = models.BooleanField("启用", default=True)
    created_at = models.DateTimeField("创建时间")
    created_by = models.CharField("创建人", max_length=64)

    class Meta:
        verbose_name = "对接系统"
        verbose_name_plural = "对接系统"

    def __str__(self) -> str:
        return self.name


class SystemFlow(models.Model):
    """Which flow a message starts, and how its fields become the flow's parameters.

    The first flow whose `when_path` holds `when_value` takes the message; an empty path takes any.
    `mapping` is a list of entries, see `rules.Entry`; `sample` is a made-up message.
    """

    system = models.ForeignKey(
        ConnectedSystem, models.CASCADE, related_name="flows", verbose_name="对接系统"
    )
    position = models.PositiveSmallIntegerField("顺序")
    flow = models.CharField("签署流程", max_length=48)
    when_path = models.CharField("适用条件路径", max_length=200, blank=True)
    when_value = models.CharField("适用条件取值", max_length=200, blank=True)
    mapping = models.JSONField("字段映射", default=list)
    sample = models.JSONField("示例报文", default=dict)

    class Meta:
        verbose_name = "对接流程"
        verbose_name_plural = "对接流程"
        ordering = ("position", "id")
        constraints = [
            models.UniqueConstraint(fields=["system", "position"], name="integrations_position"),
        ]

    def __str__(self) -> str:
        return f"{self.system_id}/{self.flow}"


class InboundMessage(models.Model):
    """A message that came, by its digest: what it said is in the envelope, nowhere else."""

    system = models.ForeignKey(
        ConnectedSystem, models.PROTECT, related_name="messages", verbose_name="对接系统"
    )
    sha256 = models.CharField("报文摘要", max_length=64)
    biz_no = models.CharField("业务编号", max_length=64, blank=True)
    received_at = models.DateTimeField("收到时间")
    envelope = models.CharField("签署任务", max_length=40, blank=True)
    code = models.CharField("拒绝代码", max_length=64, blank=True)
    problem = models.CharField("说明", max_length=500, blank=True)

    class Meta:
        verbose_name = "对接报文"
        verbose_name_plural = "对接报文"
        indexes = [models.Index(fields=["system", "-id"], name="integrations_messages")]

    def __str__(self) -> str:
        return f"{self.system_id}/{self.sha256[:12]}"
