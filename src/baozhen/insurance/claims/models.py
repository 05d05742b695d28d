"""Nouns of the claims stage: claims, their papers and pictures, what the claims system told."""

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField, EncryptedTextField
from baozhen.foundation.states import Stateful
from baozhen.insurance.claims.states import CLAIM_MOVES, Cause, ClaimState, Entry, Injury
from baozhen.insurance.policies.models import Policy
from baozhen.signing.identity.models import Subject


class Claim(Stateful):
    """案件: one loss under one policy, from its report to its end."""

    MOVES = CLAIM_MOVES
    NOUN = "claim"
    AUDITED = ("number", "policy_id", "occurred_at", "amount_fen", "paid_fen")

    number = models.CharField("报案号", max_length=32, unique=True)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="claims")
    # Who reported in person; null when an agent or the claims system took the report.
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, null=True, related_name="+")
    entry = models.CharField("报案途径", max_length=12)
    cause = models.CharField("事故类型", max_length=12)
    injury = models.CharField("人员伤亡", max_length=8)
    occurred_at = models.DateTimeField("出险时间")
    # reporter, mobile, place, story, driver, police_no: what identifies people stays encrypted.
    content = EncryptedJSONField("报案内容")
    reporter_masked = models.CharField("报案人（掩码）", max_length=60)
    is_police_informed = models.BooleanField("是否已报警")
    is_late = models.BooleanField("是否迟报", default=False)
    decision = EncryptedTextField("核定说明", default="", blank=True)
    dispute = EncryptedTextField("异议理由", default="", blank=True)
    amount_fen = models.BigIntegerField("核定金额（分）", null=True)
    advanced_fen = models.BigIntegerField("先付金额（分）", default=0)
    paid_fen = models.BigIntegerField("赔付金额（分）", null=True)
    settlement = models.JSONField("理算明细", default=list)
    survey_at = models.DateTimeField("查勘时间", null=True)
    survey_note = models.CharField("查勘安排", max_length=200, blank=True)
    registered_at = models.DateTimeField("报案时间")
    papers_told_at = models.DateTimeField("告知材料时间", null=True)
    papers_asked_again_at = models.DateTimeField("补充材料通知时间", null=True)
    papers_complete_at = models.DateTimeField("材料齐全时间", null=True)
    decided_at = models.DateTimeField("核定时间", null=True)
    refusal_sent_at = models.DateTimeField("拒赔通知时间", null=True)
    agreed_at = models.DateTimeField("达成协议时间", null=True)
    advanced_at = models.DateTimeField("先付时间", null=True)
    paid_at = models.DateTimeField("赔付时间", null=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "案件"
        constraints = [
            models.CheckConstraint(
                name="claim_known",
                condition=models.Q(
                    cause__in=list(Cause), injury__in=list(Injury), entry__in=list(Entry)
                ),
            ),
            models.CheckConstraint(
                name="claim_decision_wholly",
                condition=~models.Q(
                    state__in=[ClaimState.OFFERED, ClaimState.AGREED, ClaimState.PAID]
                )
                | models.Q(decided_at__isnull=False, amount_fen__isnull=False),
            ),
            models.CheckConstraint(
                name="claim_paid_wholly",
                condition=~models.Q(state=ClaimState.PAID)
                | models.Q(paid_at__isnull=False, paid_fen__gte=0),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "registered_at", "id"], name="claim_by_state"),
            models.Index(fields=["policy", "registered_at"], name="claim_by_policy"),
        ]

    def __str__(self) -> str:
        return self.number

    def event_data(self) -> dict[str, object]:
        """Return what outside systems are told: numbers and sums, never what happened to whom."""
        return {
            "id": self.number,
            "policy_no": self.policy.number,
            "state": self.state,
            "amount_fen": self.amount_fen,
            "paid_fen": self.paid_fen,
        }


class ClaimPaper(models.Model):
    """One kind of paper that a claim needs, and whether it has come."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="papers")
    code = models.CharField("代码", max_length=40)
    title = models.CharField("名称", max_length=60)
    note = models.CharField("说明", max_length=120, blank=True)
    is_supplement = models.BooleanField("是否补充", default=False)
    received_at = models.DateTimeField("收到时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "理赔材料"
        constraints = [models.UniqueConstraint(fields=["claim", "code"], name="claim_paper_once")]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.code}"


class ClaimFile(models.Model):
    """A picture of the scene, or a page of a paper; the bytes lie in the object store."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="files")
    paper = models.ForeignKey(ClaimPaper, on_delete=models.PROTECT, null=True, related_name="files")
    sha256 = models.CharField("SHA-256", max_length=64)
    media_type = models.CharField("类型", max_length=40)
    size = models.PositiveIntegerField("字节数")
    at = models.DateTimeField("上传时间")
    by = models.CharField("上传人", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "理赔文件"
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "paper", "sha256"],
                nulls_distinct=False,
                name="claim_file_once",
            )
        ]

    def __str__(self) -> str:
        return self.sha256


class ClaimMessage(models.Model):
    """What the claims system told, by its own number: a second telling changes nothing."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="messages")
    message_no = models.CharField("消息号", max_length=64, unique=True)
    kind = models.CharField("种类", max_length=16)
    content_sha256 = models.CharField("内容摘要", max_length=64)
    client = models.CharField("来源", max_length=80)
    at = models.DateTimeField("收到时间")

    class Meta:
        verbose_name = verbose_name_plural = "理赔系统消息"

    def __str__(self) -> str:
        return self.message_no
