"""热线: a caller is checked before an agent sees or does anything (S0-6.1d, S0-7.2.1a).

The agent types what the caller answers; the register says only whether all of it fits. Of wrong
answers it is not told which was wrong, so that nobody fishes for the right one.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from baozhen.foundation.audit import services as audit
from baozhen.foundation.fields import blind_index
from baozhen.foundation.ids import new_id
from baozhen.foundation.masking import mask_email
from baozhen.foundation.notify.services import Attachment, Letter, queue_letter
from baozhen.foundation.states import enter, move
from baozhen.insurance.policies.contents import content_now
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.states import FILE_TITLES, Standing
from baozhen.insurance.verification.errors import CallEnded, CallerLocked, CallerUnlike
from baozhen.insurance.verification.models import CallerCheck
from baozhen.insurance.verification.rules import is_tail_of, normalise_number, normalise_tail
from baozhen.insurance.verification.states import CallState
from baozhen.signing.organizations.insurer import get_insurer

QUESTIONS: Mapping[str, str] = {
    "name": "投保人姓名",
    "id_tail": "投保人证件号后六位",
    "mobile": "投保时登记的手机号",
    "plate": "号牌号码或车架号后六位",
}
ANSWERS_MIN = 3
LIFETIME = timedelta(minutes=20)
WINDOW = timedelta(hours=24)
FAILURES_PER_NUMBER_MAX = 3
FAILURES_PER_AGENT_MAX = 20
_TEXT = """尊敬的{name}：

按您在客服热线的要求，现将保单 {number} 的文件发到您投保时登记的邮箱，见附件。
如非本人来电，请立即致电 {phone}。

{insurer}
"""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """What a caller said: a policy number, and answers by question; empty means not answered."""

    number: str
    answers: Mapping[str, str] = field(repr=False)


def check_caller(caller: Caller, *, agent: str, at: datetime) -> CallerCheck:
    """Record the check and return it when everything fits.

    Every try is kept, with which questions were answered and never with what was said. Raises
    CallerLocked, CallerUnlike.
    """
    number = normalise_number(caller.number)
    asked = blind_index(number, "verification.number")
    policy = Policy.objects.select_related("proposal").filter(number=number).first()
    content = None if policy is None else content_now(policy, on=at)
    given = {name: value for name in QUESTIONS if (value := caller.answers.get(name, "").strip())}
    fits = {
        name: content is not None and _fits(content, name, value) for name, value in given.items()
    }
    has_passed = len(given) >= ANSWERS_MIN and all(fits.values())
    with transaction.atomic(durable=True):
        # Checks of one number wait for each other: parallel guesses share the three tries.
        _lock(asked)
        _check_limits(asked, agent, at=at)
        check = CallerCheck.objects.create(
            state=CallState.PASSED if has_passed else CallState.REFUSED,
            public_id=new_id("call", at=at),
            agent=agent,
            policy=policy,
            asked_index=asked,
            answers=fits,
            at=at,
            ends_at=at + LIFETIME if has_passed else None,
        )
        enter(check, actor=agent, at=at)
    if not has_passed:
        raise CallerUnlike(least=ANSWERS_MIN)
    return check


def running_call(public_id: str, *, agent: str, at: datetime) -> CallerCheck:
    """Return the agent's call while it runs, else raise CallEnded."""
    rows = CallerCheck.objects.select_related("policy__proposal")
    call = rows.filter(public_id=public_id, agent=agent, state=CallState.PASSED).first()
    if call is None or call.ends_at is None or call.ends_at <= at:
        raise CallEnded
    return call


@transaction.atomic(durable=True)
def end_call(call: CallerCheck, *, at: datetime) -> None:
    """End the call; nothing more can be seen by it."""
    move(call, CallState.ENDED, actor=call.agent, at=at, ended_at=at)


def policies_of_caller(call: CallerCheck) -> QuerySet[Policy]:
    """Return the policies of the person who was checked: as holder, that is whom we asked for."""
    rows = Policy.objects.select_related("proposal").order_by("-numbered_at", "-id")
    if call.policy is None:
        return rows.none()
    return rows.filter(holder_id_index=call.policy.holder_id_index)


def send_files(call: CallerCheck, policy: Policy, *, at: datetime) -> str:
    """Mail the files of a policy to the address on file, never to another; return it masked."""
    files = PolicyFile.objects.defer("content").filter(
        policy=policy, standing=Standing.CURRENT, sha256__isnull=False
    )
    holder = content_now(policy, on=at)["policyholder"]
    insurer = get_insurer()
    letter = Letter(
        reference=f"hotline/{call.public_id}/{policy.number}",
        recipient=holder["email"],
        title=f"您的电子保单（{policy.number}）",
        text=_TEXT.format(
            name=holder["name"],
            number=policy.number,
            phone=insurer.service_phone,
            insurer=insurer.name,
        ),
        subject_type=Policy.NOUN,
        subject_id=policy.pk,
        attachments=tuple(
            Attachment(
                name=f"{FILE_TITLES[file.kind, policy.kind]}_{file.number}.pdf",
                sha256=str(file.sha256),
            )
            for file in files.order_by("id")
        ),
    )
    with transaction.atomic(durable=True):
        queue_letter(letter, actor=call.agent, at=at)
        note(call, "sent", {"policy": policy.pk}, at=at)
    return mask_email(holder["email"])


def note(call: CallerCheck, what: str, facts: Mapping[str, object], *, at: datetime) -> None:
    """Record an act of the call in the chain of the call."""
    audit.record(f"caller_check.{what}", subject_id=call.pk, actor=call.agent, at=at, facts=facts)


def _lock(asked: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [asked])


def _check_limits(asked: str, agent: str, *, at: datetime) -> None:
    refused = CallerCheck.objects.filter(state=CallState.REFUSED, at__gt=at - WINDOW)
    by_number = refused.filter(asked_index=asked).count()
    by_agent = refused.filter(agent=agent).count()
    if by_number >= FAILURES_PER_NUMBER_MAX or by_agent >= FAILURES_PER_AGENT_MAX:
        raise CallerLocked(minutes=int(WINDOW.total_seconds() // 60))


def _fits(content: Mapping[str, Any], question: str, answer: str) -> bool:
    holder, vehicle = content["policyholder"], content["vehicle"]
    if question == "name":
        return _same(answer, holder["name"])
    if question == "id_tail":
        return is_tail_of(answer, holder["id_no"])
    if question == "mobile":
        return _same(answer, str(holder.get("mobile") or ""))
    plate = vehicle.get("plate_no") or vehicle.get("temporary_plate_no")
    return _same(answer, str(plate or "")) or is_tail_of(answer, vehicle["vin"])


def _same(answer: str, known: str) -> bool:
    typed, expected = normalise_tail(answer), normalise_tail(known)
    return bool(expected) and hmac.compare_digest(typed.encode(), expected.encode())
