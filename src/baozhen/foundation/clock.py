"""What time it is: the machine's clock, or a demonstration clock for scenarios.

Only the edges (faces, jobs, commands) ask; everything below takes `at` as a parameter.
"""

import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.keys.configuration import configured, is_production

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the present instant in UTC; BAOZHEN_CLOCK (ISO 8601 with a zone) sets it elsewhere."""
    return datetime.now(UTC) + _offset(configured("BAOZHEN_CLOCK"))


def today() -> date:
    """Return the present date where the policies are written (Asia/Shanghai)."""
    return now().astimezone(SHANGHAI).date()


def shanghai_date(at: datetime) -> date:
    """Return the date that an instant has in Shanghai."""
    return at.astimezone(SHANGHAI).date()


@lru_cache(maxsize=8)
def _offset(start: str) -> timedelta:
    """Return how far the demonstration clock is from the machine's; it runs on from its start."""
    if not start:
        return timedelta(0)
    if is_production():
        raise DevelopmentOnly(twin="演示时钟（BAOZHEN_CLOCK）")
    try:
        instant = datetime.fromisoformat(start)
    except ValueError as exc:
        raise ImproperlyConfigured(f"BAOZHEN_CLOCK 不是 ISO 8601 时间：{start}") from exc
    if instant.tzinfo is None:
        raise ImproperlyConfigured(f"BAOZHEN_CLOCK 必须带时区：{start}")
    return instant - datetime.fromtimestamp(time.time(), UTC)
