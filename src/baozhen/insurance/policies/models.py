"""Nouns of the policies stage: policies, their files, confirmation requests."""

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField
from baozhen.foundation.states import Stateful
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.insurance.policies.states import (
    INVOICE_MOVES,
    POLICY_MOVES,
    RECEIPT_MOVES,
    FileKind,
    InvoiceState,
    PolicyKind,
    PolicyState,
    ReceiptState,
    Standing,
    TimestampState,
)
from baozhen.insurance.proposals.models import Proposal
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.files.models import TimestampBatch


class ConfirmationRequest(models.Model):
    """Our id of a request to the industry platform, stored before the platform is asked."""

    proposal_no = models.CharField("投保单号", max_length=40)
    request_id = models.UUIDField("请求号")
    requested_at = models.DateTimeField("请求时间")

    class Meta:
        verbose_name = verbose_name_plural = "投保确认请求"
        constraints = [models.UniqueConstraint(fields=["proposal_no"], name="confirmation_once")]

    def __str__(self) -> str:
        return f"{self.proposal_no} {self.request_id}"


class Policy(Stateful):
    """保单: one cover of a proposal; searchable by blind indexes, shown masked in lists."""

    MOVES = POLICY_MOVES
    NOUN = "policy"
    AUDITED = (
        "number",
        "kind",
        "premium_fen",
        "cover_starts_at",
        "cover_ends_at",
        "confirmation_code",
        "content_sha256",
        "files_sha256",
    )

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="policies")
    # unique=True brings an index for prefix search too (varchar_pattern_ops).
    number = models.CharField("保单号", max_length=40, unique=True)
    kind = models.CharField("险种", max_length=12)
    form = models.CharField("投保单版本", max_length=24)
    branch_code = models.CharField("机构代码", max_length=24)
    region_code = models.CharField("地区", max_length=6)
    confirmation_code = models.CharField("投保确认码", max_length=64)
    premium_fen = models.BigIntegerField("保险费（分）")
    cover_starts_at = models.DateTimeField("保险起期")
    cover_ends_at = models.DateTimeField("保险止期")
    numbered_at = models.DateTimeField("保单生成时间")
    issued_at = models.DateTimeField("出单时间", null=True)
    cancelled_at = models.DateTimeField("注销时间", null=True)
    # Digests over the digests of this policy's contents and files: they bind the file rows to the
    # audit chain.
    content_sha256 = models.CharField("内容总摘要", max_length=64)
    files_sha256 = models.CharField("文件总摘要", max_length=64, blank=True)
    holder_masked = models.CharField("投保人（掩码）", max_length=120)
    plate_masked = models.CharField("号牌（掩码）", max_length=24, blank=True)
    holder_id_index = models.CharField("投保人证件索引", max_length=64)
    holder_name_index = models.CharField("投保人姓名索引", max_length=64)
    plate_index = models.CharField("号牌索引", max_length=64, blank=True)
    vin_index = models.CharField("车架号索引", max_length=64)
    # The insured in person sees the policy too (S0-6.3.2); empty when the insured is a company.
    insured_id_index = models.CharField("被保险人证件索引", max_length=64, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = "保单"
        constraints = [
            models.UniqueConstraint(fields=["proposal", "kind"], name="policy_once_per_kind"),
            models.CheckConstraint(
                name="policy_kind_known", condition=models.Q(kind__in=list(PolicyKind))
            ),
            models.CheckConstraint(
                name="policy_premium_not_negative", condition=models.Q(premium_fen__gte=0)
            ),
            models.CheckConstraint(
                name="policy_cover_half_open",
                condition=models.Q(cover_ends_at__gt=models.F("cover_starts_at")),
            ),
            models.CheckConstraint(
                name="policy_state_facts",
                condition=models.Q(
                    state=PolicyState.NUMBERED,
                    issued_at__isnull=True,
                    cancelled_at__isnull=True,
                    files_sha256="",
                )
                | (
                    models.Q(
                        state=PolicyState.ISSUED,
                        issued_at__isnull=False,
                        cancelled_at__isnull=True,
                    )
                    & ~models.Q(files_sha256="")
                )
                | (
                    models.Q(
                        state=PolicyState.CANCELLED,
                        issued_at__isnull=False,
                        cancelled_at__isnull=False,
                    )
                    & ~models.Q(files_sha256="")
                ),
            ),
        ]
        # Every list of the console is one walk down one index: filter, then newest first.
        indexes = [
            models.Index(fields=["numbered_at", "id"], name="policy_newest"),
            models.Index(fields=["state", "numbered_at", "id"], name="policy_by_state"),
            models.Index(fields=["form", "numbered_at", "id"], name="policy_by_form"),
            models.Index(fields=["kind", "numbered_at", "id"], name="policy_by_kind"),
            models.Index(fields=["branch_code", "numbered_at", "id"], name="policy_by_branch"),
            models.Index(fields=["holder_id_index"], name="policy_by_holder_id"),
            models.Index(fields=["holder_name_index", "numbered_at"], name="policy_by_holder_name"),
            models.Index(fields=["plate_index"], name="policy_by_plate"),
            models.Index(fields=["vin_index"], name="policy_by_vin"),
            models.Index(fields=["insured_id_index"], name="policy_by_insured_id"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def client(self) -> str:
        """Whose event it is: the program that sent the proposal."""
        return str(self.proposal.client)

    def event_data(self) -> dict[str, object] | None:
        """Return what outside systems are told: numbers and digests, never personal data.

        Policies of a batch are told together, when it is finished.
        """
        if self.proposal.batch_id is not None:
            return None
        return {
            "id": self.number,
            "proposal_no": self.proposal.proposal_no,
            "kind": self.kind,
            "state": self.state,
            "premium_fen": self.premium_fen,
            "files_sha256": self.files_sha256,
        }


class PolicyFile(models.Model):
    """One document of a policy: content frozen at numbering, then the sealed file's facts."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField("文件种类", max_length=12)
    number = models.CharField("文件号", max_length=48)
    version = models.PositiveSmallIntegerField("版次", default=1)
    content = EncryptedJSONField("冻结内容")
    content_sha256 = models.CharField("内容摘要", max_length=64)
    template_code = models.CharField("模板", max_length=64)
    template_version = models.CharField("模板版本", max_length=32)
    template_sha256 = models.CharField("模板摘要", max_length=64, blank=True)
    fonts_sha256 = models.CharField("字体摘要", max_length=64, blank=True)
    engine_version = models.CharField("排版引擎", max_length=64, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, null=True)
    sm3 = models.CharField("SM3", max_length=64, blank=True)
    size = models.PositiveIntegerField("字节数", null=True)
    sealed_at = models.DateTimeField("签章时间", null=True)
    timestamp_mode = models.CharField("时间戳方式", max_length=12)
    timestamp_state = models.CharField("时间戳状态", max_length=12, default=TimestampState.NONE)
    timestamp_batch = models.ForeignKey(
        TimestampBatch, on_delete=models.PROTECT, null=True, related_name="policy_files"
    )
    timestamp_leaf = models.PositiveIntegerField("叶子序号", null=True)
    standing = models.CharField("效力", max_length=12, default=Standing.CURRENT)

    class Meta:
        verbose_name = verbose_name_plural = "保单文件"
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "kind", "version"], name="policy_file_once_per_version"
            ),
            models.UniqueConstraint(
                fields=["policy", "kind"],
                condition=models.Q(standing=Standing.CURRENT),
                name="policy_file_one_current",
            ),
            models.UniqueConstraint(fields=["number", "version"], name="policy_file_number_once"),
            models.UniqueConstraint(fields=["sha256"], name="policy_file_sha256_once"),
            models.CheckConstraint(
                name="policy_file_known",
                condition=models.Q(
                    kind__in=list(FileKind),
                    standing__in=list(Standing),
                    timestamp_mode__in=list(TimestampMode),
                    timestamp_state__in=list(TimestampState),
                ),
            ),
            models.CheckConstraint(
                name="policy_file_sealed_wholly",
                condition=models.Q(
                    sha256__isnull=True,
                    size__isnull=True,
                    sealed_at__isnull=True,
                    sm3="",
                    timestamp_state=TimestampState.NONE,
                )
                | (
                    models.Q(sha256__isnull=False, size__gt=0, sealed_at__isnull=False)
                    & ~models.Q(sm3="")
                    & ~models.Q(template_sha256="")
                ),
            ),
            models.CheckConstraint(
                name="policy_file_proof_wholly",
                condition=models.Q(timestamp_batch__isnull=True, timestamp_leaf__isnull=True)
                | models.Q(
                    timestamp_batch__isnull=False,
                    timestamp_leaf__isnull=False,
                    timestamp_state=TimestampState.STAMPED,
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["sealed_at", "id"],
                name="policy_file_pending",
                condition=models.Q(timestamp_state=TimestampState.PENDING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} v{self.version}"


class ClauseDocument(models.Model):
    """条款: the one sealed document of a product's version; its row is written once."""

    NOUN = "clause_document"

    product = models.CharField("产品", max_length=40)
    version = models.CharField("条款版本", max_length=24)
    title = models.CharField("名称", max_length=120)
    filing_no = models.CharField("备案号", max_length=64)
    content_sha256 = models.CharField("内容摘要", max_length=64)
    template_code = models.CharField("模板", max_length=64)
    template_version = models.CharField("模板版本", max_length=32)
    template_sha256 = models.CharField("模板摘要", max_length=64)
    fonts_sha256 = models.CharField("字体摘要", max_length=64)
    engine_version = models.CharField("排版引擎", max_length=64)
    sha256 = models.CharField("SHA-256", max_length=64)
    sm3 = models.CharField("SM3", max_length=64)
    size = models.PositiveIntegerField("字节数")
    sealed_at = models.DateTimeField("签章时间")

    class Meta:
        verbose_name = verbose_name_plural = "条款文件"
        constraints = [
            models.UniqueConstraint(fields=["product", "version"], name="clauses_once_per_version"),
            models.UniqueConstraint(fields=["sha256"], name="clauses_sha256_once"),
            models.CheckConstraint(name="clauses_size", condition=models.Q(size__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.version}"


class PolicyReceipt(Stateful):
    """回执: the holder signs, by a task of the signing centre, that the policy has come."""

    MOVES = RECEIPT_MOVES
    NOUN = "receipt"
    AUDITED = ("files_sha256", "signed_at", "cooling_off_until")

    policy = models.OneToOneField(Policy, on_delete=models.PROTECT, related_name="receipt")
    # The task in force: one that ran out or was declined is followed by another.
    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="+")
    tries = models.PositiveSmallIntegerField("签收任务数", default=1)
    # What was handed over: the digest over the policy's files at that time.
    files_sha256 = models.CharField("文件总摘要", max_length=64)
    asked_at = models.DateTimeField("发起时间")
    signed_at = models.DateTimeField("签收时间", null=True)
    cooling_off_until = models.DateField("犹豫期最后一日", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "保单回执"
        constraints = [
            models.CheckConstraint(
                name="receipt_signed_has_time",
                condition=models.Q(state=ReceiptState.ASKED, signed_at__isnull=True)
                | models.Q(state=ReceiptState.SIGNED, signed_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} {self.state}"

    @property
    def client(self) -> str:
        """Whose event it is: the program that sent the proposal."""
        return self.policy.client

    def event_data(self) -> dict[str, object]:
        """Return what outside systems are told: when it was signed, and until when one may think.

        The holder answers one by one, whether the policy came alone or in a batch.
        """
        return {
            "id": self.policy.number,
            "envelope": self.envelope.public_id,
            "files_sha256": self.files_sha256,
            "signed_at": self.signed_at.isoformat() if self.signed_at else None,
            "cooling_off_until": (
                self.cooling_off_until.isoformat() if self.cooling_off_until else None
            ),
        }


class PolicyInvoice(Stateful):
    """电子发票 of one policy's premium: its number and its two forms, XML and PDF."""

    MOVES = INVOICE_MOVES
    NOUN = "invoice"
    AUDITED = ("request_no", "number", "amount_fen", "tax_fen", "xml_sha256", "pdf_sha256")

    policy = models.OneToOneField(Policy, on_delete=models.PROTECT, related_name="invoice")
    # Ours, and stored before the service is asked: it makes one invoice of many askings.
    request_no = models.CharField("开票请求号", max_length=48, unique=True)
    number = models.CharField("发票号码", max_length=32, blank=True)
    amount_fen = models.BigIntegerField("价税合计（分）")
    tax_fen = models.BigIntegerField("税额（分）")
    xml_sha256 = models.CharField("XML 摘要", max_length=64, blank=True)
    pdf_sha256 = models.CharField("PDF 摘要", max_length=64, blank=True)
    failure = models.CharField("未开具原因", max_length=200, blank=True)
    requested_at = models.DateTimeField("申请时间")
    issued_at = models.DateTimeField("开具时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "电子发票"
        constraints = [
            models.CheckConstraint(
                name="invoice_issued_wholly",
                condition=~models.Q(state=InvoiceState.ISSUED)
                | (
                    models.Q(issued_at__isnull=False)
                    & ~models.Q(number="")
                    & ~models.Q(xml_sha256="")
                    & ~models.Q(pdf_sha256="")
                ),
            ),
            models.CheckConstraint(
                name="invoice_amounts",
                condition=models.Q(tax_fen__gte=0, amount_fen__gte=models.F("tax_fen")),
            ),
        ]

    def __str__(self) -> str:
        return self.request_no
