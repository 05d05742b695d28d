"""What a user from outside sees of signing tasks: their own, or their organisation's, alone."""

from django.db.models import Q, QuerySet

from baozhen.signing.envelopes.errors import EnvelopeNotFound
from baozhen.signing.envelopes.models import Action, Envelope, Signatory
from baozhen.signing.envelopes.queries import tasks_for
from baozhen.signing.envelopes.states import (
    PASSIVE_TYPES,
    SIGNING_TYPES,
    ActionState,
    ActionType,
    EnvelopeState,
)
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.queries import outside_units_of, scope_of
from baozhen.signing.organizations.roles import Permission


def parties_of(account: Account) -> QuerySet[Signatory]:
    """Return the parts that the account's organisation, or the person, has in signing tasks."""
    return Signatory.objects.filter(_own(account))


def tasks_of(account: Account) -> QuerySet[Action]:
    """Return what waits for this user: their organisation's steps, and their own signature."""
    steps = tasks_for(account.user).filter(signatory__unit__in=outside_units_of(account))
    signatures = Action.objects.filter(
        state=ActionState.READY,
        type=ActionType.SIGN,
        signatory__subject__account=account,
        envelope__state=EnvelopeState.IN_PROGRESS,
    )
    found = Action.objects.filter(Q(pk__in=steps.values("pk")) | Q(pk__in=signatures.values("pk")))
    return found.select_related("envelope__unit", "signatory__unit").order_by(
        "envelope__expires_at", "pk"
    )


def envelopes_of(account: Account) -> QuerySet[Envelope]:
    """Return the tasks that have come to this user's part; those whose turn is later are none."""
    reached = Action.objects.filter(signatory__in=parties_of(account)).filter(
        ~Q(state__in=[ActionState.WAITING, ActionState.SKIPPED]) | Q(type__in=PASSIVE_TYPES)
    )
    return (
        Envelope.objects.filter(pk__in=reached.values("envelope"))
        .exclude(state=EnvelopeState.DRAFT)
        .select_related("unit")
    )


def envelope_of_account(account: Account, public_id: str) -> Envelope:
    """Return one of them; raises EnvelopeNotFound for everybody else's."""
    found = envelopes_of(account).filter(public_id=public_id).first()
    if found is None:
        raise EnvelopeNotFound
    return found


def void_party(account: Account, envelope: Envelope) -> Signatory | None:
    """Return the party for which this user may answer a request to void the task."""
    if envelope.state != EnvelopeState.VOIDING:
        return None
    units = scope_of(account.user, Permission.APPROVE_ENVELOPES)
    company = Q(unit__in=outside_units_of(account).filter(pk__in=units.values("pk")))
    return (
        envelope.signatories.filter(company | Q(subject__account=account, subject__isnull=False))
        .filter(actions__type__in=SIGNING_TYPES, actions__state=ActionState.DONE)
        .exclude(pk__in=_answered(envelope))
        .first()
    )


def _answered(envelope: Envelope) -> list[int]:
    request = envelope.void_requests.order_by("-pk").first()
    return list(request.consents.values_list("signatory_id", flat=True)) if request else []


def _own(account: Account) -> Q:
    return Q(unit__in=outside_units_of(account)) | Q(
        subject__account=account, subject__isnull=False
    )
