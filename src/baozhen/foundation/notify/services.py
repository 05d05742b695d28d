"""Queue a message, send it, ask for it again."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.masking import mask_email
from baozhen.foundation.notify.errors import MailAddressInvalid, MailRefused
from baozhen.foundation.notify.mail import Mail, get_mail
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.notify.states import DeliveryState
from baozhen.foundation.states import enter, move
from baozhen.foundation.storage import get_storage

SENDER = "system"
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(\.[\w-]+)+", re.ASCII)
_ADDRESS_CHARACTERS_MAX = 254  # RFC 5321 §4.5.3.1.3


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file in the object store, under the name that the recipient sees."""

    name: str
    sha256: str
    media_type: str = "application/pdf"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is to be sent, to whom, and about which object.

    `reference` is the sender's own number: a second letter with it is not queued.
    """

    reference: str
    recipient: str
    title: str
    text: str
    subject_type: str
    subject_id: int
    attachments: Sequence[Attachment] = ()


def queue_letter(letter: Letter, *, actor: str, at: datetime) -> Delivery:
    """Queue the letter, once, in the caller's transaction; raises MailAddressInvalid."""
    address = letter.recipient.strip()
    if not _ADDRESS.fullmatch(address) or len(address) > _ADDRESS_CHARACTERS_MAX:
        raise MailAddressInvalid(path="recipient")
    with transaction.atomic():
        delivery, is_new = Delivery.objects.get_or_create(
            reference=letter.reference,
            defaults={
                "state": DeliveryState.QUEUED,
                "subject_type": letter.subject_type,
                "subject_id": letter.subject_id,
                "recipient": address,
                "recipient_masked": mask_email(address),
                "content": {
                    "title": letter.title,
                    "text": letter.text,
                    "attachments": [asdict(attachment) for attachment in letter.attachments],
                },
                "message_id": f"<{secrets.token_hex(16)}@{_sender_domain()}>",
                "queued_at": at,
            },
        )
        if is_new:
            enter(delivery, actor=actor, at=at)
    return delivery


@job("send_delivery", queue=Queue.HOUSEKEEPING)
def send_delivery_job(key: int) -> None:
    """Send one queued letter by the configured way."""
    send_delivery(key, mail=get_mail(), at=now())


def send_delivery(key: int, *, mail: Mail, at: datetime) -> None:
    """Send the letter unless that is done; a refusal by the server becomes the state `failed`.

    Raises MailOutage. A crash between sending and recording sends it again, with the same
    Message-ID.
    """
    delivery = Delivery.objects.get(pk=key)
    if delivery.state != DeliveryState.QUEUED:
        return
    try:
        mail.send(build_message(delivery))
    except MailRefused as exc:
        with transaction.atomic(durable=True):
            move(delivery, DeliveryState.FAILED, actor=SENDER, at=at, failure=str(exc)[:255])
        return
    with transaction.atomic(durable=True):
        move(delivery, DeliveryState.SENT, actor=SENDER, at=at, sent_at=at, failure="")


@transaction.atomic(durable=True)
def queue_again(key: int, *, actor: str, at: datetime) -> Delivery:
    """Queue a failed letter again; raises IllegalMove or StaleState."""
    delivery = Delivery.objects.get(pk=key)
    move(delivery, DeliveryState.QUEUED, actor=actor, at=at, queued_at=at)
    return delivery


def build_message(delivery: Delivery) -> EmailMessage:
    """Return the mail (RFC 5322) with its attachments read from the object store."""
    content: Mapping[str, object] = delivery.content
    message = EmailMessage()
    message["From"] = _sender()
    message["To"] = delivery.recipient
    message["Subject"] = str(content["title"])
    message["Date"] = format_datetime(delivery.queued_at)
    message["Message-ID"] = delivery.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5
    message.set_content(str(content["text"]))
    storage = get_storage()
    for attachment in delivery.content["attachments"]:
        major, _, minor = attachment["media_type"].partition("/")
        message.add_attachment(
            storage.get(attachment["sha256"]),
            maintype=major,
            subtype=minor,
            filename=attachment["name"],
        )
    return message


def _sender() -> str:
    return configured("BAOZHEN_MAIL_FROM") or "no-reply@example.com"


def _sender_domain() -> str:
    return _sender().rpartition("@")[2].rstrip(">")
