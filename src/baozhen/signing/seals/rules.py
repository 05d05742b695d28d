"""May this seal be used for this? Pure decisions over plain facts."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from baozhen.foundation.clock import SHANGHAI

WORKING_HOURS = (time(7), time(22))


class Fit(StrEnum):
    """How a grant answers a request, from worst to best."""

    FOREIGN = "foreign"
    NOT_FOR_THIS = "not_for_this"
    ENDED = "ended"
    USED_UP = "used_up"
    NOT_SILENT = "not_silent"
    FITS = "fits"


# What is said when no grant fits: the answer nearest to a yes.
_NEARNESS = (Fit.FOREIGN, Fit.NOT_FOR_THIS, Fit.NOT_SILENT, Fit.USED_UP, Fit.ENDED, Fit.FITS)


@dataclass(frozen=True)
class Asking:
    """Who asks for what: keys of account and client where they are known, the unit's path."""

    account: int | None
    client: int | None
    unit_path: str
    document_type: str
    flow: str
    is_silent: bool


@dataclass(frozen=True)
class GrantFacts:
    """What a grant says; `left` is None when it has no count."""

    key: int
    account: int | None
    client: int | None
    unit_path: str
    document_types: Sequence[str]
    flows: Sequence[str]
    left: int | None
    is_silent: bool
    is_revoked: bool
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class RuleFacts:
    """What a rule says; exactly one of the three is filled."""

    is_allowing: bool
    unit_path: str = ""
    flow: str = ""
    document_type: str = ""


def fit_of(grant: GrantFacts, asking: Asking, at: datetime) -> Fit:
    """Return how the grant answers."""
    if not _is_for(grant, asking):
        return Fit.FOREIGN
    if not (
        _admits(grant.document_types, asking.document_type) and _admits(grant.flows, asking.flow)
    ):
        return Fit.NOT_FOR_THIS
    if grant.is_revoked or at < grant.since or (grant.until is not None and at >= grant.until):
        return Fit.ENDED
    if grant.left is not None and grant.left <= 0:
        return Fit.USED_UP
    return Fit.NOT_SILENT if asking.is_silent and not grant.is_silent else Fit.FITS


def choose_grant(
    grants: Iterable[GrantFacts], asking: Asking, at: datetime
) -> tuple[Fit, GrantFacts | None]:
    """Return the grant that fits, the most personal first; else the nearest answer.

    A grant taken back counts against the asker only when no other grant fits.
    """
    answers = [(fit_of(grant, asking, at), grant) for grant in grants]
    fitting = [grant for fit, grant in answers if fit is Fit.FITS]
    if fitting:
        return Fit.FITS, min(fitting, key=lambda g: (g.account is None, g.client is None, g.key))
    nearest = max((fit for fit, _ in answers), key=_NEARNESS.index, default=Fit.FOREIGN)
    return nearest, next((grant for fit, grant in answers if fit is nearest), None)


def forbidden_by(rules: Sequence[RuleFacts], asking: Asking, own_path: str) -> str:
    """Return what forbids the use in Chinese, or an empty string.

    A prohibition always wins. Where a dimension has permissions, one of them must match; the
    organisation dimension without any permits the seal's own unit and those below it.
    """
    for rule in rules:
        if not rule.is_allowing and _matches(rule, asking):
            return f"已禁止{_words(rule)}使用"
    units = [rule.unit_path for rule in rules if rule.is_allowing and rule.unit_path]
    if not any(asking.unit_path.startswith(path) for path in [own_path, *units]):
        return "用印机构不在印章的使用范围内"
    flows = [rule.flow for rule in rules if rule.is_allowing and rule.flow]
    if flows and asking.flow not in flows:
        return f"流程 {asking.flow} 不在允许之列"
    types = [rule.document_type for rule in rules if rule.is_allowing and rule.document_type]
    if types and asking.document_type not in types:
        return f"文件类型 {asking.document_type} 不在允许之列"
    return ""


def is_unusual_hour(at: datetime, hours: tuple[time, time] = WORKING_HOURS) -> bool:
    """Whether people do not usually seal at this hour in Shanghai."""
    begin, end = hours
    return not begin <= at.astimezone(SHANGHAI).time() < end


def is_unusual_place(address: str | None, networks: Sequence[str]) -> bool:
    """Whether the address lies outside the seal's networks; an unknown one does."""
    if not networks:
        return False
    if not address:
        return True
    place = ipaddress.ip_address(address)
    return not any(place in ipaddress.ip_network(network) for network in networks)


def _admits(listed: Sequence[str], name: str) -> bool:
    """Whether a grant's list admits the name; an empty list admits everything."""
    return not listed or name in listed


def _is_for(grant: GrantFacts, asking: Asking) -> bool:
    if grant.account is not None:
        return grant.account == asking.account
    if grant.client is not None:
        return grant.client == asking.client
    return asking.unit_path.startswith(grant.unit_path)


def _matches(rule: RuleFacts, asking: Asking) -> bool:
    if rule.unit_path:
        return asking.unit_path.startswith(rule.unit_path)
    if rule.flow:
        return rule.flow == asking.flow
    return rule.document_type == asking.document_type


def _words(rule: RuleFacts) -> str:
    if rule.unit_path:
        return "该机构"
    return f"在流程 {rule.flow} 中" if rule.flow else f"于文件类型 {rule.document_type}"
