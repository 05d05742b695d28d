"""Tell outside systems what became of policies beside their states."""

from collections.abc import Iterable
from datetime import datetime

from baozhen.foundation.events.publishing import Happening, publish_many
from baozhen.insurance.policies.models import Policy


def announce(type: str, policies: Iterable[Policy], *, at: datetime) -> None:
    """Publish an event for each of these policies that is told of, in the caller's transaction."""
    publish_many(
        [
            Happening(
                type=type,
                subject_type=policy.NOUN,
                subject_id=policy.number,
                data=data,
                client=policy.client,
            )
            for policy in policies
            if (data := policy.event_data()) is not None
        ],
        at=at,
    )
