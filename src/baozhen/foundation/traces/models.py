"""Pages as served, sessions of persons, their acts in a chain, the moving picture; write-once.

Triggers refuse any change of a row and any removal but that of an approved destruction
(migration 0002).
"""

from typing import ClassVar

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField, EncryptedTextField
from baozhen.foundation.states import Stateful
from baozhen.foundation.traces.chain import TracedAct
from baozhen.foundation.traces.states import (
    DESTRUCTION_LABELS,
    DESTRUCTION_MOVES,
    EXPORT_LABELS,
    EXPORT_MOVES,
    KIND_LABELS,
    NUMBER_LABELS,
    DestructionState,
    ExportState,
)


class PageVersion(models.Model):
    """One version of one page: what all its visitors were shown, without what was theirs alone.

    The HTML lies in the object store under `html_sha256`; `bundle` lists the files that it needs,
    `[path, media type, size, SHA-256, SM3]` each, which lie there too.
    """

    page = models.CharField("页面", max_length=120)
    digest = models.CharField("版本摘要", max_length=64, unique=True)
    html_sha256 = models.CharField("页面 SHA-256", max_length=64)
    html_sm3 = models.CharField("页面 SM3", max_length=64)
    size = models.PositiveIntegerField("字节数")
    bundle = models.JSONField("页面文件", default=list)
    first_seen = models.DateTimeField("首次出现")

    class Meta:
        verbose_name = "页面版本"
        verbose_name_plural = "页面版本"
        indexes = [models.Index(fields=["page", "first_seen"], name="traces_page_time")]

    def __str__(self) -> str:
        return f"{self.page} {self.digest[:12]}"


