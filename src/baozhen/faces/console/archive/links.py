"""Make a download link for a core system, shown once; end one before its time."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.archive.files import failed, seen, units_of
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import number, text
from baozhen.faces.console.registers import do
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.files.models import DownloadLink
from baozhen.signing.files.services import LinkOrder, end_link, make_link
from baozhen.signing.organizations.roles import Permission


@needs(Permission.DOWNLOAD_FILES)
@require_POST
def link(request: HttpRequest, key: str) -> HttpResponse:
    """Make a link and show it this once."""
    entry = seen(request, key, Permission.DOWNLOAD_FILES)
    order = LinkOrder(
        recipient=text(request, "recipient"),
        hours=number(request, "hours"),
        uses_max=number(request, "uses") or None,
        networks=tuple(text(request, "networks").split()),
    )
    try:
        made, token = make_link(entry, order, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return failed(request, refusal, reverse("console:file_entry", kwargs={"key": key}))
    address = f"{settings.BAOZHEN_PUBLIC_URL.rstrip('/')}/api/v1/file-links/{token}"
    context = {"here": "files", "link": made, "address": address, "entry": entry}
    response = page(request, "console/archive/link.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@needs(Permission.DOWNLOAD_FILES)
@require_POST
def end(request: HttpRequest, key: int) -> HttpResponse:
    """End a link."""
    units = units_of(request, Permission.DOWNLOAD_FILES)
    made = DownloadLink.objects.select_related("entry").filter(pk=key, entry__unit__in=units)
    found = made.first()
    if found is None:
        raise Http404
    return do(
        request,
        lambda: end_link(key, actor=actor_of(request), at=now()),
        done="链接已停用。",
        to="file_entry",
        key=found.entry.public_id,
    )
