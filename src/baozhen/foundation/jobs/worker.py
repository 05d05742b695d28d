"""A worker process: threads that run jobs, and one that keeps the process known to be alive.

The queue's tables, functions and guarantees are procrastinate's; the loop is ours, because jobs
are synchronous: each thread has one Django connection for taking, running and settling a job.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

import psycopg
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection, connections
from procrastinate import sql

from baozhen.foundation.jobs.execution import (
    DATABASE_OUTAGES,
    Settlement,
    TakenJob,
    run_job,
    settle,
    take_job,
)
from baozhen.foundation.jobs.registry import PRIORITIES, Queue
from baozhen.foundation.jobs.rescue import STALLED_SECONDS, PeriodicJobs, rescue_stalled
from baozhen.foundation.jobs.room import Room

HEARTBEAT_SECONDS = 3.0
POLL_SECONDS = 1.0
_OUTAGE_PAUSE_SECONDS = 0.5
_CHANNEL = "procrastinate_queue_v1#"

Result = TypeVar("Result")

_logger = logging.getLogger(__name__)


def run_worker(
    queues: Sequence[str] = (),
    *,
    concurrency: int = 1,
    until_idle: bool = False,
    stop: threading.Event | None = None,
    room: Room | None = None,
) -> int:
    """Run jobs of these lanes (all by default) and return how many runs were settled.

    With `room` it leaves a processor free while live jobs come.

    `until_idle` runs what is due now in the calling thread and returns; otherwise the worker goes
    on until `stop` is set or SIGTERM or SIGINT arrives, and lets running jobs finish.
    """
    worker = _Worker(tuple(queues), stop or threading.Event(), room)
    if until_idle:
        return worker.run_until_idle()
    with _stopping_on_signals(worker.stop):
        return worker.run(concurrency)


class _Worker:
    """The state that the threads of one worker share."""

    def __init__(
        self, queues: tuple[str, ...], stop: threading.Event, room: Room | None = None
    ) -> None:
        self.queues = queues
        self.stop = stop
        self._room = room
        self._worker_id: int | None = None
        self._runs = 0
        self._lock = threading.Lock()
        self._wake = threading.Condition()
        self._beat_due = 0.0
        self._failure: Exception | None = None

    def run_until_idle(self) -> int:
        rescue_stalled()
        self._beat()
        try:
            while not self.stop.is_set() and (taken := self._take()):
                settle(taken, run_job(taken))
                self._runs += 1
                self._beat()
        finally:
            self._unregister()
        return self._runs

    def run(self, concurrency: int) -> int:
        threads = [
            threading.Thread(target=self._work, name=f"jobs-{number}")
            for number in range(concurrency)
        ]
        for thread in threads:
            thread.start()
        try:
            self._supervise()
        finally:
            self.stop.set()
            self._wake_all()
            for thread in threads:
                thread.join()
            _survive(self._unregister)
            connections.close_all()
        if self._failure is not None:
            raise self._failure
        return self._runs

    def _work(self) -> None:
        """Take and run jobs until asked to stop: the body of a working thread."""
        try:
            while not self.stop.is_set():
                taken = _survive(self._take)
                if taken is not None:
                    self._run_and_settle(taken)
                    continue
                with self._wake:
                    self._wake.wait(POLL_SECONDS)
        except Exception as exc:  # noqa: BLE001 -- raised again by the main thread
            # A worker that beats but does not work would look healthy for ever: it ends instead.
            self._failure = exc
            self.stop.set()
        finally:
            connections.close_all()

    def _take(self) -> TakenJob | None:
        worker_id = self._worker_id
        return None if worker_id is None else take_job(self.queues, worker_id)

    def _run_and_settle(self, taken: TakenJob) -> None:
        settlement = run_job(taken)
        close_old_connections()
        while not _settled(taken, settlement):
            # The result is known: ask until the database hears it. When the worker must stop
            # before, the job stays marked as running and another worker rescues it.
            if self.stop.wait(_OUTAGE_PAUSE_SECONDS):
                return
        with self._lock:
            self._runs += 1

    def _supervise(self) -> None:
        """Do the duties and hear the news until asked to stop: the body of the main thread."""
        periodic = PeriodicJobs(self.queues)
        rescue_due = 0.0
        while not self.stop.is_set():
            try:
                with psycopg.connect(**_connection_params(), autocommit=True) as listener:
                    for queue in {*(self.queues or PRIORITIES), *self._heeded()}:
                        listener.execute(f'LISTEN "{_CHANNEL}{queue}"'.encode())
                    while not self.stop.is_set():
                        self._beat()
                        periodic.defer_due()
                        if time.monotonic() >= rescue_due:
                            rescue_stalled()
                            rescue_due = time.monotonic() + STALLED_SECONDS / 2
                        for news in listener.notifies(timeout=POLL_SECONDS, stop_after=1):
                            self._hear(news.channel.removeprefix(_CHANNEL))
                        if self._room is not None:
                            self._room.settle(time.monotonic())
            except (DatabaseError, psycopg.Error):
                _logger.warning("the database is away", exc_info=True)
                connection.close()
                self.stop.wait(_OUTAGE_PAUSE_SECONDS)

    def _heeded(self) -> tuple[str, ...]:
        return (Queue.LIVE,) if self._room is not None else ()

    def _hear(self, queue: str) -> None:
        if self._room is not None and queue == Queue.LIVE:
            self._room.make(time.monotonic())
        if not self.queues or queue in self.queues:
            self._wake_all()

    def _beat(self) -> None:
        """Say that this worker lives; register it at first, and when others took it for dead."""
        if time.monotonic() < self._beat_due:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %s",
                [self._worker_id],
            )
            if cursor.rowcount != 1:
                cursor.execute(sql.queries["register_worker"])
                self._worker_id = cursor.fetchone()[0]
                self._wake_all()
        self._beat_due = time.monotonic() + HEARTBEAT_SECONDS

    def _unregister(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql.queries["unregister_worker"], {"worker_id": self._worker_id})

    def _wake_all(self) -> None:
        with self._wake:
            self._wake.notify_all()


def _settled(taken: TakenJob, settlement: Settlement) -> bool:
    try:
        settle(taken, settlement)
    except DATABASE_OUTAGES:
        _logger.warning("job %s: the database is away", taken.name, exc_info=True)
        connection.close()
        return False
    except DatabaseError:
        # Another worker rescued the job while this one seemed dead; it is theirs now.
        _logger.warning("job %s was taken over", taken.name, exc_info=True)
    return True


def _survive(step: Callable[[], Result]) -> Result | None:
    """Take the step; when the database is away, say so, pause and return None."""
    try:
        return step()
    except DatabaseError:
        _logger.warning("the database is away", exc_info=True)
        connection.close()
        time.sleep(_OUTAGE_PAUSE_SECONDS)
        return None


def _connection_params() -> dict[str, Any]:
    """Return what psycopg needs for a connection of its own that hears notifications."""
    params = dict(connection.get_connection_params())
    for key in ("cursor_factory", "context"):
        params.pop(key, None)
    return params


@contextmanager
def _stopping_on_signals(stop: threading.Event) -> Iterator[None]:
    """Turn SIGTERM and SIGINT into a graceful stop, where this is the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def request_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    previous = {
        number: signal.signal(number, request_stop) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
