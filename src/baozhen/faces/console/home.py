"""The first page after signing in: what waits for this person, and what was issued last."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import actor_of, may, outsider_of, staff_only
from baozhen.faces.console.figures import figures_for, officer_figures
from baozhen.faces.console.frame import page
from baozhen.faces.console.seals.risks import risk_line
from baozhen.faces.console.seals.watched import risks_seen
from baozhen.foundation.clock import now
from baozhen.insurance.policies.models import Policy
from baozhen.signing.envelopes.queries import envelopes_for, tasks_for
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.queries import officers_of_head_office
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.risks.queries import WAITING

_LATEST = 10
_WAITING = 5


@staff_only
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the figures that this person may see, each leading to its rows, and what waits."""
    if outsider_of(request) is not None:
        return redirect("console:partner")
    at = now()
    account = Account.objects.filter(user__username=request.user.get_username()).first()
    figures = figures_for(request, at)
    if account is not None and account.officer is not None and _appoints(account):
        figures += officer_figures(account)
    context: dict[str, Any] = {"here": "home", "at": at, "figures": figures, "latest": None}
    if may(request, Permission.APPROVE_ENVELOPES):
        context["tasks"] = list(tasks_for(request.user)[:_WAITING])
    if may(request, Permission.START_ENVELOPES):
        mine = envelopes_for(request.user).filter(created_by=actor_of(request))
        context["started"] = list(mine.order_by("-created_at", "-pk")[:_WAITING])
    if may(request, Permission.VIEW_RISKS):
        newest = risks_seen(request.user).filter(state__in=WAITING).order_by("-raised_at", "-pk")
        context["risks"] = [risk_line(risk) for risk in newest[:_WAITING]]
    if may(request, Permission.VIEW_POLICIES):
        context["latest"] = list(Policy.objects.order_by("-numbered_at", "-id")[:_LATEST])
    return page(request, "console/home.html", context)


def _appoints(account: Account) -> bool:
    """Tell whether the officer has a say in appointments: a branch's own has none."""
    return officers_of_head_office(str(account.officer)).filter(pk=account.pk).exists()
