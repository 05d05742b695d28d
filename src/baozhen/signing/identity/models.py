"""Who signs, what shows who they are, what they confirmed, and on which devices."""

from typing import ClassVar

from django.db import models

from baozhen.foundation.fields import EncryptedJSONField, EncryptedTextField
from baozhen.foundation.states import Stateful
from baozhen.signing.identity.states import (
    CHECK_KINDS,
    CONSENT_METHODS,
    LABELS,
    MOVES,
    SUBJECT_KINDS,
    Channel,
    CheckState,
)

_ID_CHARACTERS = 40


class Subject(models.Model):
    """A person or an organisation that signs. Names and numbers are encrypted, found by index."""

    NOUN: ClassVar[str] = "subject"

    public_id = models.CharField("主体编号", max_length=_ID_CHARACTERS, unique=True)
    kind = models.CharField(
        "类型",
        max_length=16,
        choices=[(kind.value, label) for kind, label in SUBJECT_KINDS.items()],
    )
    name = EncryptedTextField("姓名或名称")
    name_index = models.CharField("名称索引", max_length=64, db_index=True)
    id_type = models.CharField("证件类型", max_length=32, blank=True)
    id_no = EncryptedTextField("证件号码", default="", blank=True)
    id_index = models.CharField("证件索引", max_length=64, blank=True)
    mobile = EncryptedTextField("手机号", default="", blank=True)
    mobile_index = models.CharField("手机号索引", max_length=64, blank=True, db_index=True)
    email = EncryptedTextField("邮箱", default="", blank=True)
    email_index = models.CharField("邮箱索引", max_length=64, blank=True, db_index=True)
    uscc = models.CharField("统一社会信用代码", max_length=18, blank=True, db_index=True)
    legal_rep_name = EncryptedTextField("法定代表人", default="", blank=True)
    legal_rep_id_no = EncryptedTextField("法定代表人证件号码", default="", blank=True)
    account = models.ForeignKey(
        "organizations.Account",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="subjects",
        verbose_name="账号",
    )
    org_unit = models.ForeignKey(
        "organizations.OrgUnit",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="subjects",
        verbose_name="机构",
    )
    is_agent = models.BooleanField("业务人员", default=False)
    registered_at = models.DateTimeField("登记时间")
    changed_at = models.DateTimeField("更新时间")

    class Meta:
        verbose_name = "签署主体"
        verbose_name_plural = "签署主体"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "id_index"],
                condition=~models.Q(id_index=""),
                name="identity_one_subject",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in SUBJECT_KINDS]),
                name="identity_subject_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class SubjectClient(models.Model):
    """A program that registered a subject: no other program sees it."""

    subject = models.ForeignKey(
        Subject, on_delete=models.CASCADE, related_name="clients", verbose_name="签署主体"
    )
    client = models.CharField("接口客户端", max_length=64)

    class Meta:
        verbose_name = "主体的登记方"
        verbose_name_plural = "主体的登记方"
        constraints = [
            models.UniqueConstraint(fields=["client", "subject"], name="identity_one_client"),
        ]

    def __str__(self) -> str:
        return f"{self.client} {self.subject_id}"


class IdentityCheck(Stateful):
    """One attempt to show who a subject is: by whom, when, with which receipt and answer.

    `inputs` are erased when the check ends: a card number or a photograph is not kept.
    """

    MOVES = MOVES
    NOUN = "identity_check"
    AUDITED: ClassVar[tuple[str, ...]] = (
        "public_id",
        "kind",
        "provider",
        "receipt",
        "answer_sha256",
        "valid_until",
    )

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in LABELS.items()],
        default=CheckState.SUBMITTED.value,
        editable=False,
    )
    public_id = models.CharField("认证编号", max_length=_ID_CHARACTERS, unique=True)
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="checks", verbose_name="签署主体"
    )
    kind = models.CharField(
        "方式", max_length=24, choices=[(kind.value, label) for kind, label in CHECK_KINDS.items()]
    )
    purpose = models.CharField("用途", max_length=64)
    document_sha256 = models.CharField("文件摘要", max_length=64, blank=True)
    provider = models.CharField("核验服务", max_length=64)
    receipt = models.CharField("回执号", max_length=128, blank=True)
    # What the check is about, as a keyed digest: when name, number or mobile change, an older
    # check no longer speaks of them and is not used again.
    facts_index = models.CharField("要素索引", max_length=64)
    inputs = EncryptedJSONField("核验材料", null=True)
    session_url = models.CharField("办理地址", max_length=1024, blank=True)
    answer = EncryptedJSONField("原始应答", null=True)
    answer_sha256 = models.CharField("应答摘要", max_length=64, blank=True)
    score = models.DecimalField("得分", max_digits=6, decimal_places=2, null=True)
    reason = models.CharField("说明", max_length=255, blank=True)
    device = models.CharField("设备索引", max_length=64, blank=True)
    actor = models.CharField("发起人", max_length=64)
    client = models.CharField("接口客户端", max_length=64, blank=True)
    biz_no = models.CharField("业务编号", max_length=64, null=True, blank=True)
    tries_left = models.PositiveSmallIntegerField("剩余次数", null=True)
    started_at = models.DateTimeField("发起时间")
    ended_at = models.DateTimeField("结束时间", null=True)
    passed_at = models.DateTimeField("通过时间", null=True)
    valid_until = models.DateTimeField("有效期至", null=True)
    last_error = models.CharField("最近故障", max_length=255, blank=True)

    class Meta:
        verbose_name = "认证记录"
        verbose_name_plural = "认证记录"
        indexes = [
            models.Index(fields=["subject", "kind", "-passed_at"], name="identity_checks_of"),
            models.Index(
                fields=["started_at"],
                condition=models.Q(state__in=["submitted", "answering", "reviewing"]),
                name="identity_checks_open",
            ),
            models.Index(fields=["receipt"], name="identity_receipt"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "biz_no"],
                condition=models.Q(biz_no__isnull=False),
                name="identity_one_biz_no",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=CheckState.PASSED)
                | models.Q(passed_at__isnull=False, valid_until__isnull=False),
                name="identity_passed_has_times",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["passed", "failed", "withdrawn"])
                | models.Q(inputs__isnull=True),
                name="identity_inputs_erased",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.kind} {self.state}"

    @property
    def event_client(self) -> str:
        """Whose event it is: the program that began the check."""
        return self.client

    def event_data(self) -> dict[str, object]:
        """Return what outside systems are told: ids, never names or numbers."""
        return {
            "id": self.public_id,
            "subject_id": self.subject.public_id,
            "kind": self.kind,
            "state": self.state,
            "biz_no": self.biz_no,
        }


