"""Whose turn it is: called in the transaction of every act, with the envelope's row locked."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from baozhen.foundation.events.services import publish
from baozhen.foundation.jobs import defer
from baozhen.foundation.states import move, move_many
from baozhen.signing.envelopes.models import Action, Envelope, EnvelopeDocument
from baozhen.signing.envelopes.rules import Step, Turn, next_turn
from baozhen.signing.envelopes.services.pre_stamping import taken_for
from baozhen.signing.envelopes.states import (
    PASSIVE_TYPES,
    SIGNING_TYPES,
    ActionState,
    EnvelopeState,
)
from baozhen.signing.files.services import Document, Stamp, archive_many

SYSTEM = "system"
PERFORM = "perform_action"
NOTIFY = "notify_signatory"
NOTIFY_VOID = "notify_of_void"
HAND_OVER = "hand_over_envelope"
_KIND = "envelope"


def lock_envelope(key: int) -> Envelope:
    """Return the envelope with its row locked until the transaction ends."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an envelope is locked only inside transaction.atomic()")
    return Envelope.objects.select_for_update(of=("self",)).select_related("unit").get(pk=key)


def start_now(envelope: Envelope, *, actor: str, at: datetime) -> None:
    """Start a draft, in the caller's transaction."""
    move(envelope, EnvelopeState.IN_PROGRESS, actor=actor, at=at, started_at=at, moved_at=at)
    for action in envelope.actions.filter(type__in=PASSIVE_TYPES):
        defer(NOTIFY, key=action.pk)
    advance(envelope, at=at)


def advance(envelope: Envelope, *, at: datetime) -> None:
    """Bring the envelope as far as it goes: skip, make ready, seal silently, complete."""
    actions = {action.pk: action for action in envelope.actions.select_related("signatory__unit")}
    while True:
        turn = _turn(envelope, actions)
        if not turn.skipped and not turn.ready:
            break
        for key in turn.skipped:
            move(actions[key], ActionState.SKIPPED, actor=SYSTEM, at=at)
        for key in turn.ready:
            _make_ready(actions[key], envelope, at=at)
    if envelope.state == EnvelopeState.IN_PROGRESS and turn.is_all_decided:
        move(envelope, EnvelopeState.SEALING, actor=SYSTEM, at=at, moved_at=at)
    if envelope.state == EnvelopeState.SEALING and turn.is_all_done:
        _complete(envelope, at=at)


def begin(action: Action, *, actor: str, at: datetime, **columns: object) -> None:
    """Record a decision to sign and promise the signature; the key is touched later, elsewhere."""
    move(action, ActionState.PERFORMING, actor=actor, at=at, acted_by=actor, acted_at=at, **columns)
    defer(PERFORM, key=action.pk)


def tell_completion(action: Action, *, at: datetime) -> None:
    """Publish that a party has done all it had to do, in the caller's transaction.

    Nobody hears this of a silent seal: the envelope's own events say it.
    """
    left = Action.objects.filter(
        signatory=action.signatory_id,
        state__in=[ActionState.WAITING, ActionState.READY, ActionState.PERFORMING],
    ).exclude(type__in=PASSIVE_TYPES)
    is_ours = action.is_silent and action.pre_stamp_id is None
    if is_ours or left.exists():
        return
    envelope, signatory = action.envelope, action.signatory
    publish(
        "signatory.completed",
        subject=("signatory", signatory.public_id),
        data={
            "role": signatory.role,
            "envelope": envelope.public_id,
            "biz_no": envelope.biz_no,
            "content_sha256": envelope.content_sha256,
        },
        at=at,
        client=envelope.client,
    )


def _turn(envelope: Envelope, actions: dict[int, Action]) -> Turn:
    steps = [
        Step(action.pk, action.type, action.order, action.state, action.condition)
        for action in actions.values()
    ]
    return next_turn(steps, envelope.values or {})


def _make_ready(action: Action, envelope: Envelope, *, at: datetime) -> None:
    move(action, ActionState.READY, actor=SYSTEM, at=at)
    if action.is_silent and action.type in SIGNING_TYPES:
        begin(action, actor=SYSTEM, at=at)
    elif stamp := taken_for(action, envelope, at=at):
        begin(
            action,
            actor=f"pre_stamp:{stamp.public_id}",
            at=at,
            pre_stamp=stamp,
            seal=stamp.seal.public_id,
            is_silent=True,
        )
    else:
        defer(NOTIFY, key=action.pk)


def _complete(envelope: Envelope, *, at: datetime) -> None:
    complete_many([envelope], list(envelope.documents.all()), at=at)
    for action in envelope.actions.exclude(signatory__subject=None):
        defer(NOTIFY, key=action.pk)


def complete_many(
    envelopes: Sequence[Envelope],
    documents: Sequence[EnvelopeDocument],
    *,
    at: datetime,
    stamps: Mapping[str, Stamp] | None = None,
) -> None:
    """Archive the documents and complete their envelopes, in the caller's transaction.

    `stamps`: the timestamps beside the documents, by the documents' digests.
    """
    names = {envelope.pk: envelope.public_id for envelope in envelopes}
    archive_many(
        [
            Document(
                dossier=names[document.envelope_id],
                kind=_KIND,
                subject_type="envelope_document",
                subject_id=document.pk,
                sha256=document.head_sha256,
                size=document.size,
                stamp=(stamps or {}).get(document.head_sha256),
            )
            for document in documents
        ],
        actor=SYSTEM,
        at=at,
    )
    ended = {row.pk: {"ended_at": at, "moved_at": at, "last_error": ""} for row in envelopes}
    move_many(envelopes, EnvelopeState.COMPLETED, actor=SYSTEM, at=at, columns=ended)
    for envelope in envelopes:
        if envelope.rules.get("deliver_to"):
            defer(HAND_OVER, key=envelope.pk)
