"""How often one address may ask: a bucket of tokens each, and never too many buckets."""

from collections import OrderedDict
from dataclasses import dataclass


@dataclass
class _Bucket:
    tokens: float
    at: float


class Pace:
    """At most `a_minute` requests a minute of one address, in bursts of a sixth of that."""

    def __init__(self, a_minute: int, *, buckets_max: int = 50_000) -> None:
        self._a_second = a_minute / 60
        self._burst = max(a_minute / 6, 1.0)
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._buckets_max = buckets_max

    def wait_seconds(self, address: str, now: float) -> float:
        """Count one request; return 0, or how long to wait before the next is taken."""
        bucket = self._buckets.pop(address, None) or _Bucket(self._burst, now)
        earned = (now - bucket.at) * self._a_second
        bucket.tokens = min(self._burst, bucket.tokens + earned)
        bucket.at = now
        self._buckets[address] = bucket
        if len(self._buckets) > self._buckets_max:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._a_second
        bucket.tokens -= 1
        return 0.0
