"""An endpoint that listens on this machine."""

import pytest

from baozhen.foundation.clock import now
from baozhen.foundation.events.endpoints import EndpointRequest, create_endpoint
from tests.foundation.events.receiver import Receiver


@pytest.fixture
def receiver(settings):
    """A receiver that the site's owner allows although it is on this machine."""
    settings.BAOZHEN_EGRESS_ALLOW = "127.0.0.0/8"
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def endpoint(database, receiver):
    """An endpoint of the client `api:core` for every event; `.secret` is its secret."""
    made, secret = create_endpoint(
        EndpointRequest(owner="api:core", url=receiver.url), actor="test", at=now()
    )
    made.secret = secret
    return made
