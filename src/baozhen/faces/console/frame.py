"""The frame of the staff pages: navigation by what one may do, counts of what waits."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from baozhen.faces.console.access import account_of, may, outsider_of
from baozhen.faces.console.navigation import Group
from baozhen.faces.counts import count
from baozhen.faces.extent import is_closed
from baozhen.faces.frame import frame
from baozhen.foundation.jobs.queries import waiting_for_a_person
from baozhen.signing.organizations.queries import roles_of
from baozhen.signing.organizations.roles import Permission

_navigation: list[Group] = []
_outside: list[Group] = []


def install_navigation(groups: Iterable[Group], *, outside: Iterable[Group]) -> None:
    """Install what stands in the navigation, the staff's and that of users from outside.

    Called once, where the addresses are.
    """
    _navigation[:] = groups
    _outside[:] = outside


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render a staff page; `here` in the context names the line of the navigation."""
    context = context or {}
    around = {
        **frame(request),
        "navigation": _lines(request, str(context.get("here", ""))),
        "may_search": may(request, Permission.VIEW_POLICIES),
        "roles": roles_of(request.user),
        "own_account": account_of(request),
        "outsider": outsider_of(request),
    }
    return render(request, template, around | context, status=status)


def _lines(request: HttpRequest, here: str) -> list[dict[str, Any]]:
    shown = []
    is_outsider = outsider_of(request) is not None
    for group in _outside if is_outsider else _navigation:
        items = [
            {
                "href": reverse(f"console:{item.name}"),
                "label": item.label,
                "icon": item.icon,
                "here": item.name == here,
                "count": count(waiting_for_a_person()) if item.counts_parked else 0,
            }
            for item in group.items
            if (item.permission is None or may(request, item.permission))
            and not is_closed(reverse(f"console:{item.name}"))
        ]
        if items:
            shown.append({"title": group.title, "lines": items})
    return shown
