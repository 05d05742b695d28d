"""What underwriting said is applied; a counter-offer waits for the applicant's own word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from baozhen.foundation.states import move
from baozhen.insurance.applications.errors import ApplicationClosed, NothingOffered
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.drafts import digest_of, locked
from baozhen.insurance.applications.services.quoting import price
from baozhen.insurance.applications.services.submitting import OPEN_LIFETIME
from baozhen.insurance.applications.states import AUTOMATIC, STATE_LABELS, ApplicationState

ACCEPTED, REFERRED, DECLINED = "accepted", "referred", "declined"
_STATES = {
    ACCEPTED: ApplicationState.ACCEPTED,
    REFERRED: ApplicationState.REFERRED,
    DECLINED: ApplicationState.DECLINED,
}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What underwriting says: accepted, referred or declined; why, in words for the applicant."""

    outcome: str
    reasons: Sequence[str] = ()
    underwriter: str = AUTOMATIC
    facts: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic(durable=True)
def apply_decision(key: int, decision: Decision, *, actor: str, at: datetime) -> Application:
    """Move a submitted or referred application where the decision says; once."""
    application = locked(key)
    target = _STATES[decision.outcome]
    if application.state == target:
        return application
    if application.state not in {ApplicationState.SUBMITTED, ApplicationState.REFERRED}:
        raise ApplicationClosed(state=STATE_LABELS[application.state], act="核保")
    columns: dict[str, Any] = {"decision": _stored(decision), "changed_at": at}
    if target is not ApplicationState.REFERRED:
        columns["decided_at"] = at
    if target is ApplicationState.ACCEPTED:
        columns["expires_at"] = at + OPEN_LIFETIME
    if target is ApplicationState.DECLINED:
        columns["closed_at"] = at
    move(application, target, actor=actor, at=at, **columns)
    return application


@transaction.atomic(durable=True)
def apply_offer(
    key: int, cover: Mapping[str, Any], decision: Decision, *, actor: str, at: datetime
) -> Application:
    """Put a counter-offer 新方案 to the applicant: other covers, with what they cost."""
    application = locked(key)
    if application.state == ApplicationState.OFFERED:
        return application
    inputs = {**application.inputs, "cover": {**application.inputs.get("cover", {}), **cover}}
    priced = price(application.content, inputs, proposal_no=application.proposal_no, at=at)
    offer = {
        "cover": inputs["cover"],
        "sections": dict(priced.sections),
        "quote": priced.stored,
        "total_fen": priced.total_fen,
        "table_versions": dict(priced.versions),
    }
    move(
        application,
        ApplicationState.OFFERED,
        actor=actor,
        at=at,
        decision=_stored(decision),
        offer=offer,
        decided_at=at,
        changed_at=at,
        expires_at=at + OPEN_LIFETIME,
    )
    return application


@transaction.atomic(durable=True)
def accept_offer(key: int, *, actor: str, at: datetime) -> Application:
    """The applicant takes the counter-offer: it becomes the content, and is accepted."""
    application = locked(key)
    offer = application.offer
    if application.state != ApplicationState.OFFERED or not offer:
        raise NothingOffered
    content = {**application.content, **offer["sections"]}
    move(
        application,
        ApplicationState.ACCEPTED,
        actor=actor,
        at=at,
        content=content,
        content_sha256=digest_of(content),
        inputs={**application.inputs, "cover": offer["cover"]},
        quote=offer["quote"],
        total_fen=offer["total_fen"],
        table_versions=offer["table_versions"],
        decided_at=at,
        changed_at=at,
        expires_at=at + OPEN_LIFETIME,
    )
    return application


def _stored(decision: Decision) -> dict[str, Any]:
    return {
        "outcome": decision.outcome,
        "reasons": list(decision.reasons),
        "underwriter": decision.underwriter,
        **decision.facts,
    }
