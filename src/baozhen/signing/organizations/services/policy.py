"""Change the figures that sign-in obeys."""

from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.signing.organizations.errors import PasswordRefused
from baozhen.signing.organizations.models import SignInPolicy

# What 等级保护 asks for stays: passwords age, sessions end, some passwords are remembered.
_LIMITS = {
    "password_days": (1, 365),
    "password_history": (1, 24),
    "sessions_max": (1, 20),
    "idle_minutes": (1, 240),
    "absolute_hours": (1, 24),
}


@transaction.atomic(durable=True)
def save_policy(policy: SignInPolicy, *, actor: str, at: datetime) -> None:
    """Keep the figures; raises PasswordRefused for one out of its bounds."""
    for name, (least, most) in _LIMITS.items():
        if not least <= getattr(policy, name) <= most:
            raise PasswordRefused(path=name, reason=f"须在 {least} 至 {most} 之间")
    policy.save()
    audit.record(
        "sign_in_policy.saved",
        subject_id=1,
        actor=actor,
        at=at,
        facts={name: getattr(policy, name) for name in _LIMITS},
    )
