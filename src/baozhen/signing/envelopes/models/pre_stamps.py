"""What a company outside has decided in advance: its seal on tasks of one kind, within limits."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.states import Stateful
from baozhen.signing.envelopes.states import PRE_STAMP_LABELS, PRE_STAMP_MOVES, PreStampState
from baozhen.signing.identity.models import ConsentCheck
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.seals.models import Seal

_ID = 40


class PreStamp(Stateful):
    """A company's word that its seal goes on when its turn comes, without being asked again.

    `kind` is a ready-made flow, or a template with the number of its version. The statement is what
    was shown and confirmed, word by word.
    """

    MOVES = PRE_STAMP_MOVES
    NOUN = "pre_stamp"
    AUDITED: ClassVar[tuple[str, ...]] = (
        "public_id",
        "unit_id",
        "seal_id",
        "kind",
        "count_max",
        "until",
        "statement_sha256",
    )

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in PRE_STAMP_LABELS.items()],
        default=PreStampState.ACTIVE.value,
        editable=False,
    )
    public_id = models.CharField("授权编号", max_length=_ID, unique=True)
    unit = models.ForeignKey(
        OrgUnit, on_delete=models.PROTECT, related_name="+", verbose_name="单位"
    )
    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="+", verbose_name="印章")
    kind = models.CharField("任务种类", max_length=64)
    kind_title = models.CharField("种类名称", max_length=128)
    count_max = models.PositiveIntegerField("份数上限")
    until = models.DateTimeField("有效期至")
    statement = models.TextField("授权书")
    statement_sha256 = models.CharField("授权书摘要", max_length=64)
    consent = models.OneToOneField(
        ConsentCheck, on_delete=models.PROTECT, related_name="+", verbose_name="意愿"
    )
    given_by = models.CharField("授权人", max_length=64)
    given_at = models.DateTimeField("授权时间")
    ended_by = models.CharField("收回人", max_length=64, blank=True)
    ended_at = models.DateTimeField("结束时间", null=True)
    reason = models.CharField("收回原因", max_length=200, blank=True)

    class Meta:
        verbose_name = "预盖章授权"
        verbose_name_plural = "预盖章授权"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind"],
                condition=models.Q(state=PreStampState.ACTIVE.value),
                name="envelopes_one_pre_stamp",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
