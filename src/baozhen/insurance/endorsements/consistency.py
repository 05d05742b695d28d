"""Whether issued endorsements still are what was issued. For `fsck`."""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet

from baozhen.insurance.endorsements.documents import printed_text
from baozhen.insurance.endorsements.models import Endorsement
from baozhen.insurance.verification.consistency import (
    FileChecks,
    Finding,
    SealedWords,
    check_sealed,
    contradictions,
)

# Each question finds rows that contradict a state; the answer is the number that names them.
_CONTRADICTIONS: Sequence[tuple[str, str]] = (
    (
        "批改申请已签发，但有批单没有签章",
        "SELECT e.number FROM endorsements_endorsement e JOIN endorsements_change c"
        " ON c.id = e.change_id WHERE c.state = 'issued' AND e.sha256 IS NULL",
    ),
    (
        "批改申请已签发，但没有批单",
        "SELECT c.public_id FROM endorsements_change c WHERE c.state = 'issued' AND NOT EXISTS"
        " (SELECT 1 FROM endorsements_endorsement e WHERE e.change_id = c.id)",
    ),
    (
        "已签章的批单没有归档，或归档的字节数不同",
        "SELECT e.number FROM endorsements_endorsement e WHERE e.sha256 IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM files_archiveitem a WHERE a.sha256 = e.sha256 AND a.size = e.size"
        "  AND a.subject_type = 'endorsement' AND a.subject_id = e.id)",
    ),
)


def sealed_endorsements(*, sample: int | None) -> QuerySet[Endorsement]:
    """Return all sealed endorsements, or a sample of them drawn by the database."""
    rows = Endorsement.objects.filter(sha256__isnull=False)
    return rows.order_by("id") if sample is None else rows.order_by("?")[:sample]


def check_endorsement(row: Endorsement, checks: FileChecks) -> Iterator[Finding]:
    """Hold one sealed endorsement against its row: bytes, signatures, timestamp, text."""
    sealed = SealedWords(
        content=row.content,
        content_sha256=row.content_sha256,
        sha256=str(row.sha256),
        size=row.size,
        words=[(f"第 {place} 项", words) for place, words in _numbered(row)],
    )
    yield from check_sealed(f"批单 {row.number}", sealed, checks)


def endorsement_contradictions() -> Iterator[Finding]:
    """Compare the states of changes with their endorsements and the archive."""
    return contradictions(_CONTRADICTIONS)


def _numbered(row: Endorsement) -> Iterator[tuple[int, str]]:
    return enumerate(printed_text(row.content), start=1)
