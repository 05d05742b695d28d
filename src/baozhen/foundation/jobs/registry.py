"""The jobs that exist, by name, and how they are deferred in the caller's transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from procrastinate.contrib.django import app
from procrastinate.jobs import Job as QueuedJob

JobFunction = TypeVar("JobFunction", bound=Callable[..., object])


class Queue(StrEnum):
    """Three lanes: people wait for `live`; `bulk` may take hours; `housekeeping` keeps order."""

    LIVE = "live"
    BULK = "bulk"
    HOUSEKEEPING = "housekeeping"


# A worker that serves several lanes takes live work first.
PRIORITIES = {Queue.LIVE: 100, Queue.HOUSEKEEPING: 50, Queue.BULK: 0}

# What follows for more rows at once than this came of a batch: nobody waits for one of them.
LIVE_MAX = 20


@dataclass(frozen=True, kw_only=True)
class Job:
    """One registered job: `chunk` rows share one run; `every_seconds` makes it periodic.

    One that `can_wait` is done when its lane has nothing else to do.
    """

    name: str
    queue: Queue
    function: Callable[..., object]
    chunk: int = 0
    every_seconds: int | None = None
    can_wait: bool = False

    def priority(self, queue: Queue | None = None) -> int:
        """Return the place in the queue: higher is taken first."""
        return PRIORITIES[queue or self.queue] - (1 if self.can_wait else 0)


_jobs: dict[str, Job] = {}


def job(
    name: str,
    *,
    queue: Queue,
    chunk: int = 0,
    every_seconds: int | None = None,
    can_wait: bool = False,
) -> Callable[[JobFunction], JobFunction]:
    """Register the decorated function as job `name`; it stays an ordinary function.

    Deferred by the flow it gets `key=<id>` of the row, or `keys=[<ids>]` when `chunk` is set.
    """

    def register(function: JobFunction) -> JobFunction:
        if name in _jobs:
            raise ValueError(f"there are two jobs called {name}")
        _jobs[name] = Job(
            name=name,
            queue=queue,
            function=function,
            chunk=chunk,
            every_seconds=every_seconds,
            can_wait=can_wait,
        )
        return function

    return register


def registered_jobs() -> Mapping[str, Job]:
    """Return the jobs by name."""
    return dict(_jobs)


def defer(
    name: str, *, queue: Queue | None = None, not_before: datetime | None = None, **args: object
) -> None:
    """Promise one run of job `name` with these arguments, in the caller's transaction."""
    defer_many(name, [args], queue=queue, not_before=not_before)


def defer_many(
    name: str,
    runs: Sequence[Mapping[str, Any]],
    *,
    queue: Queue | None = None,
    not_before: datetime | None = None,
) -> None:
    """Promise one run of job `name` for each mapping of arguments, with one statement."""
    if not runs:
        return
    promised = _jobs[name]
    lane = queue or promised.queue
    app.job_manager.batch_defer_jobs(
        [
            QueuedJob(
                id=None,
                queue=lane,
                task_name=name,
                priority=promised.priority(lane),
                lock=None,
                queueing_lock=None,
                task_kwargs=dict(args),
                scheduled_at=not_before,
            )
            for args in runs
        ]
    )


def defer_for(name: str, keys: Sequence[int]) -> None:
    """Promise job `name` for these rows: one run a row, or one a chunk.

    Of many rows at once a live job goes with the bulk.
    """
    chunk = _jobs[name].chunk
    is_bulk = _jobs[name].queue is Queue.LIVE and len(keys) > LIVE_MAX
    queue = Queue.BULK if is_bulk else None
    if not chunk:
        defer_many(name, [{"key": key} for key in keys], queue=queue)
        return
    starts = range(0, len(keys), chunk)
    runs = [{"keys": list(keys[start : start + chunk])} for start in starts]
    defer_many(name, runs, queue=queue)
