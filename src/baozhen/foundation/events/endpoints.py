"""Set up who is called back, change their secrets, and call again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.events.delivering import disable
from baozhen.foundation.events.egress import CallFailed, target_of
from baozhen.foundation.events.errors import (
    DeliveryUnknown,
    EventTypeUnknown,
    TooManyWebhooks,
    WebhookAddressRefused,
    WebhookInactive,
    WebhookUnknown,
)
from baozhen.foundation.events.models import Event, WebhookDelivery, WebhookEndpoint
from baozhen.foundation.events.publishing import DELIVER, promise, publish
from baozhen.foundation.events.signing import new_key_pair, new_secret
from baozhen.foundation.events.types import EVENT_TYPES
from baozhen.foundation.ids import new_id
from baozhen.foundation.jobs import Queue, defer

ENDPOINTS_MAX = 20
REPLAYED_MAX = 10_000
OVERLAP = timedelta(hours=24)
TEST = "webhook.test"


@dataclass(frozen=True, kw_only=True)
class EndpointRequest:
    """An endpoint that shall be: whose, where, for which events (none: all)."""

    owner: str
    url: str
    types: Sequence[str] = ()
    description: str = ""


def create_endpoint(
    request: EndpointRequest, *, actor: str, at: datetime
) -> tuple[WebhookEndpoint, str]:
    """Return the new endpoint and its secret.

    Raises WebhookAddressRefused, EventTypeUnknown, TooManyWebhooks.
    """
    types = _checked_types(request.types)
    _check_address(request.url)
    return _create(request, types, actor=actor, at=at)


@transaction.atomic(durable=True)
def _create(
    request: EndpointRequest, types: list[str], *, actor: str, at: datetime
) -> tuple[WebhookEndpoint, str]:
    owned = WebhookEndpoint.objects.filter(owner=request.owner, active=True)
    if owned.count() >= ENDPOINTS_MAX:
        raise TooManyWebhooks(most=ENDPOINTS_MAX)
    secret = new_secret()
    private, public = new_key_pair()
    endpoint = WebhookEndpoint.objects.create(
        public_id=new_id("whk", at=at),
        owner=request.owner,
        url=request.url,
        description=request.description[:200],
        types=types,
        secrets=[{"secret": secret, "until": None}],
        private_key={"key": private},
        public_key=public,
        created_at=at,
    )
    _record("webhook_endpoint.created", endpoint, actor=actor, at=at, facts={"types": types})
    return endpoint, secret


@transaction.atomic(durable=True)
def change_endpoint(
    endpoint: WebhookEndpoint,
    *,
    types: Sequence[str] | None = None,
    description: str | None = None,
    actor: str,
    at: datetime,
) -> WebhookEndpoint:
    """Change which events are told, or the words; raises EventTypeUnknown."""
    if types is not None:
        endpoint.types = _checked_types(types)
    if description is not None:
        endpoint.description = description[:200]
    endpoint.save(update_fields=["types", "description"])
    facts = {"types": endpoint.types}
    _record("webhook_endpoint.changed", endpoint, actor=actor, at=at, facts=facts)
    return endpoint


@transaction.atomic(durable=True)
def rotate_secret(
    endpoint: WebhookEndpoint, *, overlap: timedelta = OVERLAP, actor: str, at: datetime
) -> str:
    """Return a new secret; the present one signs too until the overlap ends."""
    locked = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    until = (at + overlap).isoformat()
    secret = new_secret()
    kept = [
        {"secret": entry["secret"], "until": entry["until"] or until}
        for entry in locked.secrets
        if entry["until"] is None or datetime.fromisoformat(entry["until"]) > at
    ]
    locked.secrets = [{"secret": secret, "until": None}, *kept]
    locked.save(update_fields=["secrets"])
    facts = {"old_until": until}
    _record("webhook_endpoint.secret_rotated", endpoint, actor=actor, at=at, facts=facts)
    return secret


@transaction.atomic(durable=True)
def switch_off(endpoint: WebhookEndpoint, *, reason: str, actor: str, at: datetime) -> None:
    """Call this endpoint no more."""
    disable(endpoint, reason=reason, actor=actor, at=at)


@transaction.atomic(durable=True)
def switch_on(endpoint: WebhookEndpoint, *, actor: str, at: datetime) -> None:
    """Call this endpoint again; what was missed can be replayed."""
    changed = WebhookEndpoint.objects.filter(pk=endpoint.pk, active=False).update(
        active=True, disabled_reason="", failing_since=None
    )
    if changed:
        _record("webhook_endpoint.enabled", endpoint, actor=actor, at=at)


@transaction.atomic(durable=True)
def send_test(endpoint: WebhookEndpoint, *, actor: str, at: datetime) -> WebhookDelivery:
    """Call this one endpoint with the event `webhook.test`; raises WebhookInactive."""
    _require_active(endpoint)
    event = Event.objects.filter(type=TEST, subject_id=endpoint.public_id).first()
    event = event or _test_event(endpoint, at)
    _record("webhook_endpoint.tested", endpoint, actor=actor, at=at)
    already = WebhookDelivery.objects.filter(event=event, endpoint=endpoint, status="waiting")
    return already.first() or promise([(event, endpoint)], at=at)[0]


def _test_event(endpoint: WebhookEndpoint, at: datetime) -> Event:
    # Told as if by the endpoint itself, a client that nobody is: no other endpoint listens.
    return publish(
        TEST,
        subject=("webhook", endpoint.public_id),
        data={"message": "回调测试"},
        at=at,
        client=f"test:{endpoint.public_id}",
    )


@transaction.atomic(durable=True)
def replay(delivery: WebhookDelivery, *, actor: str, at: datetime) -> WebhookDelivery:
    """Call again about the same event, with the same body; raises WebhookInactive."""
    endpoint = delivery.endpoint
    _require_active(endpoint)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        status="waiting", delivered_at=None, attempts=0, next_at=at, leased_until=None
    )
    defer(DELIVER, queue=Queue.LIVE, keys=[delivery.pk])
    facts = {"delivery": delivery.public_id}
    _record("webhook_endpoint.replayed", endpoint, actor=actor, at=at, facts=facts)
    delivery.refresh_from_db()
    return delivery


@transaction.atomic(durable=True)
def replay_range(
    endpoint: WebhookEndpoint, *, since: datetime, until: datetime, actor: str, at: datetime
) -> int:
    """Call again about every event of a span that concerns the endpoint; return how many.

    The calls are new deliveries of the frozen events: also those that were missed while it was
    switched off. Raises WebhookInactive.
    """
    _require_active(endpoint)
    events = Event.objects.filter(at__gte=since, at__lt=until).exclude(type=TEST)
    if endpoint.owner:
        events = events.filter(client=endpoint.owner)
    if endpoint.types:
        events = events.filter(type__in=endpoint.types)
    chosen = list(events.order_by("transaction_no", "id")[:REPLAYED_MAX])
    promise([(event, endpoint) for event in chosen], at=at)
    facts = {"since": since.isoformat(), "until": until.isoformat(), "count": len(chosen)}
    _record("webhook_endpoint.replayed", endpoint, actor=actor, at=at, facts=facts)
    return len(chosen)


def endpoint_of(public_id: str, *, owner: str | None) -> WebhookEndpoint:
    """Return an endpoint; raises WebhookUnknown when it is not there or not the owner's.

    `owner=None` asks for the staff, who see all.
    """
    found = WebhookEndpoint.objects.filter(public_id=public_id)
    if owner is not None:
        found = found.filter(owner=owner)
    endpoint = found.first()
    if endpoint is None:
        raise WebhookUnknown(endpoint=public_id)
    return endpoint


def delivery_of(public_id: str, *, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Return a delivery of this endpoint; raises DeliveryUnknown."""
    found = WebhookDelivery.objects.select_related("event", "endpoint")
    delivery = found.filter(public_id=public_id, endpoint=endpoint).first()
    if delivery is None:
        raise DeliveryUnknown(delivery=public_id)
    return delivery


def _checked_types(types: Sequence[str]) -> list[str]:
    for type_ in types:
        if type_ not in EVENT_TYPES:
            raise EventTypeUnknown(path="types", type=type_)
    return sorted(set(types))


def _check_address(url: str) -> None:
    try:
        target_of(url)
    except CallFailed as exc:
        raise WebhookAddressRefused(reason=str(exc), path="url") from exc


def _require_active(endpoint: WebhookEndpoint) -> None:
    if not endpoint.active:
        raise WebhookInactive(endpoint=endpoint.public_id)


def _record(
    action: str,
    endpoint: WebhookEndpoint,
    *,
    actor: str,
    at: datetime,
    facts: Mapping[str, object] | None = None,
) -> None:
    audit.record(
        action,
        subject_id=endpoint.pk,
        actor=actor,
        at=at,
        facts={"endpoint": endpoint.public_id, **(facts or {})},
    )
