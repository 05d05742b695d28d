"""What people may do, where, until when, who gave it; and how officers are appointed.

Triggers of the first migrations hold the separation of the three officers, whoever writes.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from baozhen.foundation.states import Stateful
from baozhen.signing.organizations import states
from baozhen.signing.organizations.models.units import Account, OrgUnit
from baozhen.signing.organizations.states import AppointmentState

_OFFICER_CHOICES = [(officer.value, label) for officer, label in states.OFFICERS.items()]


class Role(models.Model):
    """A named set of permissions; `reserved` are those that no other role may hold."""

    name = models.CharField("角色", max_length=32, unique=True)
    officer = models.CharField(
        "三员", max_length=16, null=True, blank=True, unique=True, choices=_OFFICER_CHOICES
    )
    permissions = ArrayField(models.CharField(max_length=32), verbose_name="权限")
    reserved = ArrayField(
        models.CharField(max_length=32), default=list, blank=True, verbose_name="专属权限"
    )

    class Meta:
        verbose_name = "角色"
        verbose_name_plural = "角色"
        constraints = [
            models.CheckConstraint(
                condition=Q(permissions__contains=F("reserved")),
                name="organizations_reserved_held",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Power(models.Model):
    """A role, or one permission, that an account holds in a unit (and below it)."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="powers", verbose_name="账号"
    )
    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, null=True, blank=True, verbose_name="角色"
    )
    permission = models.CharField("单项权限", max_length=32, blank=True)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, verbose_name="范围")
    covers_below = models.BooleanField("含下级机构", default=True)
    amount_max_fen = models.BigIntegerField("单笔金额上限（分）", null=True, blank=True)
    uses_max = models.PositiveIntegerField("次数上限", null=True, blank=True)
    uses = models.PositiveIntegerField("已用次数", default=0)
    granted_by = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="powers_granted",
        verbose_name="授权人",
    )
    granted_at = models.DateTimeField("授权时间")
    reason = models.CharField("理由", max_length=200)
    until = models.DateTimeField("到期时间", null=True, blank=True)
    last_used_at = models.DateTimeField("最近使用", null=True, blank=True)
    ended_at = models.DateTimeField("终止时间", null=True, blank=True)
    ended_by = models.CharField("终止人", max_length=64, blank=True)
    end_reason = models.CharField("终止原因", max_length=200, blank=True)

    class Meta:
        verbose_name = "权限授予"
        verbose_name_plural = "权限授予"
        indexes = [
            models.Index(
                fields=["account"],
                condition=Q(ended_at__isnull=True),
                name="organizations_power_live",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__isnull=False, permission="")
                | (Q(role__isnull=True) & ~Q(permission="")),
                name="organizations_power_what",
            ),
            models.CheckConstraint(
                condition=Q(granted_by__isnull=True) | ~Q(granted_by=F("account")),
                name="organizations_power_not_own",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("granted_at")),
                name="organizations_power_until",
            ),
            models.CheckConstraint(
                condition=Q(uses_max__isnull=True) | Q(uses__lte=F("uses_max")),
                name="organizations_power_uses",
            ),
            models.UniqueConstraint(
                fields=["account", "role", "unit"],
                condition=Q(ended_at__isnull=True, role__isnull=False),
                name="organizations_power_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} @ {self.unit}"

    @property
    def what(self) -> str:
        """The role's name, or the permission's code."""
        return self.role.name if self.role else self.permission


class OfficerAppointment(Stateful):
    """An officer to be: proposed by one officer, confirmed by another, never by himself."""

    MOVES = states.APPOINTMENT_MOVES
    NOUN = "appointment"
    AUDITED: ClassVar[tuple[str, ...]] = ("account_id", "officer", "unit_id", "proposed_by_id")

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in states.APPOINTMENT_STATES.items()],
        default=AppointmentState.PROPOSED.value,
        editable=False,
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="appointments", verbose_name="账号"
    )
    # Empty: the account shall be no officer any more.
    officer = models.CharField("三员", max_length=16, blank=True, choices=_OFFICER_CHOICES)
    # Where a security officer gives powers (分权); empty: in the whole company.
    unit = models.ForeignKey(
        "organizations.OrgUnit",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="范围",
    )
    reason = models.CharField("理由", max_length=200)
    proposed_by = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", verbose_name="提出人"
    )
    proposed_at = models.DateTimeField("提出时间")
    decided_by = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="确认人",
    )
    decided_at = models.DateTimeField("确认时间", null=True, blank=True)

    class Meta:
        verbose_name = "三员任免"
        verbose_name_plural = "三员任免"
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state=AppointmentState.PROPOSED.value),
                name="organizations_one_appointment",
            ),
            models.CheckConstraint(
                condition=~Q(proposed_by=F("account")), name="organizations_not_own_proposal"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | (~Q(decided_by=F("account")) & ~Q(decided_by=F("proposed_by"))),
                name="organizations_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.officer}"
