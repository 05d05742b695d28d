"""Grants and rules: who may use a seal, for what, how often, until when; and where never."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit.services import record
from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter, move
from baozhen.signing.organizations.models import Account, ApiClient, OrgUnit
from baozhen.signing.seals.errors import GrantFault, ReasonMissing
from baozhen.signing.seals.models import Seal, SealGrant, SealRule
from baozhen.signing.seals.states import GrantState, SealState

_REASON_MAX = 200


@dataclass(frozen=True, kw_only=True)
class GrantRequest:
    """Give the use of a seal to exactly one of account, unit, client; empty lists: everything."""

    seal: Seal
    reason: str
    account: Account | None = None
    unit: OrgUnit | None = None
    client: ApiClient | None = None
    document_types: Sequence[str] = field(default_factory=tuple)
    flows: Sequence[str] = field(default_factory=tuple)
    count_max: int | None = None
    is_silent: bool = False
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RuleRequest:
    """Allow or forbid the seal to one unit, in one flow, or for one document type."""

    seal: Seal
    is_allowing: bool
    reason: str
    unit: OrgUnit | None = None
    flow: str = ""
    document_type: str = ""


@transaction.atomic(durable=True)
def grant_use(request: GrantRequest, *, actor: str, at: datetime) -> SealGrant:
    """Give the use of a seal; raises GrantFault or ReasonMissing. Nobody gives it to himself."""
    _check_grant(request, actor, at)
    grant = SealGrant.objects.create(
        state=GrantState.ACTIVE,
        public_id=new_id("grt", at=at),
        seal=request.seal,
        account=request.account,
        unit=request.unit,
        client=request.client,
        document_types=list(request.document_types),
        flows=list(request.flows),
        count_max=request.count_max,
        is_silent=request.is_silent,
        since=request.since or at,
        until=request.until,
        reason=_words(request.reason),
        granted_by=actor,
        granted_at=at,
    )
    enter(grant, actor=actor, at=at)
    return grant


@transaction.atomic(durable=True)
def revoke_grant(key: int, *, reason: str, actor: str, at: datetime) -> SealGrant:
    """Take a grant back; uses that are reserved already end in peace. Raises IllegalMove."""
    grant = SealGrant.objects.select_for_update(of=("self",)).get(pk=key)
    move(
        grant,
        GrantState.REVOKED,
        actor=actor,
        at=at,
        revoked_by=actor,
        revoked_at=at,
        revoke_reason=_words(reason),
    )
    return grant


@transaction.atomic(durable=True)
def add_rule(request: RuleRequest, *, actor: str, at: datetime) -> SealRule:
    """Set a rule; raises GrantFault or ReasonMissing."""
    named = [request.unit is not None, bool(request.flow), bool(request.document_type)]
    if sum(named) != 1:
        raise GrantFault(reason="一条规则只限定机构、流程或文件类型之一")
    rule = SealRule.objects.create(
        seal=request.seal,
        public_id=new_id("rul", at=at),
        is_allowing=request.is_allowing,
        unit=request.unit,
        flow=request.flow,
        document_type=request.document_type,
        reason=_words(request.reason),
        made_by=actor,
        made_at=at,
    )
    _tell("seal.rule_added", rule, actor=actor, at=at)
    return rule


@transaction.atomic(durable=True)
def end_rule(key: int, *, actor: str, at: datetime) -> SealRule:
    """End a rule; ending it twice is no error."""
    rule = SealRule.objects.select_for_update(of=("self",)).get(pk=key)
    if rule.ended_at is None:
        rule.ended_at, rule.ended_by = at, actor
        SealRule.objects.filter(pk=key).update(ended_at=at, ended_by=actor)
        _tell("seal.rule_ended", rule, actor=actor, at=at)
    return rule


def _tell(action: str, rule: SealRule, *, actor: str, at: datetime) -> None:
    facts = {
        "rule": rule.public_id,
        "is_allowing": rule.is_allowing,
        "unit": rule.unit_id,
        "flow": rule.flow,
        "document_type": rule.document_type,
    }
    record(action, subject_id=rule.seal_id, actor=actor, at=at, facts=facts)


def _check_grant(request: GrantRequest, actor: str, at: datetime) -> None:
    named = [request.account, request.unit, request.client]
    if sum(one is not None for one in named) != 1:
        raise GrantFault(reason="请选择一个账号、一个机构或一个接口客户端", path="grantee")
    if request.account is not None and actor == f"staff:{request.account.user.get_username()}":
        raise GrantFault(reason="不能给自己授权用印", path="grantee")
    if request.seal.state == SealState.ABOLISHED:
        raise GrantFault(reason="印章已废止，不能再授权")
    if request.count_max is not None and request.count_max <= 0:
        raise GrantFault(reason="次数上限须大于 0", path="count_max")
    if request.until is not None and request.until <= (request.since or at):
        raise GrantFault(reason="到期时间须晚于生效时间", path="until")


def _words(text: str) -> str:
    words = text.strip()[:_REASON_MAX]
    if not words:
        raise ReasonMissing(path="reason")
    return words
