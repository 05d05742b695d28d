"""Tell a signatory that it is their turn, or that it is done, with their link, by their channel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, defer, job
from baozhen.foundation.notify.dingtalk import get_dingtalk
from baozhen.foundation.notify.entries import Entry, Notice, NoticeRefused
from baozhen.foundation.notify.services import Letter, queue_letter
from baozhen.foundation.notify.sms import TextMessage, get_sms
from baozhen.foundation.notify.wechat import get_wechat
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.envelopes.errors import EnvelopeClosed, NotYourTurn, ReminderTooSoon
from baozhen.signing.envelopes.models import Action, Envelope, Signatory
from baozhen.signing.envelopes.services.links import issue_link
from baozhen.signing.envelopes.services.turns import (
    NOTIFY,
    NOTIFY_VOID,
    SYSTEM,
    lock_envelope,
)
from baozhen.signing.envelopes.services.voiding import open_void
from baozhen.signing.envelopes.states import (
    LABELS,
    SIGNING_TYPES,
    TYPE_LABELS,
    ActionState,
    ActionType,
    EnvelopeState,
)

REMINDER_PAUSE = timedelta(minutes=30)
REMINDERS_MAX = 20
_OVER = (EnvelopeState.COMPLETED, EnvelopeState.VOIDED)
_TOLD = frozenset({ActionState.READY, ActionState.WAITING})
_TEMPLATE = "link"
_VOID = "void"
# Who counts the texts that go out (receipt, unit, time): the statistics room, which is above.
TextCounter = Callable[[str, int, datetime], None]
_text_counters: list[TextCounter] = []
_MINI_PAGE = "pages/sign/index?token="


@dataclass(frozen=True)
class _Call:
    """What one party is told: about which action, in which words, and where it leads."""

    action: Action
    what: str
    link: str
    token: str = ""
    occasion: str = ""

    @property
    def envelope(self) -> Envelope:
        return self.action.envelope

    @property
    def reference(self) -> str:
        """A number that is the same when the job runs again, and another for each reminder."""
        count = self.action.signatory.reminders
        return f"{self.action.public_id}.{count}.{self.occasion or self.envelope.state}"


def install_text_counter(counter: TextCounter) -> None:
    """Install who counts the texts; called once, where the platform is put together."""
    _text_counters[:] = [counter]


def link_address(token: str) -> str:
    """Return the address of the signing page for a token."""
    return f"{_root()}/s/{token}"


@job(NOTIFY, queue=Queue.LIVE)
def notify_signatory(*, key: int) -> None:
    """Send the person of an action a fresh link; colleagues find the action in their work queue.

    A second run sends a second link, and the first is good no more: nothing is lost by it. Staff
    with a channel of their own are told where their work waits.
    """
    refuse_inside_transaction("telling a signatory")
    action = Action.objects.select_related("envelope", "signatory__subject").get(pk=key)
    signatory = action.signatory
    if action.envelope.rules.get("is_quiet"):
        return
    is_over = action.envelope.state in _OVER
    if not is_over and action.state not in _TOLD:
        return
    if signatory.subject is None:
        if signatory.channel_id and not is_over and action.state == ActionState.READY:
            what = f"请您{TYPE_LABELS[ActionType(action.type)]}"
            _by_entry(_Call(action, what, f"{_root()}/console/actions/{action.public_id}"))
        return
    at = now()
    token = issue_link(signatory, actor=SYSTEM, at=at, keeps_visit=True)
    what = "已签署完成，可查看和下载" if is_over else f"请您{TYPE_LABELS[ActionType(action.type)]}"
    _tell(_Call(action, what, link_address(token), token), at=at)


@job(NOTIFY_VOID, queue=Queue.LIVE)
def notify_of_void(*, key: int) -> None:
    """Send a person who signed a fresh link, to agree to void the task or to refuse."""
    refuse_inside_transaction("telling a signatory")
    signatory = Signatory.objects.select_related("envelope", "subject").get(pk=key)
    request = open_void(signatory)
    action = signatory.actions.filter(type__in=SIGNING_TYPES).order_by("-pk").first()
    if request is None or action is None or signatory.envelope.rules.get("is_quiet"):
        return
    at = now()
    token = issue_link(signatory, actor=SYSTEM, at=at, keeps_visit=True)
    what = "对方申请作废，请您确认是否同意"
    action.signatory, action.envelope = signatory, signatory.envelope
    _tell(_Call(action, what, link_address(token), token, f"{_VOID}.{request.pk}"), at=at)


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


@transaction.atomic(durable=True)
def tell_again(reference: str, *, actor: str, at: datetime) -> None:
    """Promise a fresh link to the party whose text had this reference.

    Raises NotYourTurn when it is no text of a signing task, or there is nothing to tell any more.
    """
    name, _, rest = reference.partition(".")
    action = Action.objects.select_related("envelope", "signatory").filter(public_id=name).first()
    if action is None:
        raise NotYourTurn
    if f".{_VOID}." in f".{rest}":
        if open_void(action.signatory) is None:
            raise NotYourTurn
        defer(NOTIFY_VOID, key=action.signatory_id)
    elif action.envelope.state in _OVER or action.state in _TOLD:
        defer(NOTIFY, key=action.pk)
    else:
        raise NotYourTurn
    audit.record("action.told_again", subject_id=action.pk, actor=actor, at=at)


def _may_remind(signatory: Signatory, at: datetime) -> bool:
    long_ago = signatory.reminded_at is None or at - signatory.reminded_at >= REMINDER_PAUSE
    return long_ago and signatory.reminders < REMINDERS_MAX


def _tell(call: _Call, *, at: datetime) -> None:
    """Use the party's channel; what it refuses for good goes by text or mail instead."""
    signatory = call.action.signatory
    subject = signatory.subject
    if signatory.channel in _ENTRIES and signatory.channel_id and _by_entry(call):
        return
    mobile, mail = (str(subject.mobile), str(subject.email)) if subject else ("", "")
    if mobile and not (signatory.channel == "mail" and mail):
        receipt = get_sms().send(
            TextMessage(
                mobile=mobile,
                template=_TEMPLATE,
                reference=call.reference,
                parameters={"title": call.envelope.title, "what": call.what, "link": call.link},
            )
        )
        for count in _text_counters:
            count(receipt, call.envelope.unit_id, at)
    elif mail:
        queue_letter(_letter(call, mail), actor=SYSTEM, at=at)


def _by_entry(call: _Call) -> bool:
    """Send by WeChat or DingTalk; False when the service will never take it: unsubscribed, say."""
    signatory = call.action.signatory
    notice = Notice(
        to=str(signatory.channel_id),
        template=_TEMPLATE,
        reference=call.reference,
        title=f"{call.envelope.title}：{call.what}",
        fields={"title": call.envelope.title, "what": call.what},
        link=call.link,
        page=f"{_MINI_PAGE}{call.token}" if call.token else "",
    )
    try:
        _ENTRIES[signatory.channel]().send(notice)
    except NoticeRefused:
        return False
    return True


_ENTRIES: Mapping[str, Callable[[], Entry]] = {"wechat": get_wechat, "dingtalk": get_dingtalk}


def _letter(call: _Call, address: str) -> Letter:
    title = call.envelope.title
    return Letter(
        reference=call.reference,
        recipient=address,
        title=f"{title}：{call.what}",
        text=f"您好：\n\n《{title}》{call.what}。\n\n{call.link}\n\n链接只供您本人使用，请勿转发。",
        subject_type="envelope",
        subject_id=call.envelope.pk,
    )


def _root() -> str:
    return str(settings.BAOZHEN_PUBLIC_URL).rstrip("/")
