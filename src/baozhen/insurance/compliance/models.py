"""Nouns of the registers: data items, duties, and the evidence of a duty."""

from django.db import models

from baozhen.foundation.states import Stateful
from baozhen.insurance.compliance.states import DUTY_MOVES, Rhythm, Topic


class DataItem(models.Model):
    """数据项: one kind of data that the platform keeps, and how it is governed (S0-7.1.2b)."""

    NOUN = "data_item"

    code = models.CharField("编号", max_length=40, unique=True)
    name = models.CharField("数据项", max_length=60)
    standard = models.CharField("标准与口径", max_length=240)
    level = models.CharField("级别", max_length=16)
    owner = models.CharField("责任部门", max_length=60)
    entry = models.CharField("采集与录入审核", max_length=240)
    use = models.CharField("使用", max_length=240)
    correction = models.CharField("修改", max_length=240)
    reporting = models.CharField("对外报送", max_length=240)
    storage = models.CharField("存储与保管期限", max_length=240)
    backup = models.CharField("备份", max_length=240)
    security = models.CharField("安全措施", max_length=240)
    quality = models.CharField("质量检查", max_length=240)
    changed_at = models.DateTimeField("更新时间")
    changed_by = models.CharField("更新人", max_length=64)
    reviewed_at = models.DateTimeField("复核时间", null=True)
    reviewed_by = models.CharField("复核人", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "数据目录"

    def __str__(self) -> str:
        return self.code


class Duty(Stateful):
    """管理义务: what software can only keep the record of, with the clauses that demand it."""

    MOVES = DUTY_MOVES
    NOUN = "duty"
    AUDITED = ("code", "owner", "due", "round")

    code = models.CharField("编号", max_length=40, unique=True)
    topic = models.CharField("类别", max_length=16)
    title = models.CharField("义务", max_length=200)
    # Ids of docs/regulation/requirements.csv, separated by blanks.
    requirements = models.CharField("依据条款", max_length=200)
    demand = models.TextField("要求")
    owner = models.CharField("责任部门", max_length=60, blank=True)
    # Who is told by mail; without one the console alone tells.
    owner_mail = models.EmailField("提醒邮箱", blank=True)
    rhythm = models.CharField("频次", max_length=12)
    due = models.DateField("到期日", null=True)
    round = models.PositiveIntegerField("第几期", default=1)
    reminded = models.PositiveSmallIntegerField("已提醒（到期前天数）", null=True)
    changed_at = models.DateTimeField("更新时间")

    class Meta:
        verbose_name = verbose_name_plural = "管理义务"
        constraints = [
            models.CheckConstraint(
                name="duty_known",
                condition=models.Q(rhythm__in=list(Rhythm), topic__in=list(Topic)),
            )
        ]
        indexes = [models.Index(fields=["state", "due"], name="duty_by_state")]

    def __str__(self) -> str:
        return self.code


class DutyEvidence(models.Model):
    """证明: what was done in one round of a duty, with its file; written once."""

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="evidence")
    round = models.PositiveIntegerField("第几期")
    conclusion = models.CharField("结论", max_length=500)
    # For a drill: whether the plan is to be updated (S0-7.3.6b).
    follow_up = models.CharField("后续措施", max_length=500, blank=True)
    name = models.CharField("文件名", max_length=120)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveIntegerField("字节数")
    done_on = models.DateField("完成日期")
    at = models.DateTimeField("提交时间")
    by = models.CharField("提交人", max_length=64)
    reviewed_at = models.DateTimeField("复核时间", null=True)
    reviewed_by = models.CharField("复核人", max_length=64, blank=True)
    is_accepted = models.BooleanField("是否通过", null=True)
    review_note = models.CharField("复核意见", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "义务证明"
        indexes = [models.Index(fields=["duty", "round"], name="duty_evidence_round")]
        constraints = [
            models.CheckConstraint(
                name="duty_evidence_reviewed_wholly",
                condition=models.Q(reviewed_at__isnull=True, is_accepted__isnull=True)
                | models.Q(reviewed_at__isnull=False, is_accepted__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.duty_id} {self.round}"
