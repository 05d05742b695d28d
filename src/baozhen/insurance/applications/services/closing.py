"""Withdraw, let expire, make anew: what ends an application, and what begins from one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from baozhen.foundation.states import move
from baozhen.insurance.applications.errors import ApplicationClosed, ReasonMissing
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.drafts import DraftRequest, begin, locked
from baozhen.insurance.applications.states import STATE_LABELS, ApplicationState
from baozhen.signing.identity.models import Subject

REASON_MIN, REASON_MAX = 2, 200
_EXPIRED_AT_ONCE_MAX = 200
_S = ApplicationState
MAY_WITHDRAW = frozenset({_S.DRAFT, _S.REFERRED, _S.OFFERED, _S.ACCEPTED, _S.SIGNED})
MAY_EXPIRE = frozenset({_S.DRAFT, _S.REFERRED, _S.OFFERED, _S.ACCEPTED, _S.SIGNED})
MAY_MAKE_ANEW = frozenset({_S.WITHDRAWN, _S.EXPIRED})
# What a new application takes over: everything but what was reckoned and decided.
_KEPT = (
    "policyholder",
    "relation_to_insured",
    "insured",
    "relation_to_owner",
    "owner",
    "vehicle",
    "dispute",
)


@transaction.atomic(durable=True)
def withdraw(key: int, *, reason: str, actor: str, at: datetime) -> Application:
    """End an application before it is paid; a second call changes nothing."""
    said = reason.strip()
    if not REASON_MIN <= len(said) <= REASON_MAX:
        raise ReasonMissing(path="reason")
    application = locked(key)
    if application.state == _S.WITHDRAWN:
        return application
    if application.state not in MAY_WITHDRAW:
        raise ApplicationClosed(state=STATE_LABELS[application.state], act="撤回")
    move(
        application,
        _S.WITHDRAWN,
        actor=actor,
        at=at,
        decision={**(application.decision or {}), "withdrawn_because": said},
        closed_at=at,
        changed_at=at,
    )
    return application


@transaction.atomic(durable=True)
def make_anew(key: int, *, actor: str, at: datetime) -> Application:
    """Begin a successor filled in with what was there; a second call returns the first one's.

    The earlier one is superseded only when the new one is signed: until then it may be looked at.
    """
    application = locked(key)
    successor = Application.objects.filter(replaces=application).first()
    if successor is not None:
        return successor
    if application.state not in MAY_MAKE_ANEW:
        raise ApplicationClosed(state=STATE_LABELS[application.state], act="重新填写")
    cover = dict(application.inputs.get("cover") or {})
    cover.pop("starts_on", None)
    return begin(
        DraftRequest(
            form=application.form,
            branch_code=application.branch_code,
            client=application.client,
            browser_sha256=application.browser_sha256,
            applicant=application.applicant,
            content=_kept(application.content),
            # Cover begins on another day, and the questions are answered as of today.
            inputs={"cover": cover} if cover else {},
            replaces=application,
        ),
        actor=actor,
        at=at,
    )


@transaction.atomic(durable=True)
def begin_renewal(
    content: Mapping[str, Any], request: DraftRequest, *, actor: str, at: datetime
) -> Application:
    """Begin next year's application from what an existing policy of the person says."""
    compulsory = content.get("compulsory") or {}
    vehicle = dict(content.get("vehicle") or {})
    if compulsory.get("policy_no"):
        vehicle["last_policy_no"] = compulsory["policy_no"]
    kept = {**_kept(content), "vehicle": vehicle}
    return begin(
        DraftRequest(
            form=str(content["form"]),
            branch_code=request.branch_code,
            client=request.client,
            browser_sha256=request.browser_sha256,
            applicant=request.applicant,
            content=kept,
        ),
        actor=actor,
        at=at,
    )


def expire_applications(*, at: datetime) -> int:
    """End what has lain too long; return how many. A row that moved meanwhile is left alone."""
    due = Application.objects.filter(state__in=list(MAY_EXPIRE), expires_at__lte=at)
    keys = list(
        due.order_by("expires_at", "pk").values_list("pk", flat=True)[:_EXPIRED_AT_ONCE_MAX]
    )
    return sum(_expire(key, at) for key in keys)


@transaction.atomic(durable=True)
def _expire(key: int, at: datetime) -> bool:
    application = locked(key)
    if application.state not in MAY_EXPIRE or application.expires_at > at:
        return False
    move(application, _S.EXPIRED, actor="system", at=at, closed_at=at, changed_at=at)
    return True


def supersede(successor: Application, *, actor: str, at: datetime) -> None:
    """Mark what a signed application replaces, in the caller's transaction."""
    earlier = successor.replaces
    if earlier is not None and earlier.state in MAY_MAKE_ANEW:
        move(earlier, _S.SUPERSEDED, actor=actor, at=at, changed_at=at)


def may_renew(content: Mapping[str, Any], subject: Subject) -> bool:
    """Tell whether a policy's content is this person's own to renew."""
    holder = content.get("policyholder") or {}
    return (holder.get("id_no"), holder.get("name")) == (subject.id_no, subject.name)


def _kept(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: content[name] for name in _KEPT if name in content}
