"""Whose address counts: the connection's, or a trusted proxy's word; never the visitor's."""

import pytest
from django.test import RequestFactory

from baozhen.faces.client import address_of


def asked(forwarded=None):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers=headers)


def test_without_a_proxy_the_header_is_only_a_claim(settings):
    settings.BAOZHEN_TRUSTED_PROXIES = 0
    assert address_of(asked("1.2.3.4")) == "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "9.9.9.9, 1.2.3.4", "1.2.3.4"),
        (2, "9.9.9.9, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        (2, "1.2.3.4", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_each_trusted_proxy_vouches_for_one_address(settings, proxies, forwarded, address):
    settings.BAOZHEN_TRUSTED_PROXIES = proxies
    assert address_of(asked(forwarded)) == address
