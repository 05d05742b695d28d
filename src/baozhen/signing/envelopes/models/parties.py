"""Who has to do what: parties, their actions and places, what they handed in and read."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField, EncryptedTextField
from baozhen.foundation.states import Stateful
from baozhen.signing.envelopes.models.envelopes import Envelope, EnvelopeDocument
from baozhen.signing.envelopes.models.pre_stamps import PreStamp
from baozhen.signing.envelopes.states import (
    ACTION_LABELS,
    ACTION_MOVES,
    TYPE_LABELS,
    ActionState,
)
from baozhen.signing.identity.models import ConsentCheck, Subject
from baozhen.signing.organizations.models import Account, OrgUnit

_ID = 40
# Without a channel: a text to the mobile, else a mail.
CHANNELS = (("sms", "短信"), ("mail", "邮件"), ("wechat", "微信"), ("dingtalk", "钉钉"))


class Signatory(models.Model):
    """A party: a company with its operator, or a person. The link's secret is kept as a hash."""

    public_id = models.CharField("签署方编号", max_length=_ID, unique=True)
    envelope = models.ForeignKey(
        Envelope, on_delete=models.PROTECT, related_name="signatories", verbose_name="签署任务"
    )
    role = models.CharField("角色", max_length=32)
    label = models.CharField("称谓", max_length=32)
    kind = models.CharField(
        "类型", max_length=16, choices=[("organization", "单位"), ("person", "个人")]
    )
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="主体"
    )
    unit = models.ForeignKey(
        OrgUnit, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="机构"
    )
    operator = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="经办人"
    )
    name = EncryptedTextField("名称", default="")
    channel = models.CharField("通知渠道", max_length=16, choices=CHANNELS, blank=True)
    channel_id = EncryptedTextField("渠道用户编号", null=True)
    link_hash = models.CharField("链接摘要", max_length=64, blank=True, db_index=True)
    # The token before: still good for a device that was verified a short while ago.
    earlier_hash = models.CharField("前一链接摘要", max_length=64, blank=True, db_index=True)
    link_expires_at = models.DateTimeField("链接失效时间", null=True)
    verified_device = models.CharField("已核验设备", max_length=64, blank=True)
    verified_at = models.DateTimeField("身份核验时间", null=True)
    reminded_at = models.DateTimeField("提醒时间", null=True)
    reminders = models.PositiveSmallIntegerField("提醒次数", default=0)
    opened_at = models.DateTimeField("首次打开时间", null=True)

    class Meta:
        verbose_name = "签署方"
        verbose_name_plural = "签署方"
        constraints = [
            models.UniqueConstraint(fields=["envelope", "role"], name="envelopes_role"),
            models.UniqueConstraint(
                fields=["link_hash"], condition=~models.Q(link_hash=""), name="envelopes_link"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class Action(Stateful):
    """One thing that one signatory has to do. Once `performing`, the decision is recorded."""

    MOVES = ACTION_MOVES
    NOUN = "action"
    AUDITED: ClassVar[tuple[str, ...]] = ("type", "order", "is_silent", "seal", "picture_sha256")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in ACTION_LABELS.items()],
        default=ActionState.WAITING.value,
        editable=False,
    )
    public_id = models.CharField("步骤编号", max_length=_ID, unique=True)
    envelope = models.ForeignKey(
        Envelope, on_delete=models.PROTECT, related_name="actions", verbose_name="签署任务"
    )
    signatory = models.ForeignKey(
        Signatory, on_delete=models.PROTECT, related_name="actions", verbose_name="签署方"
    )
    type = models.CharField(
        "动作", max_length=16, choices=[(kind.value, label) for kind, label in TYPE_LABELS.items()]
    )
    order = models.PositiveSmallIntegerField("次序")
    is_silent = models.BooleanField("静默签署", default=False)
    condition = models.JSONField("条件", null=True, blank=True)
    seal = models.CharField("印章编号", max_length=_ID, blank=True)
    seal_use = models.BigIntegerField("用印记录", null=True)
    consent = models.ForeignKey(
        ConsentCheck, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="意愿"
    )
    pre_stamp = models.ForeignKey(
        PreStamp,
        on_delete=models.PROTECT,
        null=True,
        related_name="actions",
        verbose_name="预盖章授权",
    )
    picture_sha256 = models.CharField("签名图片摘要", max_length=64, blank=True)
    strokes = EncryptedJSONField("笔迹", null=True)
    acted_by = models.CharField("操作人", max_length=64, blank=True)
    acted_at = models.DateTimeField("操作时间", null=True)
    done_at = models.DateTimeField("完成时间", null=True)
    reason = models.CharField("说明", max_length=500, blank=True)
    attempts = models.PositiveIntegerField("尝试次数", default=0)
    last_error = models.CharField("最近故障", max_length=255, blank=True)

    class Meta:
        verbose_name = "签署步骤"
        verbose_name_plural = "签署步骤"
        indexes = [
            models.Index(fields=["envelope", "order"], name="envelopes_order"),
            models.Index(
                fields=["signatory", "state"],
                condition=models.Q(state__in=["ready", "performing"]),
                name="envelopes_waiting",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=["done", "performing"])
                | models.Q(acted_at__isnull=False),
                name="envelopes_acted",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class Place(models.Model):
    """Where a mark of an action goes, in points of the seen page, origin at the lower left."""

    action = models.ForeignKey(
        Action, on_delete=models.PROTECT, related_name="places", verbose_name="步骤"
    )
    document = models.ForeignKey(
        EnvelopeDocument, on_delete=models.PROTECT, related_name="+", verbose_name="文件"
    )
    page = models.PositiveSmallIntegerField("页")
    x = models.FloatField("左")
    y = models.FloatField("下")
    width = models.FloatField("宽")
    height = models.FloatField("高")
    is_riding = models.BooleanField("骑缝", default=False)

    class Meta:
        verbose_name = "签章位置"
        verbose_name_plural = "签章位置"

    def __str__(self) -> str:
        return f"{self.page}:{self.x:.0f},{self.y:.0f}"


class DocumentVersion(models.Model):
    """The bytes of a document after one action; written once (trigger in migration 0002)."""

    document = models.ForeignKey(
        EnvelopeDocument, on_delete=models.PROTECT, related_name="versions", verbose_name="文件"
    )
    number = models.PositiveSmallIntegerField("版本")
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    size = models.PositiveIntegerField("字节数")
    action = models.ForeignKey(
        Action, on_delete=models.PROTECT, null=True, related_name="versions", verbose_name="步骤"
    )
    made_at = models.DateTimeField("生成时间")

    class Meta:
        verbose_name = "文件版本"
        verbose_name_plural = "文件版本"
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="envelopes_version"),
            # One action signs one document once.
            models.UniqueConstraint(
                fields=["document", "action"],
                condition=models.Q(action__isnull=False),
                name="envelopes_signed_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}/{self.number}"


class Paper(models.Model):
    """An attachment that a signatory has to hand in: both sides of a card, a licence."""

    signatory = models.ForeignKey(
        Signatory, on_delete=models.PROTECT, related_name="papers", verbose_name="签署方"
    )
    key = models.CharField("材料", max_length=32)
    label = models.CharField("名称", max_length=64)
    is_required = models.BooleanField("必交", default=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    media_type = models.CharField("媒体类型", max_length=64, blank=True)
    handed_in_at = models.DateTimeField("提交时间", null=True)

    class Meta:
        verbose_name = "提交材料"
        verbose_name_plural = "提交材料"
        constraints = [
            models.UniqueConstraint(fields=["signatory", "key"], name="envelopes_paper_once"),
        ]

    def __str__(self) -> str:
        return self.label


class Reading(models.Model):
    """How long one page was on a signatory's screen, and whether its end was reached."""

    signatory = models.ForeignKey(
        Signatory, on_delete=models.PROTECT, related_name="readings", verbose_name="签署方"
    )
    document = models.ForeignKey(
        EnvelopeDocument, on_delete=models.PROTECT, related_name="+", verbose_name="文件"
    )
    page = models.PositiveSmallIntegerField("页")
    seconds = models.PositiveIntegerField("秒数", default=0)
    has_ended = models.BooleanField("读到末尾", default=False)
    view = models.CharField("阅读方式", max_length=16, blank=True)
    first_at = models.DateTimeField("首次阅读")
    last_at = models.DateTimeField("最近阅读")

    class Meta:
        verbose_name = "阅读记录"
        verbose_name_plural = "阅读记录"
        constraints = [
            models.UniqueConstraint(
                fields=["signatory", "document", "page"], name="envelopes_reading_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}:{self.page}"
