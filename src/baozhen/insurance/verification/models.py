"""Nouns of the verification stage: attempts, download codes and the verification log."""

from django.db import models

from baozhen.insurance.policies.models import PolicyFile


class QueryAttempt(models.Model):
    """One try to find a policy by its holder's facts; what is counted to limit guessing."""

    number_index = models.CharField("保单号索引", max_length=64)
    address_index = models.CharField("来源地址索引", max_length=64)
    succeeded = models.BooleanField("是否成功")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "查询尝试"
        indexes = [
            models.Index(fields=["number_index", "at"], name="attempt_by_number"),
            models.Index(fields=["address_index", "at"], name="attempt_by_address"),
            models.Index(fields=["at"], name="attempt_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"


class DownloadCode(models.Model):
    """A six-digit code sent to the mail on file; bound to one purpose and one file."""

    file = models.ForeignKey(PolicyFile, on_delete=models.PROTECT, related_name="download_codes")
    purpose = models.CharField("用途", max_length=24)
    code_index = models.CharField("验证码摘要", max_length=64)
    sent_at = models.DateTimeField("发送时间")
    expires_at = models.DateTimeField("失效时间")
    tries = models.PositiveSmallIntegerField("已试次数", default=0)
    used_at = models.DateTimeField("使用时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "下载验证码"
        constraints = [
            models.CheckConstraint(
                name="download_code_expires",
                condition=models.Q(expires_at__gt=models.F("sent_at")),
            )
        ]
        indexes = [models.Index(fields=["file", "purpose", "sent_at"], name="code_by_file")]

    def __str__(self) -> str:
        return f"{self.file_id} {self.purpose}"


class VerificationEntry(models.Model):
    """验真记录: what was asked, by which way, and what was answered; no personal data."""

    at = models.DateTimeField("时间")
    source = models.CharField("途径", max_length=16)
    sha256 = models.CharField("文件摘要", max_length=64, blank=True)
    number = models.CharField("保单号", max_length=48, blank=True)
    verdict = models.CharField("结论", max_length=16, blank=True)
    word = models.CharField("登记状态", max_length=12)
    address_index = models.CharField("来源地址索引", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "验真记录"
        indexes = [
            models.Index(fields=["number", "at"], name="verification_by_number"),
            models.Index(fields=["at"], name="verification_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.word}"
