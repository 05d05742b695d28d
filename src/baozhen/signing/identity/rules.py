"""What a check proves, for how long, how careful to be, and what a code may be used for. Pure."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from baozhen.signing.identity.errors import (
    CodeExpired,
    CodeNotYours,
    CodeSpent,
    CodeTooMany,
    CodeTooSoon,
)
from baozhen.signing.identity.states import CheckKind, SubjectKind, Tier

_DATA = Path(__file__).with_name("data") / "policy.json"
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class CodePolicy:
    """How long a code lives, how often it may be tried, and how often one may be sent."""

    seconds: int
    tries: int
    resend_seconds: int
    hour_max: int
    day_max: int


@dataclass(frozen=True, kw_only=True)
class TransferPolicy:
    """How a small-sum transfer is guessed: tries, days, and the range of the amount."""

    tries: int
    days: int
    fen_min: int
    fen_max: int


@dataclass(frozen=True, kw_only=True)
class SharingPolicy:
    """From how many subjects on one mobile or device a tier is raised. Families share a phone."""

    mobile_raised: int
    mobile_high: int
    device_raised: int
    device_high: int


@dataclass(frozen=True, kw_only=True)
class IdentityPolicy:
    """The data file: validities by kind, limits, thresholds, and what each tier needs."""

    valid_days: Mapping[str, int]
    code: CodePolicy
    consent_seconds: int
    transfer: TransferPolicy
    sharing: SharingPolicy
    needed: Mapping[str, Mapping[str, Sequence[Sequence[str]]]]

    def valid_until(self, kind: CheckKind, passed_at: datetime) -> datetime:
        """Return until when a passed check may be used again."""
        return passed_at + timedelta(days=self.valid_days[kind])


@cache
def load_policy(path: str = "") -> IdentityPolicy:
    """Return the policy of a JSON file; the one that comes with the product by default."""
    raw: dict[str, Any] = json.loads(Path(path or _DATA).read_text(encoding="utf-8"))
    return IdentityPolicy(
        valid_days=raw["valid_days"],
        code=CodePolicy(**raw["code"]),
        consent_seconds=raw["consent_seconds"],
        transfer=TransferPolicy(**raw["transfer"]),
        sharing=SharingPolicy(**raw["sharing"]),
        needed=raw["needed"],
    )


@dataclass(frozen=True, kw_only=True)
class CodeBinding:
    """What a code is bound to: the same four things must come back with it."""

    subject_id: str
    purpose: str
    document_sha256: str
    device: str


@dataclass(frozen=True, kw_only=True)
class CodeFacts:
    """A code as it lies in the database at the moment of an attempt."""

    binding: CodeBinding
    expires_at: datetime
    is_sent: bool
    is_used: bool
    tries_left: int


def check_code_usable(code: CodeFacts, given: CodeBinding, *, at: datetime) -> None:
    """Raise a CodeError unless this code may be tried now, for this.

    A code without a device (sent by an API client) may be entered on any one; a code that was
    asked for on a device belongs there.
    """
    if _others(code.binding, given):
        raise CodeNotYours
    if code.is_used or not code.is_sent or code.tries_left <= 0:
        raise CodeSpent
    if at >= code.expires_at:
        raise CodeExpired


def _others(bound: CodeBinding, given: CodeBinding) -> bool:
    return (bound.subject_id, bound.purpose, bound.document_sha256) != (
        given.subject_id,
        given.purpose,
        given.document_sha256,
    ) or bool(bound.device and bound.device != given.device)


def check_may_send(
    sent: Collection[datetime], policy: CodePolicy, *, last: datetime | None, at: datetime
) -> None:
    """Raise CodeTooSoon or CodeTooMany.

    `sent` are the times of a day's codes to one address, `last` the latest for the same purpose.
    """
    if last is not None and at < last + timedelta(seconds=policy.resend_seconds):
        left = last + timedelta(seconds=policy.resend_seconds) - at
        raise CodeTooSoon(seconds=max(1, round(left.total_seconds())))
    _check_count([item for item in sent if item > at - _HOUR], policy.hour_max, _HOUR, at=at)
    _check_count([item for item in sent if item > at - _DAY], policy.day_max, _DAY, at=at)


def _check_count(sent: list[datetime], most: int, span: timedelta, *, at: datetime) -> None:
    if len(sent) >= most:
        left = min(sent) + span - at
        raise CodeTooMany(minutes=max(1, round(left.total_seconds() / 60)))


@dataclass(frozen=True, kw_only=True)
class SharingFacts:
    """How many subjects use the subject's mobile, and the most that use one of its devices."""

    on_mobile: int
    on_device: int
    has_severe_risk: bool = False


def tier_for(facts: SharingFacts, policy: SharingPolicy) -> Tier:
    """Return how careful to be with a subject."""
    if (
        facts.has_severe_risk
        or facts.on_mobile >= policy.mobile_high
        or facts.on_device >= policy.device_high
    ):
        return Tier.HIGH
    if facts.on_mobile >= policy.mobile_raised or facts.on_device >= policy.device_raised:
        return Tier.RAISED
    return Tier.NORMAL


def missing_kinds(
    kind: SubjectKind, tier: Tier, valid: Collection[CheckKind], policy: IdentityPolicy
) -> tuple[tuple[CheckKind, ...], ...]:
    """Return the groups of which no check is valid yet: one kind of each group is enough."""
    groups = policy.needed[kind][tier]
    return tuple(
        tuple(CheckKind(name) for name in group)
        for group in groups
        if not any(CheckKind(name) in valid for name in group)
    )
