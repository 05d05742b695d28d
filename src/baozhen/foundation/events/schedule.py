"""When a callback is tried again: the published schedule, with jitter."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

# What the documentation promises; the first entry is the first call.
SCHEDULE: Final = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER_RATE: Final = 0.1


def wait_after(attempts: int, *, draw: Callable[[], float]) -> timedelta | None:
    """Return how long to wait after so many failed calls, or None when it is given up.

    `draw` returns a number from 0 to 1: up to a tenth is added, so that the calls which failed
    together do not come back together.
    """
    if attempts >= len(SCHEDULE):
        return None
    wait = SCHEDULE[attempts]
    return wait + wait * (JITTER_RATE * draw())
