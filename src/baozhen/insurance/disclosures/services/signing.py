"""Sign the proposal: by a task of the signing centre, then everything goes into one dossier.

The form is the document that is signed; it names every file read with it by its digest, so that
one signature covers the whole set. The signing centre makes the one-off certificate, the SM2 and
ECDSA signatures and the timestamps, and keeps strokes, will and identity as evidence.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from baozhen.foundation.states import move
from baozhen.foundation.storage import get_storage
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.closing import supersede
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.disclosures.documents import TEMPLATE_CODE, TEMPLATE_VERSION
from baozhen.insurance.disclosures.errors import ReadingSetChanged
from baozhen.insurance.disclosures.models import ReadingItem, ReadingSet
from baozhen.insurance.disclosures.queries import check_declared, check_read
from baozhen.insurance.disclosures.services.freezing import require_current
from baozhen.insurance.disclosures.services.recalling import recall_task
from baozhen.insurance.disclosures.states import ReadingState
from baozhen.insurance.disclosures.texts import PROPOSAL
from baozhen.signing.envelopes.models import Action, Envelope, EnvelopeDocument
from baozhen.signing.envelopes.services.acts import SignatureInput, sign
from baozhen.signing.envelopes.services.create import create_envelope
from baozhen.signing.envelopes.services.drafts import (
    ActionDraft,
    DocumentDraft,
    EnvelopeDraft,
    PlaceDraft,
    SignatoryDraft,
)
from baozhen.signing.envelopes.services.reading import PageReport, record_reading
from baozhen.signing.envelopes.states import ActionType
from baozhen.signing.files.services import Document, archive_many
from baozhen.signing.identity.models import Subject
from baozhen.signing.organizations.queries import root_unit

FLOW = "proposal_confirmation"
CLIENT = "insurance"
ROLE = "policyholder"
SYSTEM = "system"
# Where the form has its frame for the handwriting, in points from the lower left corner.
_PLACE = PlaceDraft(page=-1, x=122.5, y=58.0, width=152.0, height=56.0)
_RULES = {
    "ways": ["draw"],
    "is_quiet": True,  # The person is led by the journey's own pages.
    "identity": "check",
}


def begin_signing(set_id: int, *, at: datetime) -> Envelope:
    """Return the signing task of a set that is read and declared; made when first asked for.

    Raises ReadingSetChanged, FilesUnread or DeclarationsOpen: on the server, not only in the page.
    """
    reading_set = ReadingSet.objects.select_related("application__applicant", "envelope").get(
        pk=set_id
    )
    require_current(reading_set, at=at)
    check_read(reading_set)
    check_declared(reading_set)
    envelope = reading_set.envelope
    if envelope is None:
        envelope = create_envelope(_draft(reading_set), actor=SYSTEM, at=at)
        _tie(reading_set.pk, envelope)
    _hand_over_reading(envelope, at=at)
    return envelope


def sign_set(set_id: int, given: SignatureInput, *, at: datetime) -> Action:
    """Record the applicant's decision to sign; the signature itself is made by a job.

    Raises what `begin_signing` raises and the refusals of the signing centre.
    """
    return sign(signing_action(begin_signing(set_id, at=at)).pk, given, at=at)


def signing_action(envelope: Envelope) -> Action:
    """Return the one step of the task: the applicant's signature."""
    return envelope.actions.select_related("signatory").get(type=ActionType.SIGN)


@transaction.atomic(durable=True)
def settle_signed_set(envelope_id: int, *, at: datetime) -> None:
    """Archive the signed set and open the way to paying; safe to repeat.

    An application that was withdrawn while its signature was made stays withdrawn: what was signed
    is archived all the same.
    """
    reading_set = (
        ReadingSet.objects.select_for_update(of=("self",)).filter(envelope=envelope_id).first()
    )
    if reading_set is None or reading_set.state != ReadingState.OPEN:
        return
    application = Application.objects.select_for_update(of=("self",)).get(
        pk=reading_set.application_id
    )
    form = EnvelopeDocument.objects.get(envelope=envelope_id, position=1)
    actor = f"subject:{application.applicant.public_id}" if application.applicant else SYSTEM
    archive_many(list(_dossier(application, reading_set, form)), actor=SYSTEM, at=at)
    move(reading_set, ReadingState.SIGNED, actor=actor, at=at, signed_at=at, closed_at=at)
    if application.state == ApplicationState.ACCEPTED:
        move(
            application,
            ApplicationState.SIGNED,
            actor=actor,
            at=at,
            signed_at=at,
            changed_at=at,
        )
        _supersede_earlier(application, reading_set, at=at)


