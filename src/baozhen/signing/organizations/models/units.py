"""Units (insurer, branches, departments, outside organisations) and the people's accounts."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from baozhen.foundation.fields import EncryptedTextField
from baozhen.foundation.states import Stateful
from baozhen.signing.organizations import states
from baozhen.signing.organizations.states import AccountState, Management, UnitKind, UnitState


class OrgUnit(Stateful):
    """A node of the tree. `path` holds the keys from the root, as in `/1/5/`."""

    MOVES = states.UNIT_MOVES
    NOUN = "org_unit"
    AUDITED: ClassVar[tuple[str, ...]] = ("public_id", "kind")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in states.UNIT_STATES.items()],
        default=UnitState.ACTIVE.value,
        editable=False,
    )
    public_id = models.CharField("机构编号", max_length=40, unique=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="上级机构",
    )
    path = models.CharField("路径", max_length=255, db_index=True, default="")
    kind = models.CharField(
        "类型",
        max_length=16,
        choices=[(kind.value, label) for kind, label in states.UNIT_KINDS.items()],
    )
    code = models.CharField("机构代码", max_length=32, null=True, blank=True, unique=True)
    external_id = models.CharField(
        "来源系统编号", max_length=128, null=True, blank=True, unique=True
    )
    name = models.CharField("名称", max_length=128)
    uscc = models.CharField("统一社会信用代码", max_length=18, blank=True)
    is_legal_entity = models.BooleanField("独立法人")
    management = models.CharField(
        "管理方式",
        max_length=16,
        choices=[(way.value, label) for way, label in states.MANAGEMENTS.items()],
        default=Management.CENTRALISED.value,
    )
    # The roles that the security officer of a delegated unit may give in it; others stay with
    # head office.
    delegated_roles = ArrayField(
        models.CharField(max_length=32), default=list, blank=True, verbose_name="下放的角色"
    )
    created_at = models.DateTimeField("建立时间")
    updated_at = models.DateTimeField("更新时间")
    version = models.PositiveIntegerField("版本", default=1)

    class Meta:
        verbose_name = "机构"
        verbose_name_plural = "机构"
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=models.Q(kind=UnitKind.INSURER.value),
                name="organizations_one_insurer",
            ),
            # 保险法 第七十四条: a branch has no legal personality; the company answers for it.
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=sorted(kind.value for kind in states.PARTS),
                    is_legal_entity=False,
                    parent__isnull=False,
                )
                | models.Q(
                    kind__in=sorted(kind.value for kind in states.LEGAL_ENTITIES),
                    is_legal_entity=True,
                ),
                name="organizations_unit_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def depth(self) -> int:
        """How many units stand above it."""
        return max(0, self.path.count("/") - 2)


class Account(Stateful):
    """A person who uses the centre. The password is Django's, the powers are in Power."""

    MOVES = states.ACCOUNT_MOVES
    NOUN = "account"
    AUDITED: ClassVar[tuple[str, ...]] = ("public_id", "kind")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in states.ACCOUNT_STATES.items()],
        default=AccountState.ACTIVE.value,
        editable=False,
    )
    public_id = models.CharField("账号编号", max_length=40, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="account",
        verbose_name="登录用户",
    )
    unit = models.ForeignKey(
        OrgUnit, on_delete=models.PROTECT, related_name="accounts", verbose_name="所属机构"
    )
    kind = models.CharField(
        "类型",
        max_length=16,
        choices=[(kind.value, label) for kind, label in states.ACCOUNT_KINDS.items()],
    )
    staff_no = models.CharField("工号", max_length=32, null=True, blank=True, unique=True)
    external_id = models.CharField(
        "来源系统编号", max_length=128, null=True, blank=True, unique=True
    )
    display_name = models.CharField("姓名", max_length=64)
    mobile = EncryptedTextField("手机号", null=True, blank=True)
    mobile_index = models.CharField("手机号索引", max_length=64, null=True, blank=True)
    email = EncryptedTextField("邮箱", null=True, blank=True)
    email_index = models.CharField("邮箱索引", max_length=64, null=True, blank=True, db_index=True)
    # Removed by a DELETE of the directory: the account stays as evidence, SCIM knows it no more.
    is_removed = models.BooleanField("目录已移除", default=False)
    officer = models.CharField(
        "三员",
        max_length=16,
        null=True,
        blank=True,
        choices=[(officer.value, label) for officer, label in states.OFFICERS.items()],
    )
    created_at = models.DateTimeField("建立时间")
    updated_at = models.DateTimeField("更新时间")
    version = models.PositiveIntegerField("版本", default=1)

    class Meta:
        verbose_name = "账号"
        verbose_name_plural = "账号"
        indexes = [models.Index(fields=["unit", "state"], name="organizations_account_unit")]
        constraints = [
            # The officers are different people: no two of them share a telephone.
            models.UniqueConstraint(
                fields=["mobile_index"],
                condition=models.Q(officer__isnull=False),
                name="organizations_officer_mobile",
            ),
            models.CheckConstraint(
                condition=models.Q(officer__isnull=True)
                | models.Q(officer__in=[officer.value for officer in states.Officer], kind="staff"),
                name="organizations_officer_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name
