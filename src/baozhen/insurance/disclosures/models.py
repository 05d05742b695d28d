"""The nouns of 说明告知: what is read, how far it was read, what was declared."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField
from baozhen.foundation.states import Stateful
from baozhen.insurance.applications.models import Application
from baozhen.insurance.disclosures.states import READING_LABELS, READING_MOVES, ReadingState
from baozhen.signing.envelopes.models import Envelope

_HASH = 64


class DisclosureDocument(models.Model):
    """One version of a shared file as PDF: written once, read by everybody whose form has it."""

    NOUN: ClassVar[str] = "disclosure_document"

    kind = models.CharField("文件", max_length=32)
    variant = models.CharField("适用", max_length=80)
    version = models.CharField("版本", max_length=40)
    title = models.CharField("标题", max_length=120)
    content = models.JSONField("内容")
    content_sha256 = models.CharField("内容摘要", max_length=_HASH)
    template_code = models.CharField("模版", max_length=40)
    template_version = models.CharField("模版版本", max_length=16)
    template_sha256 = models.CharField("模版摘要", max_length=_HASH)
    sha256 = models.CharField("SHA-256", max_length=_HASH)
    size = models.PositiveIntegerField("字节数")
    pages = models.PositiveSmallIntegerField("页数")
    made_at = models.DateTimeField("生成时间")

    class Meta:
        verbose_name = verbose_name_plural = "告知文件"
        constraints = [
            models.UniqueConstraint(
                fields=["content_sha256", "template_sha256"], name="disclosure_document_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class ReadingSet(Stateful):
    """阅读文件组: the frozen files of one application, and the task by which they are signed."""

    MOVES = READING_MOVES
    NOUN = "reading_set"
    AUDITED: ClassVar[tuple[str, ...]] = ("number", "fingerprint", "proposal_sha256")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(str(state), label) for state, label in READING_LABELS.items()],
        default=str(ReadingState.OPEN),
        editable=False,
    )
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="reading_sets"
    )
    number = models.PositiveSmallIntegerField("次序")
    # Over the application's content and the version of every text: another one, another set.
    fingerprint = models.CharField("内容摘要", max_length=_HASH)
    form = EncryptedJSONField("投保单内容")
    proposal_sha256 = models.CharField("投保单摘要", max_length=_HASH)
    # One person reads one file at a time: seconds are credited from here on, never twice.
    seen_at = models.DateTimeField("最近阅读时间", null=True)
    envelope = models.OneToOneField(
        Envelope, on_delete=models.PROTECT, null=True, related_name="reading_set"
    )
    superseded_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="supersedes"
    )
    frozen_at = models.DateTimeField("冻结时间")
    signed_at = models.DateTimeField("签名时间", null=True)
    closed_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "阅读文件组"
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="reading_set_number"),
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(state="open"),
                name="reading_set_one_open",
            ),
            models.CheckConstraint(
                name="reading_set_signed_facts",
                condition=~models.Q(state__in=["signed", "superseded"])
                | models.Q(envelope__isnull=False, signed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id}/{self.number}"

    @property
    def client(self) -> str:
        """Whose event it is: the program that began the application."""
        return str(self.application.client)

    def event_data(self) -> dict[str, object]:
        """Return what outside systems are told: which proposal was signed, and its digest."""
        return {
            "id": self.application.proposal_no,
            "envelope": self.envelope.public_id if self.envelope else None,
            "proposal_sha256": self.proposal_sha256,
        }


class ReadingItem(models.Model):
    """One file of a set: how long it was on screen, whether its end was, when it was finished."""

    NOUN: ClassVar[str] = "reading_item"

    reading_set = models.ForeignKey(ReadingSet, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField("次序")
    kind = models.CharField("文件", max_length=32)
    title = models.CharField("标题", max_length=120)
    version = models.CharField("版本", max_length=40)
    # None for the proposal form, which is this applicant's alone.
    document = models.ForeignKey(
        DisclosureDocument, on_delete=models.PROTECT, null=True, related_name="items"
    )
    sha256 = models.CharField("SHA-256", max_length=_HASH)
    size = models.PositiveIntegerField("字节数")
    pages = models.PositiveSmallIntegerField("页数")
    seconds_min = models.PositiveSmallIntegerField("最少秒数")
    opened_at = models.DateTimeField("打开时间", null=True)
    last_at = models.DateTimeField("最近时间", null=True)
    seconds = models.PositiveIntegerField("阅读秒数", default=0)
    ended_at = models.DateTimeField("读到末尾时间", null=True)
    view = models.CharField("阅读方式", max_length=16, blank=True)
    is_elder = models.BooleanField("长者模式", default=False)
    finished_at = models.DateTimeField("读完时间", null=True)
    page_version = models.CharField("页面版本", max_length=_HASH, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "阅读记录"
        constraints = [
            models.UniqueConstraint(
                fields=["reading_set", "position"], name="reading_item_position"
            ),
            models.CheckConstraint(
                name="reading_item_finished_facts",
                condition=models.Q(finished_at__isnull=True)
                | (
                    models.Q(ended_at__isnull=False, opened_at__isnull=False)
                    & ~models.Q(page_version="")
                    & models.Q(seconds__gte=models.F("seconds_min"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reading_set_id}/{self.position}"


class DeclarationMade(models.Model):
    """One of the six declarations, confirmed on its own; written once."""

    NOUN: ClassVar[str] = "declaration_made"

    reading_set = models.ForeignKey(
        ReadingSet, on_delete=models.PROTECT, related_name="declarations"
    )
    code = models.CharField("声明", max_length=32)
    text_version = models.CharField("文本版本", max_length=40)
    confirmed_at = models.DateTimeField("确认时间")

    class Meta:
        verbose_name = verbose_name_plural = "投保人声明"
        constraints = [
            models.UniqueConstraint(fields=["reading_set", "code"], name="declaration_made_once"),
        ]

    def __str__(self) -> str:
        return f"{self.reading_set_id}/{self.code}"
