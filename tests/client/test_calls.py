"""Patience, errors and signatures of the SDK, without a platform."""

import io
import json
from datetime import UTC, datetime

import httpx
import pytest

from baozhen.client import (
    AsyncClient,
    Client,
    Conflict,
    NoAnswer,
    NotFound,
    Options,
    RateLimited,
    Refused,
    RequestSigner,
    Retries,
    ServerError,
)
from baozhen.client.calls import asked_wait_seconds
from baozhen.client.errors import DownloadDamaged
from baozhen.client.signatures import Message, is_signed, read_signature
from tests.client.regenerate import FOLDER, HALVES, asynchronous
from tests.loops import run_apart

QUICK = Options(retries=Retries(attempts=3, first_seconds=0.0))


def problem(status, code="x", **more):
    body = {"status": status, "code": code, "detail": "d", "request_id": "r", **more}
    headers = {"Content-Type": "application/problem+json"}
    return httpx.Response(status, json=body, headers=headers)


class Answers:
    """A platform that gives these answers one after the other and keeps what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.words = []

    def __call__(self, request):
        self.asked.append(request)
        self.words.append(request.headers.get("Authorization"))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def client(answers, options=QUICK, **more):
    transport = httpx.MockTransport(answers)
    return Client("http://core", key="bz_x", options=options, transport=transport, **more)


OK = {"id": "env_1", "state": "in_progress"}


@pytest.mark.parametrize("name", HALVES)
def test_the_asynchronous_half_is_made_from_the_other(name):
    made = (FOLDER / f"{HALVES[name]}.py").read_text(encoding="utf-8")
    assert made == asynchronous(name), "请运行 python -m tests.client.regenerate"


def test_a_write_has_a_key_and_keeps_it_when_it_is_sent_again():
    answers = Answers(
        httpx.ConnectError("no"), problem(503, retryable=True), httpx.Response(201, json=OK)
    )
    assert client(answers).envelopes.create({"flow": "x"}) == OK
    keys = {request.headers["Idempotency-Key"] for request in answers.asked}
    assert len(answers.asked) == 3
    assert len(keys) == 1
    assert {request.content for request in answers.asked} == {b'{"flow": "x"}'}


def test_the_callers_own_key():
    answers = Answers(httpx.Response(201, json=OK))
    client(answers).envelopes.create({}, idempotency_key="mine")
    assert answers.asked[0].headers["Idempotency-Key"] == "mine"


def test_what_may_not_be_done_twice_is_not_sent_twice():
    for failure in (httpx.ReadTimeout("slow"), problem(502)):
        answers = Answers(failure, httpx.Response(200, json={"id": "w", "secret": "s"}))
        with pytest.raises((NoAnswer, ServerError)):
            client(answers).webhooks.rotate("whk_1")
        assert len(answers.asked) == 1
    # Nothing was sent, or the platform says that nothing was done: then it may.
    for failure in (httpx.ConnectError("no"), problem(429, retryable=True)):
        answers = Answers(failure, httpx.Response(200, json={"id": "w", "secret": "s"}))
        assert client(answers).webhooks.rotate("whk_1")["secret"] == "s"


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFound), (409, Conflict), (422, Refused), (500, ServerError)]
)
def test_a_refusal_is_an_error_at_once(status, kind):
    faults = [{"code": "c", "path": "vehicle.vin", "message": "m"}]
    answers = Answers(problem(status, "code_1", errors=faults, existing_id="env_9"))
    with pytest.raises(kind) as caught:
        client(answers).envelopes.get("env_1")
    error = caught.value
    assert (error.code, error.request_id, error.existing_id) == ("code_1", "r", "env_9")
    assert error.faults[0].path == "vehicle.vin"


def test_patience_ends():
    answers = Answers(*[problem(429, retryable=True) for _ in range(3)])
    with pytest.raises(RateLimited):
        client(answers).envelopes.get("env_1")
    with pytest.raises(NoAnswer):
        client(Answers(*[httpx.ConnectError("no")] * 3)).envelopes.get("env_1")


def test_waits_grow_and_listen_to_the_platform():
    retries = Retries(first_seconds=1, seconds_max=5)
    waits = [retries.wait_seconds(tried, None, lambda: 0.0) for tried in (1, 2, 3, 4)]
    assert waits == [1, 2, 4, 5]
    assert retries.wait_seconds(1, 30.0, lambda: 0.0) == 30.0
    assert retries.wait_seconds(1, None, lambda: 1.0) == 1.25


def test_retry_after_in_both_forms():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for text, seconds in [
        ("7", 7.0),
        ("Thu, 01 Jan 2026 00:00:09 GMT", 9.0),
        ("Thu, 01 Jan 2020 00:00:09 GMT", 0.0),
        ("99999", 300.0),
        ("soon", None),
        ("", None),
    ]:
        answer = httpx.Response(503, headers={"Retry-After": text})
        assert asked_wait_seconds(answer, at) == seconds


def test_pages_are_followed_by_cursor():
    answers = Answers(
        httpx.Response(200, json={"items": [{"id": "1"}], "has_more": True, "cursor": "c1"}),
        httpx.Response(200, json={"items": [{"id": "2"}], "has_more": False, "cursor": None}),
    )
    assert [item["id"] for item in client(answers).seals.iterate(state="active")] == ["1", "2"]
    assert answers.asked[1].url.params["cursor"] == "c1"
    assert answers.asked[1].url.params["state"] == "active"


def test_a_batch_is_streamed_with_its_length():
    answers = Answers(httpx.Response(202, json={"id": 5}))
    batch = client(answers).batches.submit([{"a": 1}, b'{"a":2}'])
    assert batch["id"] == 5
    (request,) = answers.asked
    assert request.headers["Content-Type"] == "application/x-ndjson"
    assert request.read() == b'{"a":1}\n{"a":2}\n'
    assert request.headers["Content-Length"] == "16"


def test_a_download_is_checked_against_its_digest():
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    good = httpx.Response(200, content=b"hello", headers={"ETag": f'"{digest}"'})
    bad = httpx.Response(200, content=b"hellO", headers={"ETag": f'"{digest}"'})
    target = io.BytesIO()
    done = client(Answers(good)).policies.download("P1", target)
    assert (target.getvalue(), done.sha256, done.size) == (b"hello", digest, 5)
    with pytest.raises(DownloadDamaged):
        client(Answers(bad)).policies.download("P1", io.BytesIO())


def test_requests_are_signed_anew_each_time():
    signer = RequestSigner.hmac("key_1", b"secret")
    answers = Answers(problem(503, retryable=True), httpx.Response(201, json=OK))
    options = Options(retries=Retries(attempts=2, first_seconds=0.0), signer=signer)
    client(answers, options).envelopes.create({"flow": "x"})
    nonces = set()
    for request in answers.asked:
        given = read_signature(request.headers)
        nonces.add(given.nonce)
        message = Message(
            method="POST",
            authority="core",
            path="/api/v1/envelopes",
            query="",
            digest=request.headers["Content-Digest"],
        )
        assert is_signed(given, message, b"secret")
    assert len(nonces) == 2


def test_a_key_is_changed_for_a_token_that_is_renewed():
    def token(name):
        return httpx.Response(200, json={"access_token": name, "expires_in": 900})

    answers = Answers(
        token("t1"),
        httpx.Response(200, json=OK),
        httpx.Response(200, json=OK),
        problem(401),
        token("t2"),
        httpx.Response(200, json=OK),
    )
    made = client(answers, name="core")
    for _ in range(3):
        made.envelopes.get("env_1")
    assert answers.words == [None, "Bearer t1", "Bearer t1", "Bearer t1", None, "Bearer t2"]


def test_ids_cannot_leave_their_place_in_the_address():
    answers = Answers(httpx.Response(200, json=OK))
    client(answers).envelopes.get("../../x?y#z")
    assert answers.asked[0].url.raw_path == b"/api/v1/envelopes/..%2F..%2Fx%3Fy%23z"


def test_the_asynchronous_client_does_the_same():
    answers = Answers(
        problem(503, retryable=True),
        httpx.Response(201, json=OK),
        httpx.Response(200, json={"items": [{"id": "1"}], "has_more": True, "cursor": "c1"}),
        httpx.Response(200, json={"items": [{"id": "2"}], "has_more": False, "cursor": None}),
        httpx.Response(200, content=b"hello"),
    )

    async def use():
        transport = httpx.MockTransport(answers)
        async with AsyncClient(
            "http://core", key="bz_x", options=QUICK, transport=transport
        ) as made:
            assert await made.envelopes.create({"flow": "x"}) == OK
            assert [item["id"] async for item in made.seals.iterate()] == ["1", "2"]
            target = io.BytesIO()
            assert (await made.policies.download("P1", target)).size == 5

    run_apart(use())
    assert json.loads(answers.asked[0].content) == {"flow": "x"}
