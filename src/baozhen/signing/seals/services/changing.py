"""The life of a seal: asked for by one person, decided by another, each with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter, move
from baozhen.signing.certificates.models import KeyRecord
from baozhen.signing.certificates.states import KEY_LABELS, KeyState
from baozhen.signing.identity.models import Subject
from baozhen.signing.organizations.models import Account, OrgUnit
from baozhen.signing.organizations.queries import legal_entity_of
from baozhen.signing.risks.services import raise_risk
from baozhen.signing.seals.errors import (
    ChangePending,
    ChangeUnfit,
    DesignFault,
    OwnApproval,
    ReasonMissing,
    RequestForeign,
)
from baozhen.signing.seals.models import Seal, SealChange, SealVersion
from baozhen.signing.seals.queries import current_version
from baozhen.signing.seals.services.making import (
    Look,
    fingerprints_of,
    look_of,
    make_look,
    make_version,
    remake_version,
    usable_certificates,
)
from baozhen.signing.seals.services.registering import (
    IN_STRUCTURE,
    Particulars,
    check_registered,
    columns_of,
    differences,
    register,
)
from baozhen.signing.seals.states import (
    CHANGE_FROM,
    CHANGE_LABELS,
    LABELS,
    PICTURED,
    ChangeKind,
    ChangeState,
    SealKind,
    SealState,
)

SYSTEM = "system"
_REASON_MAX = 200
_AFTER = {
    ChangeKind.MAKE: SealState.ACTIVE,
    ChangeKind.SUSPEND: SealState.SUSPENDED,
    ChangeKind.RESUME: SealState.ACTIVE,
    ChangeKind.ABOLISH: SealState.ABOLISHED,
}


@dataclass(frozen=True, kw_only=True)
class SealDraft:
    """A seal to be made; `company` is left out for the unit's own legal entity."""

    kind: SealKind
    category: str
    name: str
    unit: OrgUnit
    reason: str
    look: Look | None = None
    company: str = ""
    owner: Subject | None = None
    code_no: str = ""
    key_record: KeyRecord | None = None
    keeper: Account | None = None
    location: str = ""
    networks: list[str] = field(default_factory=list)
    hourly_max: int | None = None
    valid_until: datetime | None = None


def request_seal(draft: SealDraft, *, actor: str, at: datetime) -> SealChange:
    """Register a seal and ask for its making; the drawing is tried first.

    Raises DesignFault or ReasonMissing.
    """
    reason = _reason(draft.reason)
    _check_draft(draft)
    with transaction.atomic(durable=True):
        seal = Seal.objects.create(
            state=SealState.MAKING,
            public_id=new_id("seal", at=at),
            kind=draft.kind,
            category=draft.category,
            name=draft.name,
            unit=draft.unit,
            company=draft.company or legal_entity_of(draft.unit).name,
            owner=draft.owner,
            code_no=draft.code_no,
            key_record=draft.key_record,
            keeper=draft.keeper,
            location=draft.location,
            networks=draft.networks,
            hourly_max=draft.hourly_max,
            valid_until=draft.valid_until,
            created_by=actor,
            created_at=at,
        )
        enter(seal, actor=actor, at=at)
        return _ask(seal, ChangeKind.MAKE, reason, _looking(draft.look), actor=actor, at=at)


def request_change(
    seal_key: int,
    kind: ChangeKind,
    *,
    reason: str,
    actor: str,
    at: datetime,
    look: Look | None = None,
) -> SealChange:
    """Ask to change, suspend, resume or abolish a seal.

    Raises ReasonMissing, ChangeUnfit, ChangePending or DesignFault.
    """
    words = _reason(reason)
    if kind == ChangeKind.CHANGE:
        if look is None:
            raise DesignFault(reason="请给出变更后的样式", path="look")
        make_look(look)
    with transaction.atomic(durable=True):
        seal = Seal.objects.select_for_update().get(pk=seal_key)
        if seal.state not in CHANGE_FROM[kind]:
            raise ChangeUnfit(state=LABELS[SealState(seal.state)], change=CHANGE_LABELS[kind])
        _check_key(seal, kind)
        return _ask(seal, kind, words, _looking(look), actor=actor, at=at)


@transaction.atomic(durable=True)
def request_update(
    seal_key: int, wanted: Particulars, *, reason: str, actor: str, at: datetime
) -> SealChange:
    """Ask to register another keeper, U-key, name, place, limit or end of a seal.

    Raises ReasonMissing, ChangeUnfit, ChangePending or DesignFault.
    """
    words, kind = _reason(reason), ChangeKind.UPDATE
    seal = Seal.objects.select_for_update().get(pk=seal_key)
    if seal.state not in CHANGE_FROM[kind]:
        raise ChangeUnfit(state=LABELS[SealState(seal.state)], change=CHANGE_LABELS[kind])
    content = {"particulars": differences(seal, wanted, at=at)}
    return _ask(seal, kind, words, content, actor=actor, at=at)


