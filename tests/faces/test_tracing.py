"""Traced pages leave a trail by themselves: with scripts, without, and when the record fails."""

import json
import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import RequestFactory

from baozhen.faces import tracing
from baozhen.foundation.clock import now
from baozhen.foundation.traces.failures import failures
from baozhen.foundation.traces.models import (
    PageVersion,
    RecordingChunk,
    TraceEvent,
    TraceLink,
    TracePerson,
    TraceSession,
)
from baozhen.foundation.traces.replay import served_page
from baozhen.foundation.traces.states import Kind
from baozhen.signing.identity.models import Subject

pytestmark = pytest.mark.django_db
PAGE = "/m/sign-in"
OURS = {"HTTP_ORIGIN": "http://testserver"}


@pytest.fixture
def visited(client, platform):
    client.get(PAGE)
    return client


def tell(client, **changes):
    body = {"view": 1, "sent": int(now().timestamp() * 1000), "acts": [], "pictures": []} | changes
    return client.post("/t/acts", json.dumps(body), content_type="application/json", **OURS)


def act(kind="CLICK", **changes):
    return {"kind": kind, "at": int(now().timestamp() * 1000), "target": "button#go"} | changes


def kinds():
    return list(TraceEvent.objects.order_by("seq").values_list("kind", flat=True))


def test_a_page_is_kept_as_it_was_served(visited):
    event = TraceEvent.objects.get()
    assert (event.kind, event.seq) == (Kind.ENTER, 1)
    page = served_page(event)
    assert "登录" in page or "身份" in page
    assert "trace.js" not in page
    session = TraceSession.objects.get()
    assert session.channel == "手机投保"
    assert session.ip_masked == "127.0.0.*"


def test_the_next_visitor_shares_the_version(visited, client):
    client.cookies.clear()
    answer = client.get(PAGE)
    assert b"trace.js" in answer.content
    assert TraceSession.objects.count() == 2
    assert TraceEvent.objects.count() == 2
    assert PageVersion.objects.count() <= 2


@pytest.mark.requirement("S0-4.1b")
def test_a_form_leaves_a_masked_act_without_scripts(visited):
    typed = {"name": "测试欣", "number": "110199199001011017", "mobile": "16112340001"}
    visited.post(PAGE, typed)
    submit = TraceEvent.objects.get(kind=Kind.SUBMIT)
    assert kinds()[:2] == ["ENTER", "SUBMIT"]
    assert "16112340001" not in submit.value
    assert "110199199001011017" not in submit.value
    assert "测试欣" not in submit.value
    assert "mobile=161****0001" in submit.value
    assert submit.value_hash


def test_other_pages_are_not_traced(client, platform):
    client.get("/")
    assert not TraceSession.objects.exists()


def test_a_page_is_served_when_the_record_fails(client, platform, monkeypatch, caplog):
    def broken(*_args, **_kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(tracing, "store_page", broken)
    before = failures()
    with caplog.at_level(logging.ERROR):
        answer = client.get(PAGE)
    assert answer.status_code == 200
    assert b"trace.js" not in answer.content
    assert failures() == before + 1
    assert "could not be recorded" in caplog.text


def test_clicks_are_told_with_both_clocks(visited):
    sent = int((now() - timedelta(minutes=7)).timestamp() * 1000)
    answer = tell(visited, sent=sent, acts=[act(at=sent - 1000), act("TICK", value="yes")])
    assert answer.status_code == 204
    click = TraceEvent.objects.get(kind=Kind.CLICK)
    assert 419_000 < click.offset_ms < 425_000
    assert click.page == TraceEvent.objects.get(seq=1).page
    assert click.client_time < click.server_time


def test_pictures_are_kept(visited):
    assert tell(visited, pictures=[{"type": 3, "timestamp": 5, "data": {}}]).status_code == 204
    assert RecordingChunk.objects.get().number == 2


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"view": 2}, 404),
        ({"view": 0}, 422),
        ({"acts": [act("SIGN")]}, 422),
        ({"acts": [act("PAY")]}, 422),
        ({"acts": [{"kind": "CLICK"}]}, 422),
        ({"acts": [act(target="x" * 201)]}, 422),
        ({"acts": [act()] * 201}, 422),
        ({"more": 1}, 422),
        ({"pictures": ["x"]}, 422),
    ],
)
def test_anything_else_is_refused(visited, changes, status):
    assert tell(visited, **changes).status_code == status
    assert kinds() == ["ENTER"]


