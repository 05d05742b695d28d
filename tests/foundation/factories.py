"""Valid things by default, for tests of this floor."""

from datetime import UTC, datetime

from django.db import connection

from baozhen.foundation.jobs.execution import json_value
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.notify.states import DeliveryState

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def make_delivery(number, **columns):
    """A stored delivery that nobody has recorded yet."""
    values = {
        "state": DeliveryState.QUEUED,
        "reference": f"ref-{number}",
        "subject_type": "policy",
        "subject_id": number,
        "recipient": f"test{number}@example.com",
        "recipient_masked": "t***@example.com",
        "content": {"title": "标题", "text": "正文", "attachments": []},
        "message_id": f"<{number}@example.com>",
        "queued_at": AT,
        **columns,
    }
    return Delivery.objects.create(**values)


def deferred_jobs():
    """What waits in the queue: (name, lane, arguments), in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, queue_name, args FROM procrastinate_jobs"
            " WHERE status = 'todo' ORDER BY id"
        )
        return [(name, lane, json_value(args)) for name, lane, args in cursor.fetchall()]