def recall_signing(application_id: int, *, at: datetime) -> None:
    """Void the open set of an application that has ended, and take its task back.

    Where the will was given a moment before, the signature is made and the set archived.
    """
    application = Application.objects.get(pk=application_id)
    if application.state not in {ApplicationState.WITHDRAWN, ApplicationState.EXPIRED}:
        return
    row = application.reading_sets.filter(state=ReadingState.OPEN).first()
    if row is None:
        return
    if row.envelope_id is not None and not recall_task(row.envelope_id, at=at):
        return
    with transaction.atomic(durable=True):
        move(row, ReadingState.VOID, actor=SYSTEM, at=at, closed_at=at)


def _draft(reading_set: ReadingSet) -> EnvelopeDraft:
    application = reading_set.application
    applicant = application.applicant
    if applicant is None:
        raise ReadingSetChanged
    form = reading_set.items.get(kind=PROPOSAL)
    return EnvelopeDraft(
        client=CLIENT,
        unit=root_unit(),
        title=f"{form.title} {application.proposal_no}",
        document_type=FLOW,
        documents=[
            DocumentDraft(
                title=form.title,
                pdf=get_storage().get(form.sha256),
                template=f"{TEMPLATE_CODE}/{TEMPLATE_VERSION}",
            )
        ],
        signatories=[_signatory(applicant)],
        actions=[ActionDraft(role=ROLE, type=ActionType.SIGN, places=[_PLACE])],
        flow=FLOW,
        biz_no=f"{application.proposal_no}-{reading_set.number}",
        values={
            "proposal_no": application.proposal_no,
            "files": list(reading_set.items.order_by("position").values_list("sha256", flat=True)),
        },
        rules=_RULES,
        expires_at=application.expires_at,
    )


def _signatory(applicant: Subject) -> SignatoryDraft:
    return SignatoryDraft(
        role=ROLE, label="投保人", kind="person", name=str(applicant.name), subject=applicant
    )


@transaction.atomic(durable=True)
def _tie(key: int, envelope: Envelope) -> None:
    """Tie the task to its set, once; raises ReadingSetChanged when the set ended meanwhile."""
    row = ReadingSet.objects.select_for_update(of=("self",)).get(pk=key)
    if row.state != ReadingState.OPEN:
        raise ReadingSetChanged
    if row.envelope_id is None:
        ReadingSet.objects.filter(pk=key).update(envelope=envelope)


def _hand_over_reading(envelope: Envelope, *, at: datetime) -> None:
    """Tell the signing centre that the form was read to its end: it keeps its own gate."""
    signatory = signing_action(envelope).signatory
    if signatory.readings.exists():
        return
    pages = envelope.documents.get(position=1).pages
    reports = [PageReport(1, page, 0, has_ended=True) for page in range(1, pages + 1)]
    record_reading(signatory, reports, view="journey", at=at)


def _dossier(
    application: Application, reading_set: ReadingSet, form: EnvelopeDocument
) -> Iterator[Document]:
    """Yield the signed form and every file read with it, for the application's dossier."""
    yield Document(
        dossier=application.proposal_no,
        kind="proposal",
        subject_type=ReadingSet.NOUN,
        subject_id=reading_set.pk,
        sha256=form.head_sha256,
        size=form.size,
    )
    for item in reading_set.items.exclude(kind=PROPOSAL).order_by("position"):
        yield Document(
            dossier=application.proposal_no,
            kind="proposal",
            subject_type=ReadingItem.NOUN,
            subject_id=item.pk,
            sha256=item.sha256,
            size=item.size,
        )


def _supersede_earlier(application: Application, signed: ReadingSet, *, at: datetime) -> None:
    """Mark everything that this application was made anew from; nothing of it is deleted."""
    current = application
    while current.replaces is not None:
        supersede(current, actor=SYSTEM, at=at)
        earlier = current.replaces
        for row in earlier.reading_sets.filter(state=ReadingState.SIGNED):
            move(
                row,
                ReadingState.SUPERSEDED,
                actor=SYSTEM,
                at=at,
                superseded_by=signed,
            )
        current = earlier
