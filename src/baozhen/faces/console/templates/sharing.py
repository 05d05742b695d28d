"""The staff page that shares a template: with nobody, those below, chosen units, or all."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import text
from baozhen.faces.console.templates.reach import sharing_of, template_managed
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.templates.models import Template
from baozhen.signing.templates.queries import units_shared_with, units_to_share_with
from baozhen.signing.templates.services import share_template
from baozhen.signing.templates.states import SHARING_LABELS, Sharing

_NOTES = {
    Sharing.OWN: "别的机构看不到，也不能用。",
    Sharing.BELOW: "下级机构都可以用。",
    Sharing.CHOSEN: "只有下面勾选的机构和它们的下级可以用。",
    Sharing.ALL: "本公司所有机构都可以用。",
}


@needs(Permission.MANAGE_TEMPLATES)
@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HttpRequest, key: int) -> HttpResponse:
    """Choose which units may start tasks from a template; its own always may."""
    row = template_managed(request, key)
    if request.method != "POST":
        chosen = {unit.pk for unit in units_shared_with(row)}
        return _show(request, row, row.sharing, chosen)
    units = list(OrgUnit.objects.filter(pk__in=_keys(request)).order_by("path"))
    try:
        sharing = sharing_of(text(request, "sharing"))
        given = units if sharing is Sharing.CHOSEN else []
        share_template(row, sharing, given, actor=actor_of(request), at=now())
    except Refusal as refusal:
        keys = {unit.pk for unit in units}
        return _show(request, row, text(request, "sharing"), keys, refusal)
    said = "共享范围已保存。不再共享的机构不能再用它发起，已经发起的任务照常进行。"
    messages.success(request, said, extra_tags="jade")
    return redirect("console:template", key=row.pk)


def _show(
    request: HttpRequest,
    row: Template,
    sharing: str,
    chosen: set[int],
    refusal: Refusal | None = None,
) -> HttpResponse:
    offered = list(units_to_share_with(row))
    keys = {unit.pk for unit in offered}
    # A unit that was closed since it was chosen is still there to be taken away.
    closed = [unit for unit in units_shared_with(row) if unit.pk not in keys]
    own = row.unit
    units = sorted([*offered, *closed, own], key=lambda unit: unit.path)
    context = {
        "here": "templates",
        "template": row,
        "ways": [
            {"value": way.value, "label": label, "note": _NOTES[way], "is_on": way.value == sharing}
            for way, label in SHARING_LABELS.items()
        ],
        "units": [
            {"row": unit, "is_own": unit.pk == own.pk, "is_on": unit.pk in chosen} for unit in units
        ],
        "fault": str(refusal) if refusal is not None else "",
    }
    status = 200 if refusal is None else 422
    return page(request, "console/templates/sharing.html", context, status=status)


def _keys(request: HttpRequest) -> list[int]:
    found = request.POST.getlist("units")
    return [int(key) for key in found if key.isdecimal() and key.isascii()]
