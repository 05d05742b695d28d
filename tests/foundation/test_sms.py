"""Texts: signed as Alibaba Cloud documents it, retried or refused by its codes, never logged."""

import hashlib
import hmac
import json
import logging
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from django.db import IntegrityError, transaction

from baozhen.foundation.clock import now
from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.notify.models import TextDelivery
from baozhen.foundation.notify.sms import (
    AliyunSMS,
    OutboxSMS,
    RecordedSMS,
    SMSOutage,
    SMSRefused,
    TextMessage,
    get_sms,
    text_index,
)
from tests.signing.identity.conftest import Answering

TEXT = TextMessage(
    mobile="16100000001", template="code", reference="cod_1", parameters={"code": "135790"}
)


def signed_by_the_book(path, headers, secret):
    """Compute ACS3-HMAC-SHA256 again, from what arrived."""
    given = headers["authorization"]
    names = given.split("SignedHeaders=")[1].split(",")[0].split(";")
    query = sorted(
        f"{quote(name, safe='~')}={quote(value, safe='~')}"
        for name, value in parse_qsl(urlsplit(path).query, keep_blank_values=True)
    )
    lines = [f"{name}:{headers[name]}\n" for name in names]
    payload = hashlib.sha256(b"").hexdigest()
    canonical = "\n".join(["POST", "/", "&".join(query), "".join(lines), ";".join(names), payload])
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    expected = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    return given.endswith(f"Signature={expected}") and headers["x-acs-action"] == "SendSms"


@pytest.fixture
def provider():
    """A server that checks the signature and answers with `answers`, OK by default."""
    answers = {}

    def answer(_method, path, headers, _body):
        if not signed_by_the_book(path, headers, b"sec/ret"):
            return 400, {"Code": "SignatureDoesNotMatch"}
        return answers.get("status", 200), answers.get("body", {"Code": "OK", "BizId": "9^0"})

    server = Answering(answer)
    server.answers = answers
    yield server
    server.close()


def adapter(provider, secret="sec%2Fret"):  # noqa: S107
    host = provider.url.removeprefix("http://")
    url = f"aliyun+http://key:{secret}@{host}?sign=%E4%BF%9D%E7%9C%9F"
    return AliyunSMS(url, templates={"code": "SMS_1"})


@pytest.mark.requirement("S2-L160.n3")
def test_a_text_is_signed_and_carries_its_parameters(provider):
    assert adapter(provider).send(TEXT) == "9^0"
    query = dict(parse_qsl(urlsplit(provider.calls[0][1]).query))
    assert query["PhoneNumbers"] == "16100000001"
    assert query["SignName"] == "保真"
    assert query["TemplateCode"] == "SMS_1"
    assert json.loads(query["TemplateParam"]) == {"code": "135790"}
    assert query["OutId"] == "cod_1"


def test_a_wrong_secret_is_refused(provider):
    with pytest.raises(SMSRefused):
        adapter(provider, "other").send(TEXT)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}, SMSOutage),
        (200, {"Code": "Throttling.User"}, SMSOutage),
        (503, {}, SMSOutage),
        (200, b"[]", SMSOutage),
        (200, b"not json", SMSOutage),
        (200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, SMSRefused),
    ],
)
def test_codes_say_whether_later_helps(provider, caplog, status, body, error):
    caplog.set_level(logging.DEBUG)
    provider.answers.update(status=status, body=body)
    with pytest.raises(error) as failure:
        adapter(provider).send(TEXT)
    assert "135790" not in str(failure.value)
    assert "135790" not in "".join(r.getMessage() for r in caplog.records if r.name != "httpx")


def test_nobody_there_is_an_outage_that_hides_the_address(provider):
    sender = adapter(provider)
    provider.close()
    provider.close = lambda: None
    with pytest.raises(SMSOutage) as failure:
        sender.send(TEXT)
    assert failure.value.__cause__ is None
    assert "135790" not in str(failure.value)


def test_a_template_that_is_not_configured(provider):
    other = TextMessage(mobile="16100000001", template="link", reference="r")
    with pytest.raises(SMSRefused):
        adapter(provider).send(other)


def test_the_real_service_is_reached_by_tls_only():
    assert AliyunSMS("aliyun://k:s@dysmsapi.aliyuncs.com?sign=x", templates={})
    with pytest.raises(SMSRefused):
        AliyunSMS("other://k:s@dysmsapi.aliyuncs.com", templates={})


@pytest.mark.django_db
def test_development_writes_files_and_production_has_no_outbox(tmp_path, settings, caplog):
    settings.BAOZHEN_DATA = tmp_path
    assert isinstance(get_sms().way, OutboxSMS)
    get_sms().send(TEXT)
    written = json.loads(next(settings.BAOZHEN_OUTBOX.glob("sms_*.json")).read_text("utf-8"))
    assert written["parameters"] == {"code": "135790"}
    assert "135790" not in caplog.text
    assert "16100000001" not in caplog.text
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        get_sms()


class Way:
    """A way out that answers as it is told, and sees what is on record by then."""

    def __init__(self, answer):
        self.answer = answer
        self.seen = None

    def send(self, message):
        self.seen = TextDelivery.objects.get().sent_at
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.django_db
@pytest.mark.requirement("S2-L160.n3")
def test_every_text_is_on_record_without_its_content():
    assert RecordedSMS(Way("biz-1")).send(TEXT) == "biz-1"
    row = TextDelivery.objects.get()
    assert (row.reference, row.template, row.receipt) == (TEXT.reference, "code", "biz-1")
    assert row.mobile_masked == "161****0001"
    assert row.mobile_index == text_index(f" {TEXT.mobile} ")
    assert row.sent_at is not None
    assert row.failure == ""
    whole = " ".join(str(value) for value in vars(row).values())
    assert "135790" not in whole
    assert TEXT.mobile not in whole


@pytest.mark.django_db
@pytest.mark.parametrize("failure", [SMSRefused(reason="欠费"), SMSOutage(reason="HTTP 状态 502")])
def test_a_text_that_failed_says_why(failure):
    with pytest.raises(type(failure)):
        RecordedSMS(Way(failure)).send(TEXT)
    row = TextDelivery.objects.get()
    assert (row.sent_at, row.receipt, row.failure) == (None, "", str(failure))


@pytest.mark.django_db
def test_the_record_is_there_before_the_call():
    """A crash leaves a row without an outcome, not a text that nobody knows of."""
    way = Way(RuntimeError("killed"))
    with pytest.raises(RuntimeError):
        RecordedSMS(way).send(TEXT)
    row = TextDelivery.objects.get()
    assert (way.seen, row.sent_at, row.failure) == (None, None, "")


@pytest.mark.django_db
def test_the_database_knows_one_outcome():
    row = TextDelivery.objects.create(
        reference="r", template="code", mobile_masked="x", mobile_index="x", asked_at=now()
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        TextDelivery.objects.filter(pk=row.pk).update(sent_at=now(), failure="x")
