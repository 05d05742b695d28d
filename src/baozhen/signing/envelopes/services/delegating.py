"""转交: a step of one's own company goes to a colleague who may do it as well."""

from datetime import datetime
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q, QuerySet

from baozhen.foundation.audit import services as audit
from baozhen.signing.envelopes.errors import DraftInvalid, HandOnRefused, ReasonMissing
from baozhen.signing.envelopes.models import Action, Signatory
from baozhen.signing.envelopes.services.acts import company_of, take
from baozhen.signing.envelopes.states import PASSIVE_TYPES, TYPE_LABELS, ActionType
from baozhen.signing.organizations.models import Account, OrgUnit
from baozhen.signing.organizations.queries import holders_of, legal_entity_of, units_under
from baozhen.signing.organizations.roles import LABELS, Permission
from baozhen.signing.organizations.states import AccountState

# Approving, choosing where a seal goes and sealing ask for this power; looking on asks for none.
_POWER = Permission.APPROVE_ENVELOPES
_FREE_TYPES = PASSIVE_TYPES


def colleagues_for(action: Action, *, at: datetime) -> QuerySet[Account]:
    """Return who of the same company may take the step over; never who has it already."""
    unit = company_of(action)
    found = Account.objects.filter(
        unit__in=_units_of_company(unit), state=AccountState.ACTIVE, user__is_active=True
    )
    if action.type not in _FREE_TYPES:
        found = found.filter(pk__in=holders_of(_POWER, unit, at=at).values("pk"))
    if action.signatory.operator_id is not None:
        found = found.exclude(pk=action.signatory.operator_id)
    return found.order_by("display_name", "pk")


@transaction.atomic(durable=True)
def delegate(action_id: int, *, to: Account, reason: str, actor: str, at: datetime) -> Action:
    """Hand a step of one's own company to a colleague; a person's own signature never.

    Raises DraftInvalid for somebody of another company, or who has left, and HandOnRefused for a
    colleague who may not do what the step asks for.
    """
    if not reason.strip():
        raise ReasonMissing(path="reason")
    action, _ = take(action_id, tuple(set(ActionType) - {ActionType.SIGN}), at=at)
    unit = company_of(action)
    is_colleague = legal_entity_of(to.unit).pk == legal_entity_of(unit).pk
    if to.state != AccountState.ACTIVE or not is_colleague:
        raise DraftInvalid(path="to", reason="只能转交给本单位在用账号的同事")
    needs_power = action.type not in _FREE_TYPES
    if needs_power and not holders_of(_POWER, unit, at=at).filter(pk=to.pk).exists():
        raise HandOnRefused(
            path="to",
            colleague=to.display_name,
            unit=unit.name,
            right=LABELS[_POWER],
            step=TYPE_LABELS[ActionType(action.type)],
        )
    before = action.signatory.operator_id
    Signatory.objects.filter(pk=action.signatory_id).update(operator=to, link_hash="")
    audit.record(
        "action.delegated",
        subject_id=action.pk,
        actor=actor,
        at=at,
        facts={"from": before, "to": to.pk},
    )
    return action


def _units_of_company(unit: OrgUnit) -> QuerySet[OrgUnit]:
    """Return the units of the legal entity, without the subsidiaries below it."""
    home = legal_entity_of(unit)
    units = units_under(home)
    subsidiaries = units.filter(is_legal_entity=True).exclude(pk=home.pk)
    below = [Q(path__startswith=path) for path in subsidiaries.values_list("path", flat=True)]
    return units.exclude(reduce(or_, below)) if below else units
