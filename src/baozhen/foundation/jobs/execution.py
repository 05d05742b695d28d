"""One job of the queue: take it, run it, and settle what became of it."""

import json
import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from procrastinate import sql

from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError
from baozhen.foundation.jobs.models import ParkedJob
from baozhen.foundation.jobs.patience import delay_seconds
from baozhen.foundation.jobs.registry import registered_jobs
from baozhen.foundation.masking import mask_text

DATABASE_OUTAGES = (OperationalError, InterfaceError)
_UNKNOWN_BUG = "程序出错，原文不予显示；请凭追踪号 {trace} 查日志"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class TakenJob:
    """A job that this worker has marked as its own."""

    id: int
    name: str
    queue: str
    args: dict[str, Any]
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """What became of a run: done, to be tried again in `retry_seconds`, or parked."""

    retry_seconds: float | None = None
    parked: ParkedJob | None = None


def take_job(queues: tuple[str, ...], worker_id: int) -> TakenJob | None:
    """Mark the first due job of these lanes (of all, when empty) as running here; return it."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.queries["fetch_job"],
            {"queues": list(queues) or None, "worker_id": worker_id},
        )
        row = cursor.fetchone()
        columns = [column.name for column in cursor.description or ()]
    fields = dict(zip(columns, row or (), strict=True))
    if fields["id"] is None:
        return None
    return TakenJob(
        id=fields["id"],
        name=fields["task_name"],
        queue=fields["queue_name"],
        args=json_value(fields["args"]),
        attempts=fields["attempts"],
    )


def run_job(taken: TakenJob) -> Settlement:
    """Run the job; every exception becomes a settlement."""
    try:
        job = registered_jobs()[taken.name]
        job.function(**taken.args)
    except Exception as exc:  # noqa: BLE001 -- the worker is the one place that may
        return _judge(taken, exc)
    return Settlement()


def settle(taken: TakenJob, settlement: Settlement) -> None:
    """Write what became of the job, in one transaction."""
    if settlement.retry_seconds is not None:
        _put_back(taken.id, after=timedelta(seconds=settlement.retry_seconds))
        return
    with transaction.atomic():
        if settlement.parked is not None:
            settlement.parked.save(force_insert=True)
        remove_job(taken.id)


def remove_job(job_id: int) -> None:
    """Delete a job that is over: what it did is in the states and in the audit log."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.queries["finish_job"],
            {"job_id": job_id, "status": "succeeded", "delete_job": True},
        )


def json_value(value: Any) -> Any:
    """Return what a jsonb column holds; Django leaves it as text on raw cursors."""
    return json.loads(value) if isinstance(value, str) else value


def _put_back(job_id: int, *, after: timedelta) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.queries["retry_job"],
            {
                "job_id": job_id,
                # The queue lives by the machine's clock, whatever the demonstration clock says.
                "retry_at": datetime.now(UTC) + after,
                "new_priority": None,
                "new_queue_name": None,
                "new_lock": None,
            },
        )


def _judge(taken: TakenJob, error: Exception) -> Settlement:
    attempts = taken.attempts + 1
    trace = secrets.token_hex(6)
    delay = delay_seconds(error, attempts=attempts, job_id=taken.id, outages=DATABASE_OUTAGES)
    _logger.log(
        logging.WARNING if isinstance(error, BaozhenError) else logging.ERROR,
        "job %s failed (attempt %d, trace %s)",
        taken.name,
        attempts,
        trace,
        exc_info=error,
    )
    if delay is not None:
        return Settlement(retry_seconds=delay)
    told = isinstance(error, BaozhenError)
    return Settlement(
        parked=ParkedJob(
            name=taken.name,
            queue=taken.queue,
            args=taken.args,
            code=error.code if isinstance(error, BaozhenError) else "bug",
            message=mask_text(str(error)) if told else _UNKNOWN_BUG.format(trace=trace),
            trace=trace,
            attempts=attempts,
            parked_at=now(),
        )
    )
