"""Tell a signatory that it is their turn, or that it is done: by text or mail, with their link."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, defer, job
from baozhen.foundation.notify.services import Letter, queue_letter
from baozhen.foundation.notify.sms import TextMessage, get_sms
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.envelopes.errors import EnvelopeClosed, ReminderTooSoon
from baozhen.signing.envelopes.models import Action, Envelope, Signatory
from baozhen.signing.envelopes.services.links import issue_link
from baozhen.signing.envelopes.services.turns import NOTIFY, SYSTEM, lock_envelope
from baozhen.signing.envelopes.states import (
    LABELS,
    TYPE_LABELS,
    ActionState,
    ActionType,
    EnvelopeState,
)

REMINDER_PAUSE = timedelta(minutes=30)
REMINDERS_MAX = 20
_OVER = (EnvelopeState.COMPLETED, EnvelopeState.VOIDED)


def link_address(token: str) -> str:
    """Return the address of the signing page for a token."""
    return f"{settings.BAOZHEN_PUBLIC_URL.rstrip('/')}/s/{token}"


@job(NOTIFY, queue=Queue.LIVE)
def notify_signatory(*, key: int) -> None:
    """Send the person of an action a fresh link; colleagues find the action in their work queue.

    A second run sends a second link, and the first is good no more: nothing is lost by it.
    """
    refuse_inside_transaction("telling a signatory")
    action = Action.objects.select_related("envelope", "signatory__subject").get(pk=key)
    envelope, signatory = action.envelope, action.signatory
    subject = signatory.subject
    is_over = envelope.state in _OVER
    if subject is None or (not is_over and action.state not in {"ready", "waiting"}):
        return
    at = now()
    address = link_address(issue_link(signatory, actor=SYSTEM, at=at))
    what = "已签署完成，可查看和下载" if is_over else f"请您{TYPE_LABELS[ActionType(action.type)]}"
    if subject.mobile:
        get_sms().send(
            TextMessage(
                mobile=str(subject.mobile),
                template="link",
                reference=f"{action.public_id}.{signatory.reminders}",
                parameters={"title": envelope.title, "what": what, "link": address},
            )
        )
    elif subject.email:
        queue_letter(_letter(action, str(subject.email), what, address), actor=SYSTEM, at=at)


@transaction.atomic(durable=True)
def remind(envelope_id: int, *, actor: str, at: datetime) -> int:
    """Remind everybody whose turn it is, at most every half hour; return how many."""
    envelope = lock_envelope(envelope_id)
    if envelope.state != EnvelopeState.IN_PROGRESS:
        raise EnvelopeClosed(state=LABELS[EnvelopeState(envelope.state)])
    ready = envelope.actions.filter(state=ActionState.READY).select_related("signatory")
    due = [action for action in ready if _may_remind(action.signatory, at)]
    if not due and ready:
        raise ReminderTooSoon(minutes=int(REMINDER_PAUSE.total_seconds() // 60))
    for action in due:
        signatory = action.signatory
        Signatory.objects.filter(pk=signatory.pk).update(
            reminded_at=at, reminders=signatory.reminders + 1
        )
        defer(NOTIFY, key=action.pk)
    return len(due)


def _may_remind(signatory: Signatory, at: datetime) -> bool:
    long_ago = signatory.reminded_at is None or at - signatory.reminded_at >= REMINDER_PAUSE
    return long_ago and signatory.reminders < REMINDERS_MAX


def _letter(action: Action, address: str, what: str, link: str) -> Letter:
    envelope: Envelope = action.envelope
    return Letter(
        reference=f"{action.public_id}.{action.signatory.reminders}.{envelope.state}",
        recipient=address,
        title=f"{envelope.title}：{what}",
        text=f"您好：\n\n《{envelope.title}》{what}。\n\n{link}\n\n链接只供您本人使用，请勿转发。",
        subject_type="envelope",
        subject_id=envelope.pk,
    )
