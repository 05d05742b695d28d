"""Start a check, ask its provider, end it. The intent is stored before anybody is asked.

A provider that is down leaves the check waiting; a job asks again until it answers.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from baozhen.foundation.audit.services import record
from baozhen.foundation.fields import blind_index
from baozhen.foundation.ids import new_id
from baozhen.foundation.jobs import defer
from baozhen.foundation.states import enter, move
from baozhen.signing.identity.errors import (
    IdentityInputMissing,
    IdentityKindMismatch,
    IdentityOutage,
)
from baozhen.signing.identity.models import IdentityCheck, Subject
from baozhen.signing.identity.providers.ports import Answer, Question, Verdict
from baozhen.signing.identity.providers.registry import (
    elements_verifier,
    own_system,
    provider_of,
    session_verifier,
    transfer_sender,
)
from baozhen.signing.identity.rules import load_policy
from baozhen.signing.identity.services.alerts import report
from baozhen.signing.identity.services.codes import consume_code
from baozhen.signing.identity.services.devices import (
    check_not_agent,
    device_index,
    note_device,
    note_mobile,
)
from baozhen.signing.identity.states import (
    CHECK_KINDS,
    ORGANIZATION_KINDS,
    PERSON_KINDS,
    SUBJECT_KINDS,
    CheckKind,
    CheckState,
    SubjectKind,
)

SYSTEM = "system"
ASK_JOB = "ask_identity_provider"
_FIRST_RETRY = timedelta(seconds=20)
_NONCE_BYTES = 32
_FACTS = "identity.facts"
# Kinds that no provider is asked for.
_OWN = {CheckKind.SMS: "sms", CheckKind.UKEY: "ukey", CheckKind.AGENT_PAPERS: "staff"}
_INPUTS: dict[CheckKind, tuple[tuple[str, str], ...]] = {
    CheckKind.SMS: (("challenge_id", "验证码编号"),),
    CheckKind.FOUR_ELEMENTS: (("bank_card", "银行卡号"),),
    CheckKind.TRANSFER: (("bank_account", "对公账号"), ("bank_name", "开户行")),
}
_NEEDED: dict[CheckKind, tuple[tuple[str, str], ...]] = {
    CheckKind.THREE_ELEMENTS: (("id_no", "证件号码"), ("mobile", "手机号")),
    CheckKind.FOUR_ELEMENTS: (("id_no", "证件号码"), ("mobile", "手机号")),
    CheckKind.SMS: (("mobile", "手机号"),),
    CheckKind.FACE: (("id_no", "证件号码"),),
    CheckKind.VIDEO: (("id_no", "证件号码"),),
    CheckKind.LICENCE: (("uscc", "统一社会信用代码"),),
    CheckKind.LEGAL_REP: (
        ("uscc", "统一社会信用代码"),
        ("legal_rep_name", "法定代表人姓名"),
        ("legal_rep_id_no", "法定代表人证件号码"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class CheckScope:
    """What a check is for; a document makes it serve that document only, and never be reused."""

    purpose: str
    document_sha256: str = ""
    device: str = ""
    client: str = ""
    biz_no: str | None = None


def start_check(
    subject: Subject,
    kind: CheckKind | str,
    inputs: Mapping[str, str],
    *,
    scope: CheckScope,
    actor: str,
    at: datetime,
) -> IdentityCheck:
    """Return a check that has begun, or the earlier one that still holds.

    The provider is asked at once; when it is down the check stays `submitted` and a job goes on.
    Raises the refusals of this app, and IdentityCallRefused.
    """
    kind = CheckKind(kind)
    _check_inputs(subject, kind, inputs)
    check_not_agent(subject, device=scope.device, at=at)
    earlier = _earlier(subject, kind, scope, at=at)
    if earlier is not None:
        return earlier
    provider = _OWN.get(kind) or provider_of(kind).name
    check = IdentityCheck(
        public_id=new_id("chk", at=at),
        subject=subject,
        kind=kind,
        purpose=scope.purpose,
        document_sha256=scope.document_sha256,
        provider=provider,
        facts_index=facts_index(subject, kind),
        inputs=dict(inputs),
        device=device_index(scope.device),
        actor=actor,
        client=scope.client,
        biz_no=scope.biz_no,
        started_at=at,
    )
    with transaction.atomic(durable=True):
        check.save(force_insert=True)
        enter(check, actor=actor, at=at)
        note_device(subject, scope.device, at=at)
        note_mobile(subject, at=at)
        defer(ASK_JOB, key=check.pk, not_before=at + _FIRST_RETRY)
    try:
        ask_provider(check.pk, at=at)
    except IdentityOutage as outage:
        IdentityCheck.objects.filter(pk=check.pk).update(last_error=str(outage)[:255])
    check.refresh_from_db()
    return check


def ask_provider(key: int, *, at: datetime) -> None:
    """Ask the provider of a submitted check; a check that has been answered is left alone.

    Raises IdentityOutage. Our number goes with every question, so a repeated one is the same.
    """
    check = IdentityCheck.objects.select_related("subject").get(pk=key)
    if check.state == CheckState.SUBMITTED:
        _ASK[CheckKind(check.kind)](check, at)


def facts_index(subject: Subject, kind: CheckKind) -> str:
    """Return the keyed digest of what a check of this kind speaks about."""
    facts = [subject.name, subject.id_type, subject.id_no]
    if kind in {CheckKind.THREE_ELEMENTS, CheckKind.FOUR_ELEMENTS, CheckKind.SMS}:
        facts.append(subject.mobile)
    if kind is CheckKind.LEGAL_REP:
        facts += [subject.legal_rep_name, subject.legal_rep_id_no]
    return blind_index("|".join(facts), _FACTS)


def question_of(check: IdentityCheck) -> Question:
    """Return what to ask a provider about a check."""
    subject = check.subject
    return Question(
        kind=CheckKind(check.kind),
        reference=check.public_id,
        name=subject.name,
        id_type=subject.id_type,
        id_no=subject.id_no,
        mobile=subject.mobile,
        uscc=subject.uscc,
        legal_rep_name=subject.legal_rep_name,
        legal_rep_id_no=subject.legal_rep_id_no,
        inputs=check.inputs or {},
    )


def finish_check(check: IdentityCheck, answer: Answer, *, actor: str, at: datetime) -> None:
    """End a check with its answer and keep it as evidence; the inputs are erased.

    Safe to repeat with an answer that came twice: StaleState, IllegalMove for the second.
    """
    passed = answer.verdict is Verdict.MATCHES
    raw = json.dumps(dict(answer.raw), ensure_ascii=False, sort_keys=True, default=str)
    columns: dict[str, object] = {
        "receipt": answer.receipt[:128] or check.receipt,
        "answer": json.loads(raw),
        "answer_sha256": hashlib.sha256(raw.encode()).hexdigest(),
        "score": answer.score,
        "reason": answer.reason[:255],
        "inputs": None,
        "session_url": "",
        "ended_at": at,
        "last_error": "",
    }
    if passed:
        until = load_policy().valid_until(CheckKind(check.kind), at)
        columns |= {"passed_at": at, "valid_until": until}
    with transaction.atomic():
        move(
            check,
            CheckState.PASSED if passed else CheckState.FAILED,
            actor=actor,
            at=at,
            **columns,
        )
        if not passed and check.kind in {CheckKind.FACE, CheckKind.VIDEO}:
            facts = {"check": check.public_id, "kind": check.kind}
            report("face_mismatch", check.subject, severity="warning", facts=facts, at=at)


def _check_inputs(subject: Subject, kind: CheckKind, inputs: Mapping[str, str]) -> None:
    kinds = PERSON_KINDS if subject.kind == SubjectKind.PERSON else ORGANIZATION_KINDS
    if kind not in kinds:
        raise IdentityKindMismatch(
            path="kind", subject=SUBJECT_KINDS[SubjectKind(subject.kind)], kind=CHECK_KINDS[kind]
        )
    for name, label in _NEEDED.get(kind, ()):
        if not getattr(subject, name):
            raise IdentityInputMissing(path=name, what=label)
    for name, label in _INPUTS.get(kind, ()):
        if not inputs.get(name):
            raise IdentityInputMissing(path=f"inputs.{name}", what=label)


def _earlier(
    subject: Subject, kind: CheckKind, scope: CheckScope, *, at: datetime
) -> IdentityCheck | None:
    """Return the caller's own earlier request, or a passed check that still speaks of the facts."""
    if scope.biz_no:
        same = IdentityCheck.objects.filter(client=scope.client, biz_no=scope.biz_no).first()
        if same is not None:
            return same
    if scope.document_sha256 or kind in {CheckKind.SMS, CheckKind.AGENT_PAPERS}:
        return None
    passed = IdentityCheck.objects.filter(
        subject=subject,
        kind=kind,
        state=CheckState.PASSED,
        valid_until__gt=at,
        facts_index=facts_index(subject, kind),
    ).order_by("-passed_at")
    found = passed.first()
    if found is not None:
        with transaction.atomic(durable=True):
            record(
                "identity_check.reused",
                subject_id=found.pk,
                actor=SYSTEM,
                at=at,
                facts={"public_id": found.public_id, "purpose": scope.purpose},
            )
    return found


