"""What stands around every page: whose site this is, and how large the visitor wants the text."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from baozhen.signing.organizations.extent import is_alone
from baozhen.signing.organizations.insurer import get_insurer

LARGE_TEXT_COOKIE = "large_text"


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the base templates need."""
    return {
        "insurer": get_insurer(),
        "large": request.COOKIES.get(LARGE_TEXT_COOKIE) == "1",
        "is_alone": is_alone(),
    }


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render a page within its frame."""
    return render(request, template, {**frame(request), **(context or {})}, status=status)
