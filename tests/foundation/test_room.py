"""A bulk worker leaves a processor free while somebody waits, and takes it again."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from baozhen.foundation.jobs import Queue
from baozhen.foundation.jobs.room import KEPT_SECONDS, Room
from baozhen.foundation.jobs.worker import _Worker

ALL = frozenset(os.sched_getaffinity(0))
# On a machine with one processor there is none to leave.
CONFINED = ALL - {min(ALL)} or ALL


@pytest.fixture
def room():
    yield Room()
    for thread in Path("/proc/self/task").iterdir():
        os.sched_setaffinity(int(thread.name), ALL)


def test_the_process_its_threads_and_its_children_make_room_for_a_while(room):
    ended = threading.Event()
    waiting = threading.Thread(target=ended.wait)
    waiting.start()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        room.make(100.0)
        assert os.sched_getaffinity(0) == CONFINED
        assert os.sched_getaffinity(waiting.native_id) == CONFINED
        assert os.sched_getaffinity(child.pid) == CONFINED
        room.make(103.0)
        room.settle(103.0 + KEPT_SECONDS - 0.1)
        assert os.sched_getaffinity(0) == CONFINED
        room.settle(103.0 + KEPT_SECONDS)
        assert os.sched_getaffinity(0) == ALL
        assert os.sched_getaffinity(child.pid) == ALL
    finally:
        ended.set()
        child.communicate(b"\n")


def test_a_live_job_makes_a_bulk_worker_give_room_and_its_own_job_does_not(room):
    worker = _Worker((Queue.BULK,), threading.Event(), room)
    worker._hear(Queue.BULK)
    assert os.sched_getaffinity(0) == ALL
    worker._hear(Queue.LIVE)
    assert os.sched_getaffinity(0) == CONFINED


def test_a_worker_of_all_lanes_keeps_every_processor():
    worker = _Worker((), threading.Event())
    worker._hear(Queue.LIVE)
    assert os.sched_getaffinity(0) == ALL
