"""The nouns of the underwriting stage: what the rules said, and what a person has to decide."""

from django.db import models
from django.db.models import Q

from baozhen.foundation.fields import EncryptedJSONField
from baozhen.foundation.states import Stateful
from baozhen.insurance.underwriting.states import (
    DECISION_LABELS,
    REFERRAL_MOVES,
    STATE_LABELS,
    ReferralState,
)


class AssessmentRow(models.Model):
    """自动核保记录: which rules said what about which content; never changed."""

    proposal_no = models.CharField("投保单号", max_length=40)
    form = models.CharField("投保单版本", max_length=24)
    content_sha256 = models.CharField("内容摘要", max_length=64)
    decision = models.CharField("结论", max_length=12, choices=list(DECISION_LABELS.items()))
    hits = models.JSONField("命中的规则", default=list)
    rules_version = models.CharField("规则版本", max_length=40)
    # No personal data: see `facts`.
    facts = models.JSONField("事实")
    assessed_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "自动核保记录"
        indexes = [
            models.Index(fields=["proposal_no", "id"], name="underwriting_by_proposal"),
            models.Index(fields=["assessed_at"], name="underwriting_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_no} {self.decision}"


class Referral(Stateful):
    """人工核保任务: a proposal that the rules leave to a person."""

    MOVES = REFERRAL_MOVES
    NOUN = "referral"
    AUDITED = ("proposal_no", "underwriter", "offer")

    state = models.CharField(
        "状态", max_length=32, choices=list(STATE_LABELS.items()), editable=False
    )
    proposal_no = models.CharField("投保单号", max_length=40)
    form = models.CharField("投保单版本", max_length=24)
    branch_code = models.CharField("机构代码", max_length=24)
    assessment = models.OneToOneField(
        AssessmentRow, on_delete=models.PROTECT, related_name="referral"
    )
    total_fen = models.BigIntegerField("合计（分）", null=True)
    # What the underwriter looks at; shown masked.
    content = EncryptedJSONField("内容")
    quote = models.JSONField("报价", null=True)
    # An offer names terms alone: covers, sums, deductibles, the self-pricing factor.
    offer = models.JSONField("新方案", null=True)
    note = models.CharField("意见", max_length=300, blank=True)
    underwriter = models.CharField("核保人", max_length=64, blank=True)
    opened_at = models.DateTimeField("转入时间")
    decided_at = models.DateTimeField("核保时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "人工核保任务"
        constraints = [
            models.UniqueConstraint(
                fields=["proposal_no"],
                condition=Q(state=ReferralState.OPEN.value),
                name="underwriting_one_open",
            ),
            models.CheckConstraint(
                name="underwriting_decided_by_somebody",
                condition=Q(state__in=[ReferralState.OPEN.value, ReferralState.WITHDRAWN.value])
                | (Q(decided_at__isnull=False) & ~Q(underwriter="")),
            ),
            models.CheckConstraint(
                name="underwriting_reason_given",
                condition=~Q(state__in=[ReferralState.OFFERED.value, ReferralState.DECLINED.value])
                | ~Q(note=""),
            ),
            models.CheckConstraint(
                name="underwriting_offer_only_offered",
                condition=Q(state=ReferralState.OFFERED.value, offer__isnull=False)
                | (~Q(state=ReferralState.OFFERED.value) & Q(offer__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "opened_at", "id"], name="underwriting_queue"),
        ]

    def __str__(self) -> str:
        return f"人工核保 {self.proposal_no}"
