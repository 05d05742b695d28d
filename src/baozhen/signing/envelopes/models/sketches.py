"""A signing task that a member of staff is still putting together from their own files."""

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField
from baozhen.signing.organizations.models import Account


class Sketch(models.Model):
    """What is filled in so far; it names persons, so it is encrypted, and gone once it is started.

    Shape: {title, document_type, message, biz_no, unit, days, ways, identity, reading_seconds,
    documents: [{title, sha256, sizes: [[width, height], …]}], parties: [{key, label, kind, unit,
    name, id_no, mobile, action, order, silent}], places: [{party, document, page, x, y, width,
    height, riding, keyword, occurrence}]}; lengths in points.
    """

    public_id = models.CharField("草稿编号", max_length=40, unique=True)
    owner = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="+", verbose_name="起草人"
    )
    content = EncryptedJSONField("内容")
    made_at = models.DateTimeField("起草时间")
    changed_at = models.DateTimeField("更新时间", db_index=True)

    class Meta:
        verbose_name = "签署任务草稿"
        verbose_name_plural = "签署任务草稿"

    def __str__(self) -> str:
        return self.public_id
