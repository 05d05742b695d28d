"""How patient a client is."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from baozhen.client.signatures import RequestSigner

JITTER_RATE = 0.25


@dataclass(frozen=True, kw_only=True)
class Retries:
    """At most `attempts` tries, waiting twice as long each time, never longer than `seconds_max`.

    What the platform says in Retry-After counts where it is longer.
    """

    attempts: int = 4
    first_seconds: float = 0.5
    seconds_max: float = 30.0

    def wait_seconds(
        self, tried: int, asked: float | None, draw: Callable[[], float] = random.random
    ) -> float:
        """Return how long to wait after `tried` tries; `asked` is what the platform asked for."""
        wait = min(self.first_seconds * 2.0 ** (tried - 1), self.seconds_max)
        wait += wait * JITTER_RATE * draw()
        return float(max(wait, asked or 0.0))


@dataclass(frozen=True, kw_only=True)
class Options:
    """What may be set on a client; every client has its own."""

    timeout_seconds: float = 30.0
    connect_seconds: float = 5.0
    retries: Retries = field(default_factory=Retries)
    signer: RequestSigner | None = None
    language: str = "zh-CN"
    user_agent: str = "baozhen-python/1"
