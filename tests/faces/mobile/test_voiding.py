"""A person who signed by a link is told that the task shall be void, and answers there."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from baozhen.faces.mobile.visit import DEVICE_COOKIE
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Envelope, VoidConsent, VoidRequest
from baozhen.signing.envelopes.services.telling import notify_of_void
from baozhen.signing.envelopes.services.voiding import LAPSES_AFTER, request_void
from baozhen.signing.envelopes.services.watching import watch_envelopes
from baozhen.signing.identity.models import CodeChallenge
from baozhen.signing.identity.services.devices import note_device
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from baozhen.signing.risks.models import Risk
from tests.signing.envelopes.conftest import desk, promised  # noqa: F401 -- fixtures

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(desk):  # noqa: F811
    """A contract that both have signed, long after its deadline, and the wish to void it."""
    envelope = desk.finish(desk.start(flow_of("application_contract")))
    Envelope.objects.filter(pk=envelope.pk).update(expires_at=now() - timedelta(days=9))
    own = envelope.signatories.get(role="insurer")
    request_void(envelope.pk, by=own, reason="重复投保", actor="test", at=now())
    return desk, envelope


def newest_link(desk):  # noqa: F811
    texts = sorted(desk.outbox.rglob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    said = [path.read_text(encoding="utf-8") for path in texts]
    told = next(text for text in reversed(said) if "申请作废" in text)
    return re.search(r"/s/[\w-]+", told)[0]


def known(desk, promised):  # noqa: F811
    """Follow the link of the text, and prove who one is."""
    [key] = promised("notify_of_void")
    notify_of_void(key=key)
    client, link = Client(), newest_link(desk)
    assert client.get(link, follow=True).status_code == 200
    CodeChallenge.objects.update(queued_at=now() - timedelta(minutes=2))
    client.post(f"{link}/identity", {"act": "send"})
    answer = client.post(
        f"{link}/identity", {"act": "check", "code": desk.last_code()}, follow=True
    )
    assert "是否同意作废" in answer.content.decode()
    return client, link


@pytest.mark.requirement("S2-L770", "S2-L883")
def test_who_signed_by_a_link_agrees_with_a_code(asked, promised):  # noqa: F811
    desk, envelope = asked  # noqa: F811
    client, link = known(desk, promised)
    assert client.get(f"{link}/documents/1.pdf").status_code == 200
    void = f"{link}/void"
    refused = client.post(void, {"act": "agree", "code": "000000"})
    assert refused.status_code == 422
    assert client.post(void, {"act": "send"}).status_code == 302
    done = client.post(void, {"act": "agree", "code": desk.last_code()}, follow=True)
    assert "各方已同意作废" in done.content.decode()
    envelope.refresh_from_db()
    assert envelope.state == "voided"
    word = VoidConsent.objects.get(signatory__role="policyholder")
    assert (word.has_agreed, word.will.document_sha256) == (True, envelope.content_sha256)


def test_an_agents_telephone_agrees_to_nothing_for_a_client(asked, promised):  # noqa: F811
    desk, envelope = asked  # noqa: F811
    client, link = known(desk, promised)
    client.post(f"{link}/void", {"act": "send"})
    facts = SubjectFacts(kind="person", name="测试伟", mobile="19900000099", is_agent=True)
    agent = register_subject(facts, actor="test", at=now())
    note_device(agent, client.cookies[DEVICE_COOKIE].value, at=now())
    said = client.post(f"{link}/void", {"act": "agree", "code": desk.last_code()})
    assert said.status_code == 422
    assert "属于业务人员" in said.content.decode()
    envelope.refresh_from_db()
    assert envelope.state == "voiding"
    assert Risk.objects.filter(kind="identity.agent_confirms").count() == 1


def test_one_refusal_by_link_leaves_it_as_it_was(asked, promised):  # noqa: F811
    desk, envelope = asked  # noqa: F811
    client, link = known(desk, promised)
    said = client.post(f"{link}/void", {"act": "refuse"}, follow=True).content.decode()
    assert "签署完成" in said
    envelope.refresh_from_db()
    assert envelope.state == "completed"
    assert client.get(f"{link}/void").status_code == 302


def test_a_request_that_nobody_answers_does_not_hang_for_ever(asked):
    _, envelope = asked
    watch_envelopes()
    envelope.refresh_from_db()
    assert envelope.state == "voiding"
    VoidRequest.objects.update(requested_at=now() - LAPSES_AFTER - timedelta(minutes=1))
    watch_envelopes()
    envelope.refresh_from_db()
    assert (envelope.state, VoidRequest.objects.get().state) == ("completed", "lapsed")
