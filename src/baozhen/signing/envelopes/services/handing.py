"""送达: the finished files go to a named receiver, by a link that gives them out once.

`rules["deliver_to"]` of a task names the values that hold the receiver's name and mail address.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import now
from baozhen.foundation.ids import new_id
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.masking import mask_email
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.notify.services import Letter, queue_letter
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.errors import EnvelopeClosed, LinkInvalid
from baozhen.signing.envelopes.models import Envelope, Handover
from baozhen.signing.envelopes.services.links import hash_of, new_token
from baozhen.signing.envelopes.services.turns import HAND_OVER, SYSTEM, lock_envelope
from baozhen.signing.envelopes.states import LABELS, EnvelopeState
from baozhen.signing.organizations.queries import legal_entity_of

HANDOVER_LIFETIME: Final = timedelta(days=30)
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_TEXT: Final = """{receiver}：

{sender}向您送达《{title}》，共 {count} 份文件。请在 {until} 前领取，链接只能领取一次：

{link}

{digests}

领取后请核对以上摘要；文件可在 {verify} 核验。
"""


@dataclass(frozen=True)
class Receiver:
    """Who gets the files."""

    name: str
    address: str


def receiver_of(envelope: Envelope) -> Receiver | None:
    """Return whom the finished files go to, as the task says; None when nobody is named."""
    wanted = envelope.rules.get("deliver_to")
    if not isinstance(wanted, dict):
        return None
    values = envelope.values or {}
    name = str(values.get(wanted.get("name", ""), "")).strip()
    address = str(values.get(wanted.get("address", ""), "")).strip()
    return Receiver(name, address) if name and address else None


@job(HAND_OVER, queue=Queue.HOUSEKEEPING)
def hand_over_envelope(*, key: int) -> None:
    """Send the finished files where the task says; once, however often it runs."""
    envelope = Envelope.objects.select_related("unit").get(pk=key)
    receiver = receiver_of(envelope)
    if receiver is None or envelope.handovers.exists():
        return
    try:
        hand_over(envelope.pk, receiver, actor=SYSTEM, at=now(), is_first=True)
    except IntegrityError:  # the same job, at the same moment
        return


@transaction.atomic(durable=True)
def hand_over(
    envelope_id: int, receiver: Receiver, *, actor: str, at: datetime, is_first: bool = False
) -> Handover:
    """Queue a letter with a fresh link; links before it that nobody has used are good no more.

    Raises EnvelopeClosed before the task is complete, and MailAddressInvalid.
    """
    envelope = lock_envelope(envelope_id)
    if envelope.state != EnvelopeState.COMPLETED:
        raise EnvelopeClosed(state=LABELS[EnvelopeState(envelope.state)])
    before = envelope.handovers.count()
    number = 1 if is_first else before + 1
    envelope.handovers.filter(taken_at__isnull=True).update(expires_at=at)
    token = new_token()
    handover = Handover.objects.create(
        public_id=new_id("hdo", at=at),
        envelope=envelope,
        number=number,
        receiver=receiver.name[:100],
        address=receiver.address,
        address_masked=mask_email(receiver.address),
        link_hash=hash_of(token),
        made_by=actor[:64],
        made_at=at,
        expires_at=at + HANDOVER_LIFETIME,
    )
    queue_letter(_letter(handover, receiver, token), actor=actor, at=at)
    audit.record(
        "handover.made",
        subject_id=handover.pk,
        actor=actor,
        at=at,
        facts={"number": number, "envelope": envelope.public_id},
    )
    return handover


def handover_of(token: str, *, at: datetime) -> Handover:
    """Return what the link gives out, taken or not; LinkInvalid when it is too old."""
    found = (
        Handover.objects.select_related("envelope__unit")
        .filter(link_hash=hash_of(token), expires_at__gt=at)
        .first()
    )
    if found is None:
        raise LinkInvalid
    return found


def take_files(handover: Handover, *, address: str, at: datetime) -> tuple[str, bytes]:
    """Give the files out, once: (name, bytes). A second time raises LinkInvalid."""
    name, data = _package(handover.envelope)
    with transaction.atomic(durable=True):
        taken = Handover.objects.filter(pk=handover.pk, taken_at__isnull=True).update(
            taken_at=at, taken_from=address, content_sha256=hashlib.sha256(data).hexdigest()
        )
        if taken != 1:
            raise LinkInvalid
        audit.record("handover.taken", subject_id=handover.pk, actor="receiver", at=at)
    return name, data


def letter_of(handover: Handover) -> Delivery | None:
    """Return the letter that carried the link."""
    return Delivery.objects.filter(reference=handover.public_id).first()


def _package(envelope: Envelope) -> tuple[str, bytes]:
    """Return one file as it is, several as an archive that is the same whenever it is made."""
    documents = list(envelope.documents.order_by("position"))
    storage = get_storage()
    if len(documents) == 1:
        return f"{envelope.public_id}.pdf", storage.get(documents[0].head_sha256)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for document in documents:
            entry = zipfile.ZipInfo(f"{document.position:02d}.pdf", date_time=_ZIP_TIME)
            archive.writestr(entry, storage.get(document.head_sha256))
    return f"{envelope.public_id}.zip", out.getvalue()


def _letter(handover: Handover, receiver: Receiver, token: str) -> Letter:
    envelope = handover.envelope
    root = settings.BAOZHEN_PUBLIC_URL.rstrip("/")
    sender = legal_entity_of(envelope.unit).name
    documents = list(envelope.documents.order_by("position"))
    digests = "\n".join(f"《{d.title}》 SHA-256 {d.head_sha256}" for d in documents)
    text = _TEXT.format(
        receiver=receiver.name,
        sender=sender,
        title=envelope.title,
        count=len(documents),
        until=f"{handover.expires_at:%Y-%m-%d}",
        link=f"{root}/s/handover/{token}",
        digests=digests,
        verify=f"{root}/verify",
    )
    return Letter(
        reference=handover.public_id,
        recipient=receiver.address,
        title=f"{sender}送达：{envelope.title}",
        text=text,
        subject_type="envelope",
        subject_id=envelope.pk,
    )
