"""Make, change, lock and part with accounts."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, QuerySet

from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.acts import Act
from baozhen.foundation.fields import blind_index
from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter, move
from baozhen.signing.organizations.errors import AccountInvalid, AccountTaken
from baozhen.signing.organizations.models import (
    Account,
    OrgUnit,
    PasswordRecord,
    Power,
    StaffSession,
)
from baozhen.signing.organizations.queries import legal_entity_of
from baozhen.signing.organizations.states import OUTSIDE_KINDS, AccountKind, AccountState

_MOBILE = "account.mobile"
_EMAIL = "account.email"
NAME_CHARACTERS_MAX = 64


@dataclass(frozen=True, kw_only=True)
class AccountFacts:
    """A person's account to be. Without a password nobody signs in by one (SSO, passkey)."""

    username: str
    display_name: str
    unit: OrgUnit
    kind: AccountKind = AccountKind.STAFF
    staff_no: str | None = None
    external_id: str | None = None
    mobile: str | None = None
    email: str | None = None
    password: str | None = None
    password_is_initial: bool = True


@transaction.atomic
def create_account(facts: AccountFacts, *, actor: str, at: datetime) -> Account:
    """Make the account; its first password must be changed. Raises AccountInvalid."""
    _check(facts)
    user: User = get_user_model().objects.create_user(facts.username, password=facts.password)
    if facts.password:
        PasswordRecord.objects.create(
            user=user, password=user.password, set_at=at, is_initial=facts.password_is_initial
        )
    account = Account.objects.create(
        public_id=new_id("acc", at=at),
        user=user,
        unit=facts.unit,
        kind=facts.kind,
        staff_no=facts.staff_no or None,
        external_id=facts.external_id or None,
        display_name=facts.display_name.strip(),
        created_at=at,
        updated_at=at,
        **_contacts(facts.mobile, facts.email),
    )
    enter(account, actor=actor, at=at)
    return account


@transaction.atomic
def adopt_user(user: User, unit: OrgUnit, *, actor: str, at: datetime) -> Account:
    """Make the account of a user who was there before accounts were."""
    account = Account.objects.create(
        public_id=new_id("acc", at=at),
        user=user,
        unit=unit,
        kind=AccountKind.STAFF,
        display_name=(user.get_full_name() or user.get_username())[:NAME_CHARACTERS_MAX],
        created_at=at,
        updated_at=at,
    )
    enter(account, actor=actor, at=at)
    return account


def _check(facts: AccountFacts) -> None:
    if not facts.username or not facts.display_name.strip():
        raise AccountInvalid(path="username", reason="用户名和姓名不能为空")
    if len(facts.display_name) > NAME_CHARACTERS_MAX:
        raise AccountInvalid(
            path="display_name", reason=f"姓名不能超过 {NAME_CHARACTERS_MAX} 个字符"
        )
    _check_place(facts.kind, facts.unit)
    if get_user_model().objects.filter(username=facts.username).exists():
        raise AccountTaken(path="username", reason=f"用户名 {facts.username} 已被使用")
    for name, value in (("staff_no", facts.staff_no), ("external_id", facts.external_id)):
        if value and Account.objects.filter(**{name: value}).exists():
            raise AccountTaken(path=name, reason=f"编号 {value} 已被使用")


def _check_place(kind: AccountKind | str, unit: OrgUnit) -> None:
    """An outside user belongs to an outside organisation, and nowhere else."""
    if kind == AccountKind.OUTSIDE and legal_entity_of(unit).kind not in OUTSIDE_KINDS:
        raise AccountInvalid(path="unit", reason="外部机构人员须属于外部机构或中介机构")


def _contacts(mobile: str | None, email: str | None) -> dict[str, str | None]:
    return {
        "mobile": mobile or None,
        "mobile_index": blind_index(mobile, _MOBILE) if mobile else None,
        "email": email or None,
        "email_index": email_index(email) if email else None,
    }


def email_index(email: str) -> str:
    """Return by what an account is found by its mail address."""
    return blind_index(email, _EMAIL)


@dataclass(frozen=True, kw_only=True)
class AccountChange:
    """What shall be written of a person: None leaves it as it is, an empty contact clears it."""

    display_name: str | None = None
    mobile: str | None = None
    email: str | None = None
    external_id: str | None = None