@transaction.atomic(durable=True)
def withdraw_change(key: int, *, actor: str, at: datetime) -> SealChange:
    """Take one's own request back; a seal that was to be made is not. Raises RequestForeign."""
    change = SealChange.objects.select_for_update(of=("self",)).get(pk=key)
    if change.requested_by != actor:
        raise RequestForeign
    move(change, ChangeState.WITHDRAWN, actor=actor, at=at, decided_at=at)
    SealChange.objects.filter(pk=change.pk).update(material=None)
    _give_up_making(change, "申请人撤回", actor=actor, at=at)
    return change


def decide_change(
    key: int, *, approved: bool, decision: str, actor: str, at: datetime
) -> SealChange:
    """Approve or refuse a request as another person; an approval makes what was asked for.

    Raises OwnApproval, ReasonMissing, ChangeUnfit, IllegalMove or DesignFault.
    """
    change = SealChange.objects.select_related("seal__unit").get(pk=key)
    if change.requested_by == actor:
        raise OwnApproval
    if not approved:
        return _refuse(key, decision=_reason(decision), actor=actor, at=at)
    version = _next_version(change, at=at) if change.state == ChangeState.REQUESTED else None
    return _approve(key, version, decision=decision.strip(), actor=actor, at=at)


def freeze_seal(seal_key: int, *, reason: str, actor: str, at: datetime) -> Seal:
    """Suspend a seal at once, without a second person: an emergency; resuming needs approval."""
    words = _reason(reason)
    with transaction.atomic(durable=True):
        return suspend(seal_key, reason=words, kind="seals.frozen", actor=actor, at=at)


def suspend(seal_key: int, *, reason: str, kind: str, actor: str, at: datetime) -> Seal:
    """Suspend an active seal in the caller's transaction and raise a risk of this kind."""
    seal = Seal.objects.select_for_update().get(pk=seal_key)
    if seal.state != SealState.ACTIVE:
        return seal
    move(seal, SealState.SUSPENDED, actor=actor, at=at, state_reason=reason[:_REASON_MAX])
    raise_risk(
        kind=kind,
        severity="severe",
        subject_type=Seal.NOUN,
        subject_id=seal.pk,
        facts={"seal": seal.public_id, "reason": reason[:_REASON_MAX]},
        at=at,
    )
    return seal


def recertify(seal_key: int, *, at: datetime) -> bool:
    """Give a seal a structure for today's certificates, looking as before; return if it changed."""
    seal = Seal.objects.select_related("unit").get(pk=seal_key)
    version = _recertified(seal, at=at)
    if version is None:
        return False
    with transaction.atomic(durable=True):
        seal = Seal.objects.select_for_update().get(pk=seal_key)
        if seal.state != SealState.ACTIVE or seal.version != version.number - 1:
            return False
        version.save(force_insert=True)
        Seal.objects.filter(pk=seal_key).update(version=version.number)
        seal.version = version.number
        enter(seal, actor=SYSTEM, at=at)
    return True


def _recertified(seal: Seal, *, at: datetime) -> SealVersion | None:
    """Return the next version when today's certificates are others, else None."""
    if seal.kind not in PICTURED or not seal.version:
        return None
    old = current_version(seal)
    wanted = fingerprints_of(usable_certificates(seal, at=at))
    if old.strokes is not None or not wanted or wanted == sorted(old.certificates):
        return None
    version = remake_version(old, at=at)
    version.number = seal.version + 1
    return version


def _next_version(change: SealChange, *, at: datetime) -> SealVersion | None:
    seal = change.seal
    if seal.kind not in PICTURED:
        return None
    if change.kind == ChangeKind.RESUME:
        return _recertified(seal, at=at)
    if change.kind == ChangeKind.UPDATE:
        return _renamed(seal, change.particulars or {}, at=at)
    if change.kind not in {ChangeKind.MAKE, ChangeKind.CHANGE} or change.design is None:
        return None
    version = make_version(seal, look_of(change.design, change.material), at=at)
    version.number = seal.version + 1
    return version


