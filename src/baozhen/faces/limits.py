"""How often one asker may ask: fixed windows, counted for all processes together."""

import time
from dataclasses import dataclass

from baozhen.faces.errors import TooManyRequests
from baozhen.foundation.requests.services import count_request


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
    moment = int(time.time())
    started = moment - moment % limit.window_seconds
    reset = started + limit.window_seconds - moment
    used = count_request(limit.name, asker, window=started)
    if used > limit.most:
        raise TooManyRequests(retry_after_seconds=reset)
    return Allowance(limit=limit, remaining=limit.most - used, reset_seconds=reset)