def _ask_elements(check: IdentityCheck, at: datetime) -> None:
    answer = elements_verifier(CheckKind(check.kind)).verify(question_of(check))
    finish_check(check, answer, actor=SYSTEM, at=at)


def _ask_session(check: IdentityCheck, at: datetime) -> None:
    session = session_verifier(CheckKind(check.kind)).start(question_of(check))
    with transaction.atomic():
        move(
            check,
            CheckState.ANSWERING,
            actor=SYSTEM,
            at=at,
            receipt=session.receipt[:128],
            session_url=session.url[:1024],
            last_error="",
        )


def _ask_transfer(check: IdentityCheck, at: datetime) -> None:
    """Draw the amount, store it, then pay: a repeated payment carries the same number and sum."""
    policy = load_policy().transfer
    inputs = dict(check.inputs or {})
    if "amount_fen" not in inputs:
        span = policy.fen_max - policy.fen_min + 1
        inputs["amount_fen"] = str(policy.fen_min + secrets.randbelow(span))
        IdentityCheck.objects.filter(pk=check.pk).update(inputs=inputs)
        check.inputs = inputs
    asked = {name: value for name, value in inputs.items() if name != "amount_fen"}
    question = question_of(check)
    answer = transfer_sender().pay(
        Question(**{**question.__dict__, "inputs": asked}), amount_fen=int(inputs["amount_fen"])
    )
    if answer.verdict is Verdict.DIFFERS:
        finish_check(check, answer, actor=SYSTEM, at=at)
        return
    with transaction.atomic():
        move(
            check,
            CheckState.ANSWERING,
            actor=SYSTEM,
            at=at,
            receipt=answer.receipt[:128],
            tries_left=policy.tries,
            last_error="",
        )


