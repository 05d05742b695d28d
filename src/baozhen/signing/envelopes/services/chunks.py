"""Fifty silent envelopes at a time: the rows of a batch whose flow needs nothing but our own seal.

Two transactions a chunk instead of two a row: one opens the envelopes with their reserved uses of
the seal, one records what was signed outside of any transaction. A chunk that dies in between is
carried on by the same job, and should that be lost, action by action by the watch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.sealing.parties import SignedByParty, organization_party
from baozhen.foundation.states import move_many
from baozhen.foundation.storage import StoringBeside
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.foundation.timestamps.port import Timestamper
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.certificates.queries import bound_certificates
from baozhen.signing.certificates.timestamping import process_timestamper
from baozhen.signing.envelopes.forms import Flow
from baozhen.signing.envelopes.models import (
    Action,
    BatchRow,
    DocumentVersion,
    Envelope,
    EnvelopeBatch,
    EnvelopeDocument,
)
from baozhen.signing.envelopes.services.performing import Means, sign_document
from baozhen.signing.envelopes.services.turns import SYSTEM, complete_many
from baozhen.signing.envelopes.services.writing import Prepared, write_many
from baozhen.signing.envelopes.states import ActionState, ActionType, EnvelopeState, RowStatus
from baozhen.signing.files.models import TimestampBatch
from baozhen.signing.files.services import Stamp
from baozhen.signing.files.services.stamping import places_in, stamp_together
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.queries import choose_seal, seal_of, seal_picture
from baozhen.signing.seals.services import UseRequest, finish_uses, reserve_uses
from baozhen.signing.seals.states import UseState


class ChunkRefused(Refusal):
    """The seal may not be used for all of the chunk; its rows are started one by one."""

    code = "chunk_refused"
    message = "不能整批用印：{reason}"


@dataclass(frozen=True)
class _Signed:
    """One document of one action, before and after."""

    action: Action
    document: EnvelopeDocument
    file: SignedByParty


def is_silent_flow(flow: Flow) -> bool:
    """Tell whether the flow is one silent seal of our own company and nothing else."""
    own = {role.role for role in flow.roles if role.own}
    return len(flow.actions) == 1 and all(
        action.silent and action.type == ActionType.SEAL and action.role in own
        for action in flow.actions
    )


def open_chunk(
    batch: EnvelopeBatch, made: Sequence[tuple[BatchRow, Prepared]], *, at: datetime
) -> None:
    """Open the envelopes of stored documents as `sealing`, all or none. Raises ChunkRefused."""
    prepared = [one for _, one in made]
    draft = prepared[0].draft
    seal = choose_seal(batch.unit, document_type=draft.document_type, flow=draft.flow)
    with transaction.atomic(durable=True):
        envelopes = write_many(prepared, actor=batch.created_by, at=at, batch=batch)
        actions = list(Action.objects.filter(envelope__in=envelopes).order_by("envelope_id"))
        uses = _reserve(batch, seal, envelopes, at=at)
        started = {row.pk: {"started_at": at, "moved_at": at} for row in envelopes}
        move_many(
            envelopes, EnvelopeState.IN_PROGRESS, actor=batch.created_by, at=at, columns=started
        )
        move_many(actions, ActionState.READY, actor=SYSTEM, at=at)
        decided = {
            action.pk: {
                "acted_by": SYSTEM,
                "acted_at": at,
                "seal": seal.public_id,
                "seal_use": uses[action.envelope_id],
            }
            for action in actions
        }
        move_many(actions, ActionState.PERFORMING, actor=SYSTEM, at=at, columns=decided)
        moved = {row.pk: {"moved_at": at} for row in envelopes}
        move_many(envelopes, EnvelopeState.SEALING, actor=SYSTEM, at=at, columns=moved)
        by_number = {envelope.biz_no: envelope for envelope in envelopes}
        _note_started({row.pk: by_number[one.draft.biz_no].pk for row, one in made})


def perform_chunk(row_keys: Sequence[int], at_hand: Mapping[str, bytes]) -> None:
    """Sign what the envelopes of these rows still wait for; safe to repeat.

    Documents that are not `at_hand`, by their digests, come from the store.
    """
    refuse_inside_transaction("signing a chunk of envelopes")
    actions = list(
        Action.objects.filter(
            envelope__in=BatchRow.objects.filter(pk__in=row_keys).values("envelope"),
            envelope__state=EnvelopeState.SEALING,
            state=ActionState.PERFORMING,
            is_silent=True,
            seal_use__isnull=False,
        )
        .select_related("envelope")
        .prefetch_related("places", "envelope__documents")
        .order_by("pk")
    )
    if not actions:
        return
    at = now()
    first = actions[0]  # one company seals the whole chunk, and one batch started it
    unit = first.signatory.unit or first.envelope.unit
    party = organization_party(bound_certificates(unit, at), at=at)
    together, each = _timestampers(first.envelope.batch)
    means = {
        name: Means(party, seal_picture(seal_of(name)), each) for name in {a.seal for a in actions}
    }
    signed = []
    with StoringBeside() as storing:
        for action in actions:
            for document in action.envelope.documents.all():
                data = at_hand.get(document.head_sha256)
                file = sign_document(action, document, means[action.seal], at=at, data=data)
                storing.add(file.sha256, file.data)
                signed.append(_Signed(action, document, file))
    batch = stamp_together([one.file.sha256 for one in signed], together) if together else None
    _record(signed, batch, at=at)


def _timestampers(batch: EnvelopeBatch | None) -> tuple[Timestamper | None, Timestamper | None]:
    """Return who stamps the chunk as one, and who stamps each signature; at most one of them."""
    mode = batch.timestamp_mode if batch is not None else TimestampMode.EACH
    if mode == TimestampMode.NONE:
        return None, None
    timestamper = process_timestamper()
    is_one = mode == TimestampMode.AGGREGATED
    return (timestamper, None) if is_one else (None, timestamper)


def _reserve(
    batch: EnvelopeBatch, seal: Seal, envelopes: Sequence[Envelope], *, at: datetime
) -> dict[int, int]:
    requests = [
        UseRequest(
            seal=seal,
            document_type=envelope.document_type,
            flow=envelope.flow,
            actor=SYSTEM,
            unit=envelope.unit,
            document_sha256=envelope.content_sha256,
            reference=envelope.public_id,
            is_silent=True,
            batch=batch.public_id,
        )
        for envelope in envelopes
    ]
    uses = reserve_uses(requests, at=at)
    refused = next((use for use in uses if use.state == UseState.REFUSED), None)
    if refused is not None:
        raise ChunkRefused(reason=refused.refusal)
    return {envelope.pk: use.pk for envelope, use in zip(envelopes, uses, strict=True)}


@transaction.atomic(durable=True)
def _record(signed: Sequence[_Signed], batch: TimestampBatch | None, *, at: datetime) -> None:
    """Write what was signed; what another worker has recorded meanwhile is left out."""
    keys = sorted({one.action.envelope_id for one in signed})
    locked = Envelope.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    envelopes = {row.pk: row for row in locked if row.state == EnvelopeState.SEALING}
    rows = Action.objects.select_for_update().filter(
        pk__in=[one.action.pk for one in signed],
        envelope__in=list(envelopes),
        state=ActionState.PERFORMING,
    )
    actions = {row.pk: row for row in rows}
    mine = [one for one in signed if one.action.pk in actions]
    for one in mine:
        one.document.head_sha256, one.document.size = one.file.sha256, len(one.file.data)
        one.document.head_number += 1
    documents = [one.document for one in mine]
    _write_heads(documents)
    DocumentVersion.objects.bulk_create(
        DocumentVersion(
            document=one.document,
            number=one.document.head_number,
            sha256=one.file.sha256,
            size=len(one.file.data),
            action=one.action,
            made_at=at,
        )
        for one in mine
    )
    uses = {one.action.seal_use: one.file.sha256 for one in mine if one.action.seal_use}
    finish_uses(list(uses), list(uses.values()), at=at)
    done = {key: {"done_at": at, "last_error": ""} for key in actions}
    move_many(list(actions.values()), ActionState.DONE, actor=SYSTEM, at=at, columns=done)
    finished = {row.envelope_id for row in actions.values()}
    stamps = _keep(batch) if batch is not None and documents else {}
    complete_many([envelopes[key] for key in sorted(finished)], documents, at=at, stamps=stamps)


def _keep(batch: TimestampBatch) -> dict[str, Stamp]:
    """Save the batch; return the place of each file in it by the file's digest."""
    batch.save(force_insert=True)
    return {digest: Stamp(batch, leaf) for digest, leaf in places_in(batch).items()}


def _note_started(envelopes: Mapping[int, int]) -> None:
    """Write with each row (by key) which envelope came of it; one statement from arrays."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE envelopes_batchrow AS row SET status = %s, payload = NULL,"
            " envelope_id = new.envelope"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS new(id, envelope) WHERE row.id = new.id",
            [RowStatus.STARTED, list(envelopes), list(envelopes.values())],
        )


def _write_heads(documents: Sequence[EnvelopeDocument]) -> None:
    """Write the newest bytes' digest, size and number of each document; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE envelopes_envelopedocument AS row"
            " SET head_sha256 = new.sha256, size = new.size, head_number = new.number"
            " FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::int[])"
            " AS new(id, sha256, size, number) WHERE row.id = new.id",
            [
                [row.pk for row in documents],
                [row.head_sha256 for row in documents],
                [row.size for row in documents],
                [row.head_number for row in documents],
            ],
        )
