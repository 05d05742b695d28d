"""Which worker process gives way to those somebody waits for."""

import argparse

import pytest

from baozhen.site.commands import run as run_command
from baozhen.site.commands import worker


@pytest.fixture
def begun(monkeypatch):
    """What the command would start: (lanes, whether it gives way, whether it leaves room)."""
    found, gave_way = [], []
    monkeypatch.setattr(worker, "give_way", lambda: gave_way.append(True))
    monkeypatch.setattr(
        worker,
        "run_worker",
        lambda queues, concurrency, room: found.append(
            (queues, bool(gave_way), room is not None, concurrency)
        ),
    )
    return found


def start(*lanes):
    parser = argparse.ArgumentParser()
    worker.add_arguments(parser)
    queues = [word for lane in lanes for word in ("--queue", lane)]
    assert worker.run(parser.parse_args(queues)) == 0


@pytest.mark.parametrize(
    ("lanes", "gives_way"),
    [
        (("bulk",), True),
        (("bulk", "housekeeping"), True),
        (("housekeeping",), True),
        (("live",), False),
        (("live", "bulk"), False),
        ((), False),
    ],
)
def test_only_a_process_without_the_live_lane_gives_way(begun, lanes, gives_way):
    start(*lanes)
    assert begun == [(lanes, gives_way, gives_way, 1)]


def test_the_platform_keeps_a_process_for_whom_somebody_waits():
    assert ("live",) in run_command.WORKERS
    lanes = {lane for lanes in run_command.WORKERS for lane in lanes}
    assert lanes == {"live", "bulk", "housekeeping"}
