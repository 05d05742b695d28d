"""Figures by day; prices, uses and monthly statements. Money is whole fen."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.states import Stateful
from baozhen.signing.statistics.states import (
    MEASURE_LABELS,
    MODE_LABELS,
    STATEMENT_LABELS,
    STATEMENT_MOVES,
    USAGE_LABELS,
    StatementState,
)


class DayFigure(models.Model):
    """How many of one measure on one day (Asia/Shanghai), by unit, type and channel."""

    measure = models.CharField(
        "指标", max_length=16, choices=[(m.value, label) for m, label in MEASURE_LABELS.items()]
    )
    day = models.DateField("日期")
    unit = models.ForeignKey(
        "organizations.OrgUnit", on_delete=models.PROTECT, related_name="+", verbose_name="机构"
    )
    type = models.CharField("类型", max_length=64, blank=True)
    channel = models.CharField("渠道", max_length=64, blank=True)
    count = models.PositiveBigIntegerField("数量")

    class Meta:
        verbose_name = "日统计"
        verbose_name_plural = "日统计"
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "day", "unit", "type", "channel"], name="statistics_figure_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.day}"


class PriceRule(models.Model):
    """A dated price; without a unit it holds for all. Prices end, they are not changed."""

    kind = models.CharField(
        "用量", max_length=16, choices=[(k.value, label) for k, label in USAGE_LABELS.items()]
    )
    mode = models.CharField(
        "方式", max_length=16, choices=[(m.value, label) for m, label in MODE_LABELS.items()]
    )
    fen = models.PositiveBigIntegerField("单价（分）", default=0)
    monthly_fen = models.PositiveBigIntegerField("月费（分）", default=0)
    included = models.PositiveIntegerField("含次数", default=0)
    unit = models.ForeignKey(
        "organizations.OrgUnit",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="机构",
    )
    starts_on = models.DateField("生效日")
    ends_on = models.DateField("失效日", null=True)
    made_by = models.CharField("设定人", max_length=64)
    made_at = models.DateTimeField("设定时间")

    class Meta:
        verbose_name = "价格规则"
        verbose_name_plural = "价格规则"

    def __str__(self) -> str:
        return f"{self.kind} {self.mode}"


class UsageRecord(models.Model):
    """One chargeable use; `source` is the id of what was used, so that it counts once."""

    kind = models.CharField(
        "用量", max_length=16, choices=[(k.value, label) for k, label in USAGE_LABELS.items()]
    )
    source = models.CharField("来源编号", max_length=64)
    unit = models.ForeignKey(
        "organizations.OrgUnit", on_delete=models.PROTECT, related_name="+", verbose_name="机构"
    )
    month = models.DateField("月份")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "用量记录"
        verbose_name_plural = "用量记录"
        constraints = [
            models.UniqueConstraint(fields=["kind", "source"], name="statistics_usage_once"),
        ]
        indexes = [models.Index(fields=["month", "unit", "kind"], name="statistics_usage_month")]

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"


class Statement(Stateful):
    """What one unit owes head office for one month (清分)."""

    MOVES = STATEMENT_MOVES
    NOUN = "statement"
    AUDITED: ClassVar[tuple[str, ...]] = ("unit_id", "total_fen")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in STATEMENT_LABELS.items()],
        default=StatementState.DRAFT.value,
        editable=False,
    )
    unit = models.ForeignKey(
        "organizations.OrgUnit", on_delete=models.PROTECT, related_name="+", verbose_name="机构"
    )
    month = models.DateField("月份")
    total_fen = models.PositiveBigIntegerField("金额（分）")
    made_at = models.DateTimeField("生成时间")

    class Meta:
        verbose_name = "清分单"
        verbose_name_plural = "清分单"
        constraints = [
            models.UniqueConstraint(fields=["unit", "month"], name="statistics_statement_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.month:%Y-%m}"


class StatementLine(models.Model):
    """One kind of use on a statement."""

    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, related_name="lines", verbose_name="清分单"
    )
    kind = models.CharField(
        "用量", max_length=16, choices=[(k.value, label) for k, label in USAGE_LABELS.items()]
    )
    mode = models.CharField("方式", max_length=16, blank=True)
    count = models.PositiveBigIntegerField("数量")
    total_fen = models.PositiveBigIntegerField("金额（分）")

    class Meta:
        verbose_name = "清分明细"
        verbose_name_plural = "清分明细"
        constraints = [
            models.UniqueConstraint(fields=["statement", "kind"], name="statistics_line_once"),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} {self.kind}"