def _ask_own_system(check: IdentityCheck, at: datetime) -> None:
    answer = own_system().submit(question_of(check))
    if answer.verdict is not Verdict.WAITING:
        finish_check(check, answer, actor=SYSTEM, at=at)
        return
    with transaction.atomic():
        move(
            check,
            CheckState.REVIEWING,
            actor=SYSTEM,
            at=at,
            receipt=answer.receipt[:128],
            last_error="",
        )


def _ask_code(check: IdentityCheck, at: datetime) -> None:
    """A confirmed code shows that the subject holds the mobile; the code serves nothing else."""
    with transaction.atomic():
        challenge = consume_code(check.inputs["challenge_id"], subject=check.subject, at=at)
        raw = {"challenge": challenge.public_id, "sent_to": challenge.address_masked}
        answer = Answer(verdict=Verdict.MATCHES, receipt=challenge.public_id, raw=raw)
        finish_check(check, answer, actor=SYSTEM, at=at)


def _ask_key(check: IdentityCheck, at: datetime) -> None:
    """Draw the challenge that the U-key has to sign."""
    inputs = {**(check.inputs or {}), "nonce": secrets.token_hex(_NONCE_BYTES)}
    with transaction.atomic():
        move(check, CheckState.ANSWERING, actor=SYSTEM, at=at, inputs=inputs)


def _ask_staff(check: IdentityCheck, at: datetime) -> None:
    with transaction.atomic():
        move(check, CheckState.REVIEWING, actor=SYSTEM, at=at)


_ASK: dict[CheckKind, Callable[[IdentityCheck, datetime], None]] = {
    CheckKind.THREE_ELEMENTS: _ask_elements,
    CheckKind.FOUR_ELEMENTS: _ask_elements,
    CheckKind.LICENCE: _ask_elements,
    CheckKind.LEGAL_REP: _ask_elements,
    CheckKind.FACE: _ask_session,
    CheckKind.VIDEO: _ask_session,
    CheckKind.TRANSFER: _ask_transfer,
    CheckKind.OWN_SYSTEM: _ask_own_system,
    CheckKind.SMS: _ask_code,
    CheckKind.UKEY: _ask_key,
    CheckKind.AGENT_PAPERS: _ask_staff,
}
