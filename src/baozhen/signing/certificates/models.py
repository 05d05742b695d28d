"""Which key and certificate sign for which company, by algorithm."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.states import Stateful
from baozhen.signing.certificates.states import LABELS, MOVES, BindingState
from baozhen.trust.crypto.keys import Algorithm

_ALGORITHM_LABELS = {
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
        choices=[(algorithm.value, label) for algorithm, label in _ALGORITHM_LABELS.items()],
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
        ]

    def __str__(self) -> str:
        return f"{self.organization} {self.algorithm} {self.serial}"
