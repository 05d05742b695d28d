"""Codes: bound, counted, timed, single; never stored, never logged; races have one winner."""

import json
import logging
import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.notify.sms import SMSOutage
from baozhen.signing.identity.errors import (
    AgentActsForClient,
    CodeElsewhere,
    CodeExpired,
    CodeNotYours,
    CodeSpent,
    CodeTooMany,
    CodeTooSoon,
    CodeWrong,
    ConsentNotProved,
    ConsentStale,
    NoAddress,
)
from baozhen.signing.identity.models import CodeChallenge, ConsentCheck
from baozhen.signing.identity.queries import consent_evidence
from baozhen.signing.identity.services.codes import (
    CodeRequest,
    Senders,
    confirm_code,
    send_code,
)
from baozhen.signing.identity.services.consent import (
    ConsentFacts,
    record_consent,
    require_consent,
)
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from baozhen.signing.risks.models import Risk
from tests.signing.identity.conftest import NOW

DOCUMENT = "ab" * 32


class Phone:
    """Takes texts instead of a provider."""

    def __init__(self, failure=None):
        self.texts = []
        self.failure = failure

    def send(self, message):
        if self.failure:
            raise self.failure
        self.texts.append(message)
        return f"receipt-{len(self.texts)}"

    @property
    def code(self):
        return self.texts[-1].parameters["code"]


def ask(person, phone, *, at=NOW, **changes):
    request = CodeRequest(
        subject_id=person.public_id,
        purpose="sign",
        document_sha256=DOCUMENT,
        device="phone-1",
    )
    request = CodeRequest(**{**request.__dict__, **changes})
    return send_code(request, at=at, senders=Senders(sms=phone))


def enter(person, challenge, code, *, at=NOW + timedelta(seconds=30), **changes):
    bound = {
        "subject_id": person.public_id,
        "purpose": "sign",
        "document_sha256": DOCUMENT,
        "device": "phone-1",
        **changes,
    }
    return confirm_code(challenge.public_id, code, at=at, **bound)


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.mark.requirement("S2-L160.n3", "S2-L363")
def test_a_code_confirms_once_and_is_never_kept(person, caplog):
    caplog.set_level(logging.DEBUG)
    phone = Phone()
    challenge = ask(person, phone)
    assert len(phone.code) == 6
    assert phone.code.isdigit()
    assert phone.texts[0].mobile == "16100000001"
    confirmed = enter(person, challenge, phone.code)
    assert confirmed.confirmed_at is not None
    with pytest.raises(CodeSpent):
        enter(person, challenge, phone.code)

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM identity_codechallenge c")
        stored = cursor.fetchone()[0]
    assert f'"{phone.code}"' not in stored
    assert phone.code not in caplog.text
    assert phone.code not in repr(phone.texts[0])
    facts = json.dumps(list(AuditEntry.objects.values_list("facts", flat=True)))
    assert f'"{phone.code}"' not in facts


@pytest.mark.parametrize(
    "other",
    [
        {"purpose": "login"},
        {"document_sha256": "cd" * 32},
        {"device": "phone-2"},
        {"subject_id": "sub_other"},
    ],
)
def test_a_code_serves_nothing_else(person, other):
    phone = Phone()
    challenge = ask(person, phone)
    with pytest.raises(CodeNotYours):
        enter(person, challenge, phone.code, **other)
    assert enter(person, challenge, phone.code)  # and is not used up by trying


def test_five_wrong_tries_end_it(person):
    phone = Phone()
    challenge = ask(person, phone)
    for left in (4, 3, 2, 1):
        with pytest.raises(CodeWrong) as refused:
            enter(person, challenge, wrong(phone.code))
        assert refused.value.facts["left"] == left
    with pytest.raises(CodeSpent):
        enter(person, challenge, wrong(phone.code))
    with pytest.raises(CodeSpent):
        enter(person, challenge, phone.code)


