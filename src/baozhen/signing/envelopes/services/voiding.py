"""作废: a completed envelope is void only when every party that signed it agrees.

Persons are told by their link and answer there; agreeing wants a code for this very content.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from baozhen.foundation.jobs import defer
from baozhen.foundation.states import enter, move
from baozhen.signing.envelopes.errors import EnvelopeClosed, ReasonMissing, VoidNotOpen
from baozhen.signing.envelopes.models import Envelope, Signatory, VoidConsent, VoidRequest
from baozhen.signing.envelopes.services.turns import NOTIFY_VOID, SYSTEM, lock_envelope
from baozhen.signing.envelopes.states import (
    LABELS,
    SIGNING_TYPES,
    ActionState,
    EnvelopeState,
    VoidState,
)
from baozhen.signing.identity.models import ConsentCheck
from baozhen.signing.identity.services.consent import ConsentFacts, record_consent

LAPSES_AFTER: Final = timedelta(days=30)


@transaction.atomic(durable=True)
def request_void(
    envelope_id: int, *, by: Signatory | None, reason: str, actor: str, at: datetime
) -> VoidRequest:
    """Ask all parties to void the envelope; who asks has agreed. Raises EnvelopeClosed."""
    if not reason.strip():
        raise ReasonMissing(path="reason")
    envelope = lock_envelope(envelope_id)
    if envelope.state != EnvelopeState.COMPLETED:
        raise EnvelopeClosed(state=LABELS[EnvelopeState(envelope.state)])
    request = VoidRequest.objects.create(
        envelope=envelope, reason=reason.strip()[:500], requested_by=actor, requested_at=at
    )
    enter(request, actor=actor, at=at)
    move(envelope, EnvelopeState.VOIDING, actor=actor, at=at, moved_at=at)
    if by is not None:
        _give(request, by, agrees=True, actor=actor, at=at)
    _settle(request, envelope, actor=actor, at=at)
    for party in parties_waiting(request):
        if party.subject_id is not None:
            defer(NOTIFY_VOID, key=party.pk)
    return request


@transaction.atomic(durable=True)
def answer_void(
    envelope_id: int,
    *,
    by: Signatory,
    agrees: bool,
    actor: str,
    at: datetime,
    will: ConsentFacts | None = None,
) -> VoidRequest:
    """Agree or refuse for one party; one refusal leaves the envelope as it was.

    `will` is the confirmed will of a person who comes by a link.
    """
    envelope = lock_envelope(envelope_id)
    request = VoidRequest.objects.filter(envelope=envelope, state=VoidState.OPEN).first()
    if request is None or by.pk not in {party.pk for party in _waiting(request)}:
        raise VoidNotOpen
    consent = record_consent(will, at=at) if will is not None else None
    _give(request, by, agrees=agrees, actor=actor, at=at, will=consent)
    _settle(request, envelope, actor=actor, at=at)
    return request


@transaction.atomic(durable=True)
def lapse_void(request_id: int, *, at: datetime) -> None:
    """End a request that not everybody has answered in time; the task stays as it was."""
    row = VoidRequest.objects.get(pk=request_id)
    envelope = lock_envelope(row.envelope_id)
    request = VoidRequest.objects.get(pk=request_id)
    if request.state != VoidState.OPEN or request.requested_at > at - LAPSES_AFTER:
        return
    move(request, VoidState.LAPSED, actor=SYSTEM, at=at, ended_at=at)
    move(envelope, EnvelopeState.COMPLETED, actor=SYSTEM, at=at, moved_at=at)


def open_void(signatory: Signatory) -> VoidRequest | None:
    """Return the request that waits for this party's word."""
    found = VoidRequest.objects.filter(envelope=signatory.envelope_id, state=VoidState.OPEN)
    request = found.first()
    if request is None or signatory.pk not in {party.pk for party in _waiting(request)}:
        return None
    return request


def parties_waiting(request: VoidRequest) -> list[Signatory]:
    """Return the parties that have not answered yet."""
    return _waiting(request) if request.state == VoidState.OPEN else []


def _waiting(request: VoidRequest) -> list[Signatory]:
    answered = set(request.consents.values_list("signatory_id", flat=True))
    signed = Signatory.objects.filter(
        envelope=request.envelope_id,
        actions__type__in=SIGNING_TYPES,
        actions__state=ActionState.DONE,
    ).distinct()
    return [party for party in signed if party.pk not in answered]


def _give(
    request: VoidRequest,
    by: Signatory,
    *,
    agrees: bool,
    actor: str,
    at: datetime,
    will: ConsentCheck | None = None,
) -> None:
    """Write the party's word; a company that signed in several roles says it once for all."""
    speaks_for = [
        party
        for party in _waiting(request)
        if party.pk == by.pk or (by.unit_id is not None and party.unit_id == by.unit_id)
    ]
    VoidConsent.objects.bulk_create(
        VoidConsent(
            request=request,
            signatory=party,
            has_agreed=agrees,
            will=will if party.pk == by.pk else None,
            given_by=actor,
            given_at=at,
        )
        for party in speaks_for
    )


def _settle(request: VoidRequest, envelope: Envelope, *, actor: str, at: datetime) -> None:
    if request.consents.filter(has_agreed=False).exists():
        move(request, VoidState.REFUSED, actor=actor, at=at, ended_at=at)
        move(envelope, EnvelopeState.COMPLETED, actor=actor, at=at, moved_at=at)
    elif not _waiting(request):
        move(request, VoidState.AGREED, actor=actor, at=at, ended_at=at)
        columns = {"moved_at": at, "reason": request.reason}
        move(envelope, EnvelopeState.VOIDED, actor=actor, at=at, **columns)
