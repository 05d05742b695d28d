"""The door for a page that stands inside another system's page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from baozhen.faces.client import address_of
from baozhen.faces.limits import spend
from baozhen.faces.mobile.opening import LINKS, plan_of
from baozhen.faces.mobile.visit import Visit, device_of, visit_of
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.queries import action_of
from baozhen.signing.envelopes.services.embedding import embed_link_of, enter
from baozhen.signing.envelopes.services.links import note_opened


@require_http_methods(["GET", "HEAD", "POST"])
def enter_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is asked; going on spends the link and begins a visit with a key of its own."""
    spend(LINKS, address_of(request))
    at = now()
    link = embed_link_of(token, at=at)
    request.embed_host = link.host  # type: ignore[attr-defined]
    if request.method == "POST":
        visit = visit_of(request, enter(link, at=at))
        visit.remember(begun=True)
        note_opened(visit.signatory, at=at)
        return redirect(visit.address("next"))
    signatory = link.signatory
    visit = Visit(
        request=request,
        token=token,
        signatory=signatory,
        door=signatory,
        action=action_of(signatory),
        device=device_of(request),
        at=at,
        host=link.host,
    )
    here = reverse("mobile:embed", args=[token])
    # What else there is to do needs the visit's own key, which this page does not have yet.
    context = {"plan": plan_of(visit), "here": here, "may_decline": False, "others": None}
    return visit.render("open.html", context)
