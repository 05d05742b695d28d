"""Notices of channels: public addresses that nothing but the channel's own signature opens."""

import pytest

from baozhen.insurance.payments.channels import registry
from baozhen.insurance.payments.channels.development import SIGNATURE
from baozhen.insurance.payments.models import ChannelNotice
from baozhen.signing.risks.models import Risk
from tests.insurance.payments.conftest import begin, make_order, pay_notice

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.BAOZHEN_DATA = tmp_path
    registry._build.cache_clear()
    yield
    registry._build.cache_clear()


def post(client, channel, body, **headers):
    return client.post(
        f"/api/v1/payment-notices/{channel}",
        body,
        content_type="application/json",
        headers=headers,
    )


def test_a_signed_notice_is_taken_and_answered_as_the_channel_wants(client):
    order = make_order()
    headers, body = pay_notice(begin(order))
    for _ in range(2):
        answer = post(client, "alipay", body, **headers)
        assert (answer.status_code, answer.content) == (200, b"ok")
    order.refresh_from_db()
    assert order.state == "confirmed"
    assert list(ChannelNotice.objects.values_list("verdict", flat=True)) == ["taken", "repeated"]


def test_a_forged_notice_is_refused_and_told(client):
    order = make_order()
    _, body = pay_notice(begin(order))
    for headers in ({}, {SIGNATURE: "0" * 64}):
        answer = post(client, "alipay", body, **headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "payment_notice_forged")
    order.refresh_from_db()
    assert order.state == "paying"
    assert Risk.objects.get().facts["channel"] == "alipay"


def test_other_channels_and_huge_bodies_are_refused(client):
    assert post(client, "cash", b"{}").status_code == 422
    assert post(client, "alipay", b"x" * 70_000).status_code == 413
    assert not ChannelNotice.objects.exists()
