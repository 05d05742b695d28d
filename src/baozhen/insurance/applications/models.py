"""The nouns of the applications stage."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField
from baozhen.foundation.states import Stateful
from baozhen.insurance.applications.states import APPLICATION_MOVES, ApplicationState
from baozhen.signing.identity.models import Subject


class Application(Stateful):
    """投保申请: what a person fills in, reads, signs and pays, until it is a proposal 投保单.

    `content` has the shape of a proposal's input (docs/openapi.json), as far as it is filled in;
    underwriting, signature and payment are added when it is handed over for issuing.
    """

    MOVES = APPLICATION_MOVES
    NOUN = "application"
    AUDITED = ("proposal_no", "form", "total_fen", "content_sha256", "table_versions")

    proposal_no = models.CharField("投保单号", max_length=40, unique=True)
    form = models.CharField("投保单版本", max_length=24)
    branch_code = models.CharField("机构代码", max_length=24)
    region_code = models.CharField("地区", max_length=6)
    # Who applies, once it is known and checked (S0-4.2: natural persons only).
    applicant = models.ForeignKey(
        Subject, on_delete=models.PROTECT, null=True, related_name="applications"
    )
    # The digest of the secret in the browser that began the draft: it alone may open it.
    browser_sha256 = models.CharField("浏览器凭证摘要", max_length=64, blank=True)
    client = models.CharField("来源", max_length=80)
    content = EncryptedJSONField("内容")
    content_sha256 = models.CharField("内容摘要", max_length=64, blank=True)
    # Rises with every change: of two tabs, the one that is behind is told so.
    revision = models.PositiveIntegerField("修订号", default=0)
    step = models.CharField("填写到", max_length=24, blank=True)
    # What premiums and conditions follow from: `cover` is the choice of covers, with the record
    # that was told; `answers` are those to the questions of truthful disclosure 如实告知.
    inputs = EncryptedJSONField("选择与告知", default=dict)
    quote = models.JSONField("报价", null=True)
    table_versions = models.JSONField("费率表版本", default=dict)
    total_fen = models.BigIntegerField("合计（分）", null=True)
    # Underwriting: what was decided, by whom, why; an offer is a change of the content.
    decision = models.JSONField("核保结论", null=True)
    offer = EncryptedJSONField("新方案", null=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="successor"
    )
    created_at = models.DateTimeField("建立时间")
    changed_at = models.DateTimeField("修改时间")
    submitted_at = models.DateTimeField("提交时间", null=True)
    decided_at = models.DateTimeField("核保时间", null=True)
    signed_at = models.DateTimeField("签名时间", null=True)
    code_passed_at = models.DateTimeField("短信验证时间", null=True)
    paid_at = models.DateTimeField("缴费时间", null=True)
    issued_at = models.DateTimeField("出单时间", null=True)
    closed_at = models.DateTimeField("结束时间", null=True)
    expires_at = models.DateTimeField("失效时间")

    class Meta:
        verbose_name = verbose_name_plural = "投保申请"
        constraints = [
            models.CheckConstraint(
                name="application_state_facts",
                condition=(
                    ~models.Q(state__in=[ApplicationState.SIGNED])
                    | models.Q(decided_at__isnull=False, signed_at__isnull=False)
                )
                & (
                    ~models.Q(state__in=[ApplicationState.PAID, ApplicationState.ISSUED])
                    | models.Q(
                        signed_at__isnull=False,
                        paid_at__isnull=False,
                        applicant__isnull=False,
                    )
                ),
            ),
            models.CheckConstraint(
                name="application_total_positive",
                condition=models.Q(total_fen__isnull=True) | models.Q(total_fen__gt=0),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "changed_at", "id"], name="application_by_state"),
            models.Index(fields=["applicant", "changed_at"], name="application_by_applicant"),
            models.Index(fields=["browser_sha256"], name="application_by_browser"),
        ]

    def __str__(self) -> str:
        return self.proposal_no


class ReadingLink(models.Model):
    """A short link to the reading page: a secret in the address, its hash here, good once."""

    NOUN: ClassVar[str] = "reading_link"

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="reading_links"
    )
    token_sha256 = models.CharField("凭证摘要", max_length=64, unique=True)
    issued_at = models.DateTimeField("生成时间")
    expires_at = models.DateTimeField("失效时间")
    used_at = models.DateTimeField("使用时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "阅读链接"
        indexes = [models.Index(fields=["application", "issued_at"], name="reading_link_of")]

    def __str__(self) -> str:
        return f"{self.application_id} {self.issued_at:%Y-%m-%d %H:%M}"
