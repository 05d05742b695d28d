"""Six-digit codes: sent outside any transaction, kept as a keyed hash, confirmed once.

GB/T 35273 and the banks' habit: five minutes, five tries, single use, bound to one person, one
purpose, one document and, where one is known, one device. The code exists in this process until it
is sent, in the message, and nowhere else.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import NotRequired, TypedDict, Unpack

from django.db import connection, transaction

from baozhen.foundation.audit.services import record
from baozhen.foundation.fields import blind_index
from baozhen.foundation.ids import new_id
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.masking import mask_email, mask_mobile
from baozhen.foundation.notify.errors import MailOutage, MailRefused
from baozhen.foundation.notify.mail import Mail, get_mail
from baozhen.foundation.notify.sms import SMS, SMSOutage, SMSRefused, TextMessage, get_sms
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.identity.errors import (
    CodeError,
    CodeNotYours,
    CodeSpent,
    CodeWrong,
    NoAddress,
    SubjectNotFound,
)
from baozhen.signing.identity.models import CodeChallenge, Subject
from baozhen.signing.identity.rules import (
    CodeBinding,
    CodeFacts,
    check_code_usable,
    check_may_send,
    load_policy,
)
from baozhen.signing.identity.services.devices import check_not_agent, device_index, note_device
from baozhen.signing.identity.services.subjects import mail_index, mobile_index
from baozhen.signing.identity.states import Channel

DIGITS = 6
_HASH = "identity.code"
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class CodeRequest:
    """Who is to get a code, how, and what it will be good for."""

    subject_id: str  # public id
    channel: Channel | str = Channel.SMS
    purpose: str
    document_sha256: str = ""
    device: str = ""


@dataclass(frozen=True, kw_only=True)
class Senders:
    """The ways out; left out, the configured ones."""

    sms: SMS | None = None
    mail: Mail | None = None


def send_code(
    request: CodeRequest, *, at: datetime, senders: Senders | None = None
) -> CodeChallenge:
    """Make a code, send it to the subject's own mobile or mail address, return the challenge.

    Raises CodeTooSoon, CodeTooMany, NoAddress, AgentActsForClient, or the outage or refusal of the
    way out; then the code is dead and another may be asked for at once.
    """
    refuse_inside_transaction("sending a code")
    subject = _subject(request.subject_id)
    address = _address(subject, Channel(request.channel))
    check_not_agent(
        subject,
        mobile=address if request.channel == Channel.SMS else "",
        device=request.device,
        at=at,
    )
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    challenge = _store(request, subject, code, at=at)
    senders = senders or Senders()
    try:
        if challenge.channel == Channel.SMS:
            receipt = _send_sms(senders.sms or get_sms(), address, code, challenge)
        else:
            receipt = _send_mail(senders.mail or get_mail(), address, code, challenge)
    except (SMSOutage, SMSRefused, MailOutage, MailRefused) as failure:
        CodeChallenge.objects.filter(pk=challenge.pk).update(failure=failure.code)
        raise
    CodeChallenge.objects.filter(pk=challenge.pk).update(sent_at=at, receipt=receipt)
    challenge.sent_at, challenge.receipt = at, receipt
    return challenge


class Bound(TypedDict):
    """What a code was sent for; all of it must come back with it."""

    subject_id: str
    purpose: str
    document_sha256: NotRequired[str]
    device: NotRequired[str]


def confirm_code(
    challenge_id: str, code: str, *, at: datetime, **bound: Unpack[Bound]
) -> CodeChallenge:
    """Return the challenge, confirmed; of two who confirm at the same moment one wins.

    `subject_id`, `purpose`, `document_sha256` and `device` (the id, not its index) must be those
    that the code was sent for. Raises CodeWrong, CodeExpired, CodeSpent, CodeNotYours; a wrong try
    counts although it raises, so this is never called inside another transaction.
    """
    given = CodeBinding(
        subject_id=bound["subject_id"],
        purpose=bound["purpose"],
        document_sha256=bound.get("document_sha256", ""),
        device=bound.get("device", ""),
    )
    with transaction.atomic(durable=True):
        challenge = _locked(challenge_id)
        check_code_usable(_facts(challenge), _indexed(given), at=at)
        refusal = _try(challenge, code, device_index(given.device), at=at)
    if refusal is not None:
        raise refusal
    return challenge


def consume_code(challenge_id: str, *, subject: Subject, at: datetime) -> CodeChallenge:
    """Use a confirmed code up, in the caller's transaction; raises CodeSpent or CodeNotYours."""
    challenge = _locked(challenge_id)
    if challenge.subject_id != subject.pk:
        raise CodeNotYours
    if challenge.confirmed_at is None or challenge.consumed_at is not None:
        raise CodeSpent
    challenge.consumed_at = at
    challenge.save(update_fields=["consumed_at"])
    return challenge


def _subject(public_id: str) -> Subject:
    try:
        return Subject.objects.get(public_id=public_id)
    except Subject.DoesNotExist:
        raise SubjectNotFound(subject=public_id) from None


