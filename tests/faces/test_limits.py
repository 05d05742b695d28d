"""Rate limits: counted per asker, refused when used up, other askers untouched."""

import pytest

from baozhen.faces.errors import TooManyRequests
from baozhen.faces.limits import Limit, spend

pytestmark = pytest.mark.django_db

LIMIT = Limit(name="test", most=2)


def test_the_third_request_of_two_is_refused():
    assert spend(LIMIT, "a").remaining == 1
    assert spend(LIMIT, "a").remaining == 0
    with pytest.raises(TooManyRequests) as refused:
        spend(LIMIT, "a")
    assert 0 < refused.value.facts["retry_after_seconds"] <= 60


def test_one_asker_does_not_use_up_anothers_limit():
    spend(LIMIT, "a")
    spend(LIMIT, "a")
    assert spend(LIMIT, "b").remaining == 1


def test_the_headers_say_what_is_left():
    headers = spend(LIMIT, "a").headers
    assert headers["RateLimit-Policy"] == '"test";q=2;w=60'
    assert headers["RateLimit"].startswith('"test";r=1;t=')
