"""A bulk worker leaves a processor free while somebody waits, and takes it again."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from baozhen.foundation.jobs import Queue
from baozhen.foundation.jobs.room import GIVING_WAY, KEPT_SECONDS, Room
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


_GIVES_WAY = """
import os
from pathlib import Path
from baozhen.foundation.jobs.room import give_way
give_way()
path = Path("/proc/self/autogroup")
print(os.nice(0), path.read_text() if path.exists() else "")
"""


@pytest.mark.parametrize("is_leader", [True, False])
def test_a_bulk_worker_lowers_itself_and_a_session_only_if_it_leads_it(is_leader):
    before = os.nice(0)
    said = subprocess.run(
        [sys.executable, "-c", _GIVES_WAY],
        capture_output=True,
        text=True,
        check=True,
        start_new_session=is_leader,
    ).stdout.split()
    assert int(said[0]) == min(19, before + GIVING_WAY)
    # "/autogroup-7 nice 0"; no file where the kernel knows none, no words in the first session.
    session = Path("/proc/self/autogroup")
    own = session.read_text().split() if session.exists() else []
    if is_leader and said[1:]:
        assert said[1:][-1] == str(GIVING_WAY)
    elif not is_leader:
        assert said[1:] == own
