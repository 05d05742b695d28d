"""Who may use a seal for what, and every use."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from baozhen.foundation.states import Stateful
from baozhen.signing.seals import states
from baozhen.signing.seals.models.library import Seal, SealVersion
from baozhen.signing.seals.states import GrantState, UseState


class SealGrant(Stateful):
    """Exactly one of account, unit, client may use the seal; empty lists admit everything."""

    MOVES = states.GRANT_MOVES
    NOUN = "seal_grant"
    AUDITED: ClassVar[tuple[str, ...]] = (
        "public_id",
        "seal_id",
        "account_id",
        "unit_id",
        "client_id",
        "document_types",
        "flows",
        "count_max",
        "until",
        "is_silent",
    )

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in states.GRANT_LABELS.items()],
        default=GrantState.ACTIVE.value,
        editable=False,
    )
    public_id = models.CharField("授权编号", max_length=40, unique=True)
    seal = models.ForeignKey(
        Seal, on_delete=models.PROTECT, related_name="grants", verbose_name="印章"
    )
    account = models.ForeignKey(
        "organizations.Account",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="seal_grants",
        verbose_name="账号",
    )
    unit = models.ForeignKey(
        "organizations.OrgUnit",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="seal_grants",
        verbose_name="机构",
    )
    client = models.ForeignKey(
        "organizations.ApiClient",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="seal_grants",
        verbose_name="接口客户端",
    )
    document_types = ArrayField(
        models.CharField(max_length=32), default=list, blank=True, verbose_name="文件类型"
    )
    flows = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, verbose_name="流程"
    )
    count_max = models.PositiveIntegerField("次数上限", null=True, blank=True)
    used = models.PositiveIntegerField("已用次数", default=0)
    is_silent = models.BooleanField("允许静默用印", default=False)
    since = models.DateTimeField("生效时间")
    until = models.DateTimeField("到期时间", null=True, blank=True)
    reason = models.CharField("理由", max_length=200)
    granted_by = models.CharField("授权人", max_length=64)
    granted_at = models.DateTimeField("授权时间")
    revoked_by = models.CharField("收回人", max_length=64, blank=True)
    revoked_at = models.DateTimeField("收回时间", null=True, blank=True)
    revoke_reason = models.CharField("收回理由", max_length=200, blank=True)

    class Meta:
        verbose_name = "用印授权"
        verbose_name_plural = "用印授权"
        constraints = [
            models.CheckConstraint(
                condition=Q(account__isnull=False, unit__isnull=True, client__isnull=True)
                | Q(account__isnull=True, unit__isnull=False, client__isnull=True)
                | Q(account__isnull=True, unit__isnull=True, client__isnull=False),
                name="seals_grant_to_one",
            ),
            # The last line of defence against a count that two programs spend at once.
            models.CheckConstraint(
                condition=Q(count_max__isnull=True) | Q(used__lte=F("count_max")),
                name="seals_grant_count",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
                name="seals_grant_until",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class SealRule(models.Model):
    """Allows or forbids a seal to a unit (and below), in a flow, for a document type."""

    seal = models.ForeignKey(
        Seal, on_delete=models.PROTECT, related_name="rules", verbose_name="印章"
    )
    public_id = models.CharField("规则编号", max_length=40, unique=True)
    is_allowing = models.BooleanField("允许")
    unit = models.ForeignKey(
        "organizations.OrgUnit",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="机构",
    )
    flow = models.CharField("流程", max_length=64, blank=True)
    document_type = models.CharField("文件类型", max_length=32, blank=True)
    reason = models.CharField("理由", max_length=200)
    made_by = models.CharField("设定人", max_length=64)
    made_at = models.DateTimeField("设定时间")
    ended_by = models.CharField("取消人", max_length=64, blank=True)
    ended_at = models.DateTimeField("取消时间", null=True, blank=True)

    class Meta:
        verbose_name = "用印规则"
        verbose_name_plural = "用印规则"
        constraints = [
            models.CheckConstraint(
                condition=Q(unit__isnull=False, flow="", document_type="")
                | (Q(unit__isnull=True, document_type="") & ~Q(flow=""))
                | (Q(unit__isnull=True, flow="") & ~Q(document_type="")),
                name="seals_rule_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class SealUse(Stateful):
    """One use of a seal on one document: who, for what, in which flow, with which result."""

    MOVES = states.USE_MOVES
    NOUN = "seal_use"
    BEGINS: ClassVar[tuple[str, ...]] = ("reserved", "refused")
    AUDITED: ClassVar[tuple[str, ...]] = (
        "seal_id",
        "version_id",
        "grant_id",
        "actor",
        "document_sha256",
        "signed_sha256",
        "reference",
    )

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in states.USE_LABELS.items()],
        default=UseState.RESERVED.value,
        editable=False,
    )
    public_id = models.CharField("用印编号", max_length=40, unique=True)
    seal = models.ForeignKey(
        Seal, on_delete=models.PROTECT, related_name="uses", verbose_name="印章"
    )
    version = models.ForeignKey(
        SealVersion,
        on_delete=models.PROTECT,
        null=True,
        related_name="uses",
        verbose_name="印章版本",
    )
    grant = models.ForeignKey(
        SealGrant, on_delete=models.PROTECT, null=True, related_name="uses", verbose_name="授权"
    )
    unit = models.ForeignKey(
        "organizations.OrgUnit",
        on_delete=models.PROTECT,
        related_name="seal_uses",
        verbose_name="用印机构",
    )
    actor = models.CharField("用印人", max_length=64)
    is_silent = models.BooleanField("静默", default=False)
    document_type = models.CharField("文件类型", max_length=32)
    flow = models.CharField("流程", max_length=64)
    reference = models.CharField("签署任务", max_length=40, blank=True, db_index=True)
    batch = models.CharField("批次", max_length=40, blank=True)
    address = models.GenericIPAddressField("网络地址", null=True)
    document_sha256 = models.CharField("文件摘要（用印前）", max_length=64, blank=True)
    signed_sha256 = models.CharField("文件摘要（用印后）", max_length=64, blank=True, db_index=True)
    refusal = models.CharField("拒绝原因", max_length=200, blank=True)
    refusal_code = models.CharField("拒绝代码", max_length=48, blank=True)
    at = models.DateTimeField("时间")
    done_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = "用印记录"
        verbose_name_plural = "用印记录"
        indexes = [
            models.Index(fields=["seal", "-at"], name="seals_use_time"),
            models.Index(fields=["version", "at"], name="seals_use_version"),
            models.Index(fields=["actor", "-at"], name="seals_use_actor"),
            models.Index(
                fields=["at"],
                condition=Q(state=UseState.RESERVED.value),
                name="seals_use_open",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=UseState.DONE.value)
                | (Q(done_at__isnull=False) & ~Q(signed_sha256="")),
                name="seals_use_done",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
