"""Staff sign in and out; guessing passwords locks the name and address for a while."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from baozhen.faces.client import address_of, is_fronted
from baozhen.faces.console.access import is_outsider
from baozhen.faces.errors import StaffOutside
from baozhen.faces.frame import frame
from baozhen.foundation.clock import now
from baozhen.signing.organizations.models import HeaderRule, IdentityProvider, StaffSession
from baozhen.signing.organizations.services import factors
from baozhen.signing.organizations.services.passwords import must_change_password
from baozhen.signing.organizations.services.sessions import (
    Browser,
    begin_session,
    end_session,
    key_hash,
    note_lock_out,
)

BACKEND = "baozhen.signing.organizations.backends.PowerBackend"
PENDING = "sign_in.pending"
GATE = "sign_in.gate"
STRONG = "sign_in.strong"
PENDING_SECONDS_MAX = 300


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Somebody whose first proof held: how, whether it was a strong one, and where he wanted."""

    user: User
    method: str
    target: str
    is_strong: bool = False


class SignInForm(AuthenticationForm):
    """Name and password. Through the front server the staff's password is not even tried.

    It fails as a wrong one does, after as long and with the same words: nobody outside learns
    which names are the staff's, nor whether a password is right.
    """

    def clean(self) -> dict[str, Any]:
        """Judge what was typed."""
        name = str(self.cleaned_data.get("username", ""))
        if self.request is not None and is_fronted(self.request) and not is_outsider(name):
            self.cleaned_data["password"] = secrets.token_urlsafe()
        return super().clean()


class SignIn(LoginView):
    """The sign-in page."""

    authentication_form = SignInForm

    template_name = "console/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: Form) -> HttpResponse:
        """The password is right: ask for the second factor where there is one."""
        user: User = form.get_user()  # type: ignore[attr-defined]
        entry = Entry(user=user, method="password", target=self.get_success_url())
        return let_in(self.request, entry)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the frame, the number of tries and the other ways to sign in."""
        return {
            **super().get_context_data(**kwargs),
            **frame(self.request),
            "limit": settings.AXES_FAILURE_LIMIT,
            "is_outside": is_fronted(self.request),
            **_other_ways(self.request),
        }


def _other_ways(request: HttpRequest) -> dict[str, Any]:
    """Return the other ways to sign in; they are the staff's, and end at the front server."""
    if is_fronted(request):
        return {}
    return {
        "providers": IdentityProvider.objects.filter(active=True).order_by("name"),
        "rules": [
            rule
            for rule in HeaderRule.objects.filter(active=True)
            if rule.header in request.headers
        ],
    }


def let_in(request: HttpRequest, entry: Entry) -> HttpResponse:
    """Sign the person in, or ask for the second factor first."""
    if factors.has_second_factor(entry.user) and not entry.is_strong:
        request.session[PENDING] = {
            "user": entry.user.pk,
            "method": entry.method,
            "target": entry.target,
            "at": now().timestamp(),
        }
        return redirect("console:second_factor")
    return complete(request, entry)


def complete(request: HttpRequest, entry: Entry) -> HttpResponse:
    """Begin the session; a person with an old password or a missing factor is led there first.

    Raises StaffOutside for one of the staff whose second step comes through the front server.
    """
    if is_fronted(request) and not is_outsider(entry.user.get_username()):
        raise StaffOutside
    at = now()
    login(request, entry.user, backend=BACKEND)
    request.session[STRONG] = entry.is_strong
    request.session[GATE] = gate_of(entry.user, is_strong=entry.is_strong)
    request.session.save()
    browser = Browser(
        session_key=str(request.session.session_key),
        address=address_of(request),
        agent=request.headers.get("User-Agent", ""),
    )
    begin_session(entry.user, browser, method=entry.method, at=at)
    return redirect(safe_target(request, entry.target))


def safe_target(request: HttpRequest, target: str) -> str:
    """Return the address if it is ours, or the first page."""
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else settings.LOGIN_REDIRECT_URL


def gate_of(user: User, *, is_strong: bool) -> str:
    """Return what the person must do before anything else: `password`, `factor` or nothing."""
    if must_change_password(user, at=now()):
        return "password"
    is_missing = not is_strong and not factors.has_second_factor(user)
    return "factor" if is_missing and factors.needs_second_factor(user) else ""


def locked_out(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """Say that the name is locked and for how long; django-axes calls this in place of the form."""
    cooling = timedelta(hours=float(settings.AXES_COOLOFF_TIME))
    minutes = max(1, round(cooling.total_seconds() / 60))
    name = request.POST.get("username", "")
    note_lock_out(name, within=cooling, at=now())
    context = {**frame(request), "locked": True, "wait": minutes, "next": ""}
    context["is_outside"] = is_fronted(request)
    response = render(request, "console/sign_in.html", context, status=429)
    response.headers["Retry-After"] = str(minutes * 60)
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    if request.session.session_key:
        hashed = key_hash(request.session.session_key)
        for session in StaffSession.objects.filter(key_hash=hashed):
            end_session(session, reason="signed_out", at=now())
    logout(request)
    return redirect("console:sign_in")
