"""Signing in by an identity provider, or by the word of a trusted proxy."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.sign_in import Entry, let_in, safe_target
from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError
from baozhen.signing.organizations.errors import SignOnRefused
from baozhen.signing.organizations.models import HeaderRule, IdentityProvider
from baozhen.signing.organizations.services import sign_on
from baozhen.signing.organizations.sign_in import oidc

ATTEMPT = "sign_in.attempt"
ATTEMPT_SECONDS_MAX = 600


@require_GET
def start(request: HttpRequest, key: int) -> HttpResponse:
    """Go to the provider."""
    provider = _provider(key)
    try:
        address, attempt = oidc.begin(sign_on.client_of(provider, _redirect_uri(provider)))
    except BaozhenError as error:
        return _back(request, error)
    request.session[ATTEMPT] = {
        **attempt.to_json(),
        "provider": provider.pk,
        "target": request.GET.get("next", ""),
        "at": now().timestamp(),
    }
    return HttpResponseRedirect(address)


@require_GET
def callback(request: HttpRequest, key: int) -> HttpResponse:
    """Take the provider's answer; it works once and only in the browser that asked."""
    provider = _provider(key)
    kept = request.session.pop(ATTEMPT, None)
    try:
        if (
            kept is None
            or kept["provider"] != provider.pk
            or now().timestamp() - kept["at"] > ATTEMPT_SECONDS_MAX
        ):
            raise SignOnRefused(reason="登录已超时，请重新开始")
        attempt = oidc.Attempt(state=kept["state"], nonce=kept["nonce"], verifier=kept["verifier"])
        client = sign_on.client_of(provider, _redirect_uri(provider))
        claims = oidc.finish(client, attempt, request.GET.dict())
        signed_on = sign_on.match_claims(provider, claims)
    except BaozhenError as error:
        return _back(request, error)
    entry = Entry(
        user=signed_on.user,
        method=f"oidc:{provider.slug}"[:32],
        target=safe_target(request, kept["target"]),
        is_strong=signed_on.is_strong,
    )
    return let_in(request, entry)


@require_POST
def by_header(request: HttpRequest, key: int) -> HttpResponse:
    """Sign in whom the trusted proxy in front of us has signed in."""
    rule = HeaderRule.objects.filter(pk=key, active=True).first()
    if rule is None:
        raise Http404
    try:
        peer = str(request.META.get("REMOTE_ADDR", ""))
        signed_on = sign_on.match_header(rule, request.headers, peer=peer)
    except SignOnRefused as refusal:
        return _back(request, refusal)
    target = safe_target(request, request.POST.get("next", ""))
    return let_in(request, Entry(user=signed_on.user, method=f"header:{rule.pk}", target=target))


def _provider(key: int) -> IdentityProvider:
    provider = IdentityProvider.objects.filter(pk=key, active=True).first()
    if provider is None:
        raise Http404
    return provider


def _redirect_uri(provider: IdentityProvider) -> str:
    path = reverse("console:sso_callback", kwargs={"key": provider.pk})
    return f"{settings.BAOZHEN_PUBLIC_URL}{path}"


def _back(request: HttpRequest, error: BaozhenError) -> HttpResponse:
    messages.error(request, str(error), extra_tags="seal")
    return redirect("console:sign_in")
