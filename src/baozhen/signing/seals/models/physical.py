"""Physical seals: who took one out, what was stamped with it, and its return."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from baozhen.foundation.states import Stateful
from baozhen.signing.seals import states
from baozhen.signing.seals.models.library import Seal
from baozhen.signing.seals.states import LoanState


class SealLoan(Stateful):
    """A request to use a physical seal, from asking to giving back."""

    MOVES = states.LOAN_MOVES
    NOUN = "seal_loan"
    AUDITED: ClassVar[tuple[str, ...]] = (
        "public_id",
        "seal_id",
        "borrower_id",
        "copies",
        "decided_by",
        "handed_by",
        "returned_to",
    )

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in states.LOAN_LABELS.items()],
        default=LoanState.REQUESTED.value,
        editable=False,
    )
    public_id = models.CharField("用印申请编号", max_length=40, unique=True)
    seal = models.ForeignKey(
        Seal, on_delete=models.PROTECT, related_name="loans", verbose_name="印章"
    )
    borrower = models.ForeignKey(
        "organizations.Account",
        on_delete=models.PROTECT,
        related_name="seal_loans",
        verbose_name="申请人",
    )
    document = models.CharField("用印文件", max_length=200)
    document_type = models.CharField("文件类型", max_length=32)
    copies = models.PositiveIntegerField("份数")
    reason = models.CharField("事由", max_length=200)
    is_taken_out = models.BooleanField("外带", default=False)
    due_at = models.DateTimeField("应还时间")
    requested_by = models.CharField("提交人", max_length=64)
    requested_at = models.DateTimeField("申请时间")
    decided_by = models.CharField("审批人", max_length=64, blank=True)
    decided_at = models.DateTimeField("审批时间", null=True)
    decision = models.CharField("审批意见", max_length=200, blank=True)
    handed_by = models.CharField("交付人", max_length=64, blank=True)
    handed_out_at = models.DateTimeField("领用时间", null=True)
    returned_to = models.CharField("接收人", max_length=64, blank=True)
    returned_at = models.DateTimeField("归还时间", null=True)
    return_note = models.CharField("归还说明", max_length=200, blank=True)
    warned_at = models.DateTimeField("逾期提醒时间", null=True)

    class Meta:
        verbose_name = "实物用印"
        verbose_name_plural = "实物用印"
        constraints = [
            models.UniqueConstraint(
                fields=["seal"],
                condition=Q(state=LoanState.HANDED_OUT.value),
                name="seals_one_holder",
            ),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=models.F("requested_by")),
                name="seals_loan_second_person",
            ),
            models.CheckConstraint(condition=Q(copies__gt=0), name="seals_loan_copies"),
        ]

    def __str__(self) -> str:
        return self.public_id

    def is_overdue(self, at: datetime) -> bool:
        """Whether the seal is out and should be back at the instant `at`."""
        return self.state == LoanState.HANDED_OUT and self.due_at < at


class Stamping(models.Model):
    """One use of a physical seal during a loan, with a photograph of what was stamped."""

    loan = models.ForeignKey(
        SealLoan, on_delete=models.PROTECT, related_name="stampings", verbose_name="实物用印"
    )
    public_id = models.CharField("用印记录编号", max_length=40, unique=True)
    copies = models.PositiveIntegerField("份数")
    photo_sha256 = models.CharField("照片", max_length=64)
    note = models.CharField("说明", max_length=200, blank=True)
    recorded_by = models.CharField("记录人", max_length=64)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "实物用印记录"
        verbose_name_plural = "实物用印记录"

    def __str__(self) -> str:
        return self.public_id
