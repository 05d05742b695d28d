"""Give powers and end them; who may give what where is held here and by the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import SHANGHAI
from baozhen.signing.organizations.errors import GrantRefused, OfficerRefused, PowerExceeded
from baozhen.signing.organizations.extent import INSURANCE_ROLES, is_alone, is_left_out
from baozhen.signing.organizations.models import Account, OrgUnit, Power, Role
from baozhen.signing.organizations.queries import (
    User,
    outside_units_of,
    powers_at,
    powers_for,
    root_unit,
)
from baozhen.signing.organizations.roles import LABELS, Permission
from baozhen.signing.organizations.rules import GrantFacts, check_grant
from baozhen.signing.organizations.states import AccountKind, Management
from baozhen.signing.risks.services import raise_risk

REASON_CHARACTERS_MAX = 200
SUSPICIOUS_GRANTS_PER_HOUR = 30
WORKING_HOURS = range(6, 22)


@dataclass(frozen=True, kw_only=True)
class PowerRequest:
    """A power to be given: a role or one permission, where, for how much, until when."""

    account: Account
    unit: OrgUnit
    reason: str
    role: str = ""
    permission: str = ""
    covers_below: bool = True
    amount_max_fen: int | None = None
    uses_max: int | None = None
    until: datetime | None = None


@transaction.atomic
def grant_power(
    request: PowerRequest, *, granter: Account | None, actor: str, at: datetime
) -> Power:
    """Give the power; `granter` is None when the installation or a directory rule gives it.

    Raises GrantRefused or OfficerRefused.
    """
    role = _role(request.role) if request.role else None
    if granter is not None:
        check_grant(_facts(request, granter, role, at))
    if role is None and request.permission not in set(Permission):
        raise GrantRefused(path="permission", reason="没有这项权限")
    _check_extent(request)
    try:
        with transaction.atomic():
            power = Power.objects.create(
                account=request.account,
                role=role,
                permission=request.permission,
                unit=request.unit,
                covers_below=request.covers_below,
                amount_max_fen=request.amount_max_fen,
                uses_max=request.uses_max,
                until=request.until,
                granted_by=granter,
                granted_at=at,
                reason=request.reason[:REASON_CHARACTERS_MAX],
            )
    except IntegrityError as error:
        raise _refusal_of(error) from error
    audit.record(
        "power.granted",
        subject_id=power.pk,
        actor=actor,
        at=at,
        facts={
            "account": request.account.public_id,
            "what": power.what,
            "unit": request.unit.public_id,
            "until": request.until.isoformat() if request.until else None,
            "amount_max_fen": request.amount_max_fen,
        },
    )
    if granter is not None:
        _watch(power, granter, at)
    return power


def _check_extent(request: PowerRequest) -> None:
    """Refuse what would do nothing, because the signing centre stands alone here."""
    if not is_alone():
        return
    if request.role in INSURANCE_ROLES:
        reason = f"“{request.role}”是保险业务的角色，这里只开放签署中心"
        raise GrantRefused(path="role", reason=reason)
    if request.permission and is_left_out(Permission(request.permission)):
        label = LABELS[Permission(request.permission)]
        reason = f"“{label}”是保险业务的权限，这里只开放签署中心"
        raise GrantRefused(path="permission", reason=reason)


def _watch(power: Power, granter: Account, at: datetime) -> None:
    """Raise a risk for a grant that an auditor would ask about."""
    hour = at.astimezone(SHANGHAI).hour
    recent = Power.objects.filter(
        granted_by=granter, granted_at__gt=at - timedelta(hours=1)
    ).count()
    signs = {
        "many_in_an_hour": recent > SUSPICIOUS_GRANTS_PER_HOUR,
        "at_night": hour not in WORKING_HOURS,
        "without_end_for_outsiders": power.account.kind != AccountKind.STAFF
        and power.until is None,
    }
    found = [name for name, is_so in signs.items() if is_so]
    if found:
        raise_risk(
            kind="suspicious_grant",
            severity="warning",
            subject_type="power",
            subject_id=power.pk,
            facts={"signs": found, "granter": granter.public_id},
            at=at,
        )


def _role(name: str) -> Role:
    role = Role.objects.filter(name=name).first()
    if role is None:
        raise GrantRefused(path="role", reason=f"没有“{name}”角色")
    return role


def _facts(request: PowerRequest, granter: Account, role: Role | None, at: datetime) -> GrantFacts:
    place, root = request.unit, root_unit()
    if not place.path.startswith(root.path):
        place = root  # outside organisations stand beside the tree: head office gives there
    held = powers_at(granter.user, Permission.GRANT_POWERS, place, at=at)
    return GrantFacts(
        granter=granter.pk,
        grantee=request.account.pk,
        role=request.role,
        is_officer_role=role is not None and role.officer is not None,
        has_reason=bool(request.reason.strip()),
        scopes=tuple(
            (
                power.unit.parent_id is None,
                power.unit.management == Management.DELEGATED,
                frozenset(power.unit.delegated_roles),
            )
            for power in held.select_related("unit")
        ),
        is_past=request.until is not None and request.until <= at,
        is_outsider_abroad=_is_outsider_abroad(request.account, request.unit),
    )


def _is_outsider_abroad(account: Account, unit: OrgUnit) -> bool:
    """Whether somebody from outside would get a power beyond their own organisation."""
    if account.kind == AccountKind.STAFF:
        return False
    return not outside_units_of(account).filter(pk=unit.pk).exists()


def _refusal_of(error: IntegrityError) -> GrantRefused | OfficerRefused:
    """Tell in words which of the database's rules said no."""
    text = str(error)
    if "organizations_power_once" in text:
        return GrantRefused(path="role", reason="此人在该机构已有这个角色")
    if "organizations_power_not_own" in text:
        return GrantRefused(reason="任何人不能给自己授权")
    return OfficerRefused(reason="三员只能持有本员的权限，其他人不能持有三员的专属权限")