def _renamed(seal: Seal, particulars: Mapping[str, Any], *, at: datetime) -> SealVersion | None:
    """Return the next version when the structure says something else, looking as before."""
    if not IN_STRUCTURE & particulars.keys() or not seal.version:
        return None
    old = current_version(seal)
    if old.strokes is not None:
        return None
    for name, value in columns_of(particulars).items():
        setattr(seal, name, value)
    old.seal = seal
    version = remake_version(old, at=at)
    version.number = seal.version + 1
    return version


@transaction.atomic(durable=True)
def _approve(
    key: int, version: SealVersion | None, *, decision: str, actor: str, at: datetime
) -> SealChange:
    change = SealChange.objects.select_for_update(of=("self",)).get(pk=key)
    seal = Seal.objects.select_for_update().get(pk=change.seal_id)
    kind = ChangeKind(change.kind)
    _settle(change, ChangeState.APPROVED, decision, actor=actor, at=at)
    if seal.state not in CHANGE_FROM[kind]:
        raise ChangeUnfit(state=LABELS[SealState(seal.state)], change=CHANGE_LABELS[kind])
    _check_key(seal, kind)
    if version is not None:
        if version.number != seal.version + 1:
            raise ChangeUnfit(state="的版本已更新", change=CHANGE_LABELS[kind])
        version.save(force_insert=True)
        Seal.objects.filter(pk=seal.pk).update(version=version.number)
        seal.version = version.number
    if kind == ChangeKind.UPDATE:
        register(seal, change.particulars or {}, actor=actor, at=at)
    elif kind in _AFTER:
        move(seal, _AFTER[kind], actor=actor, at=at, state_reason=change.reason)
    else:
        enter(seal, actor=actor, at=at)
    return change


@transaction.atomic(durable=True)
def _refuse(key: int, *, decision: str, actor: str, at: datetime) -> SealChange:
    change = SealChange.objects.select_for_update(of=("self",)).get(pk=key)
    _settle(change, ChangeState.REFUSED, decision, actor=actor, at=at)
    _give_up_making(change, decision, actor=actor, at=at)
    return change


def _give_up_making(change: SealChange, reason: str, *, actor: str, at: datetime) -> None:
    if change.kind == ChangeKind.MAKE:
        seal = Seal.objects.select_for_update().get(pk=change.seal_id)
        move(seal, SealState.ABOLISHED, actor=actor, at=at, state_reason=reason)


def _settle(
    change: SealChange, to: ChangeState, decision: str, *, actor: str, at: datetime
) -> None:
    """Decide; what was handed in encrypted goes: the version holds what became of it."""
    move(
        change,
        to,
        actor=actor,
        at=at,
        decided_by=actor,
        decided_at=at,
        decision=decision[:_REASON_MAX],
    )
    SealChange.objects.filter(pk=change.pk).update(material=None)


def _looking(look: Look | None) -> dict[str, Any]:
    """Return what a request keeps of a look."""
    return {} if look is None else {"design": look.facts(), "material": look.material()}


def _ask(
    seal: Seal,
    kind: ChangeKind,
    reason: str,
    content: Mapping[str, Any],
    *,
    actor: str,
    at: datetime,
) -> SealChange:
    waiting = SealChange.objects.filter(seal=seal, state=ChangeState.REQUESTED).first()
    if waiting is not None:
        raise ChangePending(change=waiting.public_id)
    try:
        with transaction.atomic():
            change = SealChange.objects.create(
                state=ChangeState.REQUESTED,
                public_id=new_id("chg", at=at),
                seal=seal,
                kind=kind,
                reason=reason,
                requested_by=actor,
                requested_at=at,
                **content,
            )
    except IntegrityError as error:
        raise ChangePending(change=seal.public_id) from error
    enter(change, actor=actor, at=at)
    return change


def _check_draft(draft: SealDraft) -> None:
    check_registered(draft.kind, draft)
    if draft.kind in PICTURED and draft.look is None:
        raise DesignFault(reason="请给出印章样式", path="look")
    if draft.kind == SealKind.PERSONAL and draft.owner is None:
        raise DesignFault(reason="个人签名须指明所属个人", path="owner")
    if draft.look is not None:
        make_look(draft.look)


def _check_key(seal: Seal, kind: ChangeKind) -> None:
    """A seal whose U-key is lost or was returned does not come back into use with it."""
    record = seal.key_record
    if kind == ChangeKind.RESUME and record is not None and record.state != KeyState.ISSUED:
        word = KEY_LABELS[KeyState(record.state)]
        raise ChangeUnfit(state=f"所用的 U-Key {word}", change=CHANGE_LABELS[kind])


def _reason(text: str) -> str:
    words = text.strip()[:_REASON_MAX]
    if not words:
        raise ReasonMissing(path="reason")
    return words
