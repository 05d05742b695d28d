"""What the archive holds, how its files are found, who got a copy, and what is deposited outside.

Rows of the archive are written once; triggers refuse any change (migration 0002).
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from baozhen.foundation.fields import EncryptedJSONField, EncryptedTextField
from baozhen.foundation.states import Stateful
from baozhen.signing.files.states import (
    COPY_LABELS,
    DEPOSIT_LABELS,
    DEPOSIT_MOVES,
    DESTRUCTION_LABELS,
    DESTRUCTION_MOVES,
    DepositState,
    DestructionState,
)


class TimestampBatch(models.Model):
    """One token over the Merkle root of many files' digests, kept beside the files."""

    root_sha256 = models.BinaryField("默克尔根")
    leaves = models.BinaryField("叶子：各文件 SHA-256 依次相连")
    size = models.PositiveIntegerField("文件数")
    token = models.BinaryField("时间戳令牌")
    stamped_at = models.DateTimeField("时间戳时间")

    class Meta:
        verbose_name = verbose_name_plural = "聚合时间戳"
        constraints = [
            models.CheckConstraint(
                name="files_timestamp_batch_size", condition=models.Q(size__gt=0)
            )
        ]

    def __str__(self) -> str:
        return f"{self.size} @ {self.stamped_at:%Y-%m-%d %H:%M:%S}"


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
    timestamp_batch = models.ForeignKey(
        TimestampBatch,
        on_delete=models.PROTECT,
        null=True,
        related_name="items",
        verbose_name="聚合时间戳",
    )
    timestamp_leaf = models.PositiveIntegerField("叶子序号", null=True)

    class Meta:
        verbose_name = "归档文件"
        verbose_name_plural = "归档文件"
        constraints = [
            models.CheckConstraint(
                name="files_item_proof_wholly",
                condition=models.Q(timestamp_batch__isnull=True, timestamp_leaf__isnull=True)
                | models.Q(timestamp_batch__isnull=False, timestamp_leaf__isnull=False),
            ),
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


class FileEntry(models.Model):
    """One archived file as the file centre finds it. `parties` are names; `tokens` hashed words."""

    public_id = models.CharField("文件编号", max_length=40, unique=True)
    item = models.OneToOneField(
        ArchiveItem, on_delete=models.PROTECT, related_name="entry", verbose_name="归档文件"
    )
    unit = models.ForeignKey(
        "organizations.OrgUnit", on_delete=models.PROTECT, related_name="+", verbose_name="机构"
    )
    title = models.CharField("标题", max_length=200)
    document_type = models.CharField("文件类型", max_length=48)
    channel = models.CharField("来源", max_length=24, blank=True)
    client = models.CharField("发起方", max_length=64, blank=True)
    biz_no = models.CharField("业务编号", max_length=64, blank=True, db_index=True)
    envelope = models.CharField("签署任务", max_length=40, blank=True, db_index=True)
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    size = models.PositiveBigIntegerField("字节数")
    signatures = models.PositiveSmallIntegerField("签署方数", default=0)
    parties = EncryptedJSONField("当事人", null=True)
    party_index = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, verbose_name="当事人索引"
    )
    tokens = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name="词索引")
    signed_at = models.DateTimeField("签署时间")
    registered_at = models.DateTimeField("登记时间")
    indexed_at = models.DateTimeField("正文索引时间", null=True)
    is_living = models.BooleanField("未销毁", default=True)

    class Meta:
        verbose_name = "文件"
        verbose_name_plural = "文件"
        indexes = [
            models.Index(fields=["-signed_at", "-id"], name="files_entry_time"),
            models.Index(fields=["unit", "-signed_at"], name="files_entry_unit"),
            models.Index(fields=["document_type", "-signed_at"], name="files_entry_type"),
            GinIndex(fields=["tokens"], name="files_entry_words"),
            GinIndex(fields=["party_index"], name="files_entry_parties"),
        ]

    def __str__(self) -> str:
        return self.public_id


class DownloadLink(models.Model):
    """A link by which another system takes a file; its secret is kept as a hash."""

    entry = models.ForeignKey(
        FileEntry, on_delete=models.PROTECT, related_name="links", verbose_name="文件"
    )
    token_hash = models.CharField("链接摘要", max_length=64, unique=True)
    recipient = models.CharField("接收方", max_length=100)
    networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, verbose_name="来源网段"
    )
    uses_max = models.PositiveIntegerField("次数上限", null=True)
    uses = models.PositiveIntegerField("已用次数", default=0)
    made_by = models.CharField("创建人", max_length=64)
    made_at = models.DateTimeField("创建时间")
    expires_at = models.DateTimeField("失效时间")
    ended_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        verbose_name = "下载链接"
        verbose_name_plural = "下载链接"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(uses_max__isnull=True)
                | models.Q(uses__lte=models.F("uses_max")),
                name="files_link_uses",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class FileCopy(models.Model):
    """One copy that left the house: what kind, who got it, when and why; `number` is its mark."""

    number = models.CharField("编号", max_length=40, unique=True)
    entry = models.ForeignKey(
        FileEntry, on_delete=models.PROTECT, related_name="copies", verbose_name="文件"
    )
    kind = models.CharField(
        "种类", max_length=16, choices=[(kind.value, label) for kind, label in COPY_LABELS.items()]
    )
    recipient = EncryptedTextField("领取人", default="")
    reason = models.CharField("用途", max_length=200, blank=True)
    count = models.PositiveIntegerField("第几次", default=1)
    link = models.ForeignKey(
        DownloadLink,
        on_delete=models.PROTECT,
        null=True,
        related_name="copies",
        verbose_name="链接",
    )
    address = models.GenericIPAddressField("网络地址", null=True)
    sha256 = models.CharField("副本 SHA-256", max_length=64, blank=True)
    actor = models.CharField("操作人", max_length=64)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "副本"
        verbose_name_plural = "副本"
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "count"],
                condition=models.Q(kind="print"),
                name="files_print_count",
            ),
        ]
        indexes = [models.Index(fields=["entry", "-at"], name="files_copy_time")]

    def __str__(self) -> str:
        return self.number


