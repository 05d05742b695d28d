"""What the console and the health page ask about jobs."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from baozhen.foundation.jobs.models import ParkedJob


@dataclass(frozen=True, kw_only=True)
class QueueDepth:
    """One lane: jobs that wait, jobs that run, and how long the oldest due one has waited."""

    queue: str
    waiting: int
    running: int
    oldest_seconds: float


def queue_depths() -> list[QueueDepth]:
    """Return the depth of every lane that has jobs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.queue_name, count(*) FILTER (WHERE status = 'todo'),"
            " count(*) FILTER (WHERE status = 'doing'),"
            " coalesce(extract(epoch FROM now() - min(e.at) FILTER ("
            "   WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))), 0)"
            " FROM procrastinate_jobs j LEFT JOIN procrastinate_events e"
            "   ON e.job_id = j.id AND e.type = 'deferred'"
            " WHERE status IN ('todo', 'doing') GROUP BY 1 ORDER BY 1"
        )
        return [
            QueueDepth(queue=name, waiting=waiting, running=running, oldest_seconds=float(oldest))
            for name, waiting, running, oldest in cursor.fetchall()
        ]


def workers_alive(*, within_seconds: int = 30) -> int:
    """Return how many worker processes have given a sign of life lately."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => %s)",
            [within_seconds],
        )
        return int(cursor.fetchone()[0])


def waiting_for_a_person() -> QuerySet[ParkedJob]:
    """Return the parked jobs that nobody has retried, newest first."""
    return ParkedJob.objects.filter(retried_at__isnull=True).order_by("-parked_at")
