"""Callbacks as Standard Webhooks 1.0 says, against a real receiver."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from standardwebhooks import Webhook, WebhookVerificationError

from baozhen.foundation.clock import now
from baozhen.foundation.events import endpoints, schedule
from baozhen.foundation.events.errors import (
    EventTypeUnknown,
    TooManyWebhooks,
    WebhookAddressRefused,
    WebhookInactive,
    WebhookUnknown,
)
from baozhen.foundation.events.jobs import deliver_overdue_job, forget_old_job
from baozhen.foundation.events.models import Event, WebhookDelivery, WebhookEndpoint
from baozhen.foundation.events.publishing import Happening, publish, publish_many
from baozhen.foundation.jobs.registry import Queue
from baozhen.foundation.jobs.worker import run_worker

SUBJECT = ("envelope", "env_06bt3k9q2w8v5n7r4t6y8z0a1c")


def tell(client="api:core", type_="envelope.completed", **data):
    return publish(type_, subject=SUBJECT, data=data, at=now(), client=client)


def waiting_jobs():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queue_name, scheduled_at FROM procrastinate_jobs "
            "WHERE task_name = 'webhook.deliver' ORDER BY id"
        )
        return cursor.fetchall()


def delivery():
    return WebhookDelivery.objects.get()


@pytest.mark.requirement("S2-L160.b4")
def test_a_callback_is_signed_and_verified_by_another_implementation(endpoint, receiver):
    event = tell(sha256="ab" * 32)
    run_worker(until_idle=True)
    ((path, headers, body),) = receiver.requests
    assert path == "/hook"
    assert headers["webhook-id"] == event.public_id
    assert headers["Content-Type"] == "application/json"
    told = Webhook(endpoint.secret).verify(body, {k.lower(): v for k, v in headers.items()})
    assert told["type"] == "envelope.completed"
    assert told["data"] == {"object": "envelope", "id": SUBJECT[1], "sha256": "ab" * 32}
    assert body.decode() == event.body
    assert delivery().status == "delivered"
    assert delivery().tries.get().status_code == 200


def test_a_changed_body_or_a_strange_secret_is_refused_by_the_receiver(endpoint, receiver):
    tell()
    run_worker(until_idle=True)
    _path, headers, body = receiver.requests[0]
    headers = {name.lower(): value for name, value in headers.items()}
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(body.replace(b"completed", b"Completed"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(body, headers)


def test_the_body_is_frozen_when_it_is_published(endpoint, receiver):
    event = tell(sha256="1")
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(body="{}")


def test_nothing_is_promised_when_the_transaction_fails(endpoint):
    with transaction.atomic():
        tell()
        transaction.set_rollback(True)
    assert not Event.objects.exists()
    assert not waiting_jobs()


@pytest.mark.requirement("S2-L160.b4")
def test_a_failed_call_comes_again_by_the_published_schedule(endpoint, receiver):
    receiver.status = 500
    tell()
    for attempt in range(1, len(schedule.SCHEDULE) + 1):
        run_worker(until_idle=True)
        assert delivery().attempts == attempt
        jobs = waiting_jobs()
        if attempt == len(schedule.SCHEDULE):
            assert not jobs
            break
        ((queue, due),) = jobs
        assert queue == Queue.BULK  # an endpoint that fails leaves the live lane
        wait = due - datetime.now(UTC)
        promised = schedule.SCHEDULE[attempt]
        assert promised - timedelta(seconds=5) <= wait <= promised * 1.1
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")
    assert delivery().status == "given_up"
    assert len(receiver.requests) == 10
    # It is the same message each time: the receiver tells a repetition by its id.
    assert {headers["webhook-id"] for _path, headers, _body in receiver.requests} == {
        Event.objects.get().public_id
    }
    assert {body for _path, _headers, body in receiver.requests} == {
        Event.objects.get().body.encode()
    }


def test_the_schedule_is_the_published_one():
    waits = [schedule.wait_after(number, draw=lambda: 0.0) for number in range(11)]
    assert [wait and int(wait.total_seconds()) for wait in waits] == [
        timedelta(0),
        5,
        300,
        1800,
        7200,
        18_000,
        36_000,
        50_400,
        72_000,
        86_400,
        None,
    ]
    assert schedule.wait_after(1, draw=lambda: 1.0) == timedelta(seconds=5.5)


def test_a_success_ends_the_failing(endpoint, receiver):
    receiver.statuses = [503]
    tell()
    run_worker(until_idle=True)
    assert WebhookEndpoint.objects.get().failing_since is not None
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")
    run_worker(until_idle=True)
    assert delivery().status == "delivered"
    assert WebhookEndpoint.objects.get().failing_since is None
    assert [attempt.status_code for attempt in delivery().tries.all()] == [503, 200]


def test_410_switches_the_endpoint_off(endpoint, receiver):
    receiver.status = 410
    tell()
    run_worker(until_idle=True)
    found = WebhookEndpoint.objects.get()
    assert not found.active
    assert "410" in found.disabled_reason
    assert delivery().status == "given_up"
    tell()
    assert WebhookDelivery.objects.count() == 1


def test_a_redirect_is_not_followed(endpoint, receiver):
    receiver.status, receiver.headers = 302, {"Location": receiver.url}
    tell()
    run_worker(until_idle=True)
    assert len(receiver.requests) == 1
    assert delivery().tries.get().status_code == 302
    assert delivery().status == "waiting"


def test_what_is_logged_of_an_answer_holds_no_personal_data(endpoint, receiver):
    receiver.body = "电话 13812345678".encode()
    tell()
    run_worker(until_idle=True)
    assert "13812345678" not in delivery().tries.get().answer


def test_two_secrets_sign_while_one_replaces_the_other(endpoint, receiver):
    new = endpoints.rotate_secret(endpoint, actor="test", at=now())
    tell()
    run_worker(until_idle=True)
    _path, headers, body = receiver.requests[0]
    headers = {name.lower(): value for name, value in headers.items()}
    assert new != endpoint.secret
    for secret in (new, endpoint.secret):
        Webhook(secret).verify(body, headers)
    assert headers["webhook-signature"].count("v1,") == 2


def test_after_the_overlap_the_old_secret_signs_no_more(endpoint, receiver):
    new = endpoints.rotate_secret(endpoint, overlap=timedelta(0), actor="test", at=now())
    tell()
    run_worker(until_idle=True)
    _path, headers, body = receiver.requests[0]
    headers = {name.lower(): value for name, value in headers.items()}
    Webhook(new).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(body, headers)


def test_an_endpoint_hears_of_its_own_client_and_its_own_types_only(endpoint, receiver):
    endpoints.change_endpoint(endpoint, types=["envelope.declined"], actor="test", at=now())
    tell()
    tell(client="api:another", type_="envelope.declined")
    assert not WebhookDelivery.objects.exists()
    tell(type_="envelope.declined")
    assert WebhookDelivery.objects.count() == 1


def test_the_platforms_own_endpoint_hears_of_every_client(endpoint, receiver):
    request = endpoints.EndpointRequest(owner="", url=receiver.url)
    endpoints.create_endpoint(request, actor="test", at=now())
    tell(client="api:another")
    assert WebhookDelivery.objects.get().endpoint.owner == ""


def test_replay_one_and_a_span(endpoint, receiver):
    started = now()
    tell()
    run_worker(until_idle=True)
    endpoints.replay(delivery(), actor="test", at=now())
    run_worker(until_idle=True)
    assert len(receiver.requests) == 2
    endpoints.switch_off(endpoint, reason="升级", actor="test", at=now())
    tell()  # missed
    endpoints.switch_on(endpoint, actor="test", at=now())
    endpoint.refresh_from_db()
    count = endpoints.replay_range(
        endpoint, since=started, until=now() + timedelta(seconds=1), actor="test", at=now()
    )
    assert count == 2
    run_worker(until_idle=True)
    assert len(receiver.requests) == 4


def test_a_test_call_reaches_this_endpoint_alone(endpoint, receiver):
    other = endpoints.EndpointRequest(owner="api:core", url=receiver.url)
    endpoints.create_endpoint(other, actor="test", at=now())
    endpoints.send_test(endpoint, actor="test", at=now())
    run_worker(until_idle=True)
    ((_path, _headers, body),) = receiver.requests
    assert json.loads(body)["type"] == "webhook.test"


def test_an_endpoint_that_is_off_takes_no_calls(endpoint):
    tell()
    endpoints.switch_off(endpoint, reason="停用", actor="test", at=now())
    assert delivery().status == "given_up"
    endpoint.refresh_from_db()
    with pytest.raises(WebhookInactive):
        endpoints.replay(delivery(), actor="test", at=now())


def test_a_worker_that_died_in_the_call_loses_nothing(endpoint, receiver):
    tell()
    long_ago = now() - timedelta(minutes=10)
    WebhookDelivery.objects.update(leased_until=long_ago, next_at=long_ago)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    run_worker(until_idle=True)
    assert not receiver.requests
    deliver_overdue_job()
    run_worker(until_idle=True)
    assert len(receiver.requests) == 1


def test_a_leased_delivery_is_not_called_twice(endpoint, receiver):
    tell()
    WebhookDelivery.objects.update(leased_until=now() + timedelta(minutes=1))
    run_worker(until_idle=True)
    assert not receiver.requests


def test_a_burst_goes_by_the_bulk_lane(endpoint):
    many = [
        Happening(type="envelope.completed", subject_type="envelope", subject_id=f"env_{number}")
        for number in range(45)
    ]
    publish_many([replace_client(one) for one in many], at=now())
    jobs = waiting_jobs()
    assert len(jobs) == 3
    assert {queue for queue, _due in jobs} == {Queue.BULK}


def replace_client(one):
    return Happening(
        type=one.type, subject_type=one.subject_type, subject_id=one.subject_id, client="api:core"
    )


def test_one_callback_goes_by_the_live_lane(endpoint):
    tell()
    assert waiting_jobs()[0][0] == Queue.LIVE


def test_a_body_is_thin_and_its_type_is_known(database):
    with pytest.raises(ValueError, match="not thin"):
        tell(text="x" * 20_000)
    with pytest.raises(EventTypeUnknown):
        tell(type_="envelope.exploded")


def make(owner, url, *types):
    request = endpoints.EndpointRequest(owner=owner, url=url, types=types)
    return endpoints.create_endpoint(request, actor="test", at=now())


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "https://user:word@example.com/", "https:///x", "x y"]
)
def test_an_address_of_a_wrong_form_is_refused(database, url):
    with pytest.raises(WebhookAddressRefused):
        make("api:core", url)


def test_other_refusals_of_endpoints(endpoint, receiver):
    with pytest.raises(EventTypeUnknown):
        make("x", receiver.url, "x.y")
    with pytest.raises(WebhookUnknown):
        endpoints.endpoint_of(endpoint.public_id, owner="api:another")
    for _ in range(endpoints.ENDPOINTS_MAX):
        make("api:many", receiver.url)
    with pytest.raises(TooManyWebhooks):
        make("api:many", receiver.url)


def test_old_events_are_forgotten(endpoint, receiver):
    publish("risk.raised", subject=SUBJECT, data={}, at=now() - timedelta(days=200))
    tell()
    forget_old_job()
    assert Event.objects.get().type == "envelope.completed"
