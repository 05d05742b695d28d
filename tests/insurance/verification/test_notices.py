"""Notices after issue: by SMS and WeChat, once each, and never in the way of anything."""

import json

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.verification.notices import tell_issued
from baozhen.insurance.verification.states import WeChatApp
from baozhen.insurance.verification.wechat import bind
from tests.insurance.holding import subject_of
from tests.insurance.making import issue, make_proposal


@pytest.fixture
def raw():
    return make_proposal(1)


@pytest.fixture
def proposal(platform, raw):
    issue(raw)
    return Policy.objects.first().proposal


def told():
    entries = AuditEntry.objects.filter(action="customer.told").order_by("pk")
    return [(entry.facts["way"], bool(entry.facts["receipt"])) for entry in entries]


@pytest.mark.requirement("S0-3.9")
def test_a_holder_is_told_by_sms_and_wechat_once(proposal, raw):
    bind(WeChatApp.ACCOUNT, "o1", subject_of(raw["policyholder"]), at=now())
    assert tell_issued([proposal.pk], at=now()) == 2
    assert tell_issued([proposal.pk], at=now()) == 0
    assert told() == [("sms", True), ("wechat", True)]


def test_without_a_binding_there_is_the_sms(proposal):
    assert tell_issued([proposal.pk], at=now()) == 1


def test_ways_may_be_switched_off(proposal, settings):
    settings.BAOZHEN_NOTICES = "none"
    assert tell_issued([proposal.pk], at=now()) == 0


def test_a_number_that_takes_no_texts_parks_nothing(proposal, settings):
    # Without a template of the provider's the adapter refuses before it asks.
    settings.BAOZHEN_SMS_URL = "aliyun://id:secret@dysmsapi.aliyuncs.com?sign=x"
    settings.BAOZHEN_SMS_TEMPLATES = "{}"
    assert tell_issued([proposal.pk], at=now()) == 0
    assert told() == [("sms", False)]


def test_a_text_holds_a_link_and_numbers_only(proposal, raw, settings):
    outbox = settings.BAOZHEN_OUTBOX
    before = set(outbox.glob("sms_*.json"))
    tell_issued([proposal.pk], at=now())
    [path] = set(outbox.glob("sms_*.json")) - before
    said = json.loads(path.read_text(encoding="utf-8"))["parameters"]
    assert set(said) == {"policy", "link"}
    assert raw["policyholder"]["name"] not in str(said)
