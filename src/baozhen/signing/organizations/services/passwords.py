"""Passwords: their rules, their age, the ones before."""

from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.signing.organizations.errors import PasswordRefused
from baozhen.signing.organizations.models import PasswordRecord
from baozhen.signing.organizations.queries import sign_in_policy


@transaction.atomic(durable=True)
def change_password(user: User, *, current: str, new: str, at: datetime) -> None:
    """Set the person's own new password; raises PasswordRefused."""
    if not check_password(current, user.password):
        raise PasswordRefused(path="current", reason="当前密码不对")
    _set(user, new, is_initial=False, actor=f"staff:{user.get_username()}", at=at)


@transaction.atomic(durable=True)
def reset_password(user: User, *, new: str, actor: str, at: datetime) -> None:
    """Set a first password for somebody else, who must change it at the next sign-in."""
    _set(user, new, is_initial=True, actor=actor, at=at)


def _set(user: User, new: str, *, is_initial: bool, actor: str, at: datetime) -> None:
    _check(user, new)
    user.set_password(new)
    user.save(update_fields=["password"])
    PasswordRecord.objects.create(
        user=user, password=user.password, set_at=at, is_initial=is_initial
    )
    audit.record(
        "password.set",
        subject_id=user.pk,
        actor=actor[:64],
        at=at,
        facts={"is_initial": is_initial},
    )


def _check(user: User, new: str) -> None:
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise PasswordRefused(path="new", reason="；".join(error.messages)) from error
    history = sign_in_policy().password_history
    before = PasswordRecord.objects.filter(user=user).order_by("-pk")[:history]
    if any(check_password(new, record.password) for record in before) or (
        user.has_usable_password() and check_password(new, user.password)
    ):
        raise PasswordRefused(path="new", reason=f"不能与最近 {history} 次的密码相同")


def must_change_password(user: User, *, at: datetime) -> bool:
    """Tell whether the password is a first one or too old; who has none has none to change."""
    last = PasswordRecord.objects.filter(user=user).order_by("-pk").first()
    if last is None or not user.has_usable_password():
        return False
    return last.is_initial or at - last.set_at >= timedelta(days=sign_in_policy().password_days)
