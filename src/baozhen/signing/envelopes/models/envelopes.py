"""Signing tasks and their documents, alone or many of them from one table."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField
from baozhen.foundation.states import Stateful
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.signing.envelopes.states import (
    BATCH_LABELS,
    BATCH_MOVES,
    LABELS,
    MOVES,
    BatchState,
    EnvelopeState,
    RowStatus,
)
from baozhen.signing.organizations.models import OrgUnit

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
    timestamp_mode = models.CharField(
        "时间戳方式", max_length=12, default=TimestampMode.AGGREGATED.value
    )
    rows_total = models.PositiveIntegerField("行数")
    created_by = models.CharField("发起人", max_length=64)
    created_at = models.DateTimeField("发起时间")
    finished_at = models.DateTimeField("结束时间", null=True)
    end_reason = models.CharField("批量终止原因", max_length=500, blank=True)
    ended_by = models.CharField("批量终止人", max_length=64, blank=True)
    end_asked_at = models.DateTimeField("批量终止时间", null=True)

    class Meta:
        verbose_name = "批量发起"
        verbose_name_plural = "批量发起"
        constraints = [
            models.UniqueConstraint(
                fields=["client", "biz_no"],
                condition=models.Q(biz_no__isnull=False),
                name="envelopes_batch_biz_no",
            ),
            models.CheckConstraint(
                name="envelopes_batch_timestamp_known",
                condition=models.Q(timestamp_mode__in=list(TimestampMode)),
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    def event_data(self) -> dict[str, object]:
        """Return what outside systems are told; the results row by row are asked for."""
        return {
            "id": self.public_id,
            "biz_no": self.biz_no,
            "flow": self.flow,
            "rows_total": self.rows_total,
            "state": self.state,
        }


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
