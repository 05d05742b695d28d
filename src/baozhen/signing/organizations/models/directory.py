"""Where the tree and the people come from, and what each run changed."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField, EncryptedTextField
from baozhen.foundation.states import Stateful
from baozhen.signing.organizations import states
from baozhen.signing.organizations.states import SyncState


class DirectorySource(models.Model):
    """A business system's SCIM 2.0 endpoint (RFC 7644) that is asked every day."""

    name = models.CharField("名称", max_length=64, unique=True)
    base_url = models.URLField("SCIM 地址", max_length=255)
    token = EncryptedTextField("访问令牌")
    active = models.BooleanField("启用", default=True)
    leavers_max_percent = models.PositiveSmallIntegerField("离职比例上限（%）", default=10)
    # The newest `meta.lastModified` that was applied: the next run asks for what is newer.
    synced_to = models.DateTimeField("已同步至", null=True, blank=True)
    full_at = models.DateTimeField("最近全量同步", null=True, blank=True)
    last_error = models.CharField("最近错误", max_length=200, blank=True)

    class Meta:
        verbose_name = "目录来源"
        verbose_name_plural = "目录来源"

    def __str__(self) -> str:
        return self.name


class SyncRun(Stateful):
    """One comparison of a directory with us: first the plan, then what was done."""

    MOVES = states.SYNC_MOVES
    NOUN = "sync_run"
    BEGINS: ClassVar[tuple[str, ...]] = ("planned", "held")
    AUDITED: ClassVar[tuple[str, ...]] = ("source_name", "is_full")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in states.SYNC_STATES.items()],
        default=SyncState.PLANNED.value,
        editable=False,
    )
    source = models.ForeignKey(
        DirectorySource, on_delete=models.PROTECT, null=True, blank=True, verbose_name="来源"
    )
    source_name = models.CharField("来源名称", max_length=64)
    is_full = models.BooleanField("全量")
    # Names and mobiles of people: sealed like every other copy of them.
    snapshot = EncryptedJSONField("目录内容")
    counts = models.JSONField("数量", default=dict)
    warnings = models.JSONField("提示", default=list)
    report = models.JSONField("结果", default=dict)
    planned_at = models.DateTimeField("计划时间")
    planned_by = models.CharField("发起人", max_length=64)
    applied_at = models.DateTimeField("执行时间", null=True, blank=True)

    class Meta:
        verbose_name = "同步记录"
        verbose_name_plural = "同步记录"

    def __str__(self) -> str:
        return f"{self.source_name} {self.planned_at:%Y-%m-%d %H:%M}"