@transaction.atomic
def change_account(
    account: Account, change: AccountChange, *, actor: str, at: datetime
) -> list[str]:
    """Change what is given and differs; return the names of the columns that were changed."""
    given = {"display_name": change.display_name, "external_id": change.external_id}
    columns: dict[str, str | None] = {
        name: value for name, value in given.items() if value and getattr(account, name) != value
    }
    contacts = _contacts(change.mobile, change.email)
    for name in ("mobile", "email"):
        wanted = getattr(change, name)
        if wanted is not None and wanted != (getattr(account, name) or ""):
            columns |= {name: contacts[name], f"{name}_index": contacts[f"{name}_index"]}
    if not columns:
        return []
    _write(account, at, **columns)
    changed = [name for name in columns if not name.endswith("_index")]
    audit.record(
        "account.changed", subject_id=account.pk, actor=actor, at=at, facts={"columns": changed}
    )
    return changed


@transaction.atomic
def move_account(account: Account, unit: OrgUnit, *, actor: str, at: datetime) -> None:
    """Put the person into another unit; powers that were given for the old unit end.

    A power for the company as a whole, or for a third unit, was given for another reason: it stays.
    """
    if account.unit_id == unit.pk:
        return
    _check_place(account.kind, unit)
    before = account.unit
    end_powers(
        Power.objects.filter(account=account, unit=before, unit__parent__isnull=False),
        reason="调离机构",
        actor=actor,
        at=at,
    )
    _write(account, at, unit=unit)
    audit.record(
        "account.moved",
        subject_id=account.pk,
        actor=actor,
        at=at,
        facts={"from": before.public_id, "to": unit.public_id},
    )


@transaction.atomic
def lock_account(account: Account, *, reason: str, actor: str, at: datetime) -> None:
    """Lock the person out now: no sign-in, no session, no power, until unlocked."""
    _move(account, AccountState.LOCKED, actor=actor, at=at)
    _shut(account, reason="locked", at=at)
    audit.record(
        "account.reason", subject_id=account.pk, actor=actor, at=at, facts={"reason": reason}
    )


@transaction.atomic
def unlock_account(account: Account, *, actor: str, at: datetime) -> None:
    """Let the person in again; somebody who had left comes back without powers."""
    _move(account, AccountState.ACTIVE, actor=actor, at=at)
    get_user_model().objects.filter(pk=account.user_id).update(is_active=True)


@transaction.atomic
def part_with_account(account: Account, *, actor: str, at: datetime) -> int:
    """The person has left: sign-in shut, sessions and powers ended; return how many powers."""
    _move(account, AccountState.LEFT, actor=actor, at=at)
    ended = end_powers(Power.objects.filter(account=account), reason="离职", actor=actor, at=at)
    if account.officer is not None:
        _write(account, at, officer=None)
    _shut(account, reason="left", at=at)
    return ended


def end_powers(powers: QuerySet[Power], *, reason: str, actor: str, at: datetime) -> int:
    """End those of the powers that still run, in the caller's transaction; return how many."""
    running = powers.filter(ended_at__isnull=True)
    keys = list(running.values_list("pk", flat=True))
    running.update(ended_at=at, ended_by=actor[:64], end_reason=reason)
    audit.record_many(
        [
            Act(
                action="power.ended",
                subject_type="power",
                subject_id=key,
                actor=actor,
                at=at,
                facts={"reason": reason},
            )
            for key in keys
        ]
    )
    return len(keys)


def _move(account: Account, to: AccountState, *, actor: str, at: datetime) -> None:
    """Change the state, and with it the version that readers of the directory compare."""
    move(account, to, actor=actor, at=at, updated_at=at, version=account.version + 1)


def _shut(account: Account, *, reason: str, at: datetime) -> None:
    get_user_model().objects.filter(pk=account.user_id).update(is_active=False)
    StaffSession.objects.filter(user_id=account.user_id, ended_at__isnull=True).update(
        ended_at=at, end_reason=reason
    )


def _write(account: Account, at: datetime, **columns: object) -> None:
    Account.objects.filter(pk=account.pk).update(updated_at=at, version=F("version") + 1, **columns)
    for name, value in columns.items():
        setattr(account, name, value)
    account.updated_at, account.version = at, account.version + 1
