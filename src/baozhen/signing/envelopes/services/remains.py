"""What is left of a task when its archived documents are destroyed, and how it goes with them.

The row, its parties' names and its chronicle stay as the record that the task was.
"""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from baozhen.signing.envelopes.models import (
    Action,
    DocumentVersion,
    Envelope,
    EnvelopeDocument,
    Paper,
    Question,
    Sketch,
)
from baozhen.signing.files.models import ArchiveItem, Tombstone


@transaction.atomic(durable=True)
def forget_task(dossier: str) -> set[str]:
    """Clear what was filled in, answered and drawn; return the digests of bytes to erase.

    Those are originals, earlier versions, drawn signatures and papers that no other task or
    sketch needs. A dossier that is no task's has none; a task whose documents another dossier
    keeps as well (a proposal's) stays whole for it.
    """
    envelope = Envelope.objects.filter(public_id=dossier).first()
    if envelope is None or _is_kept_elsewhere(envelope):
        return set()
    Envelope.objects.filter(pk=envelope.pk).update(values=None)
    Action.objects.filter(envelope=envelope).update(strokes=None)
    Question.objects.filter(signatory__envelope=envelope).update(answer=None)
    own = set(_digests(Envelope.objects.filter(pk=envelope.pk)))
    gone = Tombstone.objects.filter(item__dossier=OuterRef("public_id"))
    others = Envelope.objects.exclude(pk=envelope.pk).exclude(Exists(gone))
    return own - set(_digests(others, among=own)) - _sketched()


def _is_kept_elsewhere(envelope: Envelope) -> bool:
    heads = envelope.documents.values("head_sha256")
    return ArchiveItem.objects.filter(sha256__in=heads, tombstone__isnull=True).exists()


def _digests(envelopes: QuerySet[Envelope], *, among: set[str] | None = None) -> Iterator[str]:
    """Yield the digests of everything that these tasks stored, only those `among` where given."""
    columns: tuple[tuple[Any, str, str], ...] = (
        (EnvelopeDocument, "envelope", "source_sha256"),
        (EnvelopeDocument, "envelope", "head_sha256"),
        (DocumentVersion, "document__envelope", "sha256"),
        (Action, "envelope", "picture_sha256"),
        (Paper, "signatory__envelope", "sha256"),
    )
    for model, owner, column in columns:
        wanted: dict[str, object] = {f"{owner}__in": envelopes}
        if among is not None:
            wanted[f"{column}__in"] = among
        found = model.objects.filter(**wanted).exclude(**{column: ""})
        yield from found.values_list(column, flat=True)


def _sketched() -> set[str]:
    """Return the digests of the files that unfinished tasks are put together from."""
    return {
        document["sha256"]
        for sketch in Sketch.objects.iterator()
        for document in sketch.content.get("documents", ())
    }
