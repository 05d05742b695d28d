"""Append acts to a session's chain, and say whose session it is and what it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from baozhen.foundation.ids import new_id
from baozhen.foundation.masking import mask_text
from baozhen.foundation.traces.chain import GENESIS
from baozhen.foundation.traces.errors import TraceUnknown
from baozhen.foundation.traces.models import (
    PageVersion,
    TraceEvent,
    TraceLink,
    TracePerson,
    TraceSession,
)
from baozhen.foundation.traces.states import Kind, Number
from baozhen.foundation.traces.values import shown_value, value_hash

_TARGET_MAX = 160
_AGENT_MAX = 300


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Where a session comes from."""

    channel: str
    device: str
    ip: str
    user_agent: str


@dataclass(frozen=True, kw_only=True)
class EventInput:
    """One act to append. `values` are named; they are masked and hashed here, and nowhere kept.

    `note` is a plain text for the record that holds nobody's data.
    """

    kind: Kind
    target: str = ""
    values: Mapping[str, str] | None = None
    note: str = ""
    page: PageVersion | None = None
    shown: str = ""
    slots: Sequence[str] | None = None
    client_time: datetime | None = None
    offset_ms: int | None = None
    digest_of_value: str = ""


@transaction.atomic(durable=True)
def begin_session(visitor: Visitor, *, at: datetime) -> TraceSession:
    """Begin a session."""
    return TraceSession.objects.create(
        public_id=new_id("trc", at=at),
        channel=visitor.channel,
        device=visitor.device,
        ip=visitor.ip,
        ip_masked=mask_address(visitor.ip),
        user_agent=visitor.user_agent[:_AGENT_MAX],
        started_at=at,
        last_at=at,
        head=GENESIS,
    )


def record_event(
    session_key: str,
    kind: Kind,
    *,
    target: str = "",
    value: str = "",
    at: datetime,
) -> TraceEvent:
    """Append one act that the server knows of, by the session's number.

    Raises TraceUnknown. `value` is masked; its name for the masking is the target.
    """
    values = {target or kind.value.lower(): value} if value else None
    return record_events(session_key, [EventInput(kind=kind, target=target, values=values)], at=at)[
        0
    ]


@transaction.atomic(durable=True)
def record_events(
    session_key: str, events: Sequence[EventInput], *, at: datetime
) -> list[TraceEvent]:
    """Append acts in order. Raises TraceUnknown when there is no such living session."""
    return append(locked_session(session_key), events, at=at)


def locked_session(session_key: str) -> TraceSession:
    """Return the session for writing: acts of one person come one after the other."""
    found = TraceSession.objects.select_for_update().filter(
        public_id=session_key, destroyed_at__isnull=True
    )
    session = found.first()
    if session is None:
        raise TraceUnknown(what=session_key)
    return session


def append(
    session: TraceSession, events: Sequence[EventInput], *, at: datetime
) -> list[TraceEvent]:
    """Append acts to a locked session in the caller's transaction."""
    head = bytes(session.head)
    rows = []
    for seq, event in enumerate(events, start=session.event_count + 1):
        row = _row(session, seq, event, at=at)
        row.previous = head
        head = row.act().digest(head)
        row.digest = head
        rows.append(row)
    TraceEvent.objects.bulk_create(rows)
    session.event_count += len(rows)
    session.head = head
    session.last_at = max(at, session.last_at)
    TraceSession.objects.filter(pk=session.pk).update(
        event_count=session.event_count, head=head, last_at=session.last_at
    )
    return rows


@transaction.atomic(durable=True)
def link_business(session_key: str, *, at: datetime, **numbers: str) -> None:
    """Say what the session is about: `link_business(key, at=…, proposal="…", policy="…")`.

    The names are those of `Number`; a number that is linked already is no error.
    """
    session = _session(session_key)
    TraceLink.objects.bulk_create(
        [
            TraceLink(session=session, kind=Number(kind), number=number[:64], at=at)
            for kind, number in numbers.items()
            if number
        ],
        ignore_conflicts=True,
    )


@transaction.atomic(durable=True)
def link_person(
    session_key: str, *, subject_ref: str, person_index: str = "", at: datetime
) -> None:
    """Say who the person is, once that is known; more than one may use a session in turn."""
    TracePerson.objects.bulk_create(
        [
            TracePerson(
                session=_session(session_key),
                subject_ref=subject_ref,
                person_index=person_index,
                at=at,
            )
        ],
        ignore_conflicts=True,
    )


def mask_address(address: str) -> str:
    """Return a network address without the part that names one line: 203.0.113.*."""
    if ":" in address:
        return ":".join(address.split(":")[:3]) + ":*"
    return ".".join([*address.split(".")[:3], "*"]) if address else ""


def _session(session_key: str) -> TraceSession:
    session = TraceSession.objects.filter(public_id=session_key).first()
    if session is None:
        raise TraceUnknown(what=session_key)
    return session


def _row(session: TraceSession, seq: int, event: EventInput, *, at: datetime) -> TraceEvent:
    values = event.values or {}
    shown = "；".join(f"{name}={shown_value(name, value)}" for name, value in values.items())
    hashes = [(name, value_hash(name, value)) for name, value in sorted(values.items())]
    return TraceEvent(
        session=session,
        seq=seq,
        server_time=at,
        client_time=event.client_time,
        offset_ms=event.offset_ms,
        kind=event.kind,
        page=event.page,
        shown=event.shown,
        target=mask_text(event.target)[:_TARGET_MAX],
        value="；".join(part for part in (event.note, shown) if part),
        value_hash=event.digest_of_value or _one_hash(hashes),
        slots=list(event.slots) if event.slots is not None else None,
    )


def _one_hash(hashes: Sequence[tuple[str, str]]) -> str:
    told = [f"{name}={value}" for name, value in hashes if value]
    if len(told) <= 1:
        return told[0].partition("=")[2] if told else ""
    return value_hash("all", "\n".join(told))
