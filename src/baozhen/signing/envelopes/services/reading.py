"""What was read: page by page, for how long, and how far; kept by the server."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from baozhen.signing.envelopes.models import Envelope, EnvelopeDocument, Reading, Signatory
from baozhen.signing.envelopes.rules import PageRead, ReadingFacts

# No browser reports more often than this; what is claimed beyond was not on a screen.
REPORT_SECONDS_MAX = 30
SECONDS_MAX = 86_400


@dataclass(frozen=True)
class PageReport:
    """What the page says about one page of one document, since its last report."""

    position: int
    page: int
    seconds: int
    has_ended: bool


def reading_facts(envelope: Envelope, signatory: Signatory) -> ReadingFacts:
    """Return how far the signatory has read."""
    documents = EnvelopeDocument.objects.filter(envelope=envelope)
    return ReadingFacts(
        pages={document.pk: document.pages for document in documents},
        read=tuple(
            PageRead(row.document_id, row.page, row.seconds, row.has_ended)
            for row in signatory.readings.all()
        ),
        seconds_min=int(envelope.rules.get("reading_seconds", 0)),
    )


@transaction.atomic(durable=True)
def record_reading(
    signatory: Signatory, reports: list[PageReport], *, view: str, at: datetime
) -> None:
    """Add what was read; reports about pages that do not exist are left out."""
    documents = {
        row.position: row for row in EnvelopeDocument.objects.filter(envelope=signatory.envelope_id)
    }
    rows: Mapping[tuple[int, int], Reading] = {
        (row.document_id, row.page): row
        for row in Reading.objects.select_for_update().filter(signatory=signatory)
    }
    for report in reports:
        document = documents.get(report.position)
        if document is None or not 1 <= report.page <= document.pages:
            continue
        row = rows.get((document.pk, report.page)) or Reading(
            signatory=signatory, document=document, page=report.page, first_at=at
        )
        seconds = min(max(report.seconds, 0), REPORT_SECONDS_MAX)
        # No page was on a screen for longer than has passed since it was first there.
        passed = int((at - row.first_at).total_seconds()) + REPORT_SECONDS_MAX
        row.seconds = min(row.seconds + seconds, passed, SECONDS_MAX)
        row.has_ended = row.has_ended or report.has_ended
        row.view, row.last_at = view[:16], at
        row.save()
