"""Who besides its own unit may use a template: nobody, those below, chosen units, or all.

A unit that loses a template starts no new task from it; tasks that were begun go on, for they carry
the document that was made then.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.templates.errors import TemplateInvalid
from baozhen.signing.templates.models import Template, TemplateShare
from baozhen.signing.templates.queries import units_shared_with, units_to_share_with
from baozhen.signing.templates.states import Sharing


@transaction.atomic(durable=True)
def share_template(
    template: Template,
    sharing: Sharing,
    units: Sequence[OrgUnit] = (),
    *,
    actor: str,
    at: datetime,
) -> Template:
    """Share a template so far and no farther; `units` are the chosen ones. TemplateInvalid."""
    row = Template.objects.select_for_update(of=("self",)).select_related("unit")
    found = row.get(pk=template.pk)
    write_sharing(found, sharing, units, actor=actor, at=at)
    return found


def write_sharing(
    template: Template,
    sharing: Sharing,
    units: Sequence[OrgUnit],
    *,
    actor: str,
    at: datetime,
) -> None:
    """Write who may use the template in the caller's transaction."""
    _check(template, sharing, units)
    before = {unit.pk: unit.public_id for unit in units_shared_with(template)}
    after = {unit.pk: unit.public_id for unit in units}
    was, template.sharing = template.sharing, sharing.value
    template.save(update_fields=["sharing"])
    TemplateShare.objects.filter(template=template).exclude(unit__in=after).delete()
    TemplateShare.objects.bulk_create(
        TemplateShare(template=template, unit_id=key, since=at, given_by=actor)
        for key in after
        if key not in before
    )
    if before == after and was == sharing.value:
        return
    audit.record(
        "template.shared",
        subject_id=template.pk,
        actor=actor,
        at=at,
        facts={
            "sharing": [was, sharing.value],
            "added": [name for key, name in after.items() if key not in before],
            "removed": [name for key, name in before.items() if key not in after],
        },
    )


def _check(template: Template, sharing: Sharing, units: Sequence[OrgUnit]) -> None:
    if sharing is not Sharing.CHOSEN:
        if units:
            text = "选了具体机构时，共享范围应为“选定的机构及其下级”"
            raise TemplateInvalid(path="sharing", reason=text)
        return
    if not units:
        raise TemplateInvalid(path="shared_with", reason="请至少选一个机构，或改选别的共享范围")
    allowed = units_to_share_with(template)
    known = {unit.pk for unit in units_shared_with(template)} | {unit.pk for unit in allowed}
    for unit in units:
        if unit.pk not in known:
            text = f"{unit.name}不能选：只能与本公司正常使用的其他机构共享"
            raise TemplateInvalid(path="shared_with", reason=text)
