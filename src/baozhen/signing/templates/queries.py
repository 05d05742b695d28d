"""What is known of templates: who may use them, which version is in force, where a clause is."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Q, QuerySet

from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.states import UnitState
from baozhen.signing.templates.errors import ClauseUnknown, NoVersionInForce, TemplateUnknown
from baozhen.signing.templates.models import (
    Clause,
    ClauseVersion,
    Template,
    TemplateShare,
    TemplateVersion,
)
from baozhen.signing.templates.states import Sharing, VersionState

_ALIVE = (VersionState.DRAFT, VersionState.SUBMITTED, VersionState.APPROVED)


def template_of(code: str) -> Template:
    """Return the template of this code or public id, or raise TemplateUnknown."""
    found = Template.objects.select_related("unit").filter(Q(code=code) | Q(public_id=code))
    template = found.first()
    if template is None:
        raise TemplateUnknown(template=code)
    return template


def usable_by(units: Sequence[OrgUnit]) -> QuerySet[Template]:
    """Return the templates that these units may use: their own and those shared with them."""
    own = {unit.pk for unit in units}
    above = {int(key) for unit in units for key in unit.path.strip("/").split("/")[:-1]}
    return Template.objects.select_related("unit").filter(
        Q(unit__in=own)
        | Q(sharing=Sharing.ALL)
        | Q(sharing=Sharing.BELOW, unit__in=above)
        | Q(sharing=Sharing.CHOSEN, pk__in=_shared_with(own | above))
    )


def units_shared_with(template: Template) -> QuerySet[OrgUnit]:
    """Return the units that were chosen for a template, in the order of the tree."""
    keys = TemplateShare.objects.filter(template=template).values("unit")
    return OrgUnit.objects.filter(pk__in=keys).order_by("path")


def units_to_share_with(template: Template) -> QuerySet[OrgUnit]:
    """Return the other units of the company in which a template stands.

    What stands below its own unit is among them: sharing with chosen ones may be less than
    sharing with all of these.
    """
    company = template.unit.path.strip("/").split("/")[0]
    found = OrgUnit.objects.filter(path__startswith=f"/{company}/", state=UnitState.ACTIVE)
    return found.exclude(pk=template.unit_id).order_by("path")


def _shared_with(units: set[int]) -> QuerySet[TemplateShare, int]:
    return TemplateShare.objects.filter(unit__in=units).values_list("template_id", flat=True)


def version_in_force(code: str, on: date) -> TemplateVersion:
    """Return the approved version in force on the day, or raise NoVersionInForce.

    Where periods meet, the later beginning counts.
    """
    template = template_of(code)
    found = (
        TemplateVersion.objects.select_related("template")
        .filter(template=template, state=VersionState.APPROVED, effective_from__lte=on)
        .filter(Q(effective_until__isnull=True) | Q(effective_until__gte=on))
        .order_by("-effective_from")
        .first()
    )
    if found is None:
        raise NoVersionInForce(template=code, on=on.isoformat())
    return found


def version_of(template: Template, number: int) -> TemplateVersion:
    """Return one version by its number, or raise TemplateUnknown."""
    found = TemplateVersion.objects.select_related("template").filter(
        template=template, number=number
    )
    version = found.first()
    if version is None:
        raise TemplateUnknown(template=f"{template.code} 第 {number} 版")
    return version


def newest_clauses(codes: Sequence[str]) -> list[ClauseVersion]:
    """Return the newest wording of each clause, or raise ClauseUnknown."""
    found = {
        version.clause.code: version
        for version in ClauseVersion.objects.select_related("clause")
        .filter(clause__code__in=codes)
        .order_by("number")
    }
    for code in codes:
        if code not in found:
            raise ClauseUnknown(path="source", clause=code)
    return [found[code] for code in codes]


def where_used(clause: Clause) -> QuerySet[TemplateVersion]:
    """Return the versions that use any wording of the clause and are not over."""
    return (
        TemplateVersion.objects.select_related("template")
        .filter(clauses__clause=clause, state__in=_ALIVE)
        .distinct()
        .order_by("template__code", "-number")
    )
