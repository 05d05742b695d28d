"""What the queue and the clock call."""

from datetime import timedelta

from django.db.models import Q

from baozhen.foundation.clock import now
from baozhen.foundation.events.delivering import deliver_now
from baozhen.foundation.events.models import Event, WebhookDelivery
from baozhen.foundation.events.publishing import DELIVER
from baozhen.foundation.jobs import Queue, defer_many, job

OVERDUE = timedelta(minutes=2)
_OVERDUE_MAX = 500
KEPT_FOR = timedelta(days=180)
_FORGET_MAX = 10_000


@job(DELIVER, queue=Queue.LIVE)
def deliver_job(keys: list[int]) -> None:
    """Make the calls of these deliveries that are due."""
    deliver_now(keys)


@job("webhook.deliver_overdue", queue=Queue.HOUSEKEEPING, every_seconds=60)
def deliver_overdue_job() -> None:
    """Watchdog: promise again what was due two minutes ago, its worker having died in the call."""
    at = now()
    overdue = WebhookDelivery.objects.filter(status="waiting", next_at__lt=at - OVERDUE)
    free = overdue.filter(Q(leased_until__isnull=True) | Q(leased_until__lte=at))
    keys = free.order_by("next_at").values_list("pk", flat=True)[:_OVERDUE_MAX]
    defer_many(DELIVER, [{"keys": [key]} for key in keys], queue=Queue.BULK)


@job("event.forget_old", queue=Queue.HOUSEKEEPING, every_seconds=3600)
def forget_old_job() -> None:
    """Remove events and calls of more than half a year ago, some at a time."""
    old = now() - KEPT_FOR
    keys = list(Event.objects.filter(at__lt=old).values_list("pk", flat=True)[:_FORGET_MAX])
    WebhookDelivery.objects.filter(event_id__in=keys).delete()
    Event.objects.filter(pk__in=keys).delete()
