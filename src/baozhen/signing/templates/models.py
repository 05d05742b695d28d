"""Templates, their versions, the clauses they share, and who changed what."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from baozhen.foundation.states import Stateful
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.templates.states import (
    LABELS,
    MOVES,
    SHARING_LABELS,
    SOURCE_LABELS,
    Sharing,
    VersionState,
)


class Template(models.Model):
    """A kind of document of one unit; what it says stands in its versions."""

    public_id = models.CharField("编号", max_length=40, unique=True)
    code = models.CharField("代码", max_length=48, unique=True)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, verbose_name="机构", related_name="+")
    title = models.CharField("名称", max_length=128)
    document_type = models.CharField("文件类型", max_length=48)
    sharing = models.CharField(
        "共享范围",
        max_length=8,
        choices=[(one.value, label) for one, label in SHARING_LABELS.items()],
        default=Sharing.BELOW.value,
    )
    needs_filing = models.BooleanField("须有条款备案号", default=False)
    created_at = models.DateTimeField("创建时间")
    created_by = models.CharField("创建人", max_length=64)

    class Meta:
        verbose_name = "模版"
        verbose_name_plural = "模版"

    def __str__(self) -> str:
        return self.title


class TemplateShare(models.Model):
    """One unit that may use a template of another, with everything below it."""

    template = models.ForeignKey(
        Template, models.PROTECT, verbose_name="模版", related_name="shares"
    )
    unit = models.ForeignKey(OrgUnit, models.PROTECT, verbose_name="机构", related_name="+")
    since = models.DateTimeField("共享时间")
    given_by = models.CharField("共享人", max_length=64)

    class Meta:
        verbose_name = "模版共享"
        verbose_name_plural = "模版共享"
        constraints = [
            models.UniqueConstraint(fields=["template", "unit"], name="templates_share_once")
        ]


class Clause(models.Model):
    """A part that several templates share."""

    code = models.CharField("代码", max_length=48, unique=True)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, verbose_name="机构", related_name="+")
    title = models.CharField("名称", max_length=128)

    class Meta:
        verbose_name = "共用条款"
        verbose_name_plural = "共用条款"

    def __str__(self) -> str:
        return self.title


class ClauseVersion(models.Model):
    """One wording of a clause; never changed."""

    clause = models.ForeignKey(Clause, models.PROTECT, verbose_name="条款", related_name="versions")
    number = models.PositiveIntegerField("版本")
    text = models.TextField("内容")
    sha256 = models.CharField("摘要", max_length=64)
    made_at = models.DateTimeField("时间")
    made_by = models.CharField("编写人", max_length=64)

    class Meta:
        verbose_name = "共用条款版本"
        verbose_name_plural = "共用条款版本"
        constraints = [
            models.UniqueConstraint(fields=["clause", "number"], name="templates_clause_number")
        ]


class TemplateVersion(Stateful):
    """What a template says from one day on; fixed once approved."""

    MOVES = MOVES
    NOUN = "template_version"
    AUDITED: ClassVar[tuple[str, ...]] = (
        "template_id",
        "number",
        "sha256",
        "effective_from",
        "effective_until",
        "filing_no",
    )

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in LABELS.items()],
        default=VersionState.DRAFT.value,
        editable=False,
    )
    template = models.ForeignKey(
        Template, models.PROTECT, verbose_name="模版", related_name="versions"
    )
    number = models.PositiveIntegerField("版本")
    source_kind = models.CharField(
        "来源",
        max_length=8,
        choices=[(kind.value, label) for kind, label in SOURCE_LABELS.items()],
    )
    source = models.TextField("源文本", blank=True)
    document = models.BinaryField("文件", null=True)
    pages = models.PositiveIntegerField("页数", null=True)
    fields = models.JSONField("域", default=list)
    sample = models.JSONField("示例数据", default=dict)
    clauses = models.ManyToManyField(
        ClauseVersion, verbose_name="所用条款", related_name="used_by", blank=True
    )
    sha256 = models.CharField("摘要", max_length=64)
    filing_no = models.CharField("条款备案号", max_length=64, blank=True)
    effective_from = models.DateField("生效日", null=True)
    effective_until = models.DateField("失效日", null=True)
    note = models.CharField("说明", max_length=200, blank=True)
    created_at = models.DateTimeField("创建时间")
    created_by = models.CharField("编写人", max_length=64)
    approved_at = models.DateTimeField("批准时间", null=True)
    approved_by = models.CharField("批准人", max_length=64, blank=True)

    class Meta:
        verbose_name = "模版版本"
        verbose_name_plural = "模版版本"
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="templates_number"),
            models.UniqueConstraint(
                fields=["template", "effective_from"],
                condition=Q(state=VersionState.APPROVED.value),
                name="templates_one_a_day",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        VersionState.DRAFT.value,
                        VersionState.SUBMITTED.value,
                        VersionState.DROPPED.value,
                    ]
                )
                | (
                    Q(effective_from__isnull=False, approved_at__isnull=False)
                    & ~Q(approved_by="")
                    & ~Q(approved_by=F("created_by"))
                ),
                name="templates_approved_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} 第 {self.number} 版"


class TemplateEdit(models.Model):
    """One change of a draft: who, when, and what became different."""

    version = models.ForeignKey(
        TemplateVersion, models.PROTECT, verbose_name="版本", related_name="edits"
    )
    at = models.DateTimeField("时间")
    actor = models.CharField("编写人", max_length=64)
    note = models.CharField("说明", max_length=200, blank=True)
    source_diff = models.TextField("文本差异", blank=True)
    field_diff = models.JSONField("域差异", default=list)

    class Meta:
        verbose_name = "模版修改"
        verbose_name_plural = "模版修改"
