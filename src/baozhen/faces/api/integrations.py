"""Events to pull, callbacks to push: what outside systems hear of."""

import json
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.bodies import json_of
from baozhen.faces.api.conventions import (
    REPEATABLE,
    Cursor,
    Limit,
    Made,
    client_name,
    client_of_request,
    idempotent,
    page_of,
    read_cursor,
    write_cursor,
)
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.api.event_schemas import (
    DeliveryDetail,
    DeliveryInfo,
    DeliveryPage,
    EndpointChange,
    EndpointIn,
    EndpointInfo,
    EndpointPage,
    EndpointReasonIn,
    EventPage,
    NewEndpoint,
    NewSecret,
    Replayed,
    Rotation,
    Span,
)
from baozhen.faces.errors import InvalidRequest
from baozhen.faces.limits import LIVE, QUERY
from baozhen.foundation.clock import now
from baozhen.foundation.events import endpoints as webhooks
from baozhen.foundation.events.delivering import secrets_in_force
from baozhen.foundation.events.errors import EventTypeUnknown
from baozhen.foundation.events.models import (
    Event,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from baozhen.foundation.events.queries import deliveries_of, events_after
from baozhen.foundation.events.types import EVENT_TYPES
from baozhen.signing.integrations.services import receive, system_for
from baozhen.signing.organizations.services import Scope

router = Router(tags=["事件与回调"])
_EXAMPLE = "whk_06bt3k9q2w8v5n7r4t6y8z0a1c"


@router.get(
    "/events",
    response={200: EventPage, **PROBLEMS},
    auth=Bearer(Scope.EVENTS_READ, QUERY),
    summary="拉取事件",
)
def list_events(
    request: HttpRequest,
    cursor: Cursor = "",
    limit: Limit = 100,
    type: Annotated[list[str], Query(max_length=64)] = [],  # noqa: B006 -- never changed
    since: datetime | None = None,
) -> dict[str, Any]:
    """Return the events of this client's own business behind the cursor, oldest first.

    Keep the last cursor and ask again: an event that was committed late is never skipped.
    """
    for name in type:
        if name not in EVENT_TYPES:
            raise EventTypeUnknown(path="type", type=name)
    if since is not None and since.tzinfo is None:
        raise InvalidRequest(path="since")
    number, key = _integers(cursor) if cursor else (0, 0)
    found = events_after(
        (number, key),
        client=client_name(request),
        types=tuple(type),
        since=since,
        limit=limit + 1,
    )
    page = found[:limit]
    last = (page[-1].transaction_no, page[-1].pk) if page else (number, key)
    return {
        "items": [_event(event) for event in page],
        "has_more": len(found) > limit,
        "cursor": write_cursor(*last),
    }


@router.get(
    "/webhooks",
    response={200: EndpointPage, **PROBLEMS},
    auth=Bearer(Scope.EVENTS_READ, QUERY),
    summary="回调地址",
)
def list_endpoints(request: HttpRequest, cursor: Cursor = "", limit: Limit = 50) -> dict[str, Any]:
    """List the endpoints of this client."""
    mine = WebhookEndpoint.objects.filter(owner=client_name(request))
    return page_of(mine, cursor=cursor, limit=limit).answer(_endpoint)


@router.post(
    "/webhooks",
    response={201: NewEndpoint, **PROBLEMS},
    auth=Bearer(Scope.WEBHOOKS_WRITE, LIVE),
    summary="新增回调地址",
    openapi_extra=REPEATABLE,
)
def create_endpoint(request: HttpRequest, body: EndpointIn) -> Status[Any]:
    """Add an endpoint; its secret stands in this answer only.

    A repetition under the same key gets a new secret for the same endpoint: a secret is not kept
    where answers are.
    """

    def act() -> Made:
        endpoint, secret = webhooks.create_endpoint(
            webhooks.EndpointRequest(
                owner=client_name(request),
                url=body.url,
                types=body.types,
                description=body.description,
            ),
            actor=client_name(request),
            at=now(),
        )
        fresh[endpoint.public_id] = secret
        return Made(201, {"id": endpoint.public_id}, endpoint.public_id)

    fresh: dict[str, str] = {}
    kept = idempotent(request, act).value
    endpoint = _mine(request, kept["id"])
    secret = fresh.get(endpoint.public_id) or secrets_in_force(endpoint, now())[0]
    return Status(201, {**_endpoint(endpoint), "secret": secret})


@router.get(
    "/webhooks/{webhook_id}",
    response={200: EndpointInfo, **PROBLEMS},
    auth=Bearer(Scope.EVENTS_READ, QUERY),
    summary="一个回调地址",
)
def show_endpoint(request: HttpRequest, webhook_id: str) -> dict[str, Any]:
    """Describe an endpoint of this client."""
    return _endpoint(_mine(request, webhook_id))


@router.post(
    "/webhooks/{webhook_id}/actions/change",
    response={200: EndpointInfo, **PROBLEMS},
    auth=Bearer(Scope.WEBHOOKS_WRITE, LIVE),
    summary="修改回调地址的事件类型或用途",
)
def change_endpoint(request: HttpRequest, webhook_id: str, body: EndpointChange) -> dict[str, Any]:
    """Change what is told; the address itself is changed by a new endpoint."""
    endpoint = _mine(request, webhook_id)
    changed = webhooks.change_endpoint(
        endpoint,
        types=body.types,
        description=body.description,
        actor=client_name(request),
        at=now(),
    )
    return _endpoint(changed)


@router.post(
    "/webhooks/{webhook_id}/actions/rotate",
    response={200: NewSecret, **PROBLEMS},
    auth=Bearer(Scope.WEBHOOKS_WRITE, LIVE),
    summary="更换签名密钥",
)
def rotate(request: HttpRequest, webhook_id: str, body: Rotation) -> dict[str, Any]:
    """Make a new secret; the present one signs too while the overlap lasts."""
    endpoint = _mine(request, webhook_id)
    overlap = timedelta(hours=body.overlap_hours)
    secret = webhooks.rotate_secret(endpoint, overlap=overlap, actor=client_name(request), at=now())
    return {"id": endpoint.public_id, "secret": secret}


@router.post(
    "/webhooks/{webhook_id}/actions/disable",
    response={200: EndpointInfo, **PROBLEMS},
    auth=Bearer(Scope.WEBHOOKS_WRITE, LIVE),
    summary="停用回调地址",
)
def disable(request: HttpRequest, webhook_id: str, body: EndpointReasonIn) -> dict[str, Any]:
    """Call this endpoint no more."""
    endpoint = _mine(request, webhook_id)
    webhooks.switch_off(endpoint, reason=body.reason, actor=client_name(request), at=now())
    return _endpoint(_mine(request, webhook_id))


@router.post(
    "/webhooks/{webhook_id}/actions/enable",
    response={200: EndpointInfo, **PROBLEMS},
    auth=Bearer(Scope.WEBHOOKS_WRITE, LIVE),
    summary="启用回调地址",
)
def enable(request: HttpRequest, webhook_id: str) -> dict[str, Any]:
    """Call this endpoint again."""
    webhooks.switch_on(_mine(request, webhook_id), actor=client_name(request), at=now())
    return _endpoint(_mine(request, webhook_id))


@router.post(
    "/webhooks/{webhook_id}/actions/test",
    response={202: DeliveryInfo, **PROBLEMS},
    auth=Bearer(Scope.WEBHOOKS_WRITE, LIVE),
    summary="发送测试回调",
)
def test(request: HttpRequest, webhook_id: str) -> Status[Any]:
    """Call the endpoint with the event `webhook.test`."""
    endpoint = _mine(request, webhook_id)
    delivery = webhooks.send_test(endpoint, actor=client_name(request), at=now())
    return Status(202, _delivery(delivery))


@router.post(
    "/webhooks/{webhook_id}/actions/replay",
    response={202: Replayed, **PROBLEMS},
    auth=Bearer(Scope.WEBHOOKS_WRITE, LIVE),
    summary="重放一段时间的事件",
)
def replay_range(request: HttpRequest, webhook_id: str, body: Span) -> Status[Any]:
    """Tell again every event of the span, at most 10,000."""
    if body.since.tzinfo is None or body.until.tzinfo is None or body.since >= body.until:
        raise InvalidRequest(path="since")
    endpoint = _mine(request, webhook_id)
    count = webhooks.replay_range(
        endpoint, since=body.since, until=body.until, actor=client_name(request), at=now()
    )
    return Status(202, {"id": endpoint.public_id, "replayed": count})


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    response={200: DeliveryPage, **PROBLEMS},
    auth=Bearer(Scope.EVENTS_READ, QUERY),
    summary="回调记录",
)
def list_deliveries(
    request: HttpRequest,
    webhook_id: str,
    status: Literal["", "waiting", "delivered", "given_up"] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """List the calls of this endpoint, the newest first."""
    found = deliveries_of(_mine(request, webhook_id).pk, status=status)
    return page_of(found, cursor=cursor, limit=limit).answer(_delivery)


@router.get(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}",
    response={200: DeliveryDetail, **PROBLEMS},
    auth=Bearer(Scope.EVENTS_READ, QUERY),
    summary="一次回调的经过",
)
def show_delivery(request: HttpRequest, webhook_id: str, delivery_id: str) -> dict[str, Any]:
    """Describe a delivery call by call."""
    delivery = webhooks.delivery_of(delivery_id, endpoint=_mine(request, webhook_id))
    calls = [_attempt(attempt) for attempt in delivery.tries.all()]
    return {**_delivery(delivery), "calls": calls}


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/actions/replay",
    response={202: DeliveryInfo, **PROBLEMS},
    auth=Bearer(Scope.WEBHOOKS_WRITE, LIVE),
    summary="重放一次回调",
)
def replay_one(request: HttpRequest, webhook_id: str, delivery_id: str) -> Status[Any]:
    """Call again about the same event, with the same body."""
    delivery = webhooks.delivery_of(delivery_id, endpoint=_mine(request, webhook_id))
    again = webhooks.replay(delivery, actor=client_name(request), at=now())
    return Status(202, _delivery(again))


