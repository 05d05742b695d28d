"""Writes the rows of prepared envelopes: of one or of fifty, with the same few statements."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter_many
from baozhen.signing.envelopes.models import (
    Action,
    DocumentVersion,
    Envelope,
    EnvelopeBatch,
    EnvelopeDocument,
    Paper,
    Place,
    Question,
    Signatory,
)
from baozhen.signing.envelopes.services.drafts import (
    ActionDraft,
    DocumentDraft,
    EnvelopeDraft,
    SignatoryDraft,
)
from baozhen.trust.pdf.pages import SeenPage


@dataclass(frozen=True)
class Ready:
    """A document in the form in which it is signed."""

    draft: DocumentDraft
    data: bytes
    sha256: str
    pages: tuple[SeenPage, ...]


@dataclass(frozen=True)
class Prepared:
    """All that was made before the transaction; `places` are unsaved, one list an action.

    The `document_id` of a place holds the document's position until the rows exist.
    """

    draft: EnvelopeDraft
    fingerprint: str
    documents: Sequence[Ready]
    places: Sequence[Sequence[Place]]


def content_digest(digests: Sequence[str]) -> str:
    """Return the fingerprint of the whole content: of one document its own digest."""
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def write_many(
    prepared: Sequence[Prepared], *, actor: str, at: datetime, batch: EnvelopeBatch | None = None
) -> list[Envelope]:
    """Write draft envelopes with everything that belongs to them, in the caller's transaction."""
    envelopes = Envelope.objects.bulk_create(
        _envelope(one, actor=actor, at=at, batch=batch) for one in prepared
    )
    together = list(zip(envelopes, prepared, strict=True))
    documents = _write_documents(together, at=at)
    parties = _write_signatories(together, at=at)
    actions = Action.objects.bulk_create(
        _action(envelope, parties[envelope.pk, draft.role], draft, at=at)
        for envelope, one in together
        for draft in one.draft.actions
    )
    given = [places for one in prepared for places in one.places]
    Place.objects.bulk_create(_placed(list(zip(actions, given, strict=True)), documents))
    enter_many(envelopes, actor=actor, at=at)
    return envelopes


def _envelope(one: Prepared, *, actor: str, at: datetime, batch: EnvelopeBatch | None) -> Envelope:
    draft = one.draft
    return Envelope(
        public_id=new_id("env", at=at),
        client=draft.client,
        biz_no=draft.biz_no,
        fingerprint=one.fingerprint,
        flow=draft.flow,
        document_type=draft.document_type,
        unit=draft.unit,
        title=draft.title.strip(),
        message=draft.message,
        values=dict(draft.values),
        rules=dict(draft.rules),
        batch=batch,
        created_by=actor,
        created_at=at,
        moved_at=at,
        expires_at=draft.expires_at,
        content_sha256=content_digest([ready.sha256 for ready in one.documents]),
    )


def _write_documents(
    together: Sequence[tuple[Envelope, Prepared]], *, at: datetime
) -> dict[tuple[int, int], EnvelopeDocument]:
    rows = EnvelopeDocument.objects.bulk_create(
        EnvelopeDocument(
            public_id=new_id("doc", at=at),
            envelope=envelope,
            position=position,
            title=ready.draft.title,
            template=ready.draft.template,
            source_sha256=ready.sha256,
            head_sha256=ready.sha256,
            pages=len(ready.pages),
            size=len(ready.data),
        )
        for envelope, one in together
        for position, ready in enumerate(one.documents, 1)
    )
    DocumentVersion.objects.bulk_create(
        DocumentVersion(document=row, number=0, sha256=row.head_sha256, size=row.size, made_at=at)
        for row in rows
    )
    return {(row.envelope_id, row.position): row for row in rows}


def _write_signatories(
    together: Sequence[tuple[Envelope, Prepared]], *, at: datetime
) -> dict[tuple[int, str], Signatory]:
    rows = Signatory.objects.bulk_create(
        _signatory(envelope, party, at=at)
        for envelope, one in together
        for party in one.draft.signatories
    )
    parties = {(row.envelope_id, row.role): row for row in rows}
    Paper.objects.bulk_create(
        Paper(
            signatory=parties[envelope.pk, party.role],
            key=paper.key,
            label=paper.label,
            is_required=paper.required,
        )
        for envelope, one in together
        for party in one.draft.signatories
        for paper in party.papers
    )
    Question.objects.bulk_create(
        Question(
            signatory=parties[envelope.pk, party.role],
            position=position,
            key=field.name,
            field=field.to_json(),
        )
        for envelope, one in together
        for party in one.draft.signatories
        for position, field in enumerate(party.questions, 1)
    )
    return parties


def _signatory(envelope: Envelope, party: SignatoryDraft, *, at: datetime) -> Signatory:
    return Signatory(
        public_id=new_id("sig", at=at),
        envelope=envelope,
        role=party.role,
        label=party.label,
        kind=party.kind,
        subject=party.subject,
        unit=party.unit,
        operator=party.operator,
        name=party.name,
        channel=party.channel,
        channel_id=party.channel_id or None,
    )


def _action(
    envelope: Envelope, signatory: Signatory, draft: ActionDraft, *, at: datetime
) -> Action:
    return Action(
        public_id=new_id("act", at=at),
        envelope=envelope,
        signatory=signatory,
        type=draft.type,
        order=draft.order,
        is_silent=draft.is_silent,
        condition=dict(draft.condition) if draft.condition else None,
        seal=draft.seal,
    )


def _placed(
    given: Sequence[tuple[Action, Sequence[Place]]],
    documents: Mapping[tuple[int, int], EnvelopeDocument],
) -> Iterator[Place]:
    for action, places in given:
        for place in places:
            place.action = action
            place.document = documents[action.envelope_id, place.document_id]
            yield place
