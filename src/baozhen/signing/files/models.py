"""What the archive holds. Rows are written once; triggers refuse any change (migration 0002)."""

from django.db import models


class ArchiveItem(models.Model):
    """One document of one dossier: where its bytes are and how long they must stay.

    The bytes lie in the object store under their SHA-256. A dossier is everything of one
    application; its number names it.
    """

    dossier = models.CharField("卷宗", max_length=64)
    kind = models.CharField("类别", max_length=32)
    subject_type = models.CharField("对象类型", max_length=32)
    subject_id = models.BigIntegerField("对象编号")
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveBigIntegerField("字节数")
    media_type = models.CharField("媒体类型", max_length=64)
    archived_at = models.DateTimeField("归档时间")
    retain_until = models.DateField("保管至")
    retention_rule = models.CharField("保管规则", max_length=32)

    class Meta:
        verbose_name = "归档文件"
        verbose_name_plural = "归档文件"
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "kind", "subject_id", "sha256"], name="files_item_once"
            ),
        ]
        indexes = [
            models.Index(fields=["sha256"], name="files_sha256"),
            models.Index(fields=["subject_type", "subject_id"], name="files_subject"),
            models.Index(fields=["retain_until"], name="files_retain_until"),
        ]

    def __str__(self) -> str:
        return f"{self.dossier} {self.kind}"


class LegalHold(models.Model):
    """Nothing of the dossier may be destroyed until the hold is released."""

    dossier = models.CharField("卷宗", max_length=64, db_index=True)
    reason = models.CharField("理由", max_length=255)
    placed_at = models.DateTimeField("冻结时间")
    placed_by = models.CharField("冻结人", max_length=64)
    released_at = models.DateTimeField("解除时间", null=True)
    released_by = models.CharField("解除人", max_length=64, blank=True)

    class Meta:
        verbose_name = "法律冻结"
        verbose_name_plural = "法律冻结"

    def __str__(self) -> str:
        return self.dossier


class Tombstone(models.Model):
    """What remains of a destroyed document: that it was, what it was, and who ended it."""

    item = models.OneToOneField(
        ArchiveItem, on_delete=models.PROTECT, related_name="tombstone", verbose_name="归档文件"
    )
    disposed_at = models.DateTimeField("销毁时间")
    disposed_on = models.DateField("销毁日期")
    disposed_by = models.CharField("销毁人", max_length=64)

    class Meta:
        verbose_name = "销毁记录"
        verbose_name_plural = "销毁记录"

    def __str__(self) -> str:
        return f"{self.item_id}"
