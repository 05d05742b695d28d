"""The page where a named receiver takes the finished files, once."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from baozhen.faces.client import address_of
from baozhen.faces.frame import page
from baozhen.faces.limits import spend
from baozhen.faces.mobile.opening import LINKS
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.models import Handover
from baozhen.signing.envelopes.services.handing import handover_of, take_files
from baozhen.signing.organizations.queries import legal_entity_of

_MEDIA = {"pdf": "application/pdf", "zip": "application/zip"}


@require_http_methods(["GET", "HEAD", "POST"])
def handover(request: HttpRequest, token: str) -> HttpResponse:
    """Show what there is to take; taking it is a button, for a mail scanner opens every link."""
    spend(LINKS, address_of(request))
    at = now()
    found = handover_of(token, at=at)
    if request.method != "POST" or found.taken_at is not None:
        return page(request, "mobile/handover.html", _context(request, found))
    name, data = take_files(found, address=address_of(request), at=at)
    response = HttpResponse(data, content_type=_MEDIA[name.rpartition(".")[2]])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _context(request: HttpRequest, found: Handover) -> dict[str, object]:
    return {
        "step": "handover",
        "envelope": found.envelope,
        "sender": legal_entity_of(found.envelope.unit).name,
        "handover": found,
        "documents": found.envelope.documents.order_by("position"),
        "here": request.path,
    }
