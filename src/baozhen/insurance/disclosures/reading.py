"""Decisions about reading: how many seconds count, and whether a file is read to its end."""

import math
from dataclasses import dataclass
from datetime import datetime

# A page reports every few seconds; a longer silence means that nobody was looking at it.
CREDIT_MAX = 20
# Where a file was read without scripts there is one report, when its end is reached.
PLAIN_CREDIT_MAX = 1_800
_ELDER_PACE = 1.5


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far one file was read, by the server's clock."""

    seconds: int
    seconds_min: int
    has_ended: bool
    is_finished: bool
    is_elder: bool = False

    @property
    def seconds_needed(self) -> int:
        """The least time; elder mode gives the text more."""
        return paced(self.seconds_min, is_elder=self.is_elder)

    @property
    def seconds_left(self) -> int:
        """What is missing of the least time."""
        return 0 if self.is_finished else max(0, self.seconds_needed - self.seconds)

    @property
    def is_complete(self) -> bool:
        """Whether it may be finished."""
        return self.is_finished or (self.has_ended and not self.seconds_left)

    @property
    def share(self) -> int:
        """How much is read, in percent: the end and the time each count."""
        if self.is_complete:
            return 100
        timed = min(1.0, self.seconds / self.seconds_needed) if self.seconds_needed else 1.0
        return min(99, round(100 * (timed + self.has_ended) / 2))

    @property
    def missing(self) -> str:
        """What is still to be done, in words; empty when nothing is."""
        if self.is_complete:
            return ""
        if not self.has_ended:
            return "请读到文件末尾"
        return f"请再阅读 {self.seconds_left} 秒"


def paced(seconds: int, *, is_elder: bool) -> int:
    """Return the least seconds of a file at the reader's pace."""
    return math.ceil(seconds * _ELDER_PACE) if is_elder else seconds


def credit(since: datetime | None, at: datetime, *, most: int = CREDIT_MAX) -> int:
    """Return the seconds that count for a report: what the server's clock saw go by, at most."""
    if since is None or at <= since:
        return 0
    return min(most, int((at - since).total_seconds()))
