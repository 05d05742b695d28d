"""Room for those somebody waits for: a bulk worker leaves one processor free while live jobs come.

A lower priority alone does not do it: a process that wakes for a moment, a hundred times a request,
waits each time until the one that computes is put aside.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# How long after the last live job the room is kept: the next page or call may be on its way.
KEPT_SECONDS = 5.0
GIVING_WAY = 10  # as `nice` counts: a tenth of the share of who does not
_SESSION = Path("/proc/self/autogroup")


def give_way() -> None:
    """Put this process and the children it will have behind those that somebody waits for.

    Where Linux shares the processors between sessions (sched(7), autogroup), niceness counts inside
    a session only: whoever leads one lowers the whole session's.
    """
    os.nice(GIVING_WAY)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # a kernel without autogroups has nothing to lower
            _SESSION.write_text(f"{GIVING_WAY}")


class Room:
    """The processors that this process and its children may use; all of them but for a while."""

    def __init__(self, processors: frozenset[int] | None = None) -> None:
        self._all = processors or frozenset(os.sched_getaffinity(0))
        self._until = 0.0

    def make(self, at: float) -> None:
        """Leave one processor free from now on; `at` is the monotonic time in seconds."""
        is_made = self._until > 0
        self._until = at + KEPT_SECONDS
        if not is_made and len(self._all) > 1:
            _confine(self._all - {min(self._all)})

    def settle(self, at: float) -> None:
        """Take the free processor again when no live job has come for a while."""
        if 0 < self._until <= at:
            self._until = 0.0
            _confine(self._all)


def _confine(processors: frozenset[int]) -> None:
    for thread in _threads(os.getpid()):
        # A thread or child may end at any moment.
        with suppress(ProcessLookupError):
            os.sched_setaffinity(thread, processors)


def _threads(process: int) -> Iterator[int]:
    """Yield the threads of a process and of its children."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{process}/task").iterdir():
            yield int(task.name)
            for child in (task / "children").read_text().split():
                yield from _threads(int(child))