def test_a_code_lives_five_minutes(person):
    phone = Phone()
    challenge = ask(person, phone)
    assert challenge.expires_at == NOW + timedelta(minutes=5)
    with pytest.raises(CodeExpired):
        enter(person, challenge, phone.code, at=NOW + timedelta(minutes=5))


def test_resending_is_limited_and_ends_the_older_code(person):
    phone = Phone()
    first, code = ask(person, phone), phone.code
    with pytest.raises(CodeTooSoon):
        ask(person, phone, at=NOW + timedelta(seconds=59))
    ask(person, phone, at=NOW + timedelta(seconds=60))
    with pytest.raises(CodeSpent):
        enter(person, first, code, at=NOW + timedelta(seconds=61))
    for number in range(2, 6):
        ask(person, phone, at=NOW + timedelta(minutes=number))
    with pytest.raises(CodeTooMany):
        ask(person, phone, at=NOW + timedelta(minutes=7))


def test_the_limit_counts_the_mobile_not_the_subject(person, db):
    """Without it, a stranger's phone could be flooded under many names."""
    facts = SubjectFacts(
        kind="person", name="测试乙", id_no="110199199009202025", mobile="+86 161 0000 0001"
    )
    other = register_subject(facts, actor="test", at=NOW)
    ask(person, Phone())
    with pytest.raises(CodeTooSoon):
        ask(other, Phone(), at=NOW + timedelta(seconds=1))


def test_a_provider_that_is_down_leaves_no_usable_code(person):
    with pytest.raises(SMSOutage):
        ask(person, Phone(SMSOutage(reason="down")))
    challenge = CodeChallenge.objects.get()
    assert challenge.failure == "sms_outage"
    for code in ("000000", "123456"):
        with pytest.raises(CodeSpent):
            enter(person, challenge, code)
    assert ask(person, Phone(), at=NOW + timedelta(seconds=1)).sent_at  # at once, not after 60 s


class Mailbox:
    """Takes mails instead of a server."""

    def __init__(self):
        self.mails = []

    def send(self, message):
        self.mails.append(message)


@pytest.mark.requirement("S2-L160.n3")
def test_a_code_may_come_by_mail(person):
    box = Mailbox()
    request = CodeRequest(subject_id=person.public_id, channel="mail", purpose="sign")
    challenge = send_code(request, at=NOW, senders=Senders(mail=box))
    assert challenge.address_masked == "j***a@example.com"
    (mail,) = box.mails
    assert mail["To"] == "jia@example.com"
    code = re.search(r"[0-9]{6}", mail.get_content())[0]
    assert enter(person, challenge, code, document_sha256="", device="").confirmed_at
    facts = ConsentFacts(
        subject_id=person.public_id,
        document_sha256=DOCUMENT,
        method="mail",
        challenge_id=challenge.public_id,
    )
    with pytest.raises(ConsentNotProved):  # it was not sent for a document
        record_consent(facts, at=NOW + timedelta(seconds=31))


def test_nobody_without_an_address_gets_a_code(company):
    with pytest.raises(NoAddress):
        ask(company, Phone())


@pytest.mark.requirement("S2-L311")
def test_an_agents_phone_never_confirms_for_a_client(person):
    agent = SubjectFacts(
        kind="person",
        name="测试丁",
        id_no="440199199512124040",
        mobile="16100000001",
        is_agent=True,
    )
    agent_subject = register_subject(agent, actor="test", at=NOW)
    phone = Phone()
    with pytest.raises(AgentActsForClient):
        ask(person, phone)
    assert not phone.texts
    risk = Risk.objects.get(kind="identity.agent_confirms")
    assert risk.severity == "severe"
    assert risk.facts["agent"] == agent_subject.public_id
    assert ask(agent_subject, phone, device="own")  # for themselves it is their phone