class InspectionReport(models.Model):
    """One sealed verification report that was handed out: about which bytes, with which answer.

    Neither the inspected file nor the report is kept; both are known by their digests.
    """

    number = models.CharField("编号", max_length=40, unique=True)
    file_sha256 = models.CharField("被核验文件 SHA-256", max_length=64, db_index=True)
    verdict = models.CharField("结论", max_length=16)
    word = models.CharField("登记", max_length=16)
    source = models.CharField("途径", max_length=16)
    sha256 = models.CharField("报告 SHA-256", max_length=64)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "核验报告"
        verbose_name_plural = "核验报告"

    def __str__(self) -> str:
        return self.number


class NotaryRule(models.Model):
    """Files of this unit and those below it, of this type, are deposited; empty means all."""

    unit = models.ForeignKey(
        "organizations.OrgUnit",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="机构",
    )
    document_type = models.CharField("文件类型", max_length=48, blank=True)
    made_by = models.CharField("设定人", max_length=64)
    made_at = models.DateTimeField("设定时间")
    ended_by = models.CharField("停用人", max_length=64, blank=True)
    ended_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        verbose_name = "存证规则"
        verbose_name_plural = "存证规则"

    def __str__(self) -> str:
        return f"{self.unit_id or '全部'} {self.document_type or '全部'}"


class NotaryDeposit(Stateful):
    """The fingerprint of one file's evidence package, deposited with an outside notary (存证).

    `sha256` is that of the package's manifest, whose bytes lie in the archive; `receipt` is what
    the notary signed, as it came.
    """

    MOVES = DEPOSIT_MOVES
    NOUN = "notary_deposit"
    # Not the digest: it is set between two states, and the archive's own record holds it.
    AUDITED: ClassVar[tuple[str, ...]] = ("entry_id", "service", "receipt_no")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in DEPOSIT_LABELS.items()],
        default=DepositState.QUEUED.value,
        editable=False,
    )
    public_id = models.CharField("存证编号", max_length=40, unique=True)
    entry = models.ForeignKey(
        FileEntry, on_delete=models.PROTECT, related_name="deposits", verbose_name="文件"
    )
    title = models.CharField("标题", max_length=200)
    sha256 = models.CharField("清单 SHA-256", max_length=64, blank=True)
    asked_by = models.CharField("申请人", max_length=64)
    asked_at = models.DateTimeField("申请时间")
    sent_at = models.DateTimeField("送出时间", null=True)
    service = models.CharField("存证机构", max_length=100, blank=True)
    receipt_no = models.CharField("回执编号", max_length=100, blank=True)
    receipt = models.TextField("回执", blank=True)
    signature = models.TextField("回执签名", blank=True)
    algorithm = models.CharField("签名算法", max_length=24, blank=True)
    public_key = models.TextField("机构公钥", blank=True)
    recorded_at = models.DateTimeField("存证时间", null=True)
    refusal = models.CharField("拒绝原因", max_length=200, blank=True)

    class Meta:
        verbose_name = "存证"
        verbose_name_plural = "存证"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state=DepositState.RECORDED)
                | (models.Q(recorded_at__isnull=False) & ~models.Q(receipt="")),
                name="files_deposit_has_receipt",
            ),
            # One at a time: what is under way is not asked for again.
            models.UniqueConstraint(
                fields=["entry"],
                condition=models.Q(state=DepositState.QUEUED),
                name="files_deposit_one_queued",
            ),
        ]
        indexes = [models.Index(fields=["-asked_at", "-id"], name="files_deposit_time")]

    def __str__(self) -> str:
        return self.public_id


class ArchiveDestruction(Stateful):
    """A list of documents to destroy, whole dossiers at a time; `items_sha256` is its digest."""

    MOVES = DESTRUCTION_MOVES
    NOUN = "archive_destruction"
    AUDITED: ClassVar[tuple[str, ...]] = ("reason", "items_sha256", "proposed_by", "decided_by")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in DESTRUCTION_LABELS.items()],
        default=DestructionState.PROPOSED.value,
        editable=False,
    )
    public_id = models.CharField("清单编号", max_length=40, unique=True)
    reason = models.CharField("事由", max_length=200)
    items = models.ManyToManyField(ArchiveItem, related_name="destructions", verbose_name="文件")
    items_sha256 = models.CharField("清单摘要", max_length=64)
    proposed_by = models.CharField("提出人", max_length=64)
    proposed_at = models.DateTimeField("提出时间")
    decided_by = models.CharField("批准人", max_length=64, blank=True)
    decided_at = models.DateTimeField("批准时间", null=True)
    refusal = models.CharField("不批准的理由", max_length=200, blank=True)
    done_at = models.DateTimeField("销毁时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "卷宗销毁清单"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=[DestructionState.APPROVED, DestructionState.DONE])
                | (~models.Q(decided_by="") & ~models.Q(decided_by=models.F("proposed_by"))),
                name="files_destruction_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
