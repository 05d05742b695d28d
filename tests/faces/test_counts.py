"""Counts stop at their limit and say so; icons and formats of the templates."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import User

from baozhen.faces import counts
from baozhen.faces.templatetags import faces


@pytest.mark.django_db
def test_counting_stops_at_its_limit(monkeypatch):
    User.objects.bulk_create(User(username=str(number)) for number in range(5))
    assert counts.count(User.objects.all()) == 5
    monkeypatch.setattr(counts, "COUNTED_MAX", 3)
    assert counts.count(User.objects.all()) == 3


def test_a_count_at_its_limit_says_so():
    assert faces.counted(9_999) == "9,999"
    assert faces.counted(10_000) == "10,000+"


def test_who_did_something_is_said_in_words():
    said = {name: faces.who(name) for name in ("staff:amy", "api:core", "system", "subject:sub_1")}
    assert [*said.values()] == ["员工 amy", "接口 core", "系统", "客户"]
    assert (faces.who(None), faces.who("somebody")) == ("", "somebody")


def test_times_are_chinas():
    at = datetime(2026, 1, 15, 1, 30, 5, tzinfo=UTC)
    assert faces.moment(at) == "2026年1月15日 09:30"
    assert faces.stamp(at.isoformat()) == "2026-01-15 09:30:05"
    assert faces.day(date(2026, 1, 15)) == "2026年1月15日"
    assert faces.day(datetime(2026, 1, 14, 17, 0, tzinfo=UTC)) == "2026年1月15日"


@pytest.mark.parametrize("write", [faces.moment, faces.stamp, faces.day, faces.yuan, faces.size])
def test_what_is_missing_is_a_dash(write):
    assert write(None) == "—"


def test_money_and_sizes():
    assert faces.yuan(137_645) == "¥1,376.45"
    assert faces.yuan(-33_159) == "-¥331.59"
    assert faces.as_yuan("128160.00") == "¥128,160.00"
    assert faces.size(500) == "1 KB"
    assert faces.size(134_707) == "132 KB"
    assert faces.size(3 * 1024 * 1024) == "3.0 MB"


def test_an_icon_is_an_ornament_unless_it_has_a_name():
    assert 'aria-hidden="true"' in faces.icon("check")
    assert 'role="img" aria-label="好"' in faces.icon("check", "好")
