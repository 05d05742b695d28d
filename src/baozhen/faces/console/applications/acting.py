"""What the staff may do with an application: show the link to its papers, withdraw it."""

import base64

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.applications.listing import one_of
from baozhen.faces.console.applications.shown import row_of
from baozhen.faces.console.frame import page
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.insurance.applications.services.closing import withdraw
from baozhen.insurance.applications.services.links import issue_reading_link, link_address
from baozhen.signing.organizations.roles import Permission
from baozhen.trust.pdf.qr import qr_rows

_QUIET_MODULES = 4  # ISO/IEC 18004: a light zone of four modules around the code


@needs(Permission.MANAGE_APPLICATIONS)
@require_POST
def link(request: HttpRequest, number: str) -> HttpResponse:
    """Make a link to the reading page and show it once: the customer scans it from the screen."""
    shown = one_of(number)
    token = issue_reading_link(shown.pk, actor=actor_of(request), at=now())
    address = link_address(token)
    context = {
        "here": "applications",
        "item": row_of(shown),
        "address": address,
        "picture": f"data:image/svg+xml;base64,{_drawn(address)}",
    }
    return page(request, "console/applications/link.html", context)


@needs(Permission.MANAGE_APPLICATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_one(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for the reason, then withdraw."""
    shown = one_of(number)
    context = {"here": "applications", "item": row_of(shown)}
    if request.method != "POST":
        return page(request, "console/applications/withdraw.html", context)
    reason = request.POST.get("reason", "")
    try:
        withdraw(shown.pk, reason=reason, actor=actor_of(request), at=now())
    except Refusal as refusal:
        context |= {"fault": str(refusal), "reason": reason}
        return page(request, "console/applications/withdraw.html", context, status=422)
    messages.success(request, "已撤回这份投保单。", extra_tags="jade")
    return redirect("console:application", number=number)


def _drawn(text: str) -> str:
    """Return a QR code as a drawing on white, in base 64: dark pages must not spoil it."""
    rows = qr_rows(text)
    side = len(rows) + 2 * _QUIET_MODULES
    marks = "".join(
        f"M{column + _QUIET_MODULES} {line + _QUIET_MODULES}h1v1h-1z"
        for line, row in enumerate(rows)
        for column, is_dark in enumerate(row)
        if is_dark
    )
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path d="{marks}"/></svg>'
    )
    return base64.b64encode(drawing.encode()).decode("ascii")
