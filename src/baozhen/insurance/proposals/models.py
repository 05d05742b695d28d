"""Nouns of the proposals stage: proposals, idempotency keys, batches and their items."""

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField, EncryptedTextField
from baozhen.foundation.states import Stateful
from baozhen.insurance.proposals.states import (
    BATCH_MOVES,
    PROPOSAL_MOVES,
    BatchState,
    ItemStatus,
    ProposalState,
)


class Batch(Stateful):
    """批次: up to 100,000 proposals sent as one NDJSON stream, with a result for each line."""

    MOVES = BATCH_MOVES
    NOUN = "batch"
    AUDITED = ("client", "size", "timestamp_mode")

    client = models.CharField("客户端", max_length=80)
    idempotency_key = models.CharField("幂等键", max_length=128)
    timestamp_mode = models.CharField("时间戳方式", max_length=12)
    size = models.PositiveIntegerField("行数", default=0)
    created_at = models.DateTimeField("建立时间")
    closed_at = models.DateTimeField("接收完成时间", null=True)
    finished_at = models.DateTimeField("处理完成时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "批次"
        constraints = [
            models.UniqueConstraint(
                fields=["client", "idempotency_key"], name="batch_once_per_key"
            ),
            models.CheckConstraint(
                name="batch_state_facts",
                condition=models.Q(
                    state=BatchState.RECEIVING, closed_at__isnull=True, finished_at__isnull=True
                )
                | models.Q(
                    state=BatchState.PROCESSING, closed_at__isnull=False, finished_at__isnull=True
                )
                | models.Q(
                    state=BatchState.FINISHED, closed_at__isnull=False, finished_at__isnull=False
                ),
            ),
        ]
        indexes = [models.Index(fields=["created_at", "id"], name="batch_created")]

    def __str__(self) -> str:
        return f"{self.client}/{self.idempotency_key}"

    def event_data(self) -> dict[str, object]:
        """Return what outside systems are told; the results line by line are asked for."""
        return {"id": str(self.pk), "size": self.size, "state": self.state}


class BatchChunk(models.Model):
    """A run of lines that one job processes; the counters make progress cheap to read."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="chunks")
    number = models.PositiveIntegerField("序号")
    first_line = models.PositiveIntegerField("首行")
    last_line = models.PositiveIntegerField("末行")
    finished_at = models.DateTimeField("完成时间", null=True)
    issued = models.PositiveIntegerField("已出单", default=0)
    refused = models.PositiveIntegerField("被拒绝", default=0)
    conflict = models.PositiveIntegerField("冲突", default=0)
    failed = models.PositiveIntegerField("失败", default=0)
    policies = models.PositiveIntegerField("保单数", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "批次分段"
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="chunk_once"),
            models.CheckConstraint(
                name="chunk_lines", condition=models.Q(last_line__gte=models.F("first_line"))
            ),
        ]
        indexes = [
            models.Index(
                fields=["batch", "number"],
                name="chunk_open",
                condition=models.Q(finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}#{self.number}"


class Proposal(Stateful):
    """投保单: one underwritten, signed and paid application, frozen as it was accepted."""

    MOVES = PROPOSAL_MOVES
    NOUN = "proposal"
    AUDITED = ("proposal_no", "form", "branch_code", "content_sha256")

    proposal_no = models.CharField("投保单号", max_length=40)
    form = models.CharField("投保单版本", max_length=24)
    branch_code = models.CharField("机构代码", max_length=24)
    content = EncryptedJSONField("内容")
    content_sha256 = models.CharField("内容摘要", max_length=64)
    client = models.CharField("客户端", max_length=80)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, related_name="proposals")
    timestamp_mode = models.CharField("时间戳方式", max_length=12)
    received_at = models.DateTimeField("接收时间")
    issued_at = models.DateTimeField("出单完成时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "投保单"
        constraints = [
            models.UniqueConstraint(fields=["proposal_no"], name="proposal_once"),
            models.CheckConstraint(
                name="proposal_state_facts",
                condition=models.Q(state=ProposalState.SUBMITTED, issued_at__isnull=True)
                | models.Q(state=ProposalState.ISSUED, issued_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at", "id"],
                name="proposal_unissued",
                condition=models.Q(state=ProposalState.SUBMITTED),
            )
        ]

    def __str__(self) -> str:
        return self.proposal_no

    def event_data(self) -> dict[str, object] | None:
        """Return what outside systems are told; proposals of a batch are told with it."""
        if self.batch_id is not None:
            return None
        return {
            "id": self.proposal_no,
            "form": self.form,
            "state": self.state,
            "content_sha256": self.content_sha256,
        }


class BatchItem(models.Model):
    """One line of a batch and what became of it; the payload goes once the item is settled."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="items")
    line = models.PositiveIntegerField("行号")
    payload = EncryptedTextField("原文", null=True)
    payload_sha256 = models.CharField("原文摘要", max_length=64)
    proposal_no = models.CharField("投保单号", max_length=40, blank=True)
    status = models.CharField("结果", max_length=12, default=ItemStatus.PENDING)
    policies = models.JSONField("保单", default=list)
    errors = models.JSONField("错误", default=list)
    trace_no = models.CharField("追踪号", max_length=32, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "批次明细"
        constraints = [
            models.UniqueConstraint(fields=["batch", "line"], name="item_once_per_line"),
            models.CheckConstraint(
                name="item_status_known", condition=models.Q(status__in=list(ItemStatus))
            ),
        ]
        indexes = [models.Index(fields=["batch", "status", "line"], name="item_by_status")]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.line}"


class IdempotencyKey(models.Model):
    """A key that a client has used, and for what; kept seven days."""

    client = models.CharField("客户端", max_length=80)
    key = models.CharField("幂等键", max_length=128)
    fingerprint = models.CharField("请求摘要", max_length=64)
    used_at = models.DateTimeField("使用时间")

    class Meta:
        verbose_name = verbose_name_plural = "幂等键"
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="idempotency_key_once")
        ]
        indexes = [models.Index(fields=["used_at"], name="idempotency_used_at")]

    def __str__(self) -> str:
        return f"{self.client}/{self.key}"
