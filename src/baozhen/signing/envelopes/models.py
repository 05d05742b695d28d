"""Signing tasks: documents, who has to do what with them, and in which order."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField, EncryptedTextField
from baozhen.foundation.states import Stateful
from baozhen.signing.envelopes.states import (
    ACTION_LABELS,
    ACTION_MOVES,
    BATCH_LABELS,
    BATCH_MOVES,
    LABELS,
    MOVES,
    TYPE_LABELS,
    VOID_LABELS,
    VOID_MOVES,
    ActionState,
    BatchState,
    EnvelopeState,
    RowStatus,
    VoidState,
)
from baozhen.signing.identity.models import ConsentCheck, Subject
from baozhen.signing.organizations.models import Account, OrgUnit

_ID = 40


class EnvelopeBatch(Stateful):
    """Many envelopes of one flow, started from one table."""

    MOVES = BATCH_MOVES
    NOUN = "envelope_batch"
    AUDITED: ClassVar[tuple[str, ...]] = ("flow", "rows_total")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in BATCH_LABELS.items()],
        default=BatchState.PROCESSING.value,
        editable=False,
    )
    public_id = models.CharField("批次编号", max_length=_ID, unique=True)
    client = models.CharField("发起方", max_length=64)
    biz_no = models.CharField("业务编号", max_length=64, null=True, blank=True)
    flow = models.CharField("流程", max_length=48)
    unit = models.ForeignKey(
        OrgUnit, on_delete=models.PROTECT, related_name="+", verbose_name="机构"
    )
    rows_total = models.PositiveIntegerField("行数")
    created_by = models.CharField("发起人", max_length=64)
    created_at = models.DateTimeField("发起时间")
    finished_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = "批量发起"
        verbose_name_plural = "批量发起"
        constraints = [
            models.UniqueConstraint(
                fields=["client", "biz_no"],
                condition=models.Q(biz_no__isnull=False),
                name="envelopes_batch_biz_no",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class Envelope(Stateful):
    """One signing task. `values` are what was filled in; they hold personal data."""

    MOVES = MOVES
    NOUN = "envelope"
    AUDITED: ClassVar[tuple[str, ...]] = ("flow", "document_type", "content_sha256", "client")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in LABELS.items()],
        default=EnvelopeState.DRAFT.value,
        editable=False,
    )
    public_id = models.CharField("任务编号", max_length=_ID, unique=True)
    client = models.CharField("发起方", max_length=64)
    biz_no = models.CharField("业务编号", max_length=64, null=True, blank=True)
    fingerprint = models.CharField("请求指纹", max_length=64)
    flow = models.CharField("流程", max_length=48)
    document_type = models.CharField("文件类型", max_length=48)
    unit = models.ForeignKey(
        OrgUnit, on_delete=models.PROTECT, related_name="+", verbose_name="机构"
    )
    title = models.CharField("标题", max_length=200)
    message = models.CharField("留言", max_length=500, blank=True)
    values = EncryptedJSONField("填写内容", null=True)
    rules = models.JSONField("签署规则", default=dict)
    batch = models.ForeignKey(
        EnvelopeBatch, on_delete=models.PROTECT, null=True, verbose_name="批次"
    )
    created_by = models.CharField("发起人", max_length=64)
    created_at = models.DateTimeField("发起时间", db_index=True)
    started_at = models.DateTimeField("开始时间", null=True)
    expires_at = models.DateTimeField("截止时间", null=True, db_index=True)
    ended_at = models.DateTimeField("结束时间", null=True)
    reason = models.CharField("结束原因", max_length=500, blank=True)
    content_sha256 = models.CharField("内容指纹", max_length=64, blank=True)
    attempts = models.PositiveIntegerField("封签尝试次数", default=0)
    last_error = models.CharField("最近故障", max_length=255, blank=True)
    moved_at = models.DateTimeField("状态时间", db_index=True)

    class Meta:
        verbose_name = "签署任务"
        verbose_name_plural = "签署任务"
        constraints = [
            models.UniqueConstraint(
                fields=["client", "biz_no"],
                condition=models.Q(biz_no__isnull=False),
                name="envelopes_biz_no",
            ),
            # What is being sealed or is sealed has a frozen content.
            models.CheckConstraint(
                condition=~models.Q(state__in=["completed", "voiding", "voided"])
                | ~models.Q(content_sha256=""),
                name="envelopes_frozen",
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "state", "-created_at"], name="envelopes_list"),
            models.Index(fields=["state", "moved_at"], name="envelopes_watch"),
        ]

    def __str__(self) -> str:
        return self.public_id

    def event_data(self) -> dict[str, object]:
        """Return what outside systems are told: ids and digests, no personal data."""
        return {
            "id": self.public_id,
            "biz_no": self.biz_no,
            "state": self.state,
            "content_sha256": self.content_sha256,
        }


class EnvelopeDocument(models.Model):
    """One document of an envelope; its bytes are in the store, `head_sha256` is the newest."""

    public_id = models.CharField("文件编号", max_length=_ID, unique=True)
    envelope = models.ForeignKey(
        Envelope, on_delete=models.PROTECT, related_name="documents", verbose_name="签署任务"
    )
    position = models.PositiveSmallIntegerField("次序")
    title = models.CharField("标题", max_length=200)
    template = models.CharField("模版", max_length=64, blank=True)
    source_sha256 = models.CharField("原文摘要", max_length=64)
    head_sha256 = models.CharField("当前摘要", max_length=64, db_index=True)
    head_number = models.PositiveSmallIntegerField("当前版本", default=0)
    pages = models.PositiveSmallIntegerField("页数")
    size = models.PositiveIntegerField("字节数")

    class Meta:
        verbose_name = "签署文件"
        verbose_name_plural = "签署文件"
        constraints = [
            models.UniqueConstraint(fields=["envelope", "position"], name="envelopes_position"),
        ]

    def __str__(self) -> str:
        return self.title


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
    link_hash = models.CharField("链接摘要", max_length=64, blank=True, db_index=True)
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
    sha256 = models.CharField("SHA-256", max_length=64)
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


class VoidRequest(Stateful):
    """A wish to void a completed envelope; every party that signed has to agree."""

    MOVES = VOID_MOVES
    NOUN = "void_request"

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in VOID_LABELS.items()],
        default=VoidState.OPEN.value,
        editable=False,
    )
    envelope = models.ForeignKey(
        Envelope, on_delete=models.PROTECT, related_name="void_requests", verbose_name="签署任务"
    )
    reason = models.CharField("原因", max_length=500)
    requested_by = models.CharField("申请人", max_length=64)
    requested_at = models.DateTimeField("申请时间")
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = "作废申请"
        verbose_name_plural = "作废申请"
        constraints = [
            models.UniqueConstraint(
                fields=["envelope"],
                condition=models.Q(state="open"),
                name="envelopes_one_void_request",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.envelope_id}"


class VoidConsent(models.Model):
    """One party's word on a request to void."""

    request = models.ForeignKey(
        VoidRequest, on_delete=models.PROTECT, related_name="consents", verbose_name="作废申请"
    )
    signatory = models.ForeignKey(
        Signatory, on_delete=models.PROTECT, related_name="+", verbose_name="签署方"
    )
    has_agreed = models.BooleanField("同意")
    given_by = models.CharField("操作人", max_length=64)
    given_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "作废确认"
        verbose_name_plural = "作废确认"
        constraints = [
            models.UniqueConstraint(fields=["request", "signatory"], name="envelopes_void_once"),
        ]

    def __str__(self) -> str:
        return f"{self.signatory_id}"


class BatchRow(models.Model):
    """One row of a batch and what became of it."""

    batch = models.ForeignKey(
        EnvelopeBatch, on_delete=models.PROTECT, related_name="rows", verbose_name="批次"
    )
    line = models.PositiveIntegerField("行")
    payload = EncryptedJSONField("内容", null=True)
    status = models.CharField(
        "结果",
        max_length=16,
        choices=[
            (RowStatus.WAITING.value, "待处理"),
            (RowStatus.STARTED.value, "已发起"),
            (RowStatus.FAILED.value, "有误"),
        ],
        default=RowStatus.WAITING.value,
    )
    envelope = models.ForeignKey(
        Envelope, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="签署任务"
    )
    code = models.CharField("错误代码", max_length=64, blank=True)
    problem = models.CharField("问题", max_length=500, blank=True)

    class Meta:
        verbose_name = "批次行"
        verbose_name_plural = "批次行"
        constraints = [
            models.UniqueConstraint(fields=["batch", "line"], name="envelopes_batch_line"),
        ]
        indexes = [models.Index(fields=["batch", "status", "line"], name="envelopes_rows")]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.line}"
