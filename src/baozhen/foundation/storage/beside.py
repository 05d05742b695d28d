"""Stores objects beside other work: the disk's time costs no key's and no typesetter's time."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Self

from baozhen.foundation.storage.factory import get_storage

_TOGETHER: Final = 24


class StoringBeside:
    """Takes objects with their digests and stores them in a thread, some at a time.

    Leaving the block waits until every object is durable, or raises what storing raised.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="storing")
        self._waiting: list[tuple[str, bytes]] = []
        self._runs: list[Future[None]] = []

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for all of it, unless the block failed."""
        try:
            if kind is None:
                self._store()
                for run in self._runs:
                    run.result()
        finally:
            self._pool.shutdown(cancel_futures=True)

    def add(self, sha256: str, data: bytes) -> None:
        """Take one object in."""
        self._waiting.append((sha256, data))
        if len(self._waiting) >= _TOGETHER:
            self._store()

    def _store(self) -> None:
        self._runs.append(self._pool.submit(_put_many, self._waiting))
        self._waiting = []


def _put_many(objects: Sequence[tuple[str, bytes]]) -> None:
    """Store them; the address that the store gives must be the digest that was recorded."""
    if get_storage().put_many([data for _, data in objects]) != [sha256 for sha256, _ in objects]:
        raise RuntimeError("the store gave addresses that are not the objects' digests")
