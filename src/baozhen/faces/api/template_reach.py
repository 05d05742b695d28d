"""Which templates a program may see and change: those of its unit, and what is shared with it.

A program that connects a system belongs to that system's unit; any other is head office's.
"""

from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from baozhen.faces.api.conventions import client_of_request
from baozhen.signing.integrations.models import ConnectedSystem
from baozhen.signing.organizations.errors import PowerMissing, UnitUnknown
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import root_unit, unit_of
from baozhen.signing.organizations.roles import LABELS, Permission
from baozhen.signing.templates.errors import TemplateUnknown
from baozhen.signing.templates.models import Template
from baozhen.signing.templates.queries import usable_by


def own_unit(request: HttpRequest) -> OrgUnit:
    """Return the unit for which the program acts when it names none."""
    return _homes(request)[0]


def own_units(request: HttpRequest) -> QuerySet[OrgUnit]:
    """Return the program's units and everything below them."""
    where = Q(pk__in=[])
    for home in _homes(request):
        where |= Q(path__startswith=home.path)
    return OrgUnit.objects.filter(where)


def unit_given(request: HttpRequest, public_id: str) -> OrgUnit:
    """Return the named unit, or the program's own; UnitUnknown for one that is not its."""
    if not public_id:
        return own_unit(request)
    unit = unit_of(public_id)
    if not own_units(request).filter(pk=unit.pk).exists():
        raise UnitUnknown(unit=public_id)
    return unit


def units_named(public_ids: Sequence[str]) -> list[OrgUnit]:
    """Return the units of these ids, each once, or raise UnitUnknown."""
    return [unit_of(public_id) for public_id in dict.fromkeys(public_ids)]


def seen_templates(request: HttpRequest) -> QuerySet[Template]:
    """Return the templates that the program may read and fill."""
    return usable_by(list(own_units(request)))


def template_seen(request: HttpRequest, name: str) -> Template:
    """Return a template by its code or public id; TemplateUnknown also for a stranger's."""
    found = seen_templates(request).filter(Q(code=name) | Q(public_id=name)).first()
    if found is None:
        raise TemplateUnknown(template=name)
    return found


def template_managed(request: HttpRequest, name: str) -> Template:
    """Return a template of the program's own units; PowerMissing for one only shared with it."""
    found = template_seen(request, name)
    if not own_units(request).filter(pk=found.unit_id).exists():
        raise PowerMissing(unit=found.unit.name, right=LABELS[Permission.MANAGE_TEMPLATES])
    return found


def _homes(request: HttpRequest) -> list[OrgUnit]:
    systems = ConnectedSystem.objects.filter(client=client_of_request(request), active=True)
    homes = [system.unit for system in systems.select_related("unit").order_by("pk")]
    return homes or [root_unit()]
