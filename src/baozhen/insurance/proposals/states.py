"""States of proposals (投保单) and of batches (批次)."""

from collections.abc import Mapping
from enum import StrEnum


class ProposalState(StrEnum):
    """`submitted`: accepted, paid and numbered; `issued`: every policy of it is issued."""

    SUBMITTED = "submitted"
    ISSUED = "issued"


PROPOSAL_MOVES: Mapping[str, frozenset[str]] = {
    ProposalState.SUBMITTED: frozenset({ProposalState.ISSUED}),
    ProposalState.ISSUED: frozenset(),
}


class BatchState(StrEnum):
    """`receiving`: lines still arrive; `processing`: all are here; `finished`: all have results."""

    RECEIVING = "receiving"
    PROCESSING = "processing"
    FINISHED = "finished"


BATCH_MOVES: Mapping[str, frozenset[str]] = {
    BatchState.RECEIVING: frozenset({BatchState.PROCESSING}),
    BatchState.PROCESSING: frozenset({BatchState.FINISHED}),
    # An item that failed for a bug may be tried again.
    BatchState.FINISHED: frozenset({BatchState.PROCESSING}),
}


class ItemStatus(StrEnum):
    """What became of one line of a batch."""

    PENDING = "pending"
    ISSUED = "issued"
    REFUSED = "refused"
    CONFLICT = "conflict"
    FAILED = "failed"
