"""Work that is promised in one transaction and done after it, at least once.

A job is a function of keyword arguments that are ids. It asks first whether its work is done,
and ends in a `move`, a `get_or_create` or a unique constraint: it may run twice, at any time.
"""

from baozhen.foundation.jobs.registry import LIVE_MAX, Queue, defer, defer_for, defer_many, job

__all__ = ["LIVE_MAX", "Queue", "defer", "defer_for", "defer_many", "job"]
