"""The will to sign this document, recorded at the moment of signing, apart from identity."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from baozhen.foundation.audit.services import record
from baozhen.foundation.ids import new_id
from baozhen.signing.identity.errors import (
    CodeElsewhere,
    ConsentNotProved,
    ConsentStale,
    SubjectNotFound,
)
from baozhen.signing.identity.models import ConsentCheck, IdentityCheck, Subject
from baozhen.signing.identity.rules import load_policy
from baozhen.signing.identity.services.codes import consume_code
from baozhen.signing.identity.services.devices import check_not_agent, device_index, note_device
from baozhen.signing.identity.states import CheckState, ConsentMethod

_WITH_CODE = frozenset({ConsentMethod.SMS, ConsentMethod.MAIL})


@dataclass(frozen=True, kw_only=True)
class ConsentFacts:
    """Who wants to sign what, and what shows it: a confirmed code, or a check for this document.

    `challenge_id` is the public id of a confirmed code, or of a passed face, video or U-key check.
    """

    subject_id: str
    document_sha256: str
    method: ConsentMethod | str
    challenge_id: str
    device: str = ""
    address: str = ""


def record_consent(facts: ConsentFacts, *, at: datetime) -> ConsentCheck:
    """Record the will, in the caller's transaction; each proof serves one consent.

    A code serves the device that confirmed it. Raises ConsentNotProved, CodeSpent, CodeNotYours,
    CodeElsewhere, AgentActsForClient. A caller with a transaction of its own calls
    `check_not_agent` before it, so that the report of an agent outlives the refusal; here it is
    the gate.
    """
    try:
        subject = Subject.objects.get(public_id=facts.subject_id)
    except Subject.DoesNotExist:
        raise SubjectNotFound(subject=facts.subject_id) from None
    check_not_agent(subject, device=facts.device, at=at)
    with transaction.atomic():
        consent = _record(facts, subject, at=at)
        note_device(subject, facts.device, at=at)
    return consent


def _record(facts: ConsentFacts, subject: Subject, *, at: datetime) -> ConsentCheck:
    method = ConsentMethod(facts.method)
    consent = ConsentCheck(
        public_id=new_id("con", at=at),
        subject=subject,
        document_sha256=facts.document_sha256,
        method=method,
        device=device_index(facts.device),
        address=facts.address,
        given_at=at,
    )
    if method in _WITH_CODE:
        challenge = consume_code(facts.challenge_id, subject=subject, at=at)
        if challenge.device != consent.device:
            raise CodeElsewhere
        _check_bound(challenge.document_sha256, challenge.confirmed_at, facts, at=at)
        if challenge.channel != method:
            raise ConsentNotProved(reason="验证码的渠道与方式不符")
        consent.challenge = challenge
    else:
        consent.identity_check = _check_of(facts, subject, method, at=at)
    consent.save(force_insert=True)
    record(
        "consent.given",
        subject_id=consent.pk,
        actor=f"subject:{subject.public_id}",
        at=at,
        facts={
            "public_id": consent.public_id,
            "document": consent.document_sha256,
            "method": consent.method,
        },
    )
    return consent


def require_consent(
    public_id: str, *, subject: Subject, document_sha256: str, at: datetime
) -> ConsentCheck:
    """Return a consent that still holds for this subject and document; raises ConsentStale."""
    oldest = at - timedelta(seconds=load_policy().consent_seconds)
    consent = ConsentCheck.objects.filter(
        public_id=public_id,
        subject=subject,
        document_sha256=document_sha256,
        given_at__gt=oldest,
    ).first()
    if consent is None:
        raise ConsentStale
    return consent


def _check_of(
    facts: ConsentFacts, subject: Subject, method: ConsentMethod, *, at: datetime
) -> IdentityCheck:
    check = IdentityCheck.objects.filter(
        public_id=facts.challenge_id, subject=subject, kind=method.value
    ).first()
    if check is None or check.state != CheckState.PASSED:
        raise ConsentNotProved(reason="没有通过的核验")
    _check_bound(check.document_sha256, check.passed_at, facts, at=at)
    if ConsentCheck.objects.filter(identity_check=check).exists():
        raise ConsentNotProved(reason="核验已经用于另一次确认")
    return check


def _check_bound(
    document_sha256: str, done_at: datetime | None, facts: ConsentFacts, *, at: datetime
) -> None:
    """A proof speaks for the document it was made for, and only while it is fresh."""
    if document_sha256 != facts.document_sha256 or not facts.document_sha256:
        raise ConsentNotProved(reason="凭据不是为这份文件取得的")
    fresh = timedelta(seconds=load_policy().consent_seconds)
    if done_at is None or at - done_at > fresh:
        raise ConsentStale
