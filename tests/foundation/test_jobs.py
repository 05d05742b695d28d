"""Jobs: promised in a transaction, done after it, parked when a person is needed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.errors import Outage, Refusal, StaleState
from baozhen.foundation.jobs import LIVE_MAX, Queue, defer, defer_for, defer_many, job
from baozhen.foundation.jobs.models import ParkedJob
from baozhen.foundation.jobs.patience import (
    BUG_ATTEMPTS_MAX,
    DELAY_SECONDS_MAX,
    OUTAGE_ATTEMPTS_MAX,
    delay_seconds,
)
from baozhen.foundation.jobs.queries import queue_depths, waiting_for_a_person, workers_alive
from baozhen.foundation.jobs.registry import _jobs
from baozhen.foundation.jobs.rescue import RESCUES_MAX, PeriodicJobs, rescue_stalled
from baozhen.foundation.jobs.services import JobAlreadyRetried, retry_parked
from baozhen.foundation.jobs.worker import run_worker
from tests.foundation.factories import deferred_jobs

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

pytestmark = pytest.mark.django_db


class NoSuchCar(Refusal):
    code = "no_such_car"
    message = "没有手机号为 {mobile} 的车主"


class Away(Outage):
    code = "away"
    message = "对方不在"


@pytest.fixture
def seen():
    """Jobs that tell what they did, registered for one test."""
    calls = []
    before = dict(_jobs)

    @job("test_work", queue=Queue.LIVE)
    def work(key):
        calls.append(key)

    @job("test_bulk", queue=Queue.BULK)
    def bulk(key):
        calls.append(-key)

    @job("test_refuse", queue=Queue.LIVE)
    def refuse(key):
        raise NoSuchCar(mobile="16112340001")

    @job("test_away", queue=Queue.LIVE)
    def away(key):
        raise Away

    @job("test_bug", queue=Queue.LIVE)
    def bug(key):
        raise KeyError("16112340001")

    @job("test_follow", queue=Queue.LIVE)
    def follow(key):
        with transaction.atomic():
            calls.append(key)
            defer("test_work", key=key + 1)

    @job("test_periodic", queue=Queue.HOUSEKEEPING, every_seconds=3600)
    def periodic():
        calls.append("tick")

    yield calls
    _jobs.clear()
    _jobs.update(before)


def make_all_due():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")


def test_what_follows_for_many_rows_at_once_goes_with_the_bulk(seen):
    defer_for("test_work", list(range(LIVE_MAX)))
    assert [(lane.queue, lane.waiting) for lane in queue_depths()] == [("live", LIVE_MAX)]
    defer_for("test_work", list(range(LIVE_MAX + 1)))
    assert [(lane.queue, lane.waiting) for lane in queue_depths()] == [
        ("bulk", LIVE_MAX + 1),
        ("live", LIVE_MAX),
    ]


def test_a_promise_is_kept_and_forgotten(seen):
    defer("test_work", key=7)
    assert run_worker(until_idle=True) == 1
    assert seen == [7]
    assert deferred_jobs() == []
    assert workers_alive() == 0


def test_what_a_job_promises_is_kept_too(seen):
    defer("test_follow", key=1)
    assert run_worker(until_idle=True) == 2
    assert seen == [1, 2]


def test_live_work_goes_first_and_lanes_can_be_separate(seen):
    defer_many("test_bulk", [{"key": 1}, {"key": 2}])
    defer("test_work", key=7)
    defer("test_work", queue=Queue.BULK, key=8)
    run_worker([Queue.LIVE], until_idle=True)
    assert seen == [7]
    run_worker(until_idle=True)
    assert seen == [7, -1, -2, 8]


def test_a_promise_for_later_waits(seen):
    defer("test_work", not_before=datetime.now(UTC) + timedelta(hours=1), key=7)
    assert run_worker(until_idle=True) == 0
    make_all_due()
    assert run_worker(until_idle=True) == 1


def test_a_refusal_parks_at_once_and_masks_personal_data(seen):
    defer("test_refuse", key=7)
    run_worker(until_idle=True)
    parked = ParkedJob.objects.get()
    assert (parked.name, parked.args, parked.code) == ("test_refuse", {"key": 7}, "no_such_car")
    assert parked.message == "没有手机号为 161****0001 的车主"
    assert parked.attempts == 1
    assert deferred_jobs() == []


def test_an_outage_is_tried_again_later(seen):
    defer("test_away", key=7)
    run_worker(until_idle=True)
    assert deferred_jobs() == [("test_away", "live", {"key": 7})]
    assert not ParkedJob.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT attempts, scheduled_at > now() FROM procrastinate_jobs")
        assert cursor.fetchone() == (1, True)


def test_an_outage_without_end_is_parked(seen):
    defer("test_away", key=7)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = %s", [OUTAGE_ATTEMPTS_MAX - 1])
    run_worker(until_idle=True)
    assert ParkedJob.objects.get().code == "away"


def test_a_bug_is_tried_a_few_times_and_parked_without_its_text(seen, caplog):
    defer("test_bug", key=7)
    for _ in range(BUG_ATTEMPTS_MAX):
        run_worker(until_idle=True)
        make_all_due()
    parked = ParkedJob.objects.get()
    assert parked.code == "bug"
    assert "16112340001" not in parked.message
    assert parked.trace in parked.message
    assert any(parked.trace in record.getMessage() for record in caplog.records)
    assert deferred_jobs() == []


def test_a_job_that_nobody_knows_is_not_lost(seen):
    defer("test_work", key=7)
    del _jobs["test_work"]
    run_worker(until_idle=True)
    assert len(deferred_jobs()) == 1
    for _ in range(BUG_ATTEMPTS_MAX):
        make_all_due()
        run_worker(until_idle=True)
    assert ParkedJob.objects.get().name == "test_work"


def test_a_person_retries_a_parked_job_once(seen):
    defer("test_refuse", key=7)
    run_worker(until_idle=True)
    (parked,) = waiting_for_a_person()
    retry_parked(parked.pk, actor="staff:1", at=AT)
    assert deferred_jobs() == [("test_refuse", "live", {"key": 7})]
    assert not waiting_for_a_person().exists()
    assert AuditEntry.objects.get().action == "parked_job.retried"
    with pytest.raises(JobAlreadyRetried):
        retry_parked(parked.pk, actor="staff:2", at=AT)
    assert len(deferred_jobs()) == 1


def test_two_jobs_of_one_name_are_a_mistake(seen):
    with pytest.raises(ValueError, match="test_work"):
        job("test_work", queue=Queue.LIVE)(lambda key: key)


def test_deferring_nothing_does_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        defer_many("anything", [])


def take_for_a_dead_worker(*, silent_seconds):
    """Mark every job as running in a worker that was last heard of long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => %s)) RETURNING id",
            [silent_seconds],
        )
        worker = cursor.fetchone()[0]
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [worker])


