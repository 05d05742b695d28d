"""Mail out: queued once, sent over TLS, masked everywhere."""

import email
import email.policy
from datetime import UTC, datetime

import pytest
from django.db import transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.errors import DevelopmentOnly, IllegalMove
from baozhen.foundation.links import LinkAddressUnprotected
from baozhen.foundation.notify.errors import MailAddressInvalid, MailOutage
from baozhen.foundation.notify.mail import OutboxMail, SMTPMail, get_mail
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.notify.services import (
    Attachment,
    Letter,
    queue_again,
    queue_letter,
    send_delivery,
    send_delivery_job,
)
from baozhen.foundation.notify.states import DeliveryState
from baozhen.foundation.storage import get_storage
from tests.foundation.smtp_server import SMTPServer, make_tls

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    settings.BAOZHEN_DATA = tmp_path
    settings.BAOZHEN_ARCHIVE = tmp_path / "archive"


@pytest.fixture
def letter():
    sha256 = get_storage().put(b"%PDF-1.7 a policy")
    return Letter(
        reference="policy.issued:1",
        recipient=" test1@example.com ",
        title="您的电子保单",
        text="尊敬的客户：保单见附件。",
        subject_type="policy",
        subject_id=1,
        attachments=[Attachment(name="电子保单.pdf", sha256=sha256)],
    )


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return make_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(tls):
    one = SMTPServer(tls[0])
    yield one
    one.stop()


@pytest.fixture
def mail(server, tls):
    url = f"smtp+starttls://user:p%40ss@127.0.0.1:{server.port}"
    return SMTPMail(url, context=tls[1])


def read(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def test_a_letter_is_queued_once_and_masked(letter):
    one = queue_letter(letter, actor="system", at=AT)
    two = queue_letter(letter, actor="system", at=AT)
    assert one == two
    assert one.recipient_masked == "t***1@example.com"
    entry = AuditEntry.objects.get()
    assert entry.action == "delivery.queued"
    assert "example" not in str(entry.facts)


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b", "a@b.c\nBcc: d@e.f", "a b@c.de", "x" * 300 + "@example.com"]
)
def test_a_bad_address_is_refused(letter, address):
    bad = Letter(**{**vars(letter), "recipient": address})
    with pytest.raises(MailAddressInvalid):
        queue_letter(bad, actor="system", at=AT)
    assert not Delivery.objects.exists()


def test_a_letter_is_sent_over_tls_with_its_attachment(letter, server, mail):
    delivery = queue_letter(letter, actor="system", at=AT)
    send_delivery(delivery.pk, mail=mail, at=AT)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent_at) == (DeliveryState.SENT, AT)
    assert server.encrypted == [True]
    message = read(server.mails[0])
    assert message["To"] == "test1@example.com"
    assert message["Subject"] == "您的电子保单"
    assert message["Message-ID"] == delivery.message_id
    assert message.get_body().get_content().strip() == letter.text
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename() == "电子保单.pdf"
    assert attachment.get_content() == b"%PDF-1.7 a policy"


def test_a_sent_letter_is_not_sent_again(letter, server, mail):
    delivery = queue_letter(letter, actor="system", at=AT)
    for _ in range(3):
        send_delivery(delivery.pk, mail=mail, at=AT)
    assert len(server.mails) == 1
    with pytest.raises(IllegalMove):
        queue_again(delivery.pk, actor="staff:1", at=AT)


@pytest.mark.parametrize("verb", ["RCPT", "MAIL"])
def test_a_final_no_is_a_failure_that_a_person_may_repeat(letter, server, mail, verb):
    server.answers[verb] = "550 test1@example.com unknown"
    delivery = queue_letter(letter, actor="system", at=AT)
    send_delivery(delivery.pk, mail=mail, at=AT)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.FAILED
    assert delivery.failure
    assert "example.com" not in delivery.failure
    server.answers.clear()
    queue_again(delivery.pk, actor="staff:1", at=AT)
    send_delivery(delivery.pk, mail=mail, at=AT)
    assert len(server.mails) == 1


@pytest.mark.parametrize("verb", ["RCPT", "MAIL", "AUTH"])
def test_come_back_later_is_an_outage(letter, server, mail, verb):
    server.answers[verb] = "451 later"
    delivery = queue_letter(letter, actor="system", at=AT)
    with pytest.raises(MailOutage):
        send_delivery(delivery.pk, mail=mail, at=AT)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.QUEUED


def test_a_silent_server_is_an_outage(letter):
    delivery = queue_letter(letter, actor="system", at=AT)
    with pytest.raises(MailOutage):
        send_delivery(delivery.pk, mail=SMTPMail("smtps://127.0.0.1:9"), at=AT)


def test_tls_from_the_start(letter, tls):
    server = SMTPServer(tls[0], implicit_tls=True)
    try:
        delivery = queue_letter(letter, actor="system", at=AT)
        mail = SMTPMail(f"smtps://127.0.0.1:{server.port}", context=tls[1])
        send_delivery(delivery.pk, mail=mail, at=AT)
        assert server.encrypted == [True]
    finally:
        server.stop()


def test_a_server_without_a_trusted_certificate_gets_nothing(letter, server):
    delivery = queue_letter(letter, actor="system", at=AT)
    stranger = SMTPMail(f"smtp+starttls://127.0.0.1:{server.port}")
    with pytest.raises(MailOutage):
        send_delivery(delivery.pk, mail=stranger, at=AT)
    assert server.mails == []


@pytest.mark.requirement("S0-7.1.3.2a")
def test_mail_in_the_open_is_refused():
    with pytest.raises(LinkAddressUnprotected):
        SMTPMail("smtp://127.0.0.1:25")


@pytest.mark.requirement("S0-7.1.3.2b")
def test_mail_inside_may_go_in_clear_text_for_a_reason(letter, server, settings, tmp_path):
    links = tmp_path / "links.json"
    links.write_text(
        '[{"name": "mail", "reach": "lan", "protection": "clear", "reason": "内网中继"}]'
    )
    settings.BAOZHEN_LINKS = str(links)
    delivery = queue_letter(letter, actor="system", at=AT)
    send_delivery(delivery.pk, mail=SMTPMail(f"smtp://127.0.0.1:{server.port}"), at=AT)
    assert server.encrypted == [False]


def test_the_development_twin_writes_a_file(letter, settings, caplog):
    settings.BAOZHEN_MAIL_URL = ""
    delivery = queue_letter(letter, actor="system", at=AT)
    send_delivery_job(delivery.pk)
    (path,) = settings.BAOZHEN_OUTBOX.iterdir()
    assert read(path.read_bytes())["Subject"] == "您的电子保单"
    assert "没有寄出" in caplog.text
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.SENT


def test_production_has_no_twin(settings, tmp_path):
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        OutboxMail(tmp_path)


def test_the_settings_name_the_way(settings):
    settings.BAOZHEN_MAIL_URL = "smtps://mail.example.com"
    assert isinstance(get_mail(), SMTPMail)
    settings.BAOZHEN_MAIL_URL = ""
    assert isinstance(get_mail(), OutboxMail)


@pytest.mark.django_db(transaction=True)
def test_no_mail_goes_out_inside_a_transaction(letter, mail, tmp_path):
    delivery = queue_letter(letter, actor="system", at=AT)
    for way in (mail, OutboxMail(tmp_path)):
        with transaction.atomic(), pytest.raises(RuntimeError, match="transaction"):
            send_delivery(delivery.pk, mail=way, at=AT)
