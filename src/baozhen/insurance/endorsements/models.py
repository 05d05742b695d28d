"""Nouns of the endorsements stage: changes 批改申请, their papers, endorsements 批单, refunds."""

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField
from baozhen.foundation.states import Stateful
from baozhen.insurance.endorsements.states import (
    CHANGE_MOVES,
    ENDORSEMENT_MOVES,
    OPEN_STATES,
    ChangeKind,
    ChangeState,
    EndorsementState,
)
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.proposals.models import Proposal
from baozhen.signing.identity.models import ConsentCheck, Subject


class Change(Stateful):
    """批改申请: one wish of the holder; it becomes an endorsement of every policy it touches.

    What was worked out is frozen with the row: patches of the content, before and after in words,
    the lines of the calculation; `content_sha256` is what the holder's will is bound to.
    """

    MOVES = CHANGE_MOVES
    NOUN = "change"
    # Not the order: it is set between two states, and the order's own record tells what it is for.
    AUDITED = ("public_id", "kind", "ground", "premium_fen", "content_sha256")

    public_id = models.CharField("申请号", max_length=40, unique=True)
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField("批改类型", max_length=16)
    ground = models.CharField("解除事由", max_length=16, blank=True)
    reason = models.CharField("批改原因", max_length=200, blank=True)
    # Who asked in person; empty for a change that the core system sent before its holder came.
    holder = models.ForeignKey(
        Subject, on_delete=models.PROTECT, null=True, related_name="policy_changes"
    )
    client = models.CharField("来源", max_length=80)
    client_no = models.CharField("来源业务号", max_length=64, null=True)
    asked = EncryptedJSONField("所填内容")
    patches = EncryptedJSONField("对保单内容的改动")
    # Per cover: policy number, before/after rows, lines of the calculation, amount, days.
    parts = EncryptedJSONField("各保单的批改")
    premium_fen = models.BigIntegerField("保险费变动（分）")
    base_sha256 = models.CharField("批改前内容摘要", max_length=64)
    content_sha256 = models.CharField("批改内容摘要", max_length=64)
    table_version = models.CharField("批改规则版本", max_length=24)
    effective_at = models.DateTimeField("生效时间")
    needs_approval = models.BooleanField("需要审批")
    decided_by = models.CharField("审批人", max_length=80, blank=True)
    decision = models.CharField("审批意见", max_length=200, blank=True)
    consent = models.ForeignKey(
        ConsentCheck, on_delete=models.PROTECT, null=True, related_name="policy_changes"
    )
    order_no = models.CharField("补缴支付订单号", max_length=64, blank=True)
    created_at = models.DateTimeField("建立时间")
    submitted_at = models.DateTimeField("提交时间", null=True)
    decided_at = models.DateTimeField("审批时间", null=True)
    confirmed_at = models.DateTimeField("确认时间", null=True)
    paid_at = models.DateTimeField("补缴时间", null=True)
    issued_at = models.DateTimeField("签发时间", null=True)
    # When the policies themselves followed: at once, or on the day of effect.
    applied_at = models.DateTimeField("落实时间", null=True)
    closed_at = models.DateTimeField("结束时间", null=True)
    expires_at = models.DateTimeField("失效时间")

    class Meta:
        verbose_name = verbose_name_plural = "批改申请"
        constraints = [
            models.UniqueConstraint(
                fields=["proposal"],
                condition=models.Q(state__in=[state.value for state in OPEN_STATES]),
                name="change_one_open",
            ),
            models.UniqueConstraint(fields=["client", "client_no"], name="change_once_per_client"),
            models.CheckConstraint(
                name="change_kind_known",
                condition=models.Q(kind__in=[kind.value for kind in ChangeKind]),
            ),
            models.CheckConstraint(
                name="change_state_facts",
                condition=(
                    ~models.Q(state__in=[ChangeState.SEALING.value, ChangeState.ISSUED.value])
                    | models.Q(consent__isnull=False, confirmed_at__isnull=False)
                )
                & (~models.Q(state=ChangeState.ISSUED.value) | models.Q(issued_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="change_paid_before_sealing",
                condition=~models.Q(
                    state__in=[ChangeState.SEALING.value, ChangeState.ISSUED.value],
                    premium_fen__gt=0,
                    paid_at__isnull=True,
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "created_at", "id"], name="change_by_state"),
            models.Index(fields=["created_at", "id"], name="change_newest"),
            models.Index(
                fields=["effective_at"],
                name="change_to_apply",
                condition=models.Q(state=ChangeState.ISSUED.value, applied_at__isnull=True),
            ),
            models.Index(fields=["order_no"], name="change_by_order"),
        ]

    def __str__(self) -> str:
        return self.public_id


class ChangePaper(models.Model):
    """A paper that shows the ground or the new facts: a photograph or a scan."""

    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="papers")
    paper = models.CharField("材料", max_length=32)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveIntegerField("字节数")
    media_type = models.CharField("格式", max_length=40)
    uploaded_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = verbose_name_plural = "批改材料"
        constraints = [
            models.UniqueConstraint(fields=["change", "paper"], name="change_paper_once")
        ]

    def __str__(self) -> str:
        return f"{self.change_id} {self.paper}"


class Endorsement(Stateful):
    """批单: what one change says of one policy, sealed; the policy's own rows stay as they were."""

    MOVES = ENDORSEMENT_MOVES
    NOUN = "endorsement"
    AUDITED = ("number", "sequence", "premium_fen", "tax_fen", "content_sha256", "sha256")

    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="endorsements")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="endorsements")
    sequence = models.PositiveSmallIntegerField("批改序号")
    number = models.CharField("批单号", max_length=48, unique=True)
    premium_fen = models.BigIntegerField("保险费变动（分）")
    # The part of it that is vehicle tax: that part is never given back by the day.
    tax_fen = models.BigIntegerField("其中车船税（分）", default=0)
    # The days that a difference is paid for: what goes back later is worked out over them.
    days = models.PositiveIntegerField("计费天数")
    content = EncryptedJSONField("冻结内容")
    content_sha256 = models.CharField("内容摘要", max_length=64)
    template_code = models.CharField("模板", max_length=64)
    template_version = models.CharField("模板版本", max_length=32)
    numbered_at = models.DateTimeField("生成时间")
    template_sha256 = models.CharField("模板摘要", max_length=64, blank=True)
    fonts_sha256 = models.CharField("字体摘要", max_length=64, blank=True)
    engine_version = models.CharField("排版引擎", max_length=64, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, null=True, unique=True)
    sm3 = models.CharField("SM3", max_length=64, blank=True)
    size = models.PositiveIntegerField("字节数", null=True)
    sealed_at = models.DateTimeField("签章时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "批单"
        constraints = [
            models.UniqueConstraint(fields=["policy", "sequence"], name="endorsement_in_order"),
            models.UniqueConstraint(fields=["change", "policy"], name="endorsement_once"),
            models.CheckConstraint(
                name="endorsement_sealed_wholly",
                condition=models.Q(
                    state=EndorsementState.NUMBERED.value, sha256__isnull=True, size__isnull=True
                )
                | (
                    models.Q(
                        state=EndorsementState.ISSUED.value,
                        sha256__isnull=False,
                        size__gt=0,
                        sealed_at__isnull=False,
                    )
                    & ~models.Q(sm3="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def client(self) -> str:
        """Whose event it is: the program that sent the change."""
        return str(self.change.client)

    def event_data(self) -> dict[str, object]:
        """Return what outside systems are told: numbers and digests, never personal data."""
        return {
            "id": self.number,
            "policy_no": self.policy.number,
            "kind": self.change.kind,
            "premium_fen": self.premium_fen,
            "sha256": self.sha256,
            "effective_at": self.change.effective_at.isoformat(),
        }


class RefundPart(models.Model):
    """批改退费: what goes back by one payment order, to the account that it was paid from."""

    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="refunds")
    order_no = models.CharField("原支付订单号", max_length=64)
    amount_fen = models.BigIntegerField("退费金额（分）")
    # The premium was collected by another system, which has to pay it back.
    is_outside = models.BooleanField("由核心系统退费", default=False)
    at = models.DateTimeField("退费时间")

    class Meta:
        verbose_name = verbose_name_plural = "批改退费"
        constraints = [
            models.UniqueConstraint(fields=["change", "order_no"], name="endorsement_refund_once"),
            models.CheckConstraint(
                name="endorsement_refund_positive", condition=models.Q(amount_fen__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_no} {self.amount_fen}"
