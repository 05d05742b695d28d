"""Who applies: the provider is asked first, and only whom it confirms is written down.

What anybody types on a public page must not change what is known of a person: a name that does
not fit the number is refused, and a new mobile counts only once the provider says it is theirs.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit.services import record
from baozhen.foundation.errors import Outage
from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.insurance.applications.errors import HolderCheckWaiting, HolderUnlike
from baozhen.signing.identity.models import IdentityCheck, Subject
from baozhen.signing.identity.providers.ports import Answer, Question, Verdict
from baozhen.signing.identity.providers.registry import elements_verifier
from baozhen.signing.identity.services.checks import (
    CheckScope,
    facts_index,
    finish_check,
    start_check,
)
from baozhen.signing.identity.services.devices import device_index, note_device, note_mobile
from baozhen.signing.identity.services.subjects import (
    SubjectFacts,
    number_index,
    register_subject,
)
from baozhen.signing.identity.states import CheckKind, CheckState, SubjectKind

PURPOSE = "holder_session"
SELF = "holder"
_KIND = CheckKind.THREE_ELEMENTS


@dataclass(frozen=True, kw_only=True)
class HolderFacts:
    """What somebody says of themselves, as the rules of parties let it pass."""

    name: str
    id_no: str = field(repr=False)
    mobile: str = field(repr=False)


def admit_holder(facts: HolderFacts, *, device: str, at: datetime) -> Subject:
    """Return the subject of a person whom the provider confirms (三要素).

    Raises HolderUnlike, HolderCheckWaiting, or the refusals of identity. Whoever is admitted has
    not yet shown to hold the mobile: that is what the code is for.
    """
    refuse_inside_transaction("asking who a holder is")
    known = Subject.objects.filter(
        kind=SubjectKind.PERSON, id_index=number_index(facts.id_no)
    ).first()
    if known is not None and known.name != facts.name:
        raise HolderUnlike(path="name")
    if known is not None and known.mobile == facts.mobile:
        return _confirmed_again(known, device=device, at=at)
    verifier = elements_verifier(_KIND)
    reference = new_id("chk", at=at)
    try:
        answer = verifier.verify(
            Question(
                kind=_KIND,
                reference=reference,
                name=facts.name,
                id_type="id_card",
                id_no=facts.id_no,
                mobile=facts.mobile,
            )
        )
    except Outage as outage:
        raise HolderCheckWaiting from outage
    if answer.verdict is not Verdict.MATCHES:
        raise HolderUnlike(path="name")
    return _register(facts, answer, reference, verifier.name, device=device, at=at)


@transaction.atomic(durable=True)
def note_signed_in(subject: Subject, *, at: datetime) -> None:
    """Record that the person, confirmed and with the code in hand, began a session."""
    record(
        "holder.signed_in",
        subject_type=Subject.NOUN,
        subject_id=subject.pk,
        actor=f"subject:{subject.public_id}",
        at=at,
    )


def _confirmed_again(known: Subject, *, device: str, at: datetime) -> Subject:
    """An earlier check that still holds is reused, with a note that it was."""
    scope = CheckScope(purpose=PURPOSE, device=device)
    check = start_check(known, _KIND, {}, scope=scope, actor=SELF, at=at)
    if check.state == CheckState.FAILED:
        raise HolderUnlike(path="name")
    if check.state != CheckState.PASSED:
        raise HolderCheckWaiting
    return known


@transaction.atomic(durable=True)
def _register(
    facts: HolderFacts, answer: Answer, reference: str, provider: str, *, device: str, at: datetime
) -> Subject:
    """Write the person down together with the check that has just been passed."""
    subject = register_subject(
        SubjectFacts(
            kind=SubjectKind.PERSON, name=facts.name, id_no=facts.id_no, mobile=facts.mobile
        ),
        actor=SELF,
        at=at,
    )
    check = IdentityCheck.objects.create(
        public_id=reference,
        subject=subject,
        kind=_KIND,
        purpose=PURPOSE,
        provider=provider,
        facts_index=facts_index(subject, _KIND),
        inputs={},
        device=device_index(device),
        actor=SELF,
        started_at=at,
    )
    enter(check, actor=SELF, at=at)
    finish_check(check, answer, actor=SELF, at=at)
    note_device(subject, device, at=at)
    note_mobile(subject, at=at)
    return subject
