"""Whose application it is: the signed-in person's own, or a draft of this very browser."""

import hashlib
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from baozhen.faces.mobile.holders import DRAFT_COOKIE, current_holder
from baozhen.foundation.clock import now
from baozhen.insurance.applications.errors import ApplicantUnlike, ApplicationUnknown
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.drafts import DRAFT_LIFETIME, claim_draft
from baozhen.insurance.applications.states import ApplicationState
from baozhen.signing.identity.models import Subject

_BYTES = 32


class SignInFirst(Exception):
    """Nobody is signed in, and the page belongs to a person."""


def opened(request: HttpRequest, number: str) -> Application:
    """Return the application if the visitor may see it.

    Raises SignInFirst for somebody unknown, whatever the number, and ApplicationUnknown for
    somebody else: neither learns whether there is such an application.
    """
    application = (
        Application.objects.select_related("applicant", "replaces")
        .filter(proposal_no=number)
        .first()
    )
    holder = current_holder(request)
    if (
        application is not None
        and application.applicant_id is None
        and _is_ours(request, application)
    ):
        return application if holder is None else _claimed(application, holder)
    if holder is None:
        raise SignInFirst
    if application is None or application.applicant_id != holder.pk:
        raise ApplicationUnknown(number=number)
    return application


def ours_to_keep(request: HttpRequest, number: str) -> Application | None:
    """Return a draft of this browser whose person's session has ended: what they typed is kept.

    Nothing of it is shown before they have signed in again.
    """
    application = Application.objects.filter(
        proposal_no=number, state=ApplicationState.DRAFT
    ).first()
    if application is None or not _is_ours(request, application):
        return None
    return application if current_holder(request) is None else None


def browser_secret(request: HttpRequest) -> str:
    """Return the secret of this browser, made with its first draft."""
    return request.COOKIES.get(DRAFT_COOKIE) or secrets.token_urlsafe(_BYTES)


def digest_of_secret(secret: str) -> str:
    """Return what is kept of the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def keep_secret(response: HttpResponse, secret: str) -> None:
    """Let the browser find its draft again for as long as the draft lives."""
    response.set_cookie(
        DRAFT_COOKIE,
        secret,
        max_age=int(DRAFT_LIFETIME.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _is_ours(request: HttpRequest, application: Application) -> bool:
    secret = request.COOKIES.get(DRAFT_COOKIE, "")
    return bool(
        secret
        and application.browser_sha256
        and secrets.compare_digest(application.browser_sha256, digest_of_secret(secret))
    )


def _claimed(application: Application, holder: Subject) -> Application:
    """A draft of this browser becomes the person's who has signed in on it."""
    if application.state != ApplicationState.DRAFT:
        raise ApplicationUnknown(number=application.proposal_no)
    try:
        return claim_draft(application.pk, holder, at=now())
    except ApplicantUnlike:
        # Somebody else began it on this telephone: it is not shown.
        raise ApplicationUnknown(number=application.proposal_no) from None
