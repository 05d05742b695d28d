"""Several tasks at once: one person's signature on many, a queue approved or sealed, many ended.

What is done for many is done for each in its own transaction, so that one refusal stops none; only
one person's signature on several envelopes is one act, with one will bound to all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from baozhen.foundation.errors import Refusal
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.errors import NotYourTurn, SelectionInvalid, SignatureMissing
from baozhen.signing.envelopes.models import Action, Envelope
from baozhen.signing.envelopes.services.acts import (
    SignatureInput,
    approve,
    check_prepared,
    recall,
    seal,
    take,
    watch_for_agents,
)
from baozhen.signing.envelopes.services.create import content_digest
from baozhen.signing.envelopes.services.turns import advance, begin
from baozhen.signing.envelopes.services.voiding import request_void
from baozhen.signing.envelopes.states import ActionType, EnvelopeState
from baozhen.signing.identity.services.consent import ConsentFacts, record_consent

TOGETHER_MAX = 200
_RUNNING = (EnvelopeState.DRAFT, EnvelopeState.IN_PROGRESS)


@dataclass(frozen=True)
class Outcome:
    """What became of one of many: `problem` is empty when it was done."""

    key: int
    problem: str = ""
    code: str = ""


def together_digest(action_ids: Sequence[int]) -> str:
    """Return what a person's will is bound to who signs several envelopes by one confirmation."""
    return _digest(
        list(
            Action.objects.filter(pk__in=action_ids).values_list(
                "envelope__content_sha256", flat=True
            )
        )
    )


def sign_together(
    action_ids: Sequence[int], given: SignatureInput, *, at: datetime
) -> list[Action]:
    """Sign several envelopes of one person: all of them or, raising, none.

    The confirmation speaks for `together_digest` of exactly these. Raises what `sign` raises, and
    SelectionInvalid for a choice that is empty, too large or of several persons.
    """
    keys = sorted(set(action_ids))
    if not 1 <= len(keys) <= TOGETHER_MAX:
        raise SelectionInvalid(path="actions", reason=f"一次应选 1 至 {TOGETHER_MAX} 份")
    if not given.picture:
        raise SignatureMissing(path="signature")
    watch_for_agents(keys, given, at=at)
    picture = get_storage().put(given.picture)
    with transaction.atomic(durable=True):
        return _sign(keys, given, picture, at=at)


def approve_many(action_ids: Sequence[int], *, actor: str, at: datetime) -> list[Outcome]:
    """Approve each; what is refused is told."""
    return _each(action_ids, lambda key: approve(key, actor=actor, at=at))


def seal_many(action_ids: Sequence[int], *, actor: str, at: datetime) -> list[Outcome]:
    """Seal each with the seal that is chosen for it; what is refused is told."""
    return _each(action_ids, lambda key: seal(key, actor=actor, at=at))


def end_many(
    envelope_ids: Sequence[int], *, reason: str, actor: str, at: datetime
) -> list[Outcome]:
    """End each: take back what runs, ask to void what is complete; what is refused is told."""
    return _each(
        envelope_ids, lambda key: _end(Envelope.objects.get(pk=key), reason, actor=actor, at=at)
    )


def end_envelope(envelope_id: int, *, reason: str, actor: str, at: datetime) -> None:
    """End one envelope unless it is over already; safe to repeat."""
    envelope = Envelope.objects.get(pk=envelope_id)
    if envelope.state in {*_RUNNING, EnvelopeState.SEALING, EnvelopeState.COMPLETED}:
        _end(envelope, reason, actor=actor, at=at)


def _end(envelope: Envelope, reason: str, *, actor: str, at: datetime) -> None:
    if envelope.state == EnvelopeState.COMPLETED:
        own = envelope.signatories.filter(unit=envelope.unit).order_by("-pk").first()
        request_void(envelope.pk, by=own, reason=reason, actor=actor, at=at)
    else:
        recall(envelope.pk, reason=reason, actor=actor, at=at)


def _sign(
    keys: Sequence[int], given: SignatureInput, picture: str, *, at: datetime
) -> list[Action]:
    taken = [take(key, (ActionType.SIGN,), at=at) for key in _in_locking_order(keys)]
    subjects = {action.signatory.subject for action, _ in taken}
    if len(subjects) != 1:
        raise SelectionInvalid(path="actions", reason="不是同一个人的签署任务")
    [subject] = subjects
    if subject is None:
        raise NotYourTurn
    for action, envelope in taken:
        check_prepared(envelope, action.signatory, at=at)
    consent = record_consent(
        ConsentFacts(
            subject_id=subject.public_id,
            document_sha256=_digest([envelope.content_sha256 for _, envelope in taken]),
            method=given.method,
            challenge_id=given.challenge_id,
            device=given.device,
            address=given.address,
        ),
        at=at,
    )
    strokes = dict(given.strokes) if given.strokes else None
    for action, envelope in taken:
        begin(
            action,
            actor=f"subject:{subject.public_id}",
            at=at,
            consent=consent,
            picture_sha256=picture,
            strokes=strokes,
        )
        advance(envelope, at=at)
    return [action for action, _ in taken]


def _in_locking_order(keys: Sequence[int]) -> list[int]:
    """Envelopes are always locked by their number, so that two such acts never block each other."""
    rows = Action.objects.filter(pk__in=keys).order_by("envelope_id", "pk")
    found = list(rows.values_list("pk", flat=True))
    if len(found) != len(keys):
        raise NotYourTurn
    return found


def _digest(digests: Sequence[str]) -> str:
    return content_digest(sorted(digests))


def _each(keys: Sequence[int], act: Callable[[int], object]) -> list[Outcome]:
    if len(keys) > TOGETHER_MAX:
        raise SelectionInvalid(path="actions", reason=f"一次最多 {TOGETHER_MAX} 份")
    outcomes = []
    for key in keys:
        try:
            act(key)
        except Refusal as refusal:
            outcomes.append(Outcome(key, str(refusal), refusal.code))
        else:
            outcomes.append(Outcome(key))
    return outcomes
