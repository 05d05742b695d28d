"""How often a failed job is tried again, and after how long. Pure."""

from baozhen.foundation.errors import Outage, Refusal, StaleState

OUTAGE_ATTEMPTS_MAX = 60  # about nine hours at the longest delay
BUG_ATTEMPTS_MAX = 3
DELAY_SECONDS_MAX = 600
_DOUBLINGS_MAX = 10


def delay_seconds(
    error: Exception, *, attempts: int, job_id: int, outages: tuple[type[Exception], ...] = ()
) -> float | None:
    """Return the delay before the next attempt, or None when the job must be parked.

    `attempts` counts the runs that have failed, this one included; `outages` are foreign classes
    that count as outages. The jitter comes from the job's id: it spreads jobs that failed
    together, and the same job always gets the same delays.
    """
    if isinstance(error, (Outage, *outages)):
        limit = OUTAGE_ATTEMPTS_MAX
    elif isinstance(error, Refusal) and not isinstance(error, StaleState):
        limit = 0
    else:
        limit = BUG_ATTEMPTS_MAX
    if attempts >= limit:
        return None
    base = min(2.0 ** min(attempts - 1, _DOUBLINGS_MAX), DELAY_SECONDS_MAX)
    jitter = (job_id * 2_654_435_761 + attempts * 40_503) % 1_000 / 1_000
    return base * (0.75 + jitter / 2)
