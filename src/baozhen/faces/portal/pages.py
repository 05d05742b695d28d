"""Pages that hold no one's data: home, how to verify, contacts, text size."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.frame import LARGE_TEXT_COOKIE, page

_YEAR_SECONDS = 365 * 86_400
ROBOTS = """\
User-agent: *
Disallow: /v/
Disallow: /p/
Disallow: /query/
Disallow: /console/
Disallow: /api/
"""


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Three things to do, and whom to call."""
    return _indexable(page(request, "portal/home.html", {"here": "home"}))


@require_GET
def guide(request: HttpRequest) -> HttpResponse:
    """How to verify, and which reader shows what (S0-6.4.1)."""
    return _indexable(page(request, "portal/guide.html", {"here": "guide"}))


@require_GET
def contact(request: HttpRequest) -> HttpResponse:
    """The insurer's name, licence, address and telephones."""
    return _indexable(page(request, "portal/contact.html", {"here": "contact"}))


@require_GET
def robots(request: HttpRequest) -> HttpResponse:
    """Tell search engines what is nobody's business."""
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")


@require_POST
def text_size(request: HttpRequest) -> HttpResponse:
    """Remember whether the visitor wants large text, and go back to the page."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("portal:home")
    response = HttpResponseRedirect(back)
    response.set_cookie(
        LARGE_TEXT_COOKIE,
        "1" if request.POST.get("size") == "large" else "0",
        max_age=_YEAR_SECONDS,
        httponly=True,
        samesite="Lax",
    )
    return response


def _indexable(response: HttpResponse) -> HttpResponse:
    response.headers["X-Robots-Tag"] = "all"
    return response
