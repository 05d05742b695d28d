"""Staff sign in and out; guessing passwords locks the name and address for a while."""

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from baozhen.faces.frame import frame


class SignIn(LoginView):
    """The sign-in page."""

    template_name = "console/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the frame and the number of tries."""
        return {
            **super().get_context_data(**kwargs),
            **frame(self.request),
            "limit": settings.AXES_FAILURE_LIMIT,
        }


def locked_out(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """Say that the name is locked and for how long; django-axes calls this in place of the form."""
    minutes = max(1, round(float(settings.AXES_COOLOFF_TIME) * 60))
    context = {**frame(request), "locked": True, "wait": minutes, "next": ""}
    response = render(request, "console/sign_in.html", context, status=429)
    response.headers["Retry-After"] = str(minutes * 60)
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("console:sign_in")
