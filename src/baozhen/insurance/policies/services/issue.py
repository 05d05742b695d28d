"""Issue what is sealed: step 8, timestamp, and step 9, issue, of docs/issuance.md.

Issuing is one transaction. It may run twice, at any time, for the same proposal: the state of the
policy decides whose files count.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction

from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.errors import StaleState
from baozhen.foundation.states import move_many
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.foundation.timestamps.port import TimestampOutage
from baozhen.insurance.policies.services.numbering import combined_digest
from baozhen.insurance.policies.services.resources import (
    process_timestamper,
)
from baozhen.insurance.policies.services.seal import Sealed, SealedProposal, Sealing
from baozhen.insurance.policies.states import (
    FILE_TITLES,
    PolicyState,
    TimestampState,
)
from baozhen.insurance.proposals.models import Proposal
from baozhen.insurance.proposals.states import ProposalState
from baozhen.signing.envelopes.services.silent import SealedFile, complete_silent_many
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.files.models import TimestampBatch
from baozhen.signing.files.services import Document, archive_many
from baozhen.signing.files.services.stamping import places_in, stamp_together

logger = logging.getLogger(__name__)

_ISSUE_TRIES_MAX = 3


def issue_sealed(
    sealing: Sealing,
    *,
    mode: str,
    actor: str,
    within: Callable[[], None] | None = None,
) -> None:
    """Steps 8 and 9: issue everything that is sealed, in one transaction.

    `within` runs inside that transaction. What another process issued first keeps its files;
    ours are dropped from the register.
    """
    batch = None
    if mode == TimestampMode.AGGREGATED:
        batch = _stamp_together(sealing.done)
        _mark_aggregated(sealing.done, has_token=batch is not None)
    for attempt in range(1, _ISSUE_TRIES_MAX + 1):
        at = now()
        try:
            with transaction.atomic(durable=True):
                _write_issue(sealing, batch, actor=actor, at=at)
                if within is not None:
                    within()
            return
        except StaleState:
            if attempt == _ISSUE_TRIES_MAX:
                raise
            sealing.done = _still_unissued(sealing)
            batch = _without_row(batch)


def _stamp_together(done: Sequence[SealedProposal]) -> TimestampBatch | None:
    """Step 8, aggregated: None when there is nothing to stamp, and during an outage."""
    digests = [item.pdf.sha256 for item in _files(done)]
    if not digests:
        return None
    try:
        return stamp_together(digests, process_timestamper())
    except TimestampOutage as outage:
        logger.warning("timestamp service is away: %s", outage)
        return None


def _files(done: Iterable[SealedProposal]) -> list[Sealed]:
    return [item for entry in done for item in entry.sealed]


def _mark_aggregated(done: Iterable[SealedProposal], *, has_token: bool) -> None:
    state = TimestampState.STAMPED if has_token else TimestampState.PENDING
    for entry in done:
        entry.sealed = [
            Sealed(file=item.file, pdf=item.pdf, timestamp_state=state) for item in entry.sealed
        ]


def _without_row(batch: TimestampBatch | None) -> TimestampBatch | None:
    """Return the batch as it was before the transaction that was rolled back."""
    if batch is not None:
        batch.pk = None
        batch._state.adding = True
    return batch


def _still_unissued(sealing: Sealing) -> list[SealedProposal]:
    done = sealing.done
    states = dict(
        Proposal.objects.filter(pk__in=[entry.unissued.proposal.pk for entry in done]).values_list(
            "pk", "state"
        )
    )
    left = []
    for entry in done:
        if states[entry.unissued.proposal.pk] == ProposalState.SUBMITTED:
            entry.unissued.proposal.state = ProposalState.SUBMITTED
            for policy in entry.unissued.policies:
                policy.state = PolicyState.NUMBERED
                sealing.envelopes[policy.number].state = EnvelopeState.SEALING
            left.append(entry)
    return left


def _write_issue(
    sealing: Sealing, batch: TimestampBatch | None, *, actor: str, at: datetime
) -> None:
    done = sealing.done
    if not done:
        return
    if batch is not None:
        batch.save(force_insert=True)
    leaves = places_in(batch) if batch is not None else {}
    sealed = _files(done)
    _fill_files(sealed, batch, leaves)
    policies = [policy for entry in done for policy in entry.unissued.policies]
    digests = _policy_digests(sealed)
    move_many(
        policies,
        PolicyState.ISSUED,
        actor=actor,
        at=at,
        columns={
            policy.pk: {"issued_at": at, "files_sha256": digests[policy.pk]} for policy in policies
        },
    )
    proposals = [entry.unissued.proposal for entry in done]
    move_many(
        proposals,
        ProposalState.ISSUED,
        actor=actor,
        at=at,
        columns={proposal.pk: {"issued_at": at} for proposal in proposals},
    )
    complete_silent_many(
        [sealing.envelopes[policy.number] for policy in policies], _by_number(sealed), at=at
    )
    archive_many([_document(item) for item in sealed], actor=actor, at=at)


def _by_number(sealed: Iterable[Sealed]) -> dict[str, list[SealedFile]]:
    """Return what the envelope of each policy has become, by the policy's number."""
    files: dict[str, list[SealedFile]] = defaultdict(list)
    for item in sealed:
        files[item.file.policy.number].append(
            SealedFile(
                title=FILE_TITLES[item.file.kind, item.file.policy.kind],
                sha256=item.pdf.sha256,
                size=len(item.pdf.data),
                pages=item.pdf.pages,
            )
        )
    return files


