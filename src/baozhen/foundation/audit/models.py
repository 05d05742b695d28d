"""Entries are added and never changed; their place in the log is written beside them."""

from django.db import models

from baozhen.foundation.audit.acts import Act


class AuditEntry(models.Model):
    """One act, chained to the previous act on the same object. Triggers refuse any change."""

    action = models.CharField("动作", max_length=64)
    subject_type = models.CharField("对象类型", max_length=32)
    subject_id = models.BigIntegerField("对象编号")
    position = models.PositiveIntegerField("链中位置")
    actor = models.CharField("操作者", max_length=64)
    at = models.DateTimeField("时间")
    facts = models.JSONField("事实", default=dict)
    previous = models.BinaryField("前一条摘要", max_length=32)
    digest = models.BinaryField("摘要", max_length=32)

    class Meta:
        verbose_name = "审计记录"
        verbose_name_plural = "审计记录"
        constraints = [
            # Two writers that read the same last entry cannot both append: a chain never forks.
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "position"], name="audit_chain_position"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} #{self.subject_id}"

    def act(self) -> Act:
        """Return what the entry says, to compute its digest again."""
        return Act(
            action=self.action,
            subject_type=self.subject_type,
            subject_id=self.subject_id,
            actor=self.actor,
            at=self.at,
            facts=self.facts,
        )


class PendingEntry(models.Model):
    """An entry that waits for its place in the log; a trigger on AuditEntry makes it.

    Ids are given before commit, so "the last id that was sequenced" would skip slow writers.
    """

    entry = models.OneToOneField(
        AuditEntry, on_delete=models.PROTECT, primary_key=True, verbose_name="审计记录"
    )

    class Meta:
        verbose_name = "待入日志记录"
        verbose_name_plural = "待入日志记录"

    def __str__(self) -> str:
        return f"#{self.entry_id}"


class LogLeaf(models.Model):
    """The place of one entry in the Merkle log: leaf number `index`, from 0 without gaps."""

    index = models.BigIntegerField("序号", primary_key=True)
    entry = models.OneToOneField(
        AuditEntry, on_delete=models.PROTECT, related_name="leaf", verbose_name="审计记录"
    )

    class Meta:
        verbose_name = "日志叶"
        verbose_name_plural = "日志叶"

    def __str__(self) -> str:
        return f"{self.index}"


class LogTile(models.Model):
    """Up to 256 neighbouring node hashes of the tree, in both hash functions.

    Level 0 holds leaf hashes, level n the roots of complete subtrees of 256ⁿ leaves: a proof reads
    a few tiles, and appending touches the last tile of each level.
    """

    level = models.PositiveSmallIntegerField("层")
    number = models.BigIntegerField("序号")
    sha256 = models.BinaryField("SHA-256 节点")
    sm3 = models.BinaryField("SM3 节点")

    class Meta:
        verbose_name = "日志片"
        verbose_name_plural = "日志片"
        constraints = [
            models.UniqueConstraint(fields=["level", "number"], name="audit_tile"),
        ]

    def __str__(self) -> str:
        return f"{self.level}/{self.number}"


class LogCheckpoint(models.Model):
    """The root of the log at one size, signed and (when the service answers) timestamped."""

    size = models.BigIntegerField("叶数", unique=True)
    root_sha256 = models.BinaryField("SHA-256 根", max_length=32)
    root_sm3 = models.BinaryField("SM3 根", max_length=32)
    at = models.DateTimeField("时间")
    note = models.BinaryField("签名文本")

    class Meta:
        verbose_name = "日志检查点"
        verbose_name_plural = "日志检查点"

    def __str__(self) -> str:
        return f"{self.size}"


class CheckpointToken(models.Model):
    """The RFC 3161 token over a checkpoint's note, fetched after the note was written."""

    checkpoint = models.OneToOneField(
        LogCheckpoint, on_delete=models.PROTECT, related_name="stamp", verbose_name="检查点"
    )
    token = models.BinaryField("时间戳")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "检查点时间戳"
        verbose_name_plural = "检查点时间戳"

    def __str__(self) -> str:
        return f"{self.checkpoint_id}"
