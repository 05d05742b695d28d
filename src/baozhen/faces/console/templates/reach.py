"""Which templates the person who asks may see and change, and how their states are shown."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from baozhen.faces.console.access import may
from baozhen.faces.console.registers import Cell
from baozhen.foundation.clock import now
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import powers_at, require_power, scope_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.templates.errors import TemplateInvalid
from baozhen.signing.templates.models import Clause, Template, TemplateVersion
from baozhen.signing.templates.queries import usable_by
from baozhen.signing.templates.states import LABELS, Sharing, VersionState

_TONES = {
    VersionState.DRAFT: ("amber", "clock"),
    VersionState.SUBMITTED: ("azure", "person"),
    VersionState.APPROVED: ("jade", "check"),
    VersionState.RETIRED: ("", "pause"),
    VersionState.DROPPED: ("seal", "cross"),
}


def seen_templates(request: HttpRequest) -> QuerySet[Template]:
    """Return the templates that the person's units may use."""
    return usable_by(list(scope_of(request.user, Permission.VIEW_TEMPLATES)))


def template_seen(request: HttpRequest, key: int) -> Template:
    """Return a template the person may see, or raise Http404."""
    row = seen_templates(request).filter(pk=key).first()
    if row is None:
        raise Http404
    return row


def template_managed(request: HttpRequest, key: int) -> Template:
    """Return a template the person may change; raises Http404 or PowerMissing."""
    row = template_seen(request, key)
    require_power(request.user, Permission.MANAGE_TEMPLATES, row.unit)
    return row


def version_seen(request: HttpRequest, key: int) -> TemplateVersion:
    """Return a version of a template the person may see, or raise Http404."""
    found = TemplateVersion.objects.select_related("template", "template__unit")
    row = found.filter(pk=key, template__in=seen_templates(request)).first()
    if row is None:
        raise Http404
    return row


def version_managed(request: HttpRequest, key: int) -> TemplateVersion:
    """Return a version the person may decide on; raises Http404 or PowerMissing."""
    row = version_seen(request, key)
    require_power(request.user, Permission.MANAGE_TEMPLATES, row.template.unit)
    return row


def manages(request: HttpRequest, unit: OrgUnit) -> bool:
    """Tell whether the person may change the templates of this unit."""
    allowed = may(request, Permission.MANAGE_TEMPLATES)
    return allowed and powers_at(request.user, Permission.MANAGE_TEMPLATES, unit, at=now()).exists()


def managed_units(request: HttpRequest) -> QuerySet[OrgUnit]:
    """Return the units whose templates the person may make."""
    return scope_of(request.user, Permission.MANAGE_TEMPLATES).order_by("path")


def sharing_of(typed: str) -> Sharing:
    """Return how far a template shall be shared, or raise TemplateInvalid."""
    try:
        return Sharing(typed)
    except ValueError:
        raise TemplateInvalid(path="sharing", reason="没有这个共享范围") from None


def seen_clauses(request: HttpRequest) -> QuerySet[Clause]:
    """Return the shared clauses of the person's units and of the units above them.

    A clause goes into any template of the insurer, so that its own branches see it, too.
    """
    scope = list(scope_of(request.user, Permission.VIEW_TEMPLATES))
    keys = {int(key) for unit in scope for key in unit.path.strip("/").split("/")}
    return Clause.objects.select_related("unit").filter(unit__in=keys)


def state_cell(row: TemplateVersion) -> Cell:
    """Return the tag of a version's state."""
    state = VersionState(row.state)
    tone, icon = _TONES[state]
    return Cell(text=LABELS[state], tone=tone, icon=icon)
