"""The library: a seal, its pictures over time, and the requests that change it."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from baozhen.foundation.fields import EncryptedJSONField
from baozhen.foundation.states import Stateful
from baozhen.signing.seals import states
from baozhen.signing.seals.states import ChangeState, SealKind, SealState


class Seal(Stateful):
    """One seal. `company` is whose name it bears; `unit` keeps it and may use it."""

    MOVES = states.MOVES
    NOUN = "seal"
    AUDITED: ClassVar[tuple[str, ...]] = ("public_id", "kind", "unit_id", "version", "state_reason")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in states.LABELS.items()],
        default=SealState.MAKING.value,
        editable=False,
    )
    public_id = models.CharField("印章编号", max_length=40, unique=True)
    kind = models.CharField(
        "种类",
        max_length=16,
        choices=[(kind.value, label) for kind, label in states.KIND_LABELS.items()],
    )
    category = models.CharField(
        "用途",
        max_length=16,
        choices=[(one.value, label) for one, label in states.CATEGORY_LABELS.items()],
    )
    name = models.CharField("名称", max_length=128)
    unit = models.ForeignKey(
        "organizations.OrgUnit",
        on_delete=models.PROTECT,
        related_name="seals",
        verbose_name="所属机构",
    )
    company = models.CharField("印文单位", max_length=128, db_index=True)
    owner = models.ForeignKey(
        "identity.Subject",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="seals",
        verbose_name="所属个人",
    )
    # 公安部 GA/T 1282: thirteen digits, engraved on the lower arc of a registered seal.
    code_no = models.CharField("印章编码", max_length=13, blank=True)
    version = models.PositiveIntegerField("版本", default=0)
    key_record = models.ForeignKey(
        "certificates.KeyRecord",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="seals",
        verbose_name="U-Key",
    )
    keeper = models.ForeignKey(
        "organizations.Account",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="seals_kept",
        verbose_name="保管人",
    )
    location = models.CharField("存放地点", max_length=128, blank=True)
    # Where people may seal from, and how often in an hour it may be used; empty: anywhere, any.
    networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, verbose_name="允许的网段"
    )
    hourly_max = models.PositiveIntegerField("每小时用印上限", null=True, blank=True)
    state_reason = models.CharField("状态原因", max_length=200, blank=True)
    created_by = models.CharField("登记人", max_length=64)
    created_at = models.DateTimeField("登记时间")
    valid_until = models.DateTimeField("有效期至", null=True, blank=True)

    class Meta:
        verbose_name = "印章"
        verbose_name_plural = "印章"
        indexes = [models.Index(fields=["company", "state", "kind"], name="seals_choice")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state=SealState.ACTIVE.value)
                | models.Q(kind=SealKind.PHYSICAL.value)
                | models.Q(version__gt=0),
                name="seals_active_has_picture",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=SealKind.PERSONAL.value) | models.Q(owner__isnull=False),
                name="seals_personal_has_owner",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def event_data(self) -> dict[str, object]:
        """Return what outside systems are told."""
        return {"id": self.public_id, "kind": self.kind, "state": self.state}


class SealVersion(models.Model):
    """What a seal looked like from one moment on; rows are only added.

    A handwritten signature is kept as its strokes, encrypted, and redrawn; its picture is empty.
    """

    seal = models.ForeignKey(
        Seal, on_delete=models.PROTECT, related_name="versions", verbose_name="印章"
    )
    number = models.PositiveIntegerField("版本")
    design = models.JSONField("设计")
    width_mm = models.PositiveSmallIntegerField("宽（毫米）")
    height_mm = models.PositiveSmallIntegerField("高（毫米）")
    vector = models.TextField("矢量图", blank=True)
    picture = models.BinaryField("图片", default=bytes)
    picture_sha256 = models.CharField("图片摘要", max_length=64, blank=True)
    strokes = EncryptedJSONField("笔迹", null=True)
    # GB/T 38540: the seal structure signed by the seal maker, and whose certificates it admits.
    ses = models.BinaryField("印章结构", null=True)
    certificates = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, verbose_name="证书指纹"
    )
    made_at = models.DateTimeField("制成时间")

    class Meta:
        verbose_name = "印章版本"
        verbose_name_plural = "印章版本"
        constraints = [
            models.UniqueConstraint(fields=["seal", "number"], name="seals_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.seal_id} v{self.number}"


class SealChange(Stateful):
    """A request to make, change, update, suspend, resume or abolish a seal, and its decision."""

    MOVES = states.CHANGE_MOVES
    NOUN = "seal_change"
    AUDITED: ClassVar[tuple[str, ...]] = (
        "public_id",
        "seal_id",
        "kind",
        "requested_by",
        "decided_by",
    )

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in states.CHANGE_STATE_LABELS.items()],
        default=ChangeState.REQUESTED.value,
        editable=False,
    )
    public_id = models.CharField("申请编号", max_length=40, unique=True)
    seal = models.ForeignKey(
        Seal, on_delete=models.PROTECT, related_name="changes", verbose_name="印章"
    )
    kind = models.CharField(
        "申请",
        max_length=16,
        choices=[(kind.value, label) for kind, label in states.CHANGE_LABELS.items()],
    )
    reason = models.CharField("理由", max_length=200)
    design = models.JSONField("设计", null=True)
    # What shall be registered instead: only what differs, people and U-keys by their keys.
    particulars = models.JSONField("登记信息", null=True)
    # A picture or handwriting handed in with the request, encrypted until it is decided.
    material = EncryptedJSONField("素材", null=True)
    requested_by = models.CharField("申请人", max_length=64)
    requested_at = models.DateTimeField("申请时间")
    decided_by = models.CharField("审批人", max_length=64, blank=True)
    decided_at = models.DateTimeField("审批时间", null=True)
    decision = models.CharField("审批意见", max_length=200, blank=True)

    class Meta:
        verbose_name = "印章申请"
        verbose_name_plural = "印章申请"
        constraints = [
            models.UniqueConstraint(
                fields=["seal"],
                condition=models.Q(state=ChangeState.REQUESTED.value),
                name="seals_one_request",
            ),
            models.CheckConstraint(
                condition=models.Q(state=ChangeState.REQUESTED.value)
                | ~models.Q(decided_by=models.F("requested_by")),
                name="seals_second_person",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="seals_change_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
