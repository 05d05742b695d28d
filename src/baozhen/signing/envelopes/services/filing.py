"""Puts the documents of a completed signing task into the file centre, where people search."""

from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.signing.envelopes.models import Envelope, Signatory
from baozhen.signing.envelopes.states import SIGNING_TYPES, ActionState, EnvelopeState
from baozhen.signing.files.models import ArchiveItem
from baozhen.signing.files.services import FileFacts, Involved, register_files

FILE = "file_envelope"


@job(FILE, queue=Queue.BULK)
def file_envelope(*, key: int) -> None:
    """Register every document of one completed task; what is there already stays as it is.

    A task whose own room archived its files elsewhere (a policy) has nothing here to register.
    """
    envelope = Envelope.objects.select_related("unit").get(pk=key)
    if envelope.state != EnvelopeState.COMPLETED:
        return
    archived = set(
        ArchiveItem.objects.filter(dossier=envelope.public_id).values_list("sha256", flat=True)
    )
    signed = envelope.actions.filter(type__in=SIGNING_TYPES, state=ActionState.DONE).count()
    parties = tuple(_involved(party) for party in envelope.signatories.select_related("subject"))
    files = [
        FileFacts(
            dossier=envelope.public_id,
            sha256=document.head_sha256,
            unit=envelope.unit,
            title=document.title,
            document_type=envelope.document_type,
            signed_at=envelope.ended_at or now(),
            channel=envelope.flow,
            client=envelope.client,
            biz_no=envelope.biz_no or "",
            envelope=envelope.public_id,
            signatures=signed,
            parties=parties,
        )
        for document in envelope.documents.order_by("position")
        if document.head_sha256 in archived
    ]
    if files:
        with transaction.atomic(durable=True):
            register_files(files, at=now())


def _involved(party: Signatory) -> Involved:
    subject = party.subject
    numbers = (str(subject.id_no), str(subject.mobile)) if subject is not None else ()
    return Involved(
        name=str(party.name),
        is_person=party.kind == "person",
        numbers=tuple(number for number in numbers if number),
    )
