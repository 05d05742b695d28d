"""How often one asker may ask: fixed windows, counted in the site's cache."""

import time
from dataclasses import dataclass

from django.core.cache import cache

from baozhen.faces.errors import TooManyRequests


@dataclass(frozen=True, kw_only=True)
class Limit:
    """At most `most` requests of this name in each window."""

    name: str
    most: int
    window_seconds: int = 60


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What is left of a limit after a request, as the RateLimit headers tell it."""

    limit: Limit
    remaining: int
    reset_seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """The headers of draft-ietf-httpapi-ratelimit-headers."""
        name, window = self.limit.name, self.limit.window_seconds
        return {
            "RateLimit-Policy": f'"{name}";q={self.limit.most};w={window}',
            "RateLimit": f'"{name}";r={self.remaining};t={self.reset_seconds}',
        }


# Three lanes: a bulk run or a verifier never uses up what live issuing needs.
LIVE = Limit(name="live", most=6_000)
BULK = Limit(name="bulk", most=60)
QUERY = Limit(name="query", most=6_000)
VERIFICATIONS = Limit(name="verify", most=60)
SIGN_INS = Limit(name="token", most=30)


def spend(limit: Limit, asker: str) -> Allowance:
    """Count one request of `asker`; raises TooManyRequests when the window is used up."""
    now = time.time()
    window = int(now // limit.window_seconds)
    reset = limit.window_seconds - int(now % limit.window_seconds)
    key = f"limit:{limit.name}:{window}:{asker}"
    cache.add(key, 0, timeout=limit.window_seconds + 5)
    try:
        used = cache.incr(key)
    except ValueError:  # the entry was evicted between the two calls
        used = 1
    if used > limit.most:
        raise TooManyRequests(retry_after_seconds=reset)
    return Allowance(limit=limit, remaining=limit.most - used, reset_seconds=reset)
