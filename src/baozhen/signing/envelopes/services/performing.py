"""Makes the signature of one decided action: outside of any transaction, then one to record it.

The decision is on record before a key is touched. If the process dies in between, the job runs
again; if two run at once, the one whose documents have moved on throws its work away. A document
gets one version an action, which the database enforces, so nothing is signed twice.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage, Refusal
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.sealing.parties import (
    Mark,
    PartyOrder,
    SignedByParty,
    accept,
    event_party,
    organization_party,
    sign_party,
)
from baozhen.foundation.states import move
from baozhen.foundation.storage import get_storage
from baozhen.foundation.timestamps.port import Timestamper
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.certificates.authorities.registry import event_authority
from baozhen.signing.certificates.queries import bound_certificates
from baozhen.signing.certificates.timestamping import process_timestamper
from baozhen.signing.envelopes.models import (
    Action,
    DocumentVersion,
    EnvelopeDocument,
    Place,
)
from baozhen.signing.envelopes.services.returning import (
    give_back,
    may_give_back,
    note_trouble,
)
from baozhen.signing.envelopes.services.turns import (
    PERFORM,
    SYSTEM,
    advance,
    lock_envelope,
    tell_completion,
)
from baozhen.signing.envelopes.states import TYPE_LABELS, ActionState, ActionType
from baozhen.signing.seals.errors import SealUseRefused
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.queries import choose_seal, seal_of, seal_picture
from baozhen.signing.seals.services import UseRequest, finish_uses, record_refusal, reserve_use
from baozhen.signing.seals.states import SealKind
from baozhen.trust.errors import SigningError
from baozhen.trust.pdf.parties import Party
from baozhen.trust.x509.names import build_name


class SignatureOvertaken(Outage):
    """Another action of the same envelope finished first; this one signs the newer document."""

    code = "signature_overtaken"
    message = "同一任务的另一个签名先完成，正在重新签署"


class SigningFailed(Refusal):
    """The signature cannot be made; a person has to look."""

    code = "signing_failed"
    message = "签署没有完成：{reason}"


@dataclass(frozen=True)
class Means:
    """What a signature is made with: the keys, what is to be seen, and who attests the time."""

    party: Party
    picture: bytes
    timestamper: Timestamper | None


@dataclass(frozen=True)
class _Work:
    """One document before and after."""

    document: EnvelopeDocument
    before: str
    signed: SignedByParty


@job(PERFORM, queue=Queue.LIVE)
def perform_action(*, key: int) -> None:
    """Sign what the action decided; safe to repeat."""
    refuse_inside_transaction("signing an envelope")
    action = (
        Action.objects.select_related("envelope__unit", "signatory__unit", "signatory__subject")
        .prefetch_related("places")
        .get(pk=key)
    )
    if action.state != ActionState.PERFORMING:
        return
    at = now()
    try:
        picture = _picture(action, at=at)
        means = Means(_party(action, at=at), picture, process_timestamper())
        works = [
            _Work(
                document,
                document.head_sha256,
                sign_document(action, document, means, at=at),
            )
            for document in _documents(action)
        ]
    except (Refusal, Outage, SigningError) as error:
        note_trouble(action, error)
        if not isinstance(error, Outage) and may_give_back(action):
            give_back(action, error, at=at)
            return
        if isinstance(error, SigningError):
            raise SigningFailed(reason=error) from error
        raise
    get_storage().put_many([work.signed.data for work in works])
    _record(action, works, at=at)


def _documents(action: Action) -> list[EnvelopeDocument]:
    return list(EnvelopeDocument.objects.filter(envelope=action.envelope_id).order_by("position"))


def _party(action: Action, *, at: datetime) -> Party:
    """Open the keys: a company's bound ones, or a person's that live for this moment only."""
    signatory = action.signatory
    if action.type != ActionType.SIGN:
        company = signatory.unit if signatory.unit is not None else str(signatory.name)
        return organization_party(bound_certificates(company, at), at=at)
    name = str(signatory.name)
    # The unit ties the certificate to this act without showing the id card's number.
    person = hashlib.sha256((signatory.subject.id_index if signatory.subject else "").encode())
    subject = build_name(common_name=name, organization=name, unit=person.hexdigest()[:16])
    return event_party(name=name, subject=subject, authority=event_authority(), at=at)


def _picture(action: Action, *, at: datetime) -> bytes:
    """Return what is to be seen: the signature, or the seal after its use was reserved."""
    if action.type == ActionType.SIGN:
        return get_storage().get(action.picture_sha256)
    seal = _seal(action)
    if action.seal_use is None:
        _reserve(action, seal, at=at)
    return seal_picture(seal)


def _seal(action: Action) -> Seal:
    if action.seal:
        return seal_of(action.seal)
    envelope, unit = action.envelope, action.signatory.unit
    kind = SealKind.LEGAL_REP if action.type == ActionType.LEGAL_REP_SIGN else SealKind.ELECTRONIC
    return choose_seal(
        unit or envelope.unit,
        document_type=envelope.document_type,
        flow=envelope.flow,
        kind=kind,
        company=None if unit else str(action.signatory.name),
    )


def _reserve(action: Action, seal: Seal, *, at: datetime) -> None:
    """Reserve the use and note it with the action in one transaction, so that it counts once."""
    envelope = action.envelope
    request = UseRequest(
        seal=seal,
        document_type=envelope.document_type,
        flow=envelope.flow,
        actor=action.acted_by,
        unit=action.signatory.unit or envelope.unit,
        document_sha256=envelope.content_sha256,
        reference=envelope.public_id,
        is_silent=action.is_silent,
    )
    try:
        with transaction.atomic():
            use = reserve_use(request, at=at)
            Action.objects.filter(pk=action.pk).update(seal_use=use.pk, seal=seal.public_id)
    except SealUseRefused as refusal:
        record_refusal(refusal, at=at)
        raise
    action.seal_use, action.seal = use.pk, seal.public_id


def sign_document(
    action: Action,
    document: EnvelopeDocument,
    means: Means,
    *,
    at: datetime,
    data: bytes | None = None,
) -> SignedByParty:
    """Sign one document for the action's party, outside of any transaction.

    `data` are its bytes where the caller has them; they are read from the store otherwise.
    """
    if data is None:
        data = get_storage().get(document.head_sha256)
    # Nobody has signed what is still as it was made, by our typesetter where it has a template.
    is_own = bool(document.template) and document.head_sha256 == document.source_sha256
    order = PartyOrder(
        field=f"A{action.pk}",
        at=at,
        reason=TYPE_LABELS[ActionType(action.type)],
        marks=[
            _mark(place, means.picture)
            for place in action.places.all()
            if place.document_id == document.pk
        ],
    )
    signable = accept(data, is_own=is_own)
    return sign_party(signable, means.party, order, timestamper=means.timestamper)


def _mark(place: Place, picture: bytes) -> Mark:
    rect = (place.x, place.y, place.x + place.width, place.y + place.height)
    return Mark(picture, rect, place.page, place.is_riding)


@transaction.atomic(durable=True)
def _record(action: Action, works: list[_Work], *, at: datetime) -> None:
    """Write the new versions, end the action, and go on; raises SignatureOvertaken."""
    envelope = lock_envelope(action.envelope_id)
    row = Action.objects.select_for_update(of=("self",)).get(pk=action.pk)
    if row.state != ActionState.PERFORMING:
        return
    for work in works:
        changed = EnvelopeDocument.objects.filter(
            pk=work.document.pk, head_sha256=work.before
        ).update(
            head_sha256=work.signed.sha256,
            head_number=work.document.head_number + 1,
            size=len(work.signed.data),
        )
        if changed != 1:
            raise SignatureOvertaken
    DocumentVersion.objects.bulk_create(
        DocumentVersion(
            document=work.document,
            number=work.document.head_number + 1,
            sha256=work.signed.sha256,
            size=len(work.signed.data),
            action=row,
            made_at=at,
        )
        for work in works
    )
    if row.seal_use is not None:
        finish_uses([row.seal_use], [works[-1].signed.sha256], at=at)
    move(row, ActionState.DONE, actor=row.acted_by or SYSTEM, at=at, done_at=at, last_error="")
    tell_completion(row, at=at)
    advance(envelope, at=at)
