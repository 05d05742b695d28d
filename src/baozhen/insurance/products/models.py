"""The noun of the products stage: one version of a table."""

from django.db import models
from django.db.models import F, Q

from baozhen.foundation.states import Stateful
from baozhen.insurance.products.states import STATE_LABELS, TABLE_MOVES, TableState


class TableVersion(Stateful):
    """费率表版本: what a table says from one day on; never changed once it is made.

    Rating tables, products, solvency figures and underwriting rules are all kept this way.
    """

    MOVES = TABLE_MOVES
    NOUN = "table_version"
    AUDITED = ("table", "version", "effective_from", "effective_to", "sha256")

    state = models.CharField(
        "状态", max_length=32, choices=list(STATE_LABELS.items()), editable=False
    )
    table = models.CharField("表", max_length=40)
    version = models.CharField("版本", max_length=40)
    jurisdiction = models.CharField("法域", max_length=8)
    region = models.CharField("地区", max_length=8)
    effective_from = models.DateField("生效日")
    effective_to = models.DateField("失效日", null=True)
    source = models.CharField("依据", max_length=300)
    confirmed = models.BooleanField("已确认")
    content = models.JSONField("内容")
    sha256 = models.CharField("摘要", max_length=64)
    note = models.CharField("说明", max_length=200, blank=True)
    made_by = models.CharField("编制人", max_length=64)
    made_at = models.DateTimeField("编制时间")
    approved_by = models.CharField("批准人", max_length=64, blank=True)
    approved_at = models.DateTimeField("批准时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "费率表版本"
        constraints = [
            models.UniqueConstraint(
                fields=["table", "version"],
                condition=~Q(state=TableState.REJECTED.value),
                name="products_table_version_once",
            ),
            models.UniqueConstraint(
                fields=["table", "effective_from"],
                condition=Q(state=TableState.APPROVED.value),
                name="products_table_one_a_day",
            ),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=F("effective_from")),
                name="products_table_period",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[TableState.APPROVED.value, TableState.RETIRED.value])
                | (
                    Q(approved_at__isnull=False) & ~Q(approved_by="") & ~Q(approved_by=F("made_by"))
                ),
                name="products_table_approved_by_another",
            ),
        ]
        indexes = [
            models.Index(fields=["table", "effective_from"], name="products_table_by_day"),
            models.Index(fields=["state", "made_at"], name="products_table_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.version}"