@transaction.atomic
def end_power(power: Power, *, reason: str, actor: str, at: datetime) -> None:
    """Take the power back from now on; a power that has ended stays as it ended."""
    ended = Power.objects.filter(pk=power.pk, ended_at__isnull=True).update(
        ended_at=at, ended_by=actor[:64], end_reason=reason[:REASON_CHARACTERS_MAX]
    )
    if ended:
        audit.record(
            "power.ended", subject_id=power.pk, actor=actor, at=at, facts={"reason": reason}
        )


@transaction.atomic
def spend_power(
    account: Account, permission: Permission, unit: OrgUnit, *, amount_fen: int, at: datetime
) -> None:
    """Count one use of a limited power; an unlimited one is used first. Raises PowerExceeded."""
    powers = [
        power
        for power in powers_at(account.user, permission, unit, at=at).order_by(
            F("uses_max").asc(nulls_first=True), "pk"
        )
        if power.amount_max_fen is None or amount_fen <= power.amount_max_fen
    ]
    if not powers:
        raise PowerExceeded(right=LABELS[permission], limit="限额或次数已用完")
    chosen = powers[0]
    spent = Power.objects.filter(pk=chosen.pk)
    if chosen.uses_max is not None:
        spent = spent.filter(uses__lt=F("uses_max"))
    if not spent.update(uses=F("uses") + 1, last_used_at=at):
        raise PowerExceeded(right=LABELS[permission], limit="次数已用完")


def note_use(user: User, permission: Permission, *, at: datetime) -> None:
    """Remember that the user's powers for this permission were used; once a day is enough."""
    keys = list(powers_for(user, permission, at=at).values_list("pk", flat=True))
    Power.objects.filter(pk__in=keys).exclude(last_used_at__gt=at - timedelta(days=1)).update(
        last_used_at=at
    )
