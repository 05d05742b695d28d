"""The frame of the staff pages: navigation by what one may do, counts of what waits."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from baozhen.faces.console.access import may
from baozhen.faces.console.archive import menu as archive
from baozhen.faces.console.authorities import menu as authorities
from baozhen.faces.console.envelopes import menu as envelopes
from baozhen.faces.console.identities import menu as identities
from baozhen.faces.console.integrations import menu as integrations
from baozhen.faces.console.navigation import Group, Item
from baozhen.faces.console.organizations import menu as organizations
from baozhen.faces.console.seals import menu as seals
from baozhen.faces.console.statistics import menu as statistics
from baozhen.faces.console.templates import menu as templates
from baozhen.faces.counts import count
from baozhen.faces.frame import frame
from baozhen.foundation.jobs.queries import waiting_for_a_person
from baozhen.signing.organizations.queries import roles_of
from baozhen.signing.organizations.roles import Permission

NAVIGATION = (
    Group("工作", (Item("home", "总览", "pulse", None),)),
    Group(
        "保单",
        (
            Item("policies", "保单", "file-text", Permission.VIEW_POLICIES),
            Item("batches", "批次", "layers", Permission.VIEW_POLICIES),
        ),
    ),
    Group(
        "签署中心",
        (
            *envelopes.ITEMS,
            *templates.ITEMS,
            *seals.ITEMS,
            Item("certificates", "证书", "certificate", Permission.VIEW_SYSTEM),
            *authorities.ITEMS,
            *identities.ITEMS,
            *archive.ITEMS,
            *statistics.ITEMS,
        ),
    ),
    Group("信任", (Item("log", "存证日志", "link", Permission.VIEW_AUDIT),)),
    Group("管理", (*organizations.ITEMS, *integrations.ITEMS)),
    Group(
        "系统",
        (
            Item("parked", "搁置任务", "pause", Permission.RETRY_JOBS, counts_parked=True),
            Item("health", "系统健康", "shield-check", Permission.VIEW_SYSTEM),
        ),
    ),
)


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render a staff page; `here` in the context names the line of the navigation."""
    context = context or {}
    around = {
        **frame(request),
        "navigation": _navigation(request, str(context.get("here", ""))),
        "may_search": may(request, Permission.VIEW_POLICIES),
        "roles": roles_of(request.user),
    }
    return render(request, template, around | context, status=status)


def _navigation(request: HttpRequest, here: str) -> list[dict[str, Any]]:
    shown = []
    for group in NAVIGATION:
        items = [
            {
                "href": reverse(f"console:{item.name}"),
                "label": item.label,
                "icon": item.icon,
                "here": item.name == here,
                "count": count(waiting_for_a_person()) if item.counts_parked else 0,
            }
            for item in group.items
            if item.permission is None or may(request, item.permission)
        ]
        if items:
            shown.append({"title": group.title, "lines": items})
    return shown
