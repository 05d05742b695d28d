"""How many pages and forms this process could not record; the metrics show it."""

_counts = [0]


def count_failure() -> None:
    """Count one."""
    _counts[0] += 1


def failures() -> int:
    """Return how many there were since the process began."""
    return _counts[0]
