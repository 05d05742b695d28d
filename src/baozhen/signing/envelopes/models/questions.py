"""What a party is asked before it signs, and what it answered: that stands in the document."""

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField
from baozhen.signing.envelopes.models.parties import Signatory
from baozhen.signing.templates.fields import Field


class Question(models.Model):
    """One question to one party. `field` is the template's field as JSON; nothing is pre-answered.

    The answer may be changed until the first signature of the task; `changes` counts how often.
    """

    signatory = models.ForeignKey(
        Signatory, on_delete=models.PROTECT, related_name="questions", verbose_name="签署方"
    )
    position = models.PositiveSmallIntegerField("次序")
    key = models.CharField("名称", max_length=48)
    field = models.JSONField("问题")
    answer = EncryptedJSONField("回答", null=True)
    shown_at = models.DateTimeField("展示时间", null=True)
    answered_at = models.DateTimeField("回答时间", null=True)
    changes = models.PositiveSmallIntegerField("修改次数", default=0)

    class Meta:
        verbose_name = "询问事项"
        verbose_name_plural = "询问事项"
        ordering = ("signatory", "position")
        constraints = [
            models.UniqueConstraint(fields=["signatory", "key"], name="envelopes_question_once"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def asked(self) -> Field:
        """What is asked, as the template says it."""
        return Field.from_json(self.field)
