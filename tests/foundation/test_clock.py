"""The clock and its demonstration twin."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from baozhen.foundation import clock
from baozhen.foundation.errors import DevelopmentOnly


def test_it_is_now():
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_demonstration_starts_where_it_is_told_and_runs_on(settings):
    settings.BAOZHEN_CLOCK = "2026-02-03T04:05:06.5+08:00"
    first = clock.now()
    assert first - datetime(2026, 2, 2, 20, 5, 6, tzinfo=UTC) < timedelta(seconds=5)
    assert clock.now() >= first
    assert clock.today() == date(2026, 2, 3)


def test_production_has_no_demonstration(settings):
    settings.BAOZHEN_CLOCK = "2026-02-03T04:05:07+08:00"
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        clock.now()


@pytest.mark.parametrize("text", ["yesterday", "2026-02-03T04:05:06"])
def test_a_demonstration_needs_an_instant(settings, text):
    settings.BAOZHEN_CLOCK = text
    with pytest.raises(ImproperlyConfigured):
        clock.now()


def test_a_day_is_shanghais_day():
    assert clock.shanghai_date(datetime(2026, 1, 1, 16, 0, tzinfo=UTC)) == date(2026, 1, 2)
