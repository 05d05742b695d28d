"""Worker processes as they are: threads, signals, sudden death, a database that goes away."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection, connections

from baozhen.foundation.jobs import Queue, defer, defer_many, job, worker
from baozhen.foundation.jobs.registry import _jobs
from baozhen.foundation.jobs.worker import run_worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queue():
    """An empty queue, before and after."""

    def clear():
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
            cursor.execute("DELETE FROM procrastinate_workers")

    before = dict(_jobs)
    clear()
    yield
    clear()
    _jobs.clear()
    _jobs.update(before)


@pytest.fixture
def running():
    """Start workers in threads of this process; they are stopped at the end."""
    started = []

    def start(**options):
        stop = threading.Event()

        def body():
            run_worker([Queue.LIVE], stop=stop, **options)

        thread = threading.Thread(target=body)
        thread.start()
        started.append((thread, stop))
        return stop

    yield start
    for thread, stop in started:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def wait_for(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_many_jobs_each_run_once(queue, running):
    done, lock = [], threading.Lock()

    @job("test_count", queue=Queue.LIVE)
    def count(key):
        with lock:
            done.append(key)

    defer_many("test_count", [{"key": number} for number in range(200)])
    for _ in range(2):
        running(concurrency=2)
    wait_for(lambda: len(done) >= 200)
    time.sleep(0.2)
    assert sorted(done) == list(range(200))


def test_a_new_job_is_heard_before_a_worker_looks_by_itself(queue, running, monkeypatch):
    monkeypatch.setattr(worker, "POLL_SECONDS", 15.0)
    heard = threading.Event()

    @job("test_hear", queue=Queue.LIVE)
    def hear(key):
        heard.set()

    running(concurrency=1)
    time.sleep(0.7)
    defer("test_hear", key=1)
    assert heard.wait(12)


def test_a_stop_lets_the_running_job_finish(queue, running):
    started, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    @job("test_slow", queue=Queue.LIVE)
    def slow(key):
        started.set()
        may_end.wait(60)
        ended.set()

    defer_many("test_slow", [{"key": 1}, {"key": 2}])
    stop = running(concurrency=1)
    assert started.wait(60)
    stop.set()
    may_end.set()
    assert ended.wait(60)
    wait_for(lambda: jobs_by_status() == {"todo": 1})


def test_a_lost_connection_is_no_lost_job(queue, running):
    done = []

    @job("test_cut", queue=Queue.LIVE)
    def cut(key):
        if key == 1:
            # Cut every connection of this database but our own, this worker's too.
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND backend_type = 'client backend'"
                    " AND application_name <> 'pytest' AND pid <> pg_backend_pid()"
                )
            connection.close()
        done.append(key)

    with connection.cursor() as cursor:
        cursor.execute("SET application_name = 'pytest'")
    defer_many("test_cut", [{"key": 1}, {"key": 2}, {"key": 3}])
    running(concurrency=2)
    wait_for(lambda: set(done) == {1, 2, 3} and jobs_by_status() == {}, seconds=40)


def jobs_by_status():
    with connection.cursor() as cursor:
        cursor.execute("SELECT status, count(*) FROM procrastinate_jobs GROUP BY 1")
        return dict(cursor.fetchall())


_PROGRAM = """
import sys, time, django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.jobs.worker import run_worker

@job("test_hang", queue=Queue.LIVE)
def hang(key):
    print("started", flush=True)
    time.sleep(float(sys.argv[2]))
    print("ended", flush=True)

print(run_worker([Queue.LIVE]), "done", flush=True)
"""


@pytest.fixture
def worker_process():
    """A worker in a process of its own, on the test database."""
    started = []

    def start(seconds):
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, connections["default"].settings_dict["NAME"],
             str(seconds)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def hanging(queue):
    @job("test_hang", queue=Queue.LIVE)
    def hang(key):
        ran.append(key)

    ran = []
    defer("test_hang", key=1)
    return ran


def test_a_killed_worker_s_job_is_done_by_another(hanging, worker_process):
    process = worker_process(60)
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert jobs_by_status() == {"doing": 1}
    assert run_worker(until_idle=True) == 0, "its heartbeat is fresh: it might still live"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 min'")
    assert run_worker(until_idle=True) == 1
    assert hanging == [1]


def test_sigterm_lets_the_job_finish(hanging, worker_process):
    process = worker_process(0.5)
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.read() == "ended\n1 done\n"
    assert process.wait(60) == 0
    assert jobs_by_status() == {}


def test_a_job_that_somebody_else_spoiled_does_not_stop_the_worker(queue):
    job("test_spoiled", queue=Queue.LIVE)(lambda key: key)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
            " VALUES ('live', 'test_spoiled', '[1]')"
        )
    assert run_worker(until_idle=True) == 1
    assert jobs_by_status() == {"todo": 1}, "tried again, then parked like any bug"
