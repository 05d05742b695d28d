"""Answers that may be repeated, nonces that may not, and how often somebody asked."""

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField


class RepeatableAnswer(models.Model):
    """What was answered to a client's Idempotency-Key; kept for seven days.

    `status` is null while the first request is being done, until `leased_until`. An answer may hold
    a link that opens a document: it is encrypted.
    """

    client = models.CharField("客户端", max_length=80)
    key = models.CharField("幂等键", max_length=128)
    fingerprint = models.CharField("请求指纹", max_length=64)
    status = models.PositiveSmallIntegerField("应答状态", null=True)
    answer = EncryptedJSONField("应答", null=True)
    subject_id = models.CharField("对象", max_length=64, blank=True)
    created_at = models.DateTimeField("创建时间", db_index=True)
    leased_until = models.DateTimeField("处理中至", null=True)

    class Meta:
        verbose_name = "幂等应答"
        verbose_name_plural = "幂等应答"
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="requests_answer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.client}/{self.key}"


class SpentNonce(models.Model):
    """A nonce that a key has used; a second use is a replay."""

    key_id = models.CharField("密钥", max_length=80)
    nonce = models.CharField("随机数", max_length=128)
    until = models.DateTimeField("保留至", db_index=True)

    class Meta:
        verbose_name = "已用随机数"
        verbose_name_plural = "已用随机数"
        constraints = [
            models.UniqueConstraint(fields=["key_id", "nonce"], name="requests_nonce_once"),
        ]

    def __str__(self) -> str:
        return f"{self.key_id}/{self.nonce}"


class RequestCount(models.Model):
    """How often somebody asked in one window: shared by all processes, lost in a crash.

    The table is unlogged: a count costs no write-ahead log, and an empty one after a crash does
    no harm.
    """

    name = models.CharField("限额", max_length=32)
    asker = models.CharField("请求方", max_length=120)
    window = models.BigIntegerField("时间窗", db_index=True)
    used = models.PositiveIntegerField("次数")

    class Meta:
        verbose_name = "请求计数"
        verbose_name_plural = "请求计数"
        constraints = [
            models.UniqueConstraint(fields=["name", "asker", "window"], name="requests_count_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name}/{self.asker}"