class TraceSession(models.Model):
    """One person's visit. Count, head and the last time grow with the acts; the rest stays."""

    public_id = models.CharField("会话编号", max_length=40, unique=True)
    channel = models.CharField("渠道", max_length=24)
    device = models.CharField("设备", max_length=24)
    ip_masked = models.CharField("网络地址（脱敏）", max_length=48)
    ip = EncryptedTextField("网络地址")
    user_agent = models.CharField("浏览器", max_length=300)
    started_at = models.DateTimeField("开始时间")
    last_at = models.DateTimeField("最近时间")
    event_count = models.PositiveIntegerField("操作数", default=0)
    head = models.BinaryField("末条摘要", max_length=32)
    anchored_count = models.PositiveIntegerField("已入日志的操作数", default=0)
    recorded_bytes = models.PositiveIntegerField("画面字节数", default=0)
    destroyed_at = models.DateTimeField("销毁时间", null=True)

    class Meta:
        verbose_name = "回溯会话"
        verbose_name_plural = "回溯会话"
        indexes = [
            models.Index(fields=["-started_at", "-id"], name="traces_session_time"),
            models.Index(
                fields=["id"],
                condition=models.Q(event_count__gt=models.F("anchored_count")),
                name="traces_session_unanchored",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class TraceLink(models.Model):
    """What business a session was about; one session may be about several."""

    session = models.ForeignKey(
        TraceSession, on_delete=models.PROTECT, related_name="links", verbose_name="会话"
    )
    kind = models.CharField(
        "类别", max_length=16, choices=[(kind.value, word) for kind, word in NUMBER_LABELS.items()]
    )
    number = models.CharField("编号", max_length=64)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "会话业务"
        verbose_name_plural = "会话业务"
        constraints = [
            models.UniqueConstraint(fields=["session", "kind", "number"], name="traces_link_once")
        ]
        indexes = [models.Index(fields=["number"], name="traces_link_number")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class TracePerson(models.Model):
    """Who a session's person turned out to be, and by which hashed words they are found."""

    session = models.ForeignKey(
        TraceSession, on_delete=models.PROTECT, related_name="persons", verbose_name="会话"
    )
    subject_ref = models.CharField("主体编号", max_length=40)
    person_index = models.CharField("证件索引", max_length=64, blank=True, db_index=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "会话人员"
        verbose_name_plural = "会话人员"
        constraints = [
            models.UniqueConstraint(fields=["session", "subject_ref"], name="traces_person_once")
        ]

    def __str__(self) -> str:
        return self.subject_ref


class TraceEvent(models.Model):
    """One act. `slots` are what this visitor alone was shown in the page, encrypted."""

    session = models.ForeignKey(
        TraceSession, on_delete=models.PROTECT, related_name="events", verbose_name="会话"
    )
    seq = models.PositiveIntegerField("序号")
    server_time = models.DateTimeField("服务器时间")
    client_time = models.DateTimeField("客户端时间", null=True)
    offset_ms = models.BigIntegerField("时钟差（毫秒）", null=True)
    kind = models.CharField(
        "动作", max_length=12, choices=[(kind.value, word) for kind, word in KIND_LABELS.items()]
    )
    page = models.ForeignKey(
        PageVersion,
        on_delete=models.PROTECT,
        null=True,
        related_name="events",
        verbose_name="页面版本",
    )
    shown = models.CharField("所见页面 SHA-256", max_length=64, blank=True)
    target = models.CharField("对象", max_length=160, blank=True)
    value = models.TextField("内容（脱敏）", blank=True)
    value_hash = models.CharField("内容带密钥摘要", max_length=64, blank=True)
    slots = EncryptedJSONField("个人部分", null=True)
    previous = models.BinaryField("前一条摘要", max_length=32)
    digest = models.BinaryField("摘要", max_length=32)

    class Meta:
        verbose_name = "回溯操作"
        verbose_name_plural = "回溯操作"
        constraints = [
            # Two writers that read the same last act cannot both append: a chain never forks.
            models.UniqueConstraint(fields=["session", "seq"], name="traces_event_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"

    def act(self) -> TracedAct:
        """Return what the row says, to compute its digest again."""
        return TracedAct(
            session=self.session.public_id,
            seq=self.seq,
            server_time=self.server_time,
            client_time=self.client_time,
            offset_ms=self.offset_ms,
            kind=self.kind,
            page=self.page.digest if self.page is not None else "",
            shown=self.shown,
            target=self.target,
            value=self.value,
            value_hash=self.value_hash,
        )


class RecordingChunk(models.Model):
    """A piece of the moving picture: compressed in the object store, its hash in the chain.

    `number` is that of the act RECORD whose value is the SHA-256.
    """

    session = models.ForeignKey(
        TraceSession, on_delete=models.PROTECT, related_name="chunks", verbose_name="会话"
    )
    number = models.PositiveIntegerField("序号")
    sha256 = models.CharField("SHA-256", max_length=64)
    sm3 = models.CharField("SM3", max_length=64)
    size = models.PositiveIntegerField("字节数")
    page = models.ForeignKey(
        PageVersion, on_delete=models.PROTECT, related_name="+", verbose_name="页面版本"
    )

    class Meta:
        verbose_name = "画面记录"
        verbose_name_plural = "画面记录"
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="traces_chunk_number")
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.number}"


class TraceExport(Stateful):
    """A package of everything about one number, for a regulator or a court."""

    MOVES = EXPORT_MOVES
    NOUN = "trace_export"
    AUDITED: ClassVar[tuple[str, ...]] = ("number", "reason", "requested_by", "decided_by")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, word) for state, word in EXPORT_LABELS.items()],
        default=ExportState.REQUESTED.value,
        editable=False,
    )
    public_id = models.CharField("导出编号", max_length=40, unique=True)
    number = models.CharField("业务编号", max_length=64)
    reason = models.CharField("事由", max_length=200)
    requested_by = models.CharField("申请人", max_length=64)
    requested_at = models.DateTimeField("申请时间")
    decided_by = models.CharField("批准人", max_length=64, blank=True)
    decided_at = models.DateTimeField("批准时间", null=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    size = models.PositiveBigIntegerField("字节数", null=True)

    class Meta:
        verbose_name = "回溯导出"
        verbose_name_plural = "回溯导出"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(decided_by="")
                | ~models.Q(decided_by=models.F("requested_by"))
                | models.Q(state=ExportState.REFUSED),
                name="traces_export_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class TraceDestruction(Stateful):
    """A list of sessions whose time is over."""

    MOVES = DESTRUCTION_MOVES
    NOUN = "trace_destruction"
    AUDITED: ClassVar[tuple[str, ...]] = (
        "reason",
        "sessions_sha256",
        "proposed_by",
        "first_by",
        "second_by",
    )

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, word) for state, word in DESTRUCTION_LABELS.items()],
        default=DestructionState.PROPOSED.value,
        editable=False,
    )
    public_id = models.CharField("清单编号", max_length=40, unique=True)
    reason = models.CharField("事由", max_length=200)
    sessions = models.ManyToManyField(
        TraceSession, related_name="destructions", verbose_name="会话"
    )
    # Of the session numbers, one a line: the list that was agreed to is the one carried out.
    sessions_sha256 = models.CharField("清单摘要", max_length=64)
    proposed_by = models.CharField("提出人", max_length=64)
    proposed_at = models.DateTimeField("提出时间")
    first_by = models.CharField("第一批准人", max_length=64, blank=True)
    second_by = models.CharField("第二批准人", max_length=64, blank=True)
    done_at = models.DateTimeField("销毁时间", null=True)

    class Meta:
        verbose_name = "回溯销毁清单"
        verbose_name_plural = "回溯销毁清单"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=[DestructionState.APPROVED, DestructionState.DONE])
                | (
                    ~models.Q(first_by="")
                    & ~models.Q(second_by="")
                    & ~models.Q(first_by=models.F("second_by"))
                    & ~models.Q(first_by=models.F("proposed_by"))
                    & ~models.Q(second_by=models.F("proposed_by"))
                ),
                name="traces_destruction_three_persons",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