def _mine(request: HttpRequest, public_id: str) -> WebhookEndpoint:
    return webhooks.endpoint_of(public_id, owner=client_name(request))


def _integers(cursor: str) -> tuple[int, int]:
    number, key = read_cursor(cursor)
    if not isinstance(number, int) or not isinstance(key, int):
        raise InvalidRequest(path="cursor")
    return number, key


def _event(event: Event) -> dict[str, Any]:
    return {"id": event.public_id, **json.loads(event.body)}


def _endpoint(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": endpoint.public_id,
        "url": endpoint.url,
        "types": endpoint.types,
        "description": endpoint.description,
        "active": endpoint.active,
        "disabled_reason": endpoint.disabled_reason,
        "failing_since": endpoint.failing_since,
        "public_key": endpoint.public_key,
        "created_at": endpoint.created_at,
    }


def _delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": delivery.public_id,
        "event": delivery.event.public_id,
        "type": delivery.event.type,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "created_at": delivery.created_at,
        "next_at": delivery.next_at,
        "delivered_at": delivery.delivered_at,
    }


def _attempt(attempt: WebhookAttempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "at": attempt.at,
        "status_code": attempt.status_code,
        "reason": attempt.reason,
        "milliseconds": attempt.milliseconds,
    }


class InboundResult(Schema):
    """What a message started."""

    id: str = Field(description="签署任务编号 env_…")
    biz_no: str | None
    state: str


@router.post(
    "/integrations/{code}/inbound",
    response={201: InboundResult, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="对接系统报文",
    openapi_extra=REPEATABLE
    | {
        "requestBody": {
            "required": True,
            "description": "对接系统自己的 JSON 报文；怎样变成签署任务由控制台的字段映射决定",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
def receive_message(request: HttpRequest, code: str) -> Status[Any]:
    """Start the flow that a connected system's own message asks for."""

    def act() -> Made:
        system = system_for(code, client_of_request(request))
        envelope = receive(system, message, client=client_name(request), at=now())
        answer = {"id": envelope.public_id, "biz_no": envelope.biz_no, "state": envelope.state}
        return Made(201, answer, envelope.public_id)

    message = json_of(request)
    return idempotent(request, act)