def _address(subject: Subject, channel: Channel) -> str:
    if channel is Channel.SMS:
        if not subject.mobile:
            raise NoAddress(what="手机号")
        return str(subject.mobile)
    if not subject.email:
        raise NoAddress(what="邮箱")
    return str(subject.email)


@transaction.atomic(durable=True)
def _store(request: CodeRequest, subject: Subject, code: str, *, at: datetime) -> CodeChallenge:
    """Count what was sent to this address, then write the challenge; one address at a time."""
    policy = load_policy().code
    is_sms = request.channel == Channel.SMS
    index = mobile_index(subject.mobile) if is_sms else mail_index(subject.email)
    with connection.cursor() as cursor:
        # Two requests for one address would otherwise both see the count before either.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [index])
    sent = CodeChallenge.objects.filter(
        address_index=index, queued_at__gt=at - _DAY, failure=""
    ).values_list("queued_at", "purpose")
    # Somebody who has just opened a document may sign it: the pause is between codes for one thing.
    same = [moment for moment, purpose in sent if purpose == request.purpose]
    check_may_send([moment for moment, _ in sent], policy, last=max(same, default=None), at=at)
    _retire_earlier(request, subject)
    public_id = new_id("cod", at=at)
    challenge = CodeChallenge.objects.create(
        public_id=public_id,
        subject=subject,
        channel=Channel(request.channel),
        purpose=request.purpose,
        document_sha256=request.document_sha256,
        device=device_index(request.device),
        address_index=index,
        address_masked=mask_mobile(subject.mobile) if is_sms else mask_email(subject.email),
        code_hash=_hash(public_id, code),
        tries_left=policy.tries,
        queued_at=at,
        expires_at=at + timedelta(seconds=policy.seconds),
    )
    note_device(subject, request.device, at=at)
    return challenge


def _retire_earlier(request: CodeRequest, subject: Subject) -> None:
    """A new code for the same thing ends the older one: only one is ever good."""
    CodeChallenge.objects.filter(
        subject=subject,
        purpose=request.purpose,
        document_sha256=request.document_sha256,
        confirmed_at__isnull=True,
    ).update(tries_left=0)


def _locked(challenge_id: str) -> CodeChallenge:
    try:
        return (
            CodeChallenge.objects.select_for_update(of=("self",))
            .select_related("subject")
            .get(public_id=challenge_id)
        )
    except CodeChallenge.DoesNotExist:
        # Who guesses ids is not told which exist.
        raise CodeNotYours from None


def _facts(challenge: CodeChallenge) -> CodeFacts:
    return CodeFacts(
        binding=CodeBinding(
            subject_id=challenge.subject.public_id,
            purpose=challenge.purpose,
            document_sha256=challenge.document_sha256,
            device=challenge.device,
        ),
        expires_at=challenge.expires_at,
        is_sent=challenge.sent_at is not None,
        is_used=challenge.confirmed_at is not None,
        tries_left=challenge.tries_left,
    )


def _indexed(given: CodeBinding) -> CodeBinding:
    return CodeBinding(
        subject_id=given.subject_id,
        purpose=given.purpose,
        document_sha256=given.document_sha256,
        device=device_index(given.device),
    )


def _try(challenge: CodeChallenge, code: str, device: str, *, at: datetime) -> CodeError | None:
    """Count the try or confirm; the refusal is returned, because the count must be committed.

    A code that was sent to no device in particular belongs to the one that confirmed it.
    """
    if hmac.compare_digest(_hash(challenge.public_id, code.strip()), challenge.code_hash):
        challenge.confirmed_at, challenge.device = at, device
        challenge.save(update_fields=["confirmed_at", "device"])
        action = "code.confirmed"
    else:
        challenge.tries_left -= 1
        challenge.save(update_fields=["tries_left"])
        action = "code.refused"
    record(
        action,
        subject_id=challenge.pk,
        actor=f"subject:{challenge.subject.public_id}",
        at=at,
        facts={"purpose": challenge.purpose, "document": challenge.document_sha256},
    )
    if challenge.confirmed_at is not None:
        return None
    return CodeWrong(left=challenge.tries_left) if challenge.tries_left else CodeSpent()


def _hash(public_id: str, code: str) -> str:
    return blind_index(f"{public_id}|{code}", _HASH)


def _send_sms(sms: SMS, mobile: str, code: str, challenge: CodeChallenge) -> str:
    minutes = str(load_policy().code.seconds // 60)
    return sms.send(
        TextMessage(
            mobile=mobile,
            template="code",
            reference=challenge.public_id,
            parameters={"code": code, "minutes": minutes},
        )
    )


def _send_mail(mail: Mail, address: str, code: str, challenge: CodeChallenge) -> str:
    message = EmailMessage()
    message["From"] = configured("BAOZHEN_MAIL_FROM") or "no-reply@example.com"
    message["To"] = address
    message["Subject"] = "验证码"
    message["Message-ID"] = f"<{challenge.public_id}@baozhen>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5
    minutes = load_policy().code.seconds // 60
    message.set_content(
        f"您的验证码是 {code}，{minutes} 分钟内有效，仅用于本次操作。"
        "请勿告诉任何人，包括自称业务人员的人。"
    )
    mail.send(message)
    return str(message["Message-ID"])