def test_strangers_add_nothing(visited, client):
    body = json.dumps({"view": 1, "sent": 1, "acts": [act()]})
    kind = {"content_type": "application/json"}
    assert visited.post("/t/acts", body, HTTP_ORIGIN="http://other", **kind).status_code == 404
    assert visited.post("/t/acts", body, **kind).status_code == 404
    assert visited.get("/t/acts").status_code == 405
    big = visited.post("/t/acts", "x" * (1024 * 1024 + 1), **kind, **OURS)
    assert big.status_code == 413
    client.cookies.clear()
    assert client.post("/t/acts", body, **kind, **OURS).status_code == 404
    assert kinds() == ["ENTER"]


def test_after_an_hour_another_session_begins(visited, settings):
    first = TraceSession.objects.get()
    assert first.public_id == visited.session[tracing.SESSION_KEY]
    later = first.last_at + timedelta(minutes=61)
    settings.BAOZHEN_CLOCK = later.isoformat()
    visited.get(PAGE)
    assert TraceSession.objects.count() == 2


def test_a_known_page_costs_few_queries(visited, django_assert_max_num_queries):
    with django_assert_max_num_queries(24):
        visited.get(PAGE)


def test_our_own_script_is_small():
    script = django_settings.CHECKOUT / "src/baozhen/faces/static/baozhen/tracing/trace.js"
    assert script.stat().st_size < 15 * 1024


def answer_of(client, view, path="/m/elsewhere"):
    """Let the middleware answer a request of this client's session by this view."""
    request = RequestFactory().get(path)
    request.session = client.session
    request.resolver_match = None
    response = tracing.TracingMiddleware(view)(request)
    request.session.save()
    return response


def test_numbers_and_people_are_linked_once(client, platform):
    subject = Subject.objects.create(
        public_id="sub_1",
        kind="person",
        name="测试欣",
        id_index="i" * 64,
        registered_at=now(),
        changed_at=now(),
    )
    client.get(PAGE)

    def view(request):
        tracing.note(request, subject=subject, proposal="T1", private=["测*欣"])
        return HttpResponse("<html><head></head><body>您好，测*欣</body></html>")

    answer_of(client, view)
    answer_of(client, view)
    link, person = TraceLink.objects.get(), TracePerson.objects.get()
    assert (link.kind, link.number) == ("proposal", "T1")
    assert (person.subject_ref, person.person_index) == ("sub_1", "i" * 64)
    last = TraceEvent.objects.order_by("seq").last()
    assert last.slots == ["测*欣"]


def test_who_is_signed_in_on_the_phone_is_linked(client, platform):
    Subject.objects.create(
        public_id="sub_2",
        kind="person",
        name="测试安",
        id_index="j" * 64,
        registered_at=now(),
        changed_at=now(),
    )
    client.get(PAGE)
    session = client.session
    session["holder"] = {"subject": "sub_2"}
    session.save()
    answer_of(client, lambda _request: HttpResponse("<head></head>测*安，您好"))
    assert TracePerson.objects.get().person_index == "j" * 64
    last = TraceEvent.objects.order_by("seq").last()
    assert last.slots == ["测*安"]


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/m/apply/T1", 200, "proposal"),
        ("/m/policies/T1", 200, "policy"),
        ("/m/claims/T1", 200, "claim"),
        ("/m/pay/T1", 404, None),
        ("/m/sign-in", 200, None),
    ],
)
def test_the_number_of_an_address_is_linked_when_the_page_opens(
    client, platform, path, status, kind
):
    client.get(PAGE)
    request = RequestFactory().get(path)
    request.session = client.session
    request.resolver_match = SimpleNamespace(kwargs={"number": "T1"}, view_name="journey:x")
    page = HttpResponse("<html><head></head></html>", status=status)
    tracing.TracingMiddleware(lambda _request: page)(request)
    assert list(TraceLink.objects.values_list("kind", flat=True)) == ([kind] if kind else [])


def test_fragments_are_no_pages(client, platform):
    answer_of(client, lambda _request: HttpResponse("<li>一</li>"))
    assert not TraceEvent.objects.exists()
