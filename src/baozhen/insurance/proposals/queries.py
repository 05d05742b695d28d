"""Reads of the proposals stage: batches, their progress and results."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from baozhen.insurance.proposals.batch_errors import BatchUnknown
from baozhen.insurance.proposals.faults import Fault
from baozhen.insurance.proposals.intake import parse_proposal
from baozhen.insurance.proposals.models import Batch, BatchChunk, BatchItem, Proposal


@dataclass(frozen=True, kw_only=True)
class BatchProgress:
    """How far a batch is; read from the chunks' counters, never by counting items."""

    size: int
    issued: int
    refused: int
    conflict: int
    failed: int
    policies: int
    chunks: int
    chunks_open: int

    @property
    def done(self) -> int:
        """Items that have a result."""
        return self.issued + self.refused + self.conflict + self.failed


def warnings_of(proposal: Proposal) -> tuple[Fault, ...]:
    """Return what deserved a look and stopped nothing, found again in the frozen content.

    Unknown fields are not among it: they were told apart on the way in and never stored.
    """
    return parse_proposal(proposal.content, at=proposal.received_at).warnings


def get_batch(key: int, *, client: str | None = None) -> Batch:
    """Return a batch (of this client only, when one is given) or raise BatchUnknown."""
    batches = Batch.objects.all() if client is None else Batch.objects.filter(client=client)
    try:
        return batches.get(pk=key)
    except Batch.DoesNotExist as exc:
        raise BatchUnknown(key=key) from exc


def batch_progress(batch: Batch) -> BatchProgress:
    """Return the sums over the batch's chunks."""
    names = ("issued", "refused", "conflict", "failed", "policies")
    sums = BatchChunk.objects.filter(batch=batch).aggregate(
        **{f"sum_{name}": Sum(name, default=0) for name in names},
        chunks=Count("pk"),
        chunks_open=Count("pk", filter=Q(finished_at__isnull=True)),
    )
    return BatchProgress(
        size=batch.size,
        chunks=sums["chunks"],
        chunks_open=sums["chunks_open"],
        **{name: sums[f"sum_{name}"] for name in names},
    )


def list_batches(*, before: Batch | None = None, limit: int = 50) -> list[Batch]:
    """Return batches, newest first; `before` is the last one of the page before."""
    batches = Batch.objects.order_by("-created_at", "-id")
    if before is not None:
        batches = batches.filter(
            Q(created_at__lt=before.created_at) | Q(created_at=before.created_at, pk__lt=before.pk)
        )
    return list(batches[:limit])


def list_items(
    batch: Batch, *, status: str | None = None, after_line: int = 0, limit: int = 200
) -> list[BatchItem]:
    """Return items in line order after a line, optionally of one status only."""
    items: QuerySet[BatchItem] = BatchItem.objects.filter(batch=batch, line__gt=after_line)
    if status is not None:
        items = items.filter(status=status)
    return list(items.defer("payload").order_by("line")[:limit])


def iterate_items(batch: Batch, *, page: int = 2_000) -> Iterator[BatchItem]:
    """Yield every item in line order, a page at a time."""
    line = 0
    while items := list_items(batch, after_line=line, limit=page):
        yield from items
        line = items[-1].line
