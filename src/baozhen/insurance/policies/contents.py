"""What a policy says now: the content it was issued with, as later stages have changed it.

Who asks for a policy gives the plate that the car has, not the one that it had when it was
insured. Endorsements come after this stage; `site.wiring` installs how their content is read.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from baozhen.insurance.policies.models import Policy
from baozhen.insurance.proposals.models import Proposal


class ContentReader(Protocol):
    """Reads what the policies of a proposal say, with the changes in effect at `on` or with all."""

    def __call__(self, proposal: Proposal, *, on: datetime | None = None) -> Mapping[str, Any]:
        """Return the content."""
        ...


_readers: list[ContentReader] = []


def install_contents(reader: ContentReader) -> None:
    """Install how a policy's present content is read; called once, at start-up."""
    _readers[:] = [reader]


def content_now(policy: Policy, *, on: datetime | None = None) -> Mapping[str, Any]:
    """Return what a policy says, with every change or with those in effect at `on`."""
    for reader in _readers:
        return reader(policy.proposal, on=on)
    content: Mapping[str, Any] = policy.proposal.content
    return content


def period_now(policy: Policy, *, on: datetime) -> tuple[datetime, datetime]:
    """Return when cover begins and ends by the changes in effect at `on`; a rest moves the end."""
    cover = content_now(policy, on=on)[policy.kind]
    starts_at, ends_at = cover["cover_starts_at"], cover["cover_ends_at"]
    return datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at)
