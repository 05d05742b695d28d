"""Nouns of the verification stage: attempts, codes, callers, WeChat accounts, verifications."""

from django.db import models

from baozhen.foundation.fields import EncryptedTextField
from baozhen.foundation.states import Stateful
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.verification.states import (
    BINDING_MOVES,
    CALL_MOVES,
    BindingState,
    CallState,
    WeChatApp,
)
from baozhen.signing.identity.models import Subject


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


class CallerCheck(Stateful):
    """来电核身: what a caller was asked and whether it fitted, before an agent saw anything.

    `answers` maps each question to whether its answer fitted; the answers themselves are not kept.
    """

    MOVES = CALL_MOVES
    BEGINS = (CallState.PASSED, CallState.REFUSED)
    NOUN = "caller_check"
    AUDITED = ("agent", "answers", "ends_at")

    public_id = models.CharField("核身编号", max_length=40, unique=True)
    agent = models.CharField("坐席", max_length=64)
    # Null when nothing was found under what the caller named.
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, null=True, related_name="+")
    asked_index = models.CharField("所报保单号索引", max_length=64)
    answers = models.JSONField("核对结果")
    at = models.DateTimeField("核身时间")
    ends_at = models.DateTimeField("失效时间", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "来电核身"
        indexes = [
            models.Index(fields=["asked_index", "at"], name="caller_by_number"),
            models.Index(fields=["agent", "at"], name="caller_by_agent"),
        ]

    def __str__(self) -> str:
        return self.public_id


class WeChatBinding(Stateful):
    """An openid that stands for a person: made after the identity check, ended by the person."""

    MOVES = BINDING_MOVES
    NOUN = "wechat_binding"
    AUDITED = ("app",)

    app = models.CharField("应用", max_length=8)
    openid = EncryptedTextField("openid")
    openid_index = models.CharField("openid 索引", max_length=64)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    bound_at = models.DateTimeField("绑定时间")
    released_at = models.DateTimeField("解绑时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "微信绑定"
        constraints = [
            models.UniqueConstraint(
                fields=["app", "openid_index"],
                condition=models.Q(state=BindingState.BOUND),
                name="wechat_binding_one_person",
            ),
            models.CheckConstraint(
                name="wechat_binding_app", condition=models.Q(app__in=list(WeChatApp))
            ),
        ]
        indexes = [models.Index(fields=["subject", "app"], name="wechat_by_subject")]

    def __str__(self) -> str:
        return f"{self.app} {self.subject_id}"


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
