"""Say now and then how far something is, on standard error."""

import sys
import time
from types import TracebackType
from typing import Self

_QUIET_SECONDS = 5.0


class Saying:
    """Called with how many are done; says so every few seconds, and at the end."""

    def __init__(self, noun: str) -> None:
        """`noun` is what is counted."""
        self._noun = noun
        self._done = 0
        self._said_at = time.monotonic()

    def __call__(self, done: int) -> None:
        """Note how many are done."""
        self._done = done
        if time.monotonic() - self._said_at >= _QUIET_SECONDS:
            self._said_at = time.monotonic()
            self._say()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._say()

    def _say(self) -> None:
        print(f"{self._noun}：{self._done}", file=sys.stderr, flush=True)
