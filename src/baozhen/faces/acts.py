"""Record that somebody saw or took something: reading personal data is an act like any other.

The acts of readers have a chain of their own ("access"), so that the chain of a policy holds
nothing but the moves of the policy.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from baozhen.foundation.audit import services as audit

ACCESS = "access"
_TRIES_MAX = 5


def record_access(
    what: str, *, policy_id: int, actor: str, at: datetime, facts: Mapping[str, object]
) -> None:
    """Append `access.<what>` to the policy's chain of readers.

    Two readers at the same instant want the same place in the chain: the loser tries again.
    """
    for attempt in range(_TRIES_MAX):
        try:
            with transaction.atomic():
                audit.record(
                    f"{ACCESS}.{what}", subject_id=policy_id, actor=actor, at=at, facts=facts
                )
        except IntegrityError:
            if attempt == _TRIES_MAX - 1:
                raise
        else:
            return