def _document(item: Sealed) -> Document:
    """Return what the archive keeps; the dossier is the application."""
    policy = item.file.policy
    return Document(
        dossier=policy.proposal.proposal_no,
        kind=item.file.kind,
        subject_type=policy.NOUN,
        subject_id=policy.pk,
        sha256=item.pdf.sha256,
        size=len(item.pdf.data),
        cover=(shanghai_date(policy.cover_starts_at), shanghai_date(policy.cover_ends_at)),
    )


def _policy_digests(sealed: Sequence[Sealed]) -> dict[int, str]:
    parts: dict[int, list[str]] = defaultdict(list)
    for item in sealed:
        parts[item.file.policy_id].append(item.pdf.sha256)
    return {key: combined_digest(own) for key, own in parts.items()}


# Only a file without a digest takes one: what is sealed stays as it is.
_FILL = """
UPDATE policies_policyfile AS file SET
    sha256 = fact.sha256, sm3 = fact.sm3, size = fact.size, sealed_at = fact.sealed_at,
    template_sha256 = fact.template_sha256, fonts_sha256 = fact.fonts_sha256,
    engine_version = fact.engine_version, timestamp_state = fact.timestamp_state,
    timestamp_batch_id = fact.batch, timestamp_leaf = fact.leaf
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::timestamptz[], %s::text[],
            %s::text[], %s::text[], %s::text[], %s::bigint[], %s::int[])
    AS fact(id, sha256, sm3, size, sealed_at, template_sha256, fonts_sha256, engine_version,
            timestamp_state, batch, leaf)
WHERE file.id = fact.id AND file.sha256 IS NULL
"""


def _fill_files(
    sealed: Sequence[Sealed], batch: TimestampBatch | None, leaves: Mapping[str, int]
) -> None:
    rows = [
        (
            item.file.pk,
            item.pdf.sha256,
            item.pdf.sm3,
            len(item.pdf.data),
            item.pdf.sealed_at,
            item.pdf.template_sha256,
            item.pdf.fonts_sha256,
            item.pdf.engine_version,
            item.timestamp_state.value,
            batch.pk if batch else None,
            leaves.get(item.pdf.sha256),
        )
        for item in sealed
    ]
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [list(column) for column in zip(*rows, strict=True)])
        if cursor.rowcount != len(rows):
            raise StaleState(subject="policy")
