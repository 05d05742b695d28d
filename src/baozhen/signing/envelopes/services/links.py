"""Links that let one signatory in: the secret is in the address only, we keep its hash."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.fields import blind_index
from baozhen.signing.envelopes.errors import LinkInvalid
from baozhen.signing.envelopes.models import Signatory

LIFETIME = timedelta(days=30)
VERIFIED_FOR = timedelta(hours=2)
_PURPOSE = "envelopes.link"
_BYTES = 24


@transaction.atomic
def issue_link(signatory: Signatory, *, actor: str, at: datetime) -> str:
    """Return a new token for the signatory; the one before is good no more."""
    token = secrets.token_urlsafe(_BYTES)
    expires = signatory.envelope.expires_at or at + LIFETIME
    Signatory.objects.filter(pk=signatory.pk).update(
        link_hash=_hash(token), link_expires_at=expires, verified_at=None, verified_device=""
    )
    audit.record("signatory.linked", subject_id=signatory.pk, actor=actor, at=at)
    return token


def signatory_of(token: str, *, at: datetime) -> Signatory:
    """Return whom the token lets in, or raise LinkInvalid."""
    found = (
        Signatory.objects.select_related("envelope__unit", "subject")
        .filter(link_hash=_hash(token), link_expires_at__gt=at)
        .first()
    )
    if found is None:
        raise LinkInvalid
    return found


@transaction.atomic
def note_opened(signatory: Signatory, *, at: datetime) -> None:
    """Record that the link was opened for the first time."""
    if Signatory.objects.filter(pk=signatory.pk, opened_at__isnull=True).update(opened_at=at):
        audit.record(
            "signatory.opened",
            subject_id=signatory.pk,
            actor=f"signatory:{signatory.public_id}",
            at=at,
        )


@transaction.atomic
def note_verified(signatory: Signatory, *, device: str, at: datetime) -> None:
    """Record that the person behind the link proved to be the signatory, on this device."""
    Signatory.objects.filter(pk=signatory.pk).update(
        verified_at=at, verified_device=blind_index(device, "envelopes.device")
    )
    audit.record(
        "signatory.verified",
        subject_id=signatory.pk,
        actor=f"signatory:{signatory.public_id}",
        at=at,
    )


def is_verified(signatory: Signatory, *, device: str, at: datetime) -> bool:
    """Tell whether this device was verified a short while ago: a forwarded link shows nothing."""
    return (
        signatory.verified_at is not None
        and at - signatory.verified_at < VERIFIED_FOR
        and signatory.verified_device == blind_index(device, "envelopes.device")
    )


def _hash(token: str) -> str:
    """Hash exactly: a blind index of the text would take letters of both cases for the same."""
    return blind_index(token.encode().hex(), _PURPOSE)
