"""The short link to the reading page: good once, for the person whose application it is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from baozhen.faces.client import address_of
from baozhen.faces.frame import page
from baozhen.faces.limits import Limit, spend
from baozhen.faces.mobile.applying.progress import address
from baozhen.faces.mobile.holders import current_holder, send_code_to, with_device
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage, Refusal
from baozhen.foundation.masking import mask_mobile, mask_name
from baozhen.insurance.applications.errors import ReadingLinkRefused
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.links import linked_application, use_reading_link

LINKS = Limit(name="reading_link", most=60)
_SENDS = Limit(name="reading_code", most=10, window_seconds=3600)


@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Let the person in: at once where they are signed in, else by a code to their mobile.

    Looking at the page uses nothing up: a messenger that previews links must not spend them.
    """
    spend(LINKS, address_of(request))
    try:
        application = linked_application(token, at=now())
    except ReadingLinkRefused as refusal:
        return page(request, "mobile/applying/link_over.html", {"words": str(refusal)}, status=410)
    holder = current_holder(request)
    if holder is not None and holder.pk == application.applicant_id:
        use_reading_link(token, actor=f"subject:{holder.public_id}", at=now())
        return redirect(reading_address(application))
    if request.method == "POST":
        return _send(request, application, token)
    return _ask(request, application)


def reading_address(application: Application) -> str:
    """Return where the papers are read."""
    return address("reading", application) or address("progress", application)


def _send(request: HttpRequest, application: Application, token: str) -> HttpResponse:
    """Send the code; once it is confirmed the person comes back here, and is let in."""
    subject = application.applicant
    if subject is None:
        raise ReadingLinkRefused
    spend(_SENDS, application.proposal_no)
    try:
        where = send_code_to(request, subject, f"/m/r/{token}")
    except (Refusal, Outage) as failure:
        return _ask(request, application, fault=str(failure), status=422)
    return redirect(where)


def _ask(
    request: HttpRequest, application: Application, *, fault: str = "", status: int = 200
) -> HttpResponse:
    subject = application.applicant
    context = {
        "who": mask_name(str(subject.name)) if subject else "",
        "where": mask_mobile(str(subject.mobile)) if subject else "",
        "fault": fault,
        "here": request.path,
    }
    response = page(request, "mobile/applying/link.html", context, status=status)
    return with_device(request, response)
