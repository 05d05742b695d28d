"""The second step of signing in: a code, a passkey, or a recovery code."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from baozhen.faces.console.sign_in import PENDING, PENDING_SECONDS_MAX, Entry, complete
from baozhen.faces.frame import frame
from baozhen.faces.limits import Limit, spend
from baozhen.foundation.clock import now
from baozhen.signing.organizations.errors import SecondFactorRefused
from baozhen.signing.organizations.models import Passkey, RecoveryCode, TOTPSecret
from baozhen.signing.organizations.services import factors

# A code has a million values: five tries in five minutes leave no hope of guessing it.
TRIES = Limit(name="factor", most=5, window_seconds=300)
ASSERTION = "sign_in.assertion"


@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor and judge it."""
    pending = request.session.get(PENDING)
    if pending is None or now().timestamp() - pending["at"] > PENDING_SECONDS_MAX:
        request.session.pop(PENDING, None)
        return redirect("console:sign_in")
    user = User.objects.filter(pk=pending["user"], is_active=True).first()
    if user is None:
        return redirect("console:sign_in")
    if request.method != "POST":
        return _page(request, user)
    spend(TRIES, f"user:{user.pk}")
    try:
        _check(request, user)
    except SecondFactorRefused as refusal:
        return _page(request, user, fault=str(refusal), status=422)
    del request.session[PENDING]
    method = f"{pending['method']}+{request.POST.get('kind', '')}"[:32]
    entry = Entry(user=user, method=method, target=pending["target"], is_strong=True)
    return complete(request, entry)


def _check(request: HttpRequest, user: User) -> None:
    given = request.POST.get("code", "")
    match request.POST.get("kind", ""):
        case "totp":
            factors.check_totp(user, given, at=now())
        case "recovery":
            factors.check_recovery_code(user, given, at=now())
        case "passkey":
            state = request.session.pop(ASSERTION, None)
            factors.check_assertion(user, state or {}, read_answer(request), at=now())
        case _:
            raise SecondFactorRefused


def read_answer(request: HttpRequest) -> dict[str, Any]:
    """Return what the browser's authenticator said; raises SecondFactorRefused."""
    try:
        answer = json.loads(request.POST.get("answer", ""))
    except ValueError as error:
        raise SecondFactorRefused from error
    if not isinstance(answer, dict):
        raise SecondFactorRefused
    return answer


def _page(request: HttpRequest, user: User, *, fault: str = "", status: int = 200) -> HttpResponse:
    context = {
        **frame(request),
        "fault": fault,
        "has_totp": TOTPSecret.objects.filter(user=user, confirmed_at__isnull=False).exists(),
        "has_recovery": RecoveryCode.objects.filter(user=user, used_at__isnull=True).exists(),
        "options": "",
    }
    if Passkey.objects.filter(user=user).exists():
        options, state = factors.begin_assertion(user)
        request.session[ASSERTION] = state
        context["options"] = json.dumps(options)
    return render(request, "console/organizations/second_factor.html", context, status=status)
