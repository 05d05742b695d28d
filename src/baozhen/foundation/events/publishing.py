"""Publish events in the transaction of what happened: the event and its calls, or neither."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import transaction

from baozhen.foundation.events.errors import EventTypeUnknown
from baozhen.foundation.events.models import Event, WebhookDelivery, WebhookEndpoint
from baozhen.foundation.events.types import EVENT_TYPES
from baozhen.foundation.ids import new_id
from baozhen.foundation.jobs import LIVE_MAX, Queue, defer_many

DELIVER = "webhook.deliver"
BODY_BYTES_MAX = 20_000
_CHUNK = 20


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One thing that happened: `subject_id` is a public id, `data` holds ids and hashes only."""

    type: str
    subject_type: str
    subject_id: str
    data: Mapping[str, object] = field(default_factory=dict)
    client: str = ""


def publish(
    type: str,
    *,
    subject: tuple[str, str],
    data: Mapping[str, object],
    at: datetime,
    client: str = "",
) -> Event:
    """Publish one event about `subject` = (noun, public id), in the caller's transaction."""
    noun, public_id = subject
    happening = Happening(
        type=type, subject_type=noun, subject_id=public_id, data=data, client=client
    )
    return publish_many([happening], at=at)[0]


def publish_many(happenings: Sequence[Happening], *, at: datetime) -> list[Event]:
    """Publish events in order and promise their calls: three statements however many there are.

    Raises EventTypeUnknown, and ValueError when a body would not be thin.
    """
    events = [_event(happening, at) for happening in happenings]
    if not events:
        return []
    with transaction.atomic():
        Event.objects.bulk_create(events)
        deliver_to_all(events, at=at)
    return events


def deliver_to_all(events: Sequence[Event], *, at: datetime) -> list[WebhookDelivery]:
    """Promise a call of every endpoint that listens to one of these events."""
    owners = {event.client for event in events} | {""}
    endpoints = list(
        WebhookEndpoint.objects.filter(active=True, owner__in=owners).defer(
            "secrets", "private_key"
        )
    )
    return promise(
        [
            (event, endpoint)
            for event in events
            for endpoint in endpoints
            if _listens(endpoint, event)
        ],
        at=at,
    )


def promise(
    pairs: Sequence[tuple[Event, WebhookEndpoint]], *, at: datetime
) -> list[WebhookDelivery]:
    """Write one delivery for each pair and defer the calls."""
    deliveries = [
        WebhookDelivery(
            public_id=new_id("dlv", at=at),
            event=event,
            endpoint=endpoint,
            created_at=at,
            next_at=at,
        )
        for event, endpoint in pairs
    ]
    WebhookDelivery.objects.bulk_create(deliveries)
    by_endpoint: dict[int, list[WebhookDelivery]] = {}
    for delivery in deliveries:
        by_endpoint.setdefault(delivery.endpoint_id, []).append(delivery)
    for group in by_endpoint.values():
        _defer(group)
    return deliveries


def lane_of(endpoint: WebhookEndpoint, count: int = 1) -> Queue:
    """Return the lane of calls: an endpoint that fails does not hold up the ones that work."""
    return Queue.BULK if endpoint.failing_since or count > LIVE_MAX else Queue.LIVE


def _defer(group: Sequence[WebhookDelivery]) -> None:
    keys = [delivery.pk for delivery in group]
    starts = range(0, len(keys), _CHUNK)
    defer_many(
        DELIVER,
        [{"keys": keys[start : start + _CHUNK]} for start in starts],
        queue=lane_of(group[0].endpoint, len(keys)),
    )


def _listens(endpoint: WebhookEndpoint, event: Event) -> bool:
    mine = endpoint.owner in {"", event.client}
    return mine and (not endpoint.types or event.type in endpoint.types)


def _event(happening: Happening, at: datetime) -> Event:
    if happening.type not in EVENT_TYPES:
        raise EventTypeUnknown(type=happening.type)
    content = {
        "type": happening.type,
        "timestamp": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {
            "object": happening.subject_type,
            "id": happening.subject_id,
            **happening.data,
        },
    }
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if len(body.encode()) > BODY_BYTES_MAX:
        raise ValueError(f"the body of {happening.type} is not thin")
    return Event(
        public_id=new_id("evt", at=at),
        type=happening.type,
        subject_type=happening.subject_type,
        subject_id=happening.subject_id,
        client=happening.client,
        body=body,
        at=at,
    )
