"""Answers that may be repeated, nonces that may not, counts that all processes share."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from baozhen.foundation.clock import now
from baozhen.foundation.requests.errors import (
    IdempotencyKeySpent,
    NonceSpent,
    RequestInProgress,
)
from baozhen.foundation.requests.models import RepeatableAnswer, RequestCount, SpentNonce
from baozhen.foundation.requests.services import (
    Asked,
    count_request,
    forget_old,
    keep_answer,
    release_answer,
    reserve_answer,
    spend_nonce,
)

ASKED = Asked(client="api:core", key="k1", fingerprint="f1")


def test_the_same_request_gets_the_kept_answer(db):
    row = reserve_answer(ASKED, at=now())
    keep_answer(row, status=201, answer={"id": "env_1"}, subject_id="env_1")
    again = reserve_answer(ASKED, at=now())
    assert (again.status, again.answer) == (201, {"id": "env_1"})


def test_another_content_is_a_conflict_that_names_what_exists(db):
    row = reserve_answer(ASKED, at=now())
    keep_answer(row, status=201, answer={"id": "env_1"}, subject_id="env_1")
    with pytest.raises(IdempotencyKeySpent) as caught:
        reserve_answer(Asked(client="api:core", key="k1", fingerprint="f2"), at=now())
    assert caught.value.facts["existing_id"] == "env_1"


def test_another_client_has_keys_of_its_own(db):
    keep_answer(reserve_answer(ASKED, at=now()), status=201, answer={}, subject_id="")
    other = Asked(client="api:other", key="k1", fingerprint="f2")
    assert reserve_answer(other, at=now()).status is None


def test_while_one_is_at_it_the_other_waits_and_takes_over_when_it_died(db):
    reserve_answer(ASKED, at=now())
    with pytest.raises(RequestInProgress):
        reserve_answer(ASKED, at=now())
    later = now() + timedelta(minutes=2)
    assert reserve_answer(ASKED, at=later).status is None
    with pytest.raises(RequestInProgress):
        reserve_answer(ASKED, at=later)


def test_a_refused_act_frees_its_key(db):
    release_answer(reserve_answer(ASKED, at=now()))
    other = Asked(client="api:core", key="k1", fingerprint="f2")
    assert reserve_answer(other, at=now()).status is None


def test_a_nonce_is_used_once(db):
    spend_nonce("key", "n1", until=now())
    spend_nonce("other", "n1", until=now())
    with pytest.raises(NonceSpent):
        spend_nonce("key", "n1", until=now())


@pytest.mark.django_db(transaction=True)
def test_counts_are_shared_and_none_is_lost():
    def ask():
        try:
            for _ in range(25):
                count_request("live", "client:1", window=1000)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count_request("live", "client:1", window=1000) == 101
    assert count_request("live", "client:1", window=1060) == 1
    assert count_request("live", "client:2", window=1000) == 1


def test_the_counts_cost_no_write_ahead_log(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relpersistence FROM pg_class WHERE relname = 'requests_requestcount'"
        )
        assert cursor.fetchone()[0] in {"u", b"u"}


def test_what_is_past_its_time_is_forgotten(db):
    long_ago = now() - timedelta(days=8)
    reserve_answer(ASKED, at=long_ago)
    spend_nonce("key", "n1", until=long_ago)
    count_request("live", "client:1", window=1)
    fresh = Asked(client="api:core", key="k2", fingerprint="f")
    reserve_answer(fresh, at=now())
    forget_old(at=now())
    assert RepeatableAnswer.objects.get().key == "k2"
    assert not SpentNonce.objects.exists()
    assert not RequestCount.objects.exists()