class CodeChallenge(models.Model):
    """A six-digit code on its way: only a keyed hash of it exists here."""

    NOUN: ClassVar[str] = "code"

    public_id = models.CharField("验证码编号", max_length=_ID_CHARACTERS, unique=True)
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="codes", verbose_name="签署主体"
    )
    channel = models.CharField(
        "渠道", max_length=8, choices=[(Channel.SMS.value, "短信"), (Channel.MAIL.value, "邮件")]
    )
    purpose = models.CharField("用途", max_length=64)
    document_sha256 = models.CharField("文件摘要", max_length=64, blank=True)
    device = models.CharField("设备索引", max_length=64, blank=True)
    address_index = models.CharField("接收地址索引", max_length=64)
    address_masked = models.CharField("接收地址（脱敏）", max_length=128)
    code_hash = models.CharField("验证码摘要", max_length=64)
    tries_left = models.PositiveSmallIntegerField("剩余次数")
    queued_at = models.DateTimeField("生成时间")
    sent_at = models.DateTimeField("发送时间", null=True)
    receipt = models.CharField("发送回执", max_length=128, blank=True)
    failure = models.CharField("发送失败原因", max_length=255, blank=True)
    expires_at = models.DateTimeField("失效时间")
    confirmed_at = models.DateTimeField("确认时间", null=True)
    consumed_at = models.DateTimeField("使用时间", null=True)

    class Meta:
        verbose_name = "验证码"
        verbose_name_plural = "验证码"
        indexes = [
            models.Index(fields=["address_index", "-queued_at"], name="identity_codes_to"),
            models.Index(fields=["subject", "-queued_at"], name="identity_codes_of"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.address_masked}"


class ConsentCheck(models.Model):
    """The will to sign one document, confirmed at the moment of signing (意愿认证).

    Separate from identity: it says that the subject wants this, not who the subject is.
    """

    NOUN: ClassVar[str] = "consent"

    public_id = models.CharField("意愿认证编号", max_length=_ID_CHARACTERS, unique=True)
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="consents", verbose_name="签署主体"
    )
    document_sha256 = models.CharField("文件摘要", max_length=64)
    method = models.CharField(
        "方式",
        max_length=8,
        choices=[(method.value, label) for method, label in CONSENT_METHODS.items()],
    )
    challenge = models.OneToOneField(
        CodeChallenge, on_delete=models.PROTECT, null=True, blank=True, verbose_name="验证码"
    )
    identity_check = models.OneToOneField(
        IdentityCheck, on_delete=models.PROTECT, null=True, blank=True, verbose_name="认证记录"
    )
    device = models.CharField("设备索引", max_length=64, blank=True)
    address = EncryptedTextField("网络地址", default="", blank=True)
    given_at = models.DateTimeField("确认时间")

    class Meta:
        verbose_name = "意愿认证"
        verbose_name_plural = "意愿认证"
        indexes = [models.Index(fields=["document_sha256"], name="identity_consent_to")]
        constraints = [
            # A will that rests on nothing is no will.
            models.CheckConstraint(
                condition=models.Q(challenge__isnull=False, identity_check__isnull=True)
                | models.Q(challenge__isnull=True, identity_check__isnull=False),
                name="identity_consent_rests",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class DeviceUse(models.Model):
    """A device that a subject used; the device is a keyed index, not a fingerprint to follow."""

    device = models.CharField("设备索引", max_length=64, db_index=True)
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="devices", verbose_name="签署主体"
    )
    uses = models.PositiveIntegerField("次数", default=1)
    first_at = models.DateTimeField("首次使用")
    last_at = models.DateTimeField("最近使用")

    class Meta:
        verbose_name = "设备使用"
        verbose_name_plural = "设备使用"
        constraints = [
            models.UniqueConstraint(fields=["device", "subject"], name="identity_device_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.device[:12]} {self.subject_id}"


class AgentPaper(models.Model):
    """A paper that an agent must hold: practice registration, identity card, agency contract."""

    NOUN: ClassVar[str] = "agent_paper"

    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="papers", verbose_name="代理人"
    )
    identity_check = models.OneToOneField(
        IdentityCheck, on_delete=models.PROTECT, related_name="paper", verbose_name="认证记录"
    )
    paper_type = models.CharField("证件名称", max_length=64)
    number = EncryptedTextField("证件编号")
    file_sha256 = models.CharField("影像摘要", max_length=64, blank=True)
    valid_from = models.DateField("起始日期", null=True)
    valid_until = models.DateField("到期日期")
    registered_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "代理人证件"
        verbose_name_plural = "代理人证件"
        indexes = [models.Index(fields=["valid_until"], name="identity_paper_until")]

    def __str__(self) -> str:
        return f"{self.paper_type} {self.valid_until}"
