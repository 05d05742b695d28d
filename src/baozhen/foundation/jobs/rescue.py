"""Duties of every worker: rescue the jobs of dead workers, defer the periodic jobs."""

import logging
import time
from collections.abc import Collection

from django.db import IntegrityError, connection, transaction
from procrastinate import sql

from baozhen.foundation.clock import now
from baozhen.foundation.jobs.execution import json_value, remove_job
from baozhen.foundation.jobs.models import ParkedJob
from baozhen.foundation.jobs.registry import registered_jobs

STALLED_SECONDS = 20.0
RESCUES_MAX = 12

_logger = logging.getLogger(__name__)

# One statement: two rescuers that see the same dead worker cannot both give its job away.
_RESCUE = """
UPDATE procrastinate_jobs SET status = 'todo', attempts = attempts + 1, scheduled_at = now()
WHERE id IN (
    SELECT job.id FROM procrastinate_jobs job
    LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
    WHERE job.status = 'doing'
      AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %s))
    FOR UPDATE OF job SKIP LOCKED
)
RETURNING id, task_name, queue_name, args, attempts
"""


def rescue_stalled(*, stalled_seconds: float = STALLED_SECONDS) -> int:
    """Give back the jobs of workers without a heartbeat and return how many there were.

    A job that was rescued too often probably kills its workers: it is parked.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_RESCUE, [stalled_seconds])
        rescued = cursor.fetchall()
        for job_id, name, queue, args, attempts in rescued:
            _logger.warning("job %s (%d) rescued from a dead worker", name, job_id)
            if attempts > RESCUES_MAX:
                _park(job_id, name=name, queue=queue, args=json_value(args), attempts=attempts)
        cursor.execute(
            sql.queries["prune_stalled_workers"], {"seconds_since_heartbeat": stalled_seconds * 10}
        )
    return len(rescued)


def _park(job_id: int, *, name: str, queue: str, args: dict[str, object], attempts: int) -> None:
    ParkedJob.objects.create(
        name=name,
        queue=queue,
        args=args,
        code="stalled",
        message="任务多次中断工作进程，已停止自动重试",
        trace=f"job-{job_id}",
        attempts=attempts,
        parked_at=now(),
    )
    remove_job(job_id)


class PeriodicJobs:
    """Defers each periodic job of some lanes once an interval, whatever the number of workers."""

    def __init__(self, queues: Collection[str]) -> None:
        self._jobs = [
            job
            for job in registered_jobs().values()
            if job.every_seconds and (not queues or job.queue in queues)
        ]
        self._slots: dict[str, int] = {}

    def defer_due(self) -> None:
        """Defer the jobs whose interval has begun and that nobody has deferred yet."""
        for job in self._jobs:
            every = job.every_seconds or 1
            slot = int(time.time()) // every * every
            if self._slots.get(job.name) == slot:
                continue
            arguments = {
                "queue": job.queue,
                "lock": None,
                "queueing_lock": job.name,
                "task_name": job.name,
                "priority": job.priority(),
                "periodic_id": "",
                "defer_timestamp": slot,
                "args": "{}",
            }
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(sql.queries["defer_periodic_job"], arguments)
            except IntegrityError:
                _logger.info("periodic job %s still waits from the last interval", job.name)
            self._slots[job.name] = slot
