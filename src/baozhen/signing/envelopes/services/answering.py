"""What a party answers before it signs: checked, set into the document, frozen by the signature.

The document is made anew outside any transaction; the transaction then looks whether the task still
stands as it did. Whatever was read before was another text, so it is read again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.states import audited_facts
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.errors import AnswersInvalid, ContentFrozen
from baozhen.signing.envelopes.models import (
    Action,
    DocumentVersion,
    Envelope,
    EnvelopeDocument,
    Place,
    Question,
    Reading,
    Signatory,
)
from baozhen.signing.envelopes.services.acts import take
from baozhen.signing.envelopes.services.remaking import remade
from baozhen.signing.envelopes.services.turns import lock_envelope
from baozhen.signing.envelopes.services.writing import Ready, content_digest
from baozhen.signing.envelopes.states import SIGNING_TYPES, ActionState, ActionType
from baozhen.signing.templates.fields import Fault, Field, FieldKind
from baozhen.signing.templates.values import faults_of

_BEGUN = (ActionState.PERFORMING, ActionState.DONE)


@transaction.atomic(durable=True)
def note_asked(signatory: Signatory, *, at: datetime) -> None:
    """Record when the questions were shown for the first time, and how many they were."""
    count = signatory.questions.filter(shown_at__isnull=True).update(shown_at=at)
    if count:
        audit.record(
            "signatory.asked",
            subject_id=signatory.pk,
            actor=f"signatory:{signatory.public_id}",
            at=at,
            facts={"questions": count},
        )


def answer(action_id: int, given: Mapping[str, Any], *, at: datetime) -> Action:
    """Take a party's answers to all its questions, and make the document with them.

    Raises AnswersInvalid with every fault, NotYourTurn, EnvelopeClosed, and ContentFrozen once
    anybody has signed. Answers may be given anew until then.
    """
    action = Action.objects.select_related("envelope__unit", "signatory").get(pk=action_id)
    questions = list(action.signatory.questions.order_by("position"))
    answers = _checked(questions, action.envelope.values or {}, given)
    _refuse_frozen(action.envelope)
    ready, places = remade(action.envelope, answers, at=at)
    get_storage().put(ready.data)
    _write(action, answers, ready, places, at=at)
    return action


def _checked(
    questions: Sequence[Question], values: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the answers to the questions that are there; raises AnswersInvalid."""
    fields = [question.asked for question in questions]
    known = {**values, **given}
    there = [field for field in fields if field.is_there(known)]
    faults = [fault for field in there for fault in _faults_of(field, given.get(field.name))]
    names = {field.name for field in fields}
    faults += [Fault(name, "value_unknown", "没有这一项") for name in given if name not in names]
    if faults:
        refusal = AnswersInvalid(path=faults[0].path, count=len(faults))
        refusal.facts["faults"] = faults
        raise refusal
    return {field.name: given.get(field.name) for field in there}


def _faults_of(field: Field, value: Any) -> list[Fault]:
    if field.kind is FieldKind.CHECKBOX and field.required and value is not True:
        return [Fault(field.name, "value_missing", "同意的请勾选；不同意可以退回并说明原因")]
    if field.kind is FieldKind.CHOICE and field.required and value in (None, ""):
        return [Fault(field.name, "value_missing", "请选择一项")]
    return faults_of(field, value)


def _refuse_frozen(envelope: Envelope) -> None:
    if envelope.actions.filter(type__in=SIGNING_TYPES, state__in=_BEGUN).exists():
        raise ContentFrozen


@transaction.atomic(durable=True)
def _write(
    action: Action,
    answers: Mapping[str, Any],
    ready: Ready,
    places: Mapping[int, Sequence[Place]],
    *,
    at: datetime,
) -> None:
    lock_envelope(action.envelope_id)
    _refuse_frozen(action.envelope)
    row, envelope = take(action.pk, (ActionType.SIGN,), at=at)
    actor = f"signatory:{row.signatory.public_id}"
    for question in row.signatory.questions.all():
        question.changes += question.answered_at is not None
        question.answer = answers.get(question.key)
        question.shown_at = question.shown_at or at
        question.answered_at = at
        question.save(update_fields=["answer", "answered_at", "shown_at", "changes"])
    document = EnvelopeDocument.objects.select_for_update().get(envelope=envelope)
    _replace(document, ready, at=at)
    for place in Place.objects.filter(action__in=list(places)):
        place.delete()
    for key, found in places.items():
        for place in found:
            place.action_id, place.document_id = key, document.pk
            place.save()
    Reading.objects.filter(signatory__envelope=envelope).delete()
    before = envelope.content_sha256
    envelope.content_sha256 = content_digest([ready.sha256])
    envelope.save(update_fields=["content_sha256"])
    facts = {"questions": len(answers), "before": before, "content_sha256": ready.sha256}
    audit.record("signatory.answered", subject_id=row.signatory.pk, actor=actor, at=at, facts=facts)
    # What the record says of the task last is what its row says: its content is another now.
    audit.record(
        envelope.fact, subject_id=envelope.pk, actor=actor, at=at, facts=audited_facts(envelope)
    )


def _replace(document: EnvelopeDocument, ready: Ready, *, at: datetime) -> None:
    number = document.head_number + 1
    DocumentVersion.objects.create(
        document=document, number=number, sha256=ready.sha256, size=len(ready.data), made_at=at
    )
    EnvelopeDocument.objects.filter(pk=document.pk).update(
        source_sha256=ready.sha256,
        head_sha256=ready.sha256,
        head_number=number,
        pages=len(ready.pages),
        size=len(ready.data),
    )