def test_the_will_is_for_one_document_and_fresh(person):
    phone = Phone()
    challenge = ask(person, phone)
    facts = ConsentFacts(
        subject_id=person.public_id,
        document_sha256=DOCUMENT,
        method="sms",
        challenge_id=challenge.public_id,
        device="phone-1",
        address="203.0.113.9",
    )
    at = NOW + timedelta(seconds=40)
    with pytest.raises(CodeSpent):  # not confirmed yet
        record_consent(facts, at=at)
    enter(person, challenge, phone.code)
    other = ConsentFacts(**{**facts.__dict__, "document_sha256": "cd" * 32})
    with pytest.raises(ConsentNotProved):
        record_consent(other, at=at)
    consent = record_consent(facts, at=at)
    with pytest.raises(CodeSpent):
        record_consent(facts, at=at)
    assert (
        require_consent(consent.public_id, subject=person, document_sha256=DOCUMENT, at=at)
        == consent
    )
    with pytest.raises(ConsentStale):
        require_consent(consent.public_id, subject=person, document_sha256="cd" * 32, at=at)
    late = at + timedelta(minutes=16)
    with pytest.raises(ConsentStale):
        require_consent(consent.public_id, subject=person, document_sha256=DOCUMENT, at=late)
    evidence = consent_evidence(DOCUMENT)[0]
    assert evidence["code"]["sent_to"] == "161****0001"
    assert "16100000001" not in json.dumps(evidence)


def test_a_code_confirmed_elsewhere_signs_nothing_here(person):
    """Whoever lures a confirmed code out of one session cannot sign with it in another."""
    for sent_to in ("phone-1", ""):  # known when it was sent, or since it was confirmed
        phone, at = Phone(), NOW + timedelta(hours=1) * (not sent_to)
        challenge = ask(person, phone, at=at, device=sent_to)
        enter(person, challenge, phone.code, at=at + timedelta(seconds=30))
        facts = ConsentFacts(
            subject_id=person.public_id,
            document_sha256=DOCUMENT,
            method="sms",
            challenge_id=challenge.public_id,
            device="phone-1",
        )
        later = at + timedelta(seconds=40)
        for other in ("phone-2", ""):
            with pytest.raises(CodeElsewhere, match="另一台设备") as refused:
                record_consent(replace(facts, device=other), at=later)
            assert refused.value.code == "identity_code_elsewhere"
        assert not ConsentCheck.objects.filter(challenge=challenge).exists()
        assert record_consent(facts, at=later)  # and it was not used up by trying


def test_the_database_refuses_a_will_that_rests_on_nothing(person):
    with pytest.raises(IntegrityError), transaction.atomic():
        ConsentCheck.objects.create(
            public_id="con_x", subject=person, document_sha256=DOCUMENT, method="sms", given_at=NOW
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement("S2-L363")
def test_of_two_who_confirm_at_once_one_wins():
    facts = SubjectFacts(
        kind="person", name="测试甲", id_no="110199198506151017", mobile="16100000001"
    )
    person = register_subject(facts, actor="test", at=NOW)
    phone = Phone()
    challenge = ask(person, phone)
    barrier, outcomes = threading.Barrier(2), []

    def confirm():
        barrier.wait()
        try:
            enter(person, challenge, phone.code)
            outcomes.append("confirmed")
        except CodeSpent:
            outcomes.append("spent")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=confirm) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["confirmed", "spent"]


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_win():
    """The danger: reading and writing apart, both see an unused code."""
    facts = SubjectFacts(
        kind="person", name="测试甲", id_no="110199198506151017", mobile="16100000001"
    )
    challenge = ask(register_subject(facts, actor="test", at=NOW), Phone())
    barrier, wins = threading.Barrier(2), []

    def confirm():
        try:
            row = CodeChallenge.objects.get(pk=challenge.pk)
            unused = row.confirmed_at is None
            barrier.wait()
            if unused:
                row.confirmed_at = NOW
                row.save(update_fields=["confirmed_at"])
                wins.append(1)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=confirm) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wins) == 2
