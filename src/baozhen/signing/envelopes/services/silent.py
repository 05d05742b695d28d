"""Silent envelopes in bulk: opened and completed by whoever renders and seals the files itself.

A few statements for fifty: the room above asks for envelopes (`open_silent_many`), makes and seals
its files outside of any transaction, and completes them in the transaction in which it records its
own rows (`complete_silent_many`). What was opened and never completed stays visible as `sealing`
and is returned by the next call with the same numbers: a chunk that died is done again. That room
archives the files and registers them in the file centre, under its own dossiers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter_many, move_many
from baozhen.signing.envelopes.errors import BizNumberTaken, SealRefused
from baozhen.signing.envelopes.models import Envelope, EnvelopeDocument
from baozhen.signing.envelopes.services.turns import SYSTEM
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.seals.models import Seal, SealUse
from baozhen.signing.seals.services import UseRequest, finish_uses, reserve_uses
from baozhen.signing.seals.states import UseState


@dataclass(frozen=True, kw_only=True)
class SilentOrder:
    """What a chunk has in common; `client` and each wish's `biz_no` name an envelope once."""

    flow: str
    document_type: str
    client: str
    unit: OrgUnit
    seal: Seal
    batch: str = ""


@dataclass(frozen=True, kw_only=True)
class SilentWish:
    """One envelope: `content_sha256` is the digest of what its files say before they are sealed."""

    biz_no: str
    title: str
    content_sha256: str


@dataclass(frozen=True, kw_only=True)
class SealedFile:
    """What became of one wish: a sealed and archived file."""

    title: str
    sha256: str
    size: int
    pages: int


def open_silent_many(
    order: SilentOrder, wishes: Sequence[SilentWish], *, actor: str, at: datetime
) -> dict[str, Envelope]:
    """Open one envelope a wish, each with its reserved use of the seal; by `biz_no`.

    A transaction of its own: the intent is on record before a key is touched. All or none; what is
    not open any more, because another process has completed it, is left out. Raises SealRefused
    with the reason, which is recorded; BizNumberTaken for a number whose content differs.
    """
    try:
        return _open_or_find(order, wishes, actor=actor, at=at)
    except SealRefused as refusal:
        request = refusal.facts.pop("request")
        if isinstance(request, UseRequest):
            # The refusal undid its transaction; asked alone, it stays on record with its risk.
            reserve_uses([request], at=at)
        raise


def _open_or_find(
    order: SilentOrder, wishes: Sequence[SilentWish], *, actor: str, at: datetime
) -> dict[str, Envelope]:
    try:
        return _open(order, wishes, actor=actor, at=at)
    except IntegrityError:
        # Another process opened some of them between our look and our insert; now we see them.
        return _open(order, wishes, actor=actor, at=at)


@transaction.atomic(durable=True)
def _open(
    order: SilentOrder, wishes: Sequence[SilentWish], *, actor: str, at: datetime
) -> dict[str, Envelope]:
    known = _known(order, wishes)
    new = [
        _envelope(order, wish, actor=actor, at=at) for wish in wishes if wish.biz_no not in known
    ]
    if new:
        Envelope.objects.bulk_create(new)
        enter_many(new, actor=actor, at=at)
        _reserve(order, new, actor=actor, at=at)
    found = known | {str(envelope.biz_no): envelope for envelope in new}
    return {name: row for name, row in found.items() if row.state == EnvelopeState.SEALING}


@transaction.atomic
def complete_silent_many(
    envelopes: Sequence[Envelope], files: Mapping[str, Sequence[SealedFile]], *, at: datetime
) -> None:
    """Record the sealed files of each envelope (by `biz_no`) and complete them, all or none."""
    if not envelopes:
        return
    EnvelopeDocument.objects.bulk_create(
        EnvelopeDocument(
            public_id=new_id("doc", at=at),
            envelope=envelope,
            position=position,
            title=file.title,
            source_sha256=envelope.content_sha256,
            head_sha256=file.sha256,
            head_number=1,
            pages=file.pages,
            size=file.size,
        )
        for envelope in envelopes
        for position, file in enumerate(files[str(envelope.biz_no)], start=1)
    )
    columns = {row.pk: {"ended_at": at, "moved_at": at} for row in envelopes}
    move_many(
        envelopes, EnvelopeState.COMPLETED, actor=SYSTEM, at=at, columns=columns, follow=False
    )
    digests = {row.public_id: files[str(row.biz_no)][0].sha256 for row in envelopes}
    uses = SealUse.objects.filter(reference__in=list(digests), state=UseState.RESERVED)
    found = dict(uses.values_list("pk", "reference"))
    finish_uses(list(found), [digests[reference] for reference in found.values()], at=at)


def _known(order: SilentOrder, wishes: Sequence[SilentWish]) -> dict[str, Envelope]:
    contents = {wish.biz_no: wish.content_sha256 for wish in wishes}
    rows = Envelope.objects.filter(client=order.client, biz_no__in=list(contents))
    for row in rows:
        if row.content_sha256 != contents[str(row.biz_no)]:
            raise BizNumberTaken(path="biz_no", biz_no=row.biz_no, envelope=row.public_id)
    return {str(row.biz_no): row for row in rows}


def _envelope(order: SilentOrder, wish: SilentWish, *, actor: str, at: datetime) -> Envelope:
    return Envelope(
        state=EnvelopeState.SEALING,
        public_id=new_id("env", at=at),
        client=order.client,
        biz_no=wish.biz_no,
        fingerprint=wish.content_sha256,
        flow=order.flow,
        document_type=order.document_type,
        unit=order.unit,
        title=wish.title,
        rules={"silent": True},
        created_by=actor,
        created_at=at,
        started_at=at,
        moved_at=at,
        content_sha256=wish.content_sha256,
    )


def _reserve(
    order: SilentOrder, envelopes: Sequence[Envelope], *, actor: str, at: datetime
) -> None:
    requests = [
        UseRequest(
            seal=order.seal,
            document_type=order.document_type,
            flow=order.flow,
            actor=actor,
            unit=order.unit,
            document_sha256=envelope.content_sha256,
            reference=envelope.public_id,
            is_silent=True,
            batch=order.batch,
        )
        for envelope in envelopes
    ]
    for request, use in zip(requests, reserve_uses(requests, at=at), strict=True):
        if use.state == UseState.REFUSED:
            raise SealRefused(reason=use.refusal, request=request)
