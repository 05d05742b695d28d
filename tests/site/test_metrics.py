"""`/metrics`: for who has the token, with the figures that an operator watches."""

import pytest

from baozhen.foundation.jobs import defer_many
from tests.insurance.making import accept, make_proposal

TOKEN = "a-long-monitoring-token"


@pytest.mark.requirement("S2-L160.m1")
def test_the_figures_tell_what_waits(platform, client, settings):
    settings.BAOZHEN_METRICS_TOKEN = TOKEN
    accept(make_proposal(1))
    defer_many("proposal.forget_idempotency_keys", [{}])
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    lines = answer.content.decode().splitlines()
    assert "baozhen_policies_unissued 2.0" in lines
    [waiting] = [line for line in lines if line.startswith('baozhen_jobs_waiting{queue="house')]
    assert float(waiting.split()[-1]) >= 1
    assert "baozhen_jobs_parked 0.0" in lines
    assert any(line.startswith('baozhen_certificate_days_left{algorithm="sm2') for line in lines)
    assert any(line.startswith("# HELP baozhen_signing_failures") for line in lines)


@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer wrong"])
def test_nobody_else_sees_them(db, client, settings, shown):
    settings.BAOZHEN_METRICS_TOKEN = TOKEN
    assert client.get("/metrics", headers={"Authorization": shown}).status_code == 404
    settings.BAOZHEN_METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_they_are_only_read(db, client, settings):
    settings.BAOZHEN_METRICS_TOKEN = TOKEN
    answer = client.post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 405
