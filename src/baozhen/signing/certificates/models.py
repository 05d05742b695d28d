"""Which key and certificate sign for which company; applications, U-keys, anchors, revocation."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.fields import EncryptedTextField
from baozhen.foundation.states import Stateful
from baozhen.signing.certificates.states import (
    ANCHOR_LABELS,
    ANCHOR_MOVES,
    APPLICATION_LABELS,
    APPLICATION_MOVES,
    KEY_LABELS,
    KEY_MOVES,
    LABELS,
    MOVES,
    AnchorState,
    ApplicationState,
    BindingState,
    KeyState,
)
from baozhen.trust.crypto.keys import Algorithm

ALGORITHM_LABELS = {
    Algorithm.SM2_SM3: "SM2（SM3 摘要）",
    Algorithm.RSA_SHA256: "RSA（SHA-256 摘要）",
    Algorithm.ECDSA_P256_SHA256: "ECDSA P-256（SHA-256 摘要）",
}


class CertificateBinding(Stateful):
    """One certificate of one company, and where its key is; the key itself is never here."""

    MOVES = MOVES
    NOUN = "binding"
    AUDITED: ClassVar[tuple[str, ...]] = (
        "organization",
        "algorithm",
        "fingerprint",
        "key_reference",
        "device_approval_no",
    )

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in LABELS.items()],
        default=BindingState.PENDING.value,
        editable=False,
    )
    organization = models.CharField("公司", max_length=128)
    algorithm = models.CharField(
        "算法",
        max_length=32,
        choices=[(algorithm.value, label) for algorithm, label in ALGORITHM_LABELS.items()],
    )
    key_reference = models.CharField("密钥引用", max_length=256)
    certificate = models.BinaryField("证书")
    chain_pem = models.TextField("上级证书", blank=True)
    anchors_pem = models.TextField("信任锚")
    fingerprint = models.CharField("证书指纹（SHA-256）", max_length=64, unique=True)
    serial = models.CharField("证书序列号", max_length=40)
    subject = models.TextField("证书持有人")
    issuer = models.TextField("签发机构")
    not_before = models.DateTimeField("生效时间")
    not_after = models.DateTimeField("失效时间", db_index=True)
    device_name = models.CharField("密码设备", max_length=128, blank=True)
    device_approval_no = models.CharField("密码产品批准号", max_length=64, blank=True)
    is_demonstration = models.BooleanField("演示证书", default=False)
    bound_at = models.DateTimeField("绑定时间")
    authority = models.CharField("签发渠道", max_length=64, blank=True)
    renews = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, verbose_name="续期自"
    )
    probed_at = models.DateTimeField("最近自检", null=True, blank=True)
    probe_error = models.CharField("自检失败原因", max_length=255, blank=True)
    # The smallest of the warning days that was announced: each is announced once.
    warned_days = models.PositiveSmallIntegerField("已提醒天数", null=True, blank=True)
    revoked_at = models.DateTimeField("吊销时间", null=True, blank=True)
    revocation_reason = models.CharField("吊销原因", max_length=64, blank=True)

    class Meta:
        verbose_name = "证书绑定"
        verbose_name_plural = "证书绑定"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "algorithm"],
                condition=models.Q(state=BindingState.ACTIVE.value),
                name="certificates_one_active",
            ),
            models.CheckConstraint(
                condition=models.Q(not_after__gt=models.F("not_before")),
                name="certificates_validity",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=BindingState.REVOKED)
                | models.Q(revoked_at__isnull=False),
                name="certificates_revoked_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization} {self.algorithm} {self.serial}"


class CertificateApplication(Stateful):
    """A request for a certificate: the key is made first, then an authority is asked.

    For a company the certificate becomes a binding; for a person that the insurer's own identity
    system has passed it stays here, beside its key.
    """

    MOVES = APPLICATION_MOVES
    NOUN = "certificate_application"
    AUDITED: ClassVar[tuple[str, ...]] = (
        "public_id",
        "organization",
        "algorithm",
        "authority",
        "key_reference",
        "fingerprint",
    )

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in APPLICATION_LABELS.items()],
        default=ApplicationState.REQUESTED.value,
        editable=False,
    )
    public_id = models.CharField("申请编号", max_length=40, unique=True)
    organization = models.CharField("公司", max_length=128, blank=True)
    subject = models.ForeignKey(
        "identity.Subject",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="certificate_applications",
        verbose_name="个人",
    )
    identity_check = models.OneToOneField(
        "identity.IdentityCheck",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name="所依据的认证",
    )
    algorithm = models.CharField(
        "算法",
        max_length=32,
        choices=[(algorithm.value, label) for algorithm, label in ALGORITHM_LABELS.items()],
    )
    authority = models.CharField("签发机构", max_length=64)
    key_reference = models.CharField("密钥引用", max_length=256)
    csr = models.BinaryField("证书请求")
    certificate = models.BinaryField("证书", null=True)
    chain_pem = models.TextField("上级证书", blank=True)
    fingerprint = models.CharField("证书指纹（SHA-256）", max_length=64, blank=True)
    not_after = models.DateTimeField("失效时间", null=True)
    binding = models.OneToOneField(
        CertificateBinding, on_delete=models.PROTECT, null=True, blank=True, verbose_name="绑定"
    )
    renews = models.ForeignKey(
        CertificateBinding,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="renewals",
        verbose_name="续期自",
    )
    reason = models.CharField("理由", max_length=200, blank=True)
    failure = models.CharField("拒绝原因", max_length=255, blank=True)
    last_error = models.CharField("最近故障", max_length=255, blank=True)
    requested_by = models.CharField("申请人", max_length=64)
    requested_at = models.DateTimeField("申请时间")
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = "证书申请"
        verbose_name_plural = "证书申请"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state=ApplicationState.ISSUED)
                | models.Q(certificate__isnull=False),
                name="certificates_issued_is_there",
            ),
            models.CheckConstraint(
                condition=models.Q(subject__isnull=True) | models.Q(organization=""),
                name="certificates_one_applicant",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class KeyRecord(Stateful):
    """A U-key of a person or a unit: applied for, approved by another, issued, returned or lost."""

    MOVES = KEY_MOVES
    NOUN = "ukey"
    AUDITED: ClassVar[tuple[str, ...]] = ("public_id", "device_no", "fingerprint")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in KEY_LABELS.items()],
        default=KeyState.APPLIED.value,
        editable=False,
    )
    public_id = models.CharField("记录编号", max_length=40, unique=True)
    unit = models.ForeignKey(
        "organizations.OrgUnit", on_delete=models.PROTECT, verbose_name="使用机构"
    )
    holder = EncryptedTextField("持有人")
    purpose = models.CharField("用途", max_length=200)
    authority = models.CharField("签发机构", max_length=64, blank=True)
    device_no = models.CharField("介质编号", max_length=64, blank=True)
    device_approval_no = models.CharField("密码产品批准号", max_length=64, blank=True)
    fingerprint = models.CharField("证书指纹（SHA-256）", max_length=64, blank=True)
    not_after = models.DateTimeField("证书失效时间", null=True, blank=True)
    applied_by = models.CharField("申请人", max_length=64)
    applied_at = models.DateTimeField("申请时间")
    decided_by = models.CharField("审批人", max_length=64, blank=True)
    decided_at = models.DateTimeField("审批时间", null=True)
    decision_reason = models.CharField("审批意见", max_length=200, blank=True)
    issued_at = models.DateTimeField("领用时间", null=True)
    # The smallest of the warning days that was announced: each is announced once.
    warned_days = models.PositiveSmallIntegerField("已提醒天数", null=True, blank=True)
    ended_at = models.DateTimeField("归还或挂失时间", null=True)
    end_reason = models.CharField("归还或挂失说明", max_length=200, blank=True)

    class Meta:
        verbose_name = "U-key 记录"
        verbose_name_plural = "U-key 记录"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(decided_by="") | ~models.Q(decided_by=models.F("applied_by")),
                name="certificates_key_two_people",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class TrustAnchor(Stateful):
    """A root that strangers' signatures or U-keys may lead to."""

    MOVES = ANCHOR_MOVES
    NOUN = "trust_anchor"
    AUDITED: ClassVar[tuple[str, ...]] = ("public_id", "fingerprint", "use")

    state = models.CharField(
        "状态",
        max_length=20,
        choices=[(state.value, label) for state, label in ANCHOR_LABELS.items()],
        default=AnchorState.PROPOSED.value,
        editable=False,
    )
    public_id = models.CharField("编号", max_length=40, unique=True)
    use = models.CharField(
        "用途",
        max_length=16,
        choices=[("document", "文件签名"), ("ukey", "U-key 认证"), ("timestamp", "时间戳")],
    )
    certificate = models.BinaryField("证书")
    fingerprint = models.CharField("证书指纹（SHA-256）", max_length=64)
    subject = models.TextField("持有人")
    not_after = models.DateTimeField("证书失效时间")
    effective_from = models.DateTimeField("生效时间")
    effective_until = models.DateTimeField("停止信任时间", null=True, blank=True)
    reason = models.CharField("列入理由", max_length=200)
    proposed_by = models.CharField("提议人", max_length=64)
    proposed_at = models.DateTimeField("提议时间")
    decided_by = models.CharField("复核人", max_length=64, blank=True)
    decided_at = models.DateTimeField("复核时间", null=True)
    removal_reason = models.CharField("移除理由", max_length=200, blank=True)
    removal_by = models.CharField("移除提议人", max_length=64, blank=True)
    removed_by = models.CharField("移除复核人", max_length=64, blank=True)
    removed_at = models.DateTimeField("移除时间", null=True)

    class Meta:
        verbose_name = "信任锚"
        verbose_name_plural = "信任锚"
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint", "use"],
                condition=models.Q(state__in=["proposed", "listed", "removal_proposed"]),
                name="certificates_one_anchor",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by="") | ~models.Q(decided_by=models.F("proposed_by")),
                name="certificates_anchor_two",
            ),
            models.CheckConstraint(
                condition=models.Q(removed_by="") | ~models.Q(removed_by=models.F("removal_by")),
                name="certificates_removal_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.use}"


class RevocationSource(models.Model):
    """An address where news of certificates is fetched, and what was last had from it."""

    url = models.CharField("地址", max_length=1024)
    kind = models.CharField("类型", max_length=8, choices=[("crl", "吊销列表"), ("ocsp", "OCSP")])
    # OCSP answers are about one certificate; a CRL is about all of its authority.
    fingerprint = models.CharField("证书指纹", max_length=64, blank=True)
    content = models.BinaryField("内容", null=True)
    this_update = models.DateTimeField("本次更新", null=True)
    next_update = models.DateTimeField("下次更新", null=True)
    fetched_at = models.DateTimeField("取得时间", null=True)
    tried_at = models.DateTimeField("最近尝试", null=True)
    last_error = models.CharField("最近错误", max_length=255, blank=True)

    class Meta:
        verbose_name = "吊销信息来源"
        verbose_name_plural = "吊销信息来源"
        constraints = [
            models.UniqueConstraint(
                fields=["url", "kind", "fingerprint"], name="certificates_one_source"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.url}"
