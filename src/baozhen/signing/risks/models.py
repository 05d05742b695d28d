"""What looked wrong, and what was done about it."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.states import Stateful
from baozhen.signing.risks.states import LABELS, MOVES, SEVERITY_LABELS, RiskState, Severity


class Risk(Stateful):
    """One thing that looked wrong; `facts` never hold personal data."""

    MOVES = MOVES
    NOUN = "risk"
    AUDITED: ClassVar[tuple[str, ...]] = ("kind", "severity", "concerns", "concerns_id")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in LABELS.items()],
        default=RiskState.OPEN.value,
        editable=False,
    )
    public_id = models.CharField("编号", max_length=40, unique=True)
    kind = models.CharField("类别", max_length=48, db_index=True)
    severity = models.CharField(
        "程度",
        max_length=16,
        choices=[(severity.value, label) for severity, label in SEVERITY_LABELS.items()],
        default=Severity.NOTICE.value,
    )
    concerns = models.CharField("对象类型", max_length=32)
    concerns_id = models.BigIntegerField("对象")
    facts = models.JSONField("情况", default=dict)
    raised_at = models.DateTimeField("发现时间", db_index=True)
    handled_at = models.DateTimeField("处置时间", null=True)
    handled_by = models.CharField("处置人", max_length=64, blank=True)
    handling = models.CharField("处置说明", max_length=500, blank=True)

    class Meta:
        verbose_name = "风险"
        verbose_name_plural = "风险"
        indexes = [
            models.Index(fields=["concerns", "concerns_id"], name="risks_concerns"),
            models.Index(fields=["state", "-raised_at"], name="risks_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[RiskState.OPEN.value, RiskState.HELD.value], handled_at__isnull=True
                )
                | models.Q(
                    state__in=[RiskState.HANDLED.value, RiskState.DISMISSED.value],
                    handled_at__isnull=False,
                ),
                name="risks_handled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"

    def event_data(self) -> dict[str, object]:
        """Return what outside systems are told."""
        return {"id": self.public_id, "kind": self.kind, "severity": self.severity}
