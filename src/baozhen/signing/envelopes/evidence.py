"""What a signing task adds to the evidence of its files, and what it says of them today."""

from collections.abc import Iterator
from datetime import datetime

from baozhen.foundation.masking import mask_name
from baozhen.signing.envelopes.models import (
    Action,
    DocumentVersion,
    Envelope,
    PreStamp,
    Signatory,
)
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.files.evidence import EvidenceParts, Happening
from baozhen.signing.files.models import FileEntry
from baozhen.signing.identity.models import IdentityCheck

CURRENT = "current"
CANCELLED = "cancelled"


def standing_of(entry: FileEntry) -> str:
    """Return `cancelled` for a file whose task was voided by its parties, else `current`."""
    voided = Envelope.objects.filter(public_id=entry.envelope, state=EnvelopeState.VOIDED)
    return CANCELLED if entry.envelope and voided.exists() else CURRENT


def parts_of(entry: FileEntry) -> EvidenceParts:
    """Return what the signing task of the file adds: identity, will, chains and acts."""
    envelope = Envelope.objects.filter(public_id=entry.envelope).first()
    if envelope is None:
        return EvidenceParts()
    parties = list(envelope.signatories.prefetch_related("questions", "readings__document"))
    actions = list(
        envelope.actions.select_related(
            "signatory__subject", "consent__identity_check", "pre_stamp__consent"
        ).order_by("order", "pk")
    )
    versions = DocumentVersion.objects.filter(document__envelope=envelope)
    digests = {*versions.values_list("sha256", flat=True)}
    digests |= {*envelope.documents.values_list("source_sha256", flat=True)}
    # The will is confirmed for the whole content, which has a digest of its own.
    digests.add(envelope.content_sha256)
    evidence: dict[str, dict[str, object]] = {
        "0-task": {"envelope": envelope.public_id, "versions": sorted(digests)}
    }
    for action in actions:
        evidence.update(_evidence(action))
    for party in parties:
        evidence.update(_answers(party, envelope))
        evidence.update(_reading(party, envelope))
    return EvidenceParts(
        evidence=evidence,
        chains=[
            ("envelope", envelope.pk),
            *(("action", action.pk) for action in actions),
            *(("signatory", party.pk) for party in parties if party.questions.all()),
            *(("pre_stamp", action.pre_stamp_id) for action in actions if action.pre_stamp_id),
        ],
        happenings=[
            Happening(at=envelope.created_at, who=envelope.created_by, what="发起签署任务"),
            *(_happening(action, action.done_at) for action in actions if action.done_at),
            *(told for party in parties for told in _answered(party)),
        ],
    )


def _evidence(action: Action) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    consent = action.consent
    if consent is not None:
        found[f"will-{action.public_id}"] = {
            "id": consent.public_id,
            "document_sha256": consent.document_sha256,
            **_together(action),
            "method": consent.method,
            "given_at": consent.given_at,
            "device": consent.device,
            "address": consent.address,
        }
    if action.pre_stamp is not None:
        found[f"pre-stamp-{action.public_id}"] = _decided_before(action.pre_stamp)
    subject = action.signatory.subject
    if subject is not None:
        checks = IdentityCheck.objects.filter(subject=subject, state="passed").order_by("pk")
        found[f"identity-{action.public_id}"] = {
            "subject": subject.public_id,
            "checks": [
                {
                    "id": check.public_id,
                    "kind": check.kind,
                    "provider": check.provider,
                    "receipt": check.receipt,
                    "answer_sha256": check.answer_sha256,
                }
                for check in checks
            ],
        }
    return found


def _decided_before(stamp: PreStamp) -> dict[str, object]:
    """Return the company's statement, and the will that was confirmed for it."""
    return {
        "id": stamp.public_id,
        "statement": stamp.statement,
        "statement_sha256": stamp.statement_sha256,
        "given_at": stamp.given_at,
        "will": {"id": stamp.consent.public_id, "method": stamp.consent.method},
    }


def _answers(party: Signatory, envelope: Envelope) -> dict[str, dict[str, object]]:
    """Return which questions were shown to a party, in their words, and how it answered each."""
    questions = sorted(party.questions.all(), key=lambda one: one.position)
    if not questions:
        return {}
    known = {**(envelope.values or {}), **{one.key: one.answer for one in questions}}
    return {
        f"answers-{party.public_id}": {
            "document_sha256": envelope.content_sha256,
            "party": party.public_id,
            "questions": [
                {
                    "number": one.position,
                    "name": one.key,
                    "question": one.field.get("label", one.key),
                    "options": one.field.get("options", []),
                    "was_asked": one.asked.is_there(known),
                    "answer": one.answer,
                    "shown_at": one.shown_at,
                    "answered_at": one.answered_at,
                    "changes": one.changes,
                }
                for one in questions
            ],
        }
    }


def _reading(party: Signatory, envelope: Envelope) -> dict[str, dict[str, object]]:
    """Return which pages were on the party's screen, for how long, and whether to their end."""
    readings = sorted(party.readings.all(), key=lambda row: (row.document_id, row.page))
    if not readings:
        return {}
    return {
        f"reading-{party.public_id}": {
            "document_sha256": envelope.content_sha256,
            "party": party.public_id,
            "pages": [
                {
                    "document": row.document.public_id,
                    "sha256": row.document.source_sha256,
                    "page": row.page,
                    "seconds": row.seconds,
                    "has_ended": row.has_ended,
                    "view": row.view,
                    "first_at": row.first_at,
                    "last_at": row.last_at,
                }
                for row in readings
            ],
        }
    }


def _answered(party: Signatory) -> Iterator[Happening]:
    """What the chronology says of a party's answers and reading: that and when, not what."""
    name = str(party.name)
    who = mask_name(name) if party.kind == "person" else name
    answered = [one.answered_at for one in party.questions.all() if one.answered_at]
    if answered:
        yield Happening(at=max(answered), who=who, what=f"逐项回答 {len(answered)} 项询问")
    read = [row.last_at for row in party.readings.all() if row.has_ended]
    if read:
        yield Happening(at=max(read), who=who, what=f"读到末尾 {len(read)} 页")


def _together(action: Action) -> dict[str, object]:
    """Return the contents that one will covered, where a person signed several tasks at once."""
    same = Action.objects.filter(consent=action.consent_id)
    contents = sorted(same.values_list("envelope__content_sha256", flat=True))
    return {"documents": contents} if len(contents) > 1 else {}


def _happening(action: Action, at: datetime) -> Happening:
    name = str(action.signatory.name)
    who = mask_name(name) if action.signatory.kind == "person" else name
    return Happening(at=at, who=who, what=action.get_type_display())