def test_the_jobs_of_a_dead_worker_are_rescued(seen):
    defer("test_work", key=7)
    take_for_a_dead_worker(silent_seconds=60)
    assert rescue_stalled() == 1
    assert run_worker(until_idle=True) == 1
    assert seen == [7]


def test_the_jobs_of_a_living_worker_are_left_alone(seen):
    defer("test_work", key=7)
    take_for_a_dead_worker(silent_seconds=1)
    assert rescue_stalled() == 0
    assert run_worker(until_idle=True) == 0
    assert seen == []


def test_the_job_of_a_worker_that_is_forgotten_is_rescued(seen):
    defer("test_work", key=7)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    assert run_worker(until_idle=True) == 1


def test_a_job_that_kills_its_workers_is_parked(seen):
    defer("test_work", key=7)
    for _ in range(RESCUES_MAX + 1):
        take_for_a_dead_worker(silent_seconds=60)
        rescue_stalled()
    assert ParkedJob.objects.get().code == "stalled"
    assert deferred_jobs() == []


def test_a_periodic_job_is_deferred_once_an_interval(seen):
    for _ in range(3):
        periodic = PeriodicJobs([])
        periodic.defer_due()
        periodic.defer_due()
    names = [name for name, _, _ in deferred_jobs()]
    assert names.count("test_periodic") == 1
    run_worker([Queue.HOUSEKEEPING], until_idle=True)


def test_a_periodic_job_that_still_waits_is_not_doubled(seen, monkeypatch):
    periodic = PeriodicJobs([Queue.HOUSEKEEPING])
    periodic.defer_due()
    monkeypatch.setitem(periodic._slots, "test_periodic", 0)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_periodic_defers")
    periodic.defer_due()
    assert [name for name, _, _ in deferred_jobs()].count("test_periodic") == 1


def test_periodic_jobs_keep_to_their_lanes(seen):
    PeriodicJobs([Queue.LIVE]).defer_due()
    assert deferred_jobs() == []


def test_depths(seen):
    defer_many("test_work", [{"key": 1}, {"key": 2}])
    (depth,) = queue_depths()
    assert (depth.queue, depth.waiting, depth.running) == ("live", 2, 0)
    assert depth.oldest_seconds >= 0


@pytest.mark.parametrize(
    ("error", "limit"),
    [
        (NoSuchCar(mobile="x"), 1),
        (StaleState(subject="x"), BUG_ATTEMPTS_MAX),
        (KeyError("x"), BUG_ATTEMPTS_MAX),
        (Away(), OUTAGE_ATTEMPTS_MAX),
        (OperationalError("x"), OUTAGE_ATTEMPTS_MAX),
    ],
)
def test_patience(error, limit):
    delays = [
        delay_seconds(error, attempts=attempts, job_id=9, outages=(OperationalError,))
        for attempts in range(1, limit + 1)
    ]
    assert delays[-1] is None
    assert all(delay is not None for delay in delays[:-1])
    assert all(0 < delay <= DELAY_SECONDS_MAX * 1.25 for delay in delays[:-1])


def test_jobs_that_failed_together_are_spread():
    delays = {delay_seconds(Away(), attempts=5, job_id=number) for number in range(100)}
    assert len(delays) > 50
    assert min(delays) >= 12
    assert max(delays) <= 20
