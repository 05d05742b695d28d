"""Read events in an order in which none can be missed."""

from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Q, QuerySet

from baozhen.foundation.events.models import Event, WebhookDelivery

# The oldest transaction in progress that is not known to be another database's, else the next
# one's number. Subtransactions do not count: events carry the number of the whole.
_SETTLED: Final = """
SELECT coalesce(
    (
        SELECT min(number::text::bigint) FROM pg_snapshot_xip(present.snapshot) AS number
        WHERE NOT EXISTS (
            SELECT 1 FROM pg_stat_activity AS other
            WHERE other.datname <> current_database()
            AND other.backend_xid::text::bigint = number::text::bigint % 4294967296
        )
    ),
    pg_snapshot_xmax(present.snapshot)::text::bigint
)
FROM (SELECT pg_current_snapshot() AS snapshot) AS present
"""

Place = tuple[int, int]


def events_after(
    place: Place | None,
    *,
    client: str | None,
    types: tuple[str, ...] = (),
    since: datetime | None = None,
    limit: int,
) -> list[Event]:
    """Return events behind `place` (transaction number, id) in the order of their transactions.

    Those of transactions that may still get company are held back for the moment: a reader that
    keeps its place never misses an event, whatever the order of commits. `client=None` reads all.
    """
    events = Event.objects.filter(transaction_no__lt=settled_before()).exclude(type="webhook.test")
    if client is not None:
        events = events.filter(client=client)
    if types:
        events = events.filter(type__in=types)
    if since is not None:
        events = events.filter(at__gte=since)
    if place is not None:
        number, key = place
        events = events.filter(Q(transaction_no__gt=number) | Q(transaction_no=number, id__gt=key))
    return list(events.order_by("transaction_no", "id")[:limit])


def settled_before() -> int:
    """Return the number below which every transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED)
        return int(cursor.fetchone()[0])


def deliveries_of(endpoint_id: int, *, status: str = "") -> "QuerySet[WebhookDelivery]":
    """Return an endpoint's deliveries with their events."""
    found = WebhookDelivery.objects.filter(endpoint_id=endpoint_id).select_related("event")
    return found.filter(status=status) if status else found
