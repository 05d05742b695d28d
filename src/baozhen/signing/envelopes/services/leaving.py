"""What somebody who leaves has still to do: told to who lets them go, and left to their unit."""

from django.db import transaction
from django.db.models import QuerySet

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.signing.envelopes.models import Action, Signatory
from baozhen.signing.envelopes.services.turns import SYSTEM
from baozhen.signing.envelopes.states import TYPE_LABELS, ActionState, ActionType, EnvelopeState
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.states import AccountState
from baozhen.signing.risks.services import raise_risk

LEFT_OPEN = "envelope_operator_left"
_ENVELOPES_TOLD_MAX = 100


def open_tasks_of(account: Account) -> list[str]:
    """Return in words what the person has still to do: titles and numbers, nobody's data."""
    return [
        f"{TYPE_LABELS[ActionType(action.type)]}：{action.envelope.title}"
        f"（{action.envelope.public_id}）"
        for action in _open_actions(account).select_related("envelope").order_by("pk")
    ]


@job("release_tasks", queue=Queue.HOUSEKEEPING)
def release_tasks(key: int) -> None:
    """Leave the tasks of an account that has gone to their units, whose people then see them."""
    _release(key)


@transaction.atomic(durable=True)
def _release(account_id: int) -> None:
    """Take the name off every open task, once; one risk tells that somebody has to take over."""
    account = Account.objects.get(pk=account_id)
    if account.state != AccountState.LEFT:  # came back before the job ran
        return
    at = now()
    actions = list(_open_actions(account).select_related("envelope").order_by("pk"))
    if not actions:
        return
    parties = {action.signatory_id for action in actions}
    # The link of somebody who has left is good no more.
    Signatory.objects.filter(pk__in=parties).update(operator=None, link_hash="")
    for action in actions:
        audit.record(
            "action.released",
            subject_id=action.pk,
            actor=SYSTEM,
            at=at,
            facts={"from": account.public_id},
        )
    envelopes = sorted({action.envelope.public_id for action in actions})
    raise_risk(
        kind=LEFT_OPEN,
        severity="notice",
        subject_type=Account.NOUN,
        subject_id=account.pk,
        facts={"account": account.public_id, "envelopes": envelopes[:_ENVELOPES_TOLD_MAX]},
        at=at,
    )


def _open_actions(account: Account) -> QuerySet[Action]:
    return Action.objects.filter(
        signatory__operator=account,
        state__in=[ActionState.WAITING, ActionState.READY],
        envelope__state__in=[EnvelopeState.DRAFT, EnvelopeState.IN_PROGRESS],
    )
