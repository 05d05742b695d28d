"""A live platform with a key, and the two halves of the SDK."""

import pytest

from baozhen.client import Client
from tests.faces.conftest import _fresh_limits, api_key, policy, raw  # noqa: F401 -- fixtures


@pytest.fixture
def client_of(live_server, api_key):  # noqa: F811 -- the fixture
    """Make a client for the live platform; it is closed after the test."""
    made = []

    def make(key=None, **options):
        made.append(Client(live_server.url, key=key or api_key(), **options))
        return made[-1]

    yield make
    for client in made:
        client.close()
