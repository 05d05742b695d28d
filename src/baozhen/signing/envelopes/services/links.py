"""Links that let one signatory in: the secret is in the address only, we keep its hash."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from baozhen.foundation.audit import services as audit
from baozhen.foundation.fields import blind_index
from baozhen.signing.envelopes.errors import LinkInvalid
from baozhen.signing.envelopes.models import EmbedLink, Signatory
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.organizations.origins import allowed_origins

LIFETIME = timedelta(days=30)
VERIFIED_FOR = timedelta(hours=2)
_PURPOSE = "envelopes.link"
_OVER = (EnvelopeState.COMPLETED, EnvelopeState.VOIDING, EnvelopeState.VOIDED)
_BYTES = 24


@dataclass(frozen=True)
class Entry:
    """Whom a link lets in; `host` is the origin of the page that the visit stands in, if any."""

    signatory: Signatory
    host: str = ""


@transaction.atomic
def issue_link(signatory: Signatory, *, actor: str, at: datetime, keeps_visit: bool = False) -> str:
    """Return a new token for the signatory; the one before is good no more.

    `keeps_visit`: a reminder or the news that all is done must not throw out who is here at this
    moment: a device that was verified a short while ago goes on with the token before.
    """
    token = new_token()
    # The deadline is that of signing: who has signed still fetches the copy after it.
    over = signatory.envelope.state in _OVER
    expires = at + LIFETIME if over else signatory.envelope.expires_at or at + LIFETIME
    rows = Signatory.objects.filter(pk=signatory.pk)
    if keeps_visit:
        before = rows.select_for_update().values_list("link_hash", flat=True).get()
        rows.update(link_hash=hash_of(token), earlier_hash=before, link_expires_at=expires)
    else:
        rows.update(
            link_hash=hash_of(token),
            earlier_hash="",
            link_expires_at=expires,
            verified_at=None,
            verified_device="",
        )
    audit.record("signatory.linked", subject_id=signatory.pk, actor=actor, at=at)
    return token


def signatory_of(token: str, *, at: datetime) -> Signatory:
    """Return whom the token lets in, or raise LinkInvalid."""
    return entry_of(token, at=at).signatory


def entry_of(token: str, *, at: datetime) -> Entry:
    """Return whom the token lets in, and within which page; raises LinkInvalid."""
    digest = hash_of(token)
    known = Signatory.objects.select_related("envelope__unit", "subject")
    found = known.filter(
        Q(link_hash=digest) | Q(earlier_hash=digest, verified_at__gt=at - VERIFIED_FOR),
        link_expires_at__gt=at,
    ).first()
    if found is not None:
        return Entry(found)
    embedded = EmbedLink.objects.filter(visit_hash=digest, expires_at__gt=at).first()
    if embedded is None:
        raise LinkInvalid
    signatory = known.get(pk=embedded.signatory_id)
    if embedded.host not in allowed_origins(signatory.envelope.client):
        raise LinkInvalid
    return Entry(signatory, embedded.host)


def beside(signatory: Signatory, public_id: str) -> Signatory:
    """Return the same person's part in another task; raises LinkInvalid for anybody else's."""
    found = (
        Signatory.objects.select_related("envelope__unit", "subject")
        .filter(public_id=public_id, subject=signatory.subject, subject__isnull=False)
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


def new_token() -> str:
    """Return a secret for an address: 192 bits."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> str:
    """Hash exactly: a blind index of the text would take letters of both cases for the same."""
    return blind_index(token.encode().hex(), _PURPOSE)
