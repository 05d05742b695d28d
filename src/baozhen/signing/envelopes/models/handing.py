"""Ways out of a task: a download for a named receiver, and a page inside another system's page."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.fields import EncryptedTextField
from baozhen.signing.envelopes.models.envelopes import Envelope
from baozhen.signing.envelopes.models.parties import Signatory

_ID = 40


class Handover(models.Model):
    """送达: the finished files, for one named receiver, to be taken once."""

    NOUN: ClassVar[str] = "handover"

    public_id = models.CharField("送达编号", max_length=_ID, unique=True)
    envelope = models.ForeignKey(
        Envelope, on_delete=models.PROTECT, related_name="handovers", verbose_name="签署任务"
    )
    number = models.PositiveSmallIntegerField("次数")
    receiver = EncryptedTextField("接收人")
    address = EncryptedTextField("送达地址")
    address_masked = models.CharField("送达地址（脱敏）", max_length=128)
    link_hash = models.CharField("链接摘要", max_length=64, unique=True)
    made_by = models.CharField("送达人", max_length=64)
    made_at = models.DateTimeField("送达时间")
    expires_at = models.DateTimeField("链接失效时间")
    taken_at = models.DateTimeField("领取时间", null=True)
    taken_from = EncryptedTextField("领取地址", default="")
    content_sha256 = models.CharField("领取内容摘要", max_length=64, blank=True)

    class Meta:
        verbose_name = "文件送达"
        verbose_name_plural = "文件送达"
        constraints = [
            models.UniqueConstraint(fields=["envelope", "number"], name="envelopes_handover_once"),
        ]

    def __str__(self) -> str:
        return self.public_id


class EmbedLink(models.Model):
    """A link that works once, within one page of one host; then the visit has a key of its own."""

    signatory = models.ForeignKey(
        Signatory, on_delete=models.CASCADE, related_name="embed_links", verbose_name="签署方"
    )
    host = models.CharField("宿主页面来源", max_length=255)
    link_hash = models.CharField("链接摘要", max_length=64, unique=True)
    visit_hash = models.CharField("访问摘要", max_length=64, null=True, unique=True)
    made_at = models.DateTimeField("生成时间")
    expires_at = models.DateTimeField("失效时间")

    class Meta:
        verbose_name = "嵌入链接"
        verbose_name_plural = "嵌入链接"

    def __str__(self) -> str:
        return self.host
