"""Call an endpoint about an event and write down what became of it.

A delivery is leased before the call and settled after it: of two workers that hold the same job
one calls. A worker that dies between the two calls again when its job is rescued; the receiver
tells a repetition by `webhook-id`.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from django.db import transaction
from django.db.models import F, Q

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError
from baozhen.foundation.events import egress
from baozhen.foundation.events.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from baozhen.foundation.events.publishing import DELIVER, lane_of
from baozhen.foundation.events.schedule import wait_after
from baozhen.foundation.events.signing import signature_header
from baozhen.foundation.jobs import Queue, defer
from baozhen.foundation.masking import mask_text

LEASE = timedelta(seconds=60)
ACTOR = "system"
_GONE = HTTPStatus.GONE
_ANSWER_CHARACTERS = 500
_USER_AGENT = "Baozhen-Webhooks/1"


@dataclass(frozen=True)
class _Outcome:
    status_code: int | None
    reason: str
    answer: str
    milliseconds: int

    @property
    def is_success(self) -> bool:
        return self.status_code is not None and self.status_code // 100 == 2  # noqa: PLR2004


def deliver(keys: Sequence[int], *, at: datetime) -> None:
    """Make the calls that are due; the rest of a chunk waits elsewhere once one found no answer.

    A receiver that does not answer holds a thread for seconds: it may do so once a chunk.
    """
    for place, key in enumerate(keys):
        outcome = _deliver_one(key, at=at)
        rest = list(keys[place + 1 :])
        if outcome is not None and outcome.status_code is None and rest:
            defer(DELIVER, queue=Queue.BULK, keys=rest)
            return


def _deliver_one(key: int, *, at: datetime) -> _Outcome | None:
    delivery = _lease(key, at)
    if delivery is None:
        return None
    outcome = _call(delivery, at)
    _settle(delivery, outcome, at)
    return outcome


def _lease(key: int, at: datetime) -> WebhookDelivery | None:
    due = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    waiting = WebhookDelivery.objects.filter(due, pk=key, status="waiting", endpoint__active=True)
    if waiting.update(leased_until=at + LEASE) != 1:
        return None
    return WebhookDelivery.objects.select_related("event", "endpoint").get(pk=key)


def _call(delivery: WebhookDelivery, at: datetime) -> _Outcome:
    """Call once; whatever goes wrong outside becomes an outcome."""
    endpoint, event = delivery.endpoint, delivery.event
    body = event.body.encode()
    stamp = int(datetime.now(UTC).timestamp())  # receivers judge it by the true time
    headers = {
        "Content-Type": "application/json",
        "User-Agent": _USER_AGENT,
        "webhook-id": event.public_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": signature_header(
            message_id=event.public_id,
            timestamp=stamp,
            body=body,
            secrets_in_force=secrets_in_force(endpoint, at),
            private=endpoint.private_key["key"],
        ),
    }
    try:
        answer = egress.post(egress.target_of(endpoint.url), body, headers)
    except egress.CallFailed as failure:
        return _Outcome(None, str(failure), "", 0)
    except BaozhenError as refusal:
        return _Outcome(None, str(refusal), "", 0)
    text = mask_text(answer.body.decode("utf-8", "replace").replace("\0", ""))
    reason = "" if answer.status // 100 == 2 else f"应答 {answer.status}"  # noqa: PLR2004
    return _Outcome(answer.status, reason, text[:_ANSWER_CHARACTERS], answer.milliseconds)


@transaction.atomic(durable=True)
def _settle(delivery: WebhookDelivery, outcome: _Outcome, at: datetime) -> None:
    delivery.attempts += 1
    WebhookAttempt.objects.create(
        delivery=delivery,
        number=delivery.attempts,
        at=at,
        status_code=outcome.status_code,
        reason=outcome.reason[:200],
        answer=outcome.answer,
        milliseconds=outcome.milliseconds,
    )
    delivery.leased_until = None
    endpoint = delivery.endpoint
    if outcome.is_success:
        delivery.status, delivery.delivered_at, delivery.next_at = "delivered", at, None
        if endpoint.failing_since is not None:
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=None)
    else:
        _after_failure(delivery, outcome, at)
    delivery.save(update_fields=["attempts", "leased_until", "status", "delivered_at", "next_at"])


def _after_failure(delivery: WebhookDelivery, outcome: _Outcome, at: datetime) -> None:
    endpoint = delivery.endpoint
    if outcome.status_code == _GONE:
        # Standard Webhooks: 410 says that the receiver wants no more.
        delivery.status, delivery.next_at = "given_up", None
        disable(endpoint, reason="接收方应答 410，不再接收", actor=ACTOR, at=at)
        return
    if endpoint.failing_since is None:
        WebhookEndpoint.objects.filter(pk=endpoint.pk, failing_since=None).update(failing_since=at)
        endpoint.failing_since = at
    wait = wait_after(delivery.attempts, draw=random.random)
    if wait is None:
        delivery.status, delivery.next_at = "given_up", None
        audit.record(
            "webhook_delivery.given_up",
            subject_id=delivery.pk,
            actor=ACTOR,
            at=at,
            facts={"endpoint": endpoint.public_id, "event": delivery.event.public_id},
        )
        return
    delivery.next_at = at + wait
    # The queue lives by the machine's clock, whatever the demonstration clock says.
    defer(
        DELIVER,
        queue=lane_of(endpoint),
        not_before=datetime.now(UTC) + wait,
        keys=[delivery.pk],
    )


def disable(endpoint: WebhookEndpoint, *, reason: str, actor: str, at: datetime) -> None:
    """Switch an endpoint off, in the caller's transaction; what waits for it is given up."""
    if not WebhookEndpoint.objects.filter(pk=endpoint.pk, active=True).update(
        active=False, disabled_reason=reason[:200]
    ):
        return
    WebhookDelivery.objects.filter(endpoint=endpoint, status="waiting").update(
        status="given_up", next_at=None, attempts=F("attempts")
    )
    audit.record(
        "webhook_endpoint.disabled",
        subject_id=endpoint.pk,
        actor=actor,
        at=at,
        facts={"reason": reason[:200]},
    )


def secrets_in_force(endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    """Return the secrets that sign at this time, the newest first."""
    return [
        entry["secret"]
        for entry in endpoint.secrets
        if entry["until"] is None or datetime.fromisoformat(entry["until"]) > at
    ]


def deliver_now(keys: Sequence[int]) -> None:
    """Deliver by the present time."""
    deliver(keys, at=now())
