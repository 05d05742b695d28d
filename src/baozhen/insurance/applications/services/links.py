"""Short links to the reading page: 192 random bits in the address, a digest here, good once."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from baozhen.foundation.audit.services import record
from baozhen.insurance.applications.errors import ApplicationClosed, ReadingLinkRefused
from baozhen.insurance.applications.models import Application, ReadingLink
from baozhen.insurance.applications.services.drafts import locked
from baozhen.insurance.applications.states import STATE_LABELS, ApplicationState

LIFETIME = timedelta(days=3)
_BYTES = 24


def link_address(token: str) -> str:
    """Return the address that a text or a QR code carries."""
    return f"{str(settings.BAOZHEN_PUBLIC_URL).rstrip('/')}/m/r/{token}"


@transaction.atomic(durable=True)
def issue_reading_link(key: int, *, actor: str, at: datetime) -> str:
    """Return a new token for an accepted application; those before are good no more."""
    application = locked(key)
    if application.state != ApplicationState.ACCEPTED:
        raise ApplicationClosed(state=STATE_LABELS[application.state], act="发送阅读链接")
    token = secrets.token_urlsafe(_BYTES)
    open_links = ReadingLink.objects.filter(application=application, used_at__isnull=True)
    open_links.filter(expires_at__gt=at).update(expires_at=at)
    ReadingLink.objects.create(
        application=application,
        token_sha256=digest_of_token(token),
        issued_at=at,
        expires_at=min(at + LIFETIME, application.expires_at),
    )
    record("application.linked", subject_id=application.pk, actor=actor, at=at)
    return token


def linked_application(token: str, *, at: datetime) -> Application:
    """Return what a good token leads to, without using it up; raises ReadingLinkRefused."""
    return _link(token, at=at).application


@transaction.atomic(durable=True)
def use_reading_link(token: str, *, actor: str, at: datetime) -> Application:
    """Use a token up; of two who open the same link, one gets in by it."""
    link = _link(token, at=at)
    used = ReadingLink.objects.filter(pk=link.pk, used_at__isnull=True).update(used_at=at)
    if not used:
        raise ReadingLinkRefused
    record("application.link_used", subject_id=link.application_id, actor=actor, at=at)
    return link.application


def digest_of_token(token: str) -> str:
    """Return what is kept of a secret: enough to recognise it, of no use to anybody else."""
    return hashlib.sha256(token.encode()).hexdigest()


def _link(token: str, *, at: datetime) -> ReadingLink:
    link = (
        ReadingLink.objects.select_related("application__applicant")
        .filter(
            token_sha256=digest_of_token(token),
            used_at__isnull=True,
            expires_at__gt=at,
        )
        .first()
    )
    if link is None:
        raise ReadingLinkRefused
    return link
