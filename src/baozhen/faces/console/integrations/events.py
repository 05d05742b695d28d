"""What outside systems were told."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.integrations.paging import page_back
from baozhen.faces.extent import open_events
from baozhen.foundation.events.models import Event
from baozhen.foundation.events.types import EVENT_TYPES
from baozhen.signing.organizations.roles import Permission


@needs(Permission.MANAGE_INTEGRATIONS)
@require_GET
def events(request: HttpRequest) -> HttpResponse:
    """List events, newest first, by type, client or object."""
    asked = {name: request.GET.get(name, "").strip()[:80] for name in ("type", "client", "q")}
    found = Event.objects.all()
    if asked["type"] in EVENT_TYPES:
        found = found.filter(type=asked["type"])
    if asked["client"]:
        found = found.filter(client=asked["client"])
    if asked["q"]:
        found = found.filter(subject_id=asked["q"]) | found.filter(public_id=asked["q"])
    kept = {name: value for name, value in asked.items() if value}
    context: dict[str, Any] = {
        "here": "events",
        "asked": asked,
        "filtered": bool(kept),
        "types": list(open_events().items()),
        **page_back(found, request, kept),
    }
    context["told"] = [(one, EVENT_TYPES.get(one.type, one.type)) for one in context["rows"]]
    return page(request, "console/integrations/events.html", context)
