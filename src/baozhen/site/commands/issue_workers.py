"""Run a batch's workers as processes, show how far it is, and survive what dies."""

import subprocess
import sys
import time
from pathlib import Path

from django.db import InterfaceError, OperationalError, connection

from baozhen.foundation.clock import now
from baozhen.insurance.proposals.models import Batch
from baozhen.insurance.proposals.queries import BatchProgress, batch_progress
from baozhen.insurance.proposals.services import finish_batch
from baozhen.insurance.proposals.states import BatchState
from baozhen.site.commands.progress import ProgressLine

_POLL_SECONDS = 0.25
_DATABASE_SECONDS_MAX = 90
# Workers that die again and again without any progress have a cause that no restart cures.
_DEATHS_IN_A_ROW_MAX = 10
_STOP_SECONDS_MAX = 30


class RunFailed(Exception):
    """The batch could not be finished; the sentence says why."""


class Interrupted(Exception):
    """Somebody pressed Ctrl-C; the sentence says how far the batch is."""


class BatchRun:
    """One run of a batch until every chunk is finished."""

    def __init__(self, batch: Batch, *, workers: int, out: Path | None) -> None:
        """`workers` processes; `out` is where they leave copies of the files."""
        self._batch = batch
        self._wanted = workers
        self._out = out
        self._workers: list[subprocess.Popen[bytes]] = []
        self._deaths = 0
        self._done_before = -1
        self._line = ProgressLine(total=batch.size)

    def run(self) -> None:
        """Return when the batch is finished; raise RunFailed or Interrupted."""
        try:
            progress = self._progress()
            while progress.chunks_open:
                self._keep_workers(progress)
                time.sleep(_POLL_SECONDS)
                progress = self._progress()
                self._line.show(progress)
            self._batch.refresh_from_db()
            if self._batch.state == BatchState.PROCESSING:
                finish_batch(self._batch.pk, actor=self._batch.client, at=now())
            self._line.finish(progress)
        except KeyboardInterrupt:
            self._stop_workers()
            done = self._progress().done
            raise Interrupted(
                f"批次 {self._batch.pk} 已处理 {done}/{self._batch.size} 行"
            ) from None
        finally:
            self._stop_workers()

    def _keep_workers(self, progress: BatchProgress) -> None:
        ended = [worker for worker in self._workers if worker.poll() is not None]
        self._workers = [worker for worker in self._workers if worker not in ended]
        if progress.done > self._done_before:
            self._done_before, self._deaths = progress.done, 0
        self._deaths += sum(1 for worker in ended if worker.returncode)
        if self._deaths > _DEATHS_IN_A_ROW_MAX:
            raise RunFailed("出单进程反复异常退出，请查看上面的日志")
        wanted = min(self._wanted, progress.chunks_open)
        while len(self._workers) < wanted:
            self._workers.append(self._start_worker())

    def _start_worker(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "baozhen.site.command", "worker"]
        command += ["--batch", str(self._batch.pk)]
        command += ["--out", str(self._out)] if self._out else []
        # A session of its own: Ctrl-C reaches us alone, and we stop the workers in order.
        return subprocess.Popen(command, start_new_session=True)

    def _stop_workers(self) -> None:
        """Ask the workers to end after their chunk; none is left behind."""
        for worker in self._workers:
            worker.terminate()
        deadline = time.monotonic() + _STOP_SECONDS_MAX
        for worker in self._workers:
            try:
                worker.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        self._workers.clear()

    def _progress(self) -> BatchProgress:
        """Ask the database, waiting for it when it is away for a moment."""
        deadline = time.monotonic() + _DATABASE_SECONDS_MAX
        while True:
            try:
                return batch_progress(self._batch)
            except (OperationalError, InterfaceError) as error:
                connection.close()
                if time.monotonic() > deadline:
                    raise RunFailed(f"数据库无法访问：{error}") from error
                time.sleep(_POLL_SECONDS)
