"""Errors become answers: a problem document for programs, a page for people, no traces."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client, RequestFactory, override_settings
from django.urls import include, path

from baozhen.faces import errors, problems
from baozhen.foundation.errors import IllegalMove, Outage, Refusal, StaleState
from baozhen.insurance.proposals.faults import Fault

SECRET = "the text of a bug"


class Stove(Outage):
    code = "stove_out"
    message = "炉子灭了"


def _bug(request):
    raise RuntimeError(SECRET)


def _outage(request):
    raise Stove


urlpatterns = [
    path("bug", _bug),
    path("outage", _outage),
    path("api/v1/bug", _bug),
    path("api/v1/outage", _outage),
    path("", include("baozhen.site.urls")),
]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.NotSignedIn(), 401, "not_signed_in"),
        (errors.NotPermitted(right="x"), 403, "not_permitted"),
        (errors.NotFound(what="x"), 404, "not_found"),
        (errors.TooLarge(limit="1 MB"), 413, "too_large"),
        (errors.WrongContentType(expected="x"), 415, "wrong_content_type"),
        (errors.TooManyRequests(retry_after_seconds=3), 429, "too_many_requests"),
        (errors.MalformedRequest(reason="x"), 400, "malformed_request"),
        (IllegalMove(subject="x", source="a", target="b"), 409, "illegal_move"),
        (StaleState(subject="x"), 409, "stale_state"),
        (Stove(), 503, "stove_out"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "not_permitted"),
        (RuntimeError(SECRET), 500, "internal_error"),
    ],
)
def test_every_error_has_its_status(error, status, code):
    problem = problems.describe(error)
    assert (problem.status, problem.code) == (status, code)
    assert problem.title
    assert problem.detail


def test_a_refusal_without_a_special_status_is_unprocessable():
    class Odd(Refusal):
        code = "odd"
        message = "不行"

    assert problems.describe(Odd()).status == 422


def test_all_faults_are_told():
    error = errors.InvalidRequest()
    error.facts["faults"] = [Fault("a", "x.y", "甲"), Fault("b", "z", "乙")]
    assert [fault["path"] for fault in problems.describe(error).errors] == ["x.y", "z"]


def test_the_document_has_the_members_of_rfc_9457():
    request = RequestFactory().get("/api/v1/x")
    request.request_id = "abc"
    response = problems.answer(request, errors.TooManyRequests(retry_after_seconds=7))
    assert response["Content-Type"] == "application/problem+json"
    assert response["Retry-After"] == "7"
    body = json.loads(response.content)
    assert body["type"] == "urn:baozhen:problem:too_many_requests"
    assert body["status"] == 429
    assert body["instance"] == "/api/v1/x"
    assert body["request_id"] == "abc"
    assert body["retryable"] is True


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.faces.test_problems")
@pytest.mark.parametrize("address", ["/bug", "/api/v1/bug"])
def test_a_bug_shows_a_number_and_keeps_its_text(address):
    response = Client(raise_request_exception=False).get(address)
    assert response.status_code == 500
    text = response.content.decode()
    assert response["X-Request-ID"] in text
    assert SECRET not in text
    assert "Traceback" not in text


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.faces.test_problems")
def test_an_outage_may_be_tried_again():
    response = Client().get("/api/v1/outage")
    assert response.status_code == 503
    assert response.json()["retryable"] is True
    assert Client().get("/outage").status_code == 503


@pytest.mark.django_db
def test_an_address_that_does_not_exist(client):
    page = client.get("/no-such-page")
    assert page.status_code == 404
    assert "没有找到" in page.content.decode()
    document = client.get("/api/v1/no-such-thing")
    assert document.status_code == 404
    assert document["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_a_forged_form_is_refused_with_a_page():
    response = Client(enforce_csrf_checks=True).post("/query", {"number": "x"})
    assert response.status_code == 403
    assert "没有权限" in response.content.decode()
