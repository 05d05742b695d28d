"""What the SDK checks without a network, against another implementation."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from baozhen.client import WebhookInvalid, verify_policy, verify_webhook
from baozhen.foundation.events.signing import new_key_pair, new_secret, signature_header
from baozhen.trust.report import Verdict

BODY = b'{"type":"envelope.completed","timestamp":"2026-01-01T00:00:00Z","data":{"id":"env_1"}}'
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def signed():
    secret, (private, public) = new_secret(), new_key_pair()
    stamp = int(AT.timestamp())
    header = signature_header(
        message_id="evt_1", timestamp=stamp, body=BODY, secrets_in_force=[secret], private=private
    )
    headers = {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(stamp),
        "Webhook-Signature": header,
    }
    return headers, secret, public


def test_by_secret_and_by_public_key(signed):
    headers, secret, public = signed
    for key in (secret, public, [new_secret(), secret]):
        event = verify_webhook(headers, BODY, key, at=AT)
        assert (event["id"], event["data"]["id"]) == ("evt_1", "env_1")


def test_what_another_implementation_signs():
    secret, at = new_secret(), datetime.now(UTC)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("evt_1", at, BODY.decode()),
    }
    assert verify_webhook(headers, BODY, secret)["type"] == "envelope.completed"


def test_refusals(signed):
    headers, secret, public = signed
    with pytest.raises(WebhookInvalid, match="签名"):
        verify_webhook(headers, BODY + b" ", secret, at=AT)
    with pytest.raises(WebhookInvalid, match="签名"):
        verify_webhook(headers, BODY, new_key_pair()[1], at=AT)
    with pytest.raises(WebhookInvalid, match="签名"):
        verify_webhook(headers | {"Webhook-Id": "evt_2"}, BODY, public, at=AT)
    with pytest.raises(WebhookInvalid, match="时间"):
        verify_webhook(headers, BODY, secret, at=AT + timedelta(minutes=6))
    with pytest.raises(WebhookInvalid, match="缺少"):
        verify_webhook({}, BODY, secret, at=AT)
    with pytest.raises(WebhookInvalid, match="整数"):
        verify_webhook(headers | {"Webhook-Timestamp": "١"}, BODY, secret, at=AT)


def test_a_file_that_is_no_policy():
    report = verify_policy(b"%PDF-1.7 nothing", b"")
    assert report.verdict is Verdict.UNREADABLE or report.verdict is Verdict.NOT_SIGNED
