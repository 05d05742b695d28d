"""Puts the documents of completed signing tasks into the file centre, where people search."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.db import transaction
from django.db.models import Count, Q

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.signing.envelopes.models import Envelope, Signatory
from baozhen.signing.envelopes.states import SIGNING_TYPES, ActionState, EnvelopeState
from baozhen.signing.files.models import ArchiveItem
from baozhen.signing.files.services import FileFacts, Involved, register_files

FILE = "file_envelope"
_CHUNK = 50
_SIGNED = Q(actions__type__in=SIGNING_TYPES, actions__state=ActionState.DONE)


@job(FILE, queue=Queue.BULK, chunk=_CHUNK)
def file_envelopes(*, keys: Sequence[int]) -> None:
    """Register every document of completed tasks; what is there already stays as it is.

    A task whose own room archived its files elsewhere (a policy) has nothing here to register.
    """
    completed = Envelope.objects.filter(pk__in=keys, state=EnvelopeState.COMPLETED)
    envelopes = list(
        completed.prefetch_related("unit", "documents", "signatories__subject")
        .annotate(signed=Count("actions", filter=_SIGNED))
        .order_by("pk")
    )
    archived: dict[str, set[str]] = defaultdict(set)
    items = ArchiveItem.objects.filter(dossier__in=[row.public_id for row in envelopes])
    for dossier, sha256 in items.values_list("dossier", "sha256"):
        archived[dossier].add(sha256)
    files = [
        facts
        for envelope in envelopes
        for facts in _facts(envelope, archived[envelope.public_id], signed=envelope.signed)
    ]
    if files:
        with transaction.atomic(durable=True):
            register_files(files, at=now())


def _facts(envelope: Envelope, archived: set[str], *, signed: int) -> Iterator[FileFacts]:
    parties = tuple(_involved(party) for party in envelope.signatories.all())
    for document in sorted(envelope.documents.all(), key=lambda row: row.position):
        if document.head_sha256 not in archived:
            continue
        yield FileFacts(
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


def _involved(party: Signatory) -> Involved:
    subject = party.subject
    numbers = (str(subject.id_no), str(subject.mobile)) if subject is not None else ()
    return Involved(
        name=str(party.name),
        is_person=party.kind == "person",
        numbers=tuple(number for number in numbers if number),
    )
