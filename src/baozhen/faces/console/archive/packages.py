"""Hand out the evidence package of a file, with what its signing task knows."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from baozhen.faces.client import address_of
from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.archive.copies import send_file
from baozhen.faces.console.archive.files import failed, seen
from baozhen.faces.console.organizations.forms import text
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.envelopes.evidence import parts_of
from baozhen.signing.files.evidence import make_package
from baozhen.signing.files.services import CopyOrder
from baozhen.signing.organizations.queries import account_of
from baozhen.signing.organizations.roles import Permission


@needs(Permission.DOWNLOAD_FILES)
@require_POST
def package(request: HttpRequest, key: str) -> HttpResponse:
    """Make the package and send it."""
    entry = seen(request, key, Permission.DOWNLOAD_FILES)
    order = CopyOrder(
        recipient=account_of(request.user).display_name,
        reason=text(request, "reason"),
        address=address_of(request),
    )
    try:
        made = make_package(entry, order, parts=parts_of(entry), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return failed(request, refusal, reverse("console:file_entry", kwargs={"key": key}))
    return send_file(made.data, name=f"{made.copy.number}.zip", media_type="application/zip")
