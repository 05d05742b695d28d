"""回执: ask the holder to sign that the policy has come, and note when it is signed.

The signature is one of the signing centre (flow `customer_receipt`): the person's own, dual-signed,
timestamped and archived with its evidence. The register here keeps what follows from it: the day
on which the clocks begin.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.states import enter, move
from baozhen.insurance.policies.errors import FileNotReady, ReceiptSigned
from baozhen.insurance.policies.models import Policy, PolicyReceipt
from baozhen.insurance.policies.receipts import COOLING_OFF_DAYS, cooling_off_end
from baozhen.insurance.policies.services.silent import CLIENT
from baozhen.insurance.policies.states import PolicyState, ReceiptState
from baozhen.signing.envelopes.models import Envelope, Signatory
from baozhen.signing.envelopes.services.links import issue_link, note_verified
from baozhen.signing.envelopes.services.scenarios import FlowOrder, PartyFacts, start_flow
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.services.subjects import SubjectFacts
from baozhen.signing.organizations.queries import root_unit

FLOW = "customer_receipt"
_ROLE = "policyholder"
_OPEN = (EnvelopeState.IN_PROGRESS, EnvelopeState.SEALING)


def ask_receipt(policy: Policy, subject: Subject, *, device: str, at: datetime) -> str:
    """Return the token of the holder's signing page for this policy's receipt.

    The person was identified a moment ago on this device, so the page does not ask again. A task
    that ran out or was declined is followed by a new one. Raises FileNotReady, ReceiptSigned.
    """
    if policy.state == PolicyState.NUMBERED:
        raise FileNotReady(number=policy.number)
    receipt = PolicyReceipt.objects.select_related("envelope").filter(policy=policy).first()
    if receipt is not None and receipt.state == ReceiptState.SIGNED:
        raise ReceiptSigned(number=policy.number)
    if receipt is None or receipt.envelope.state not in _OPEN:
        receipt = _start(policy, subject, receipt, at=at)
    signatory = Signatory.objects.get(envelope=receipt.envelope, role=_ROLE)
    token = issue_link(signatory, actor=_actor(subject), at=at)
    note_verified(signatory, device=device, at=at)
    return token


def settle_receipts(envelope_ids: Sequence[int], *, at: datetime) -> int:
    """Note the receipts whose tasks were completed; return how many; safe to repeat."""
    waiting = PolicyReceipt.objects.filter(envelope__in=envelope_ids, state=ReceiptState.ASKED)
    count = 0
    for key in waiting.values_list("pk", flat=True):
        with transaction.atomic(durable=True):
            locked = PolicyReceipt.objects.select_for_update(of=("self",))
            receipt = locked.select_related("policy", "envelope").get(pk=key)
            if receipt.state != ReceiptState.ASKED:
                continue
            signed_at = receipt.envelope.ended_at or at
            days = COOLING_OFF_DAYS[receipt.policy.kind]
            move(
                receipt,
                ReceiptState.SIGNED,
                actor="system",
                at=at,
                signed_at=signed_at,
                cooling_off_until=cooling_off_end(shanghai_date(signed_at), days=days),
            )
            count += 1
    return count


def _start(
    policy: Policy, subject: Subject, receipt: PolicyReceipt | None, *, at: datetime
) -> PolicyReceipt:
    tries = receipt.tries + 1 if receipt is not None else 1
    order = FlowOrder(
        flow=FLOW,
        client=CLIENT,
        unit=root_unit(),
        values={
            "policy_no": policy.number,
            "policyholder": str(subject.name),
            "received_on": shanghai_date(at).isoformat(),
        },
        parties={_ROLE: PartyFacts(subject=_facts(subject))},
        biz_no=f"receipt/{policy.number}/{tries}",
    )
    envelope = start_flow(order, actor=_actor(subject), at=at)
    return _keep(policy, envelope, tries, subject, at=at)


@transaction.atomic(durable=True)
def _keep(
    policy: Policy, envelope: Envelope, tries: int, subject: Subject, *, at: datetime
) -> PolicyReceipt:
    kept, is_new = PolicyReceipt.objects.get_or_create(
        policy=policy,
        defaults={
            "state": ReceiptState.ASKED,
            "envelope": envelope,
            "files_sha256": policy.files_sha256,
            "asked_at": at,
        },
    )
    if is_new:
        enter(kept, actor=_actor(subject), at=at)
    elif kept.envelope_id != envelope.pk:
        kept.envelope, kept.tries = envelope, tries
        kept.files_sha256, kept.asked_at = policy.files_sha256, at
        kept.save(update_fields=["envelope", "tries", "files_sha256", "asked_at"])
    return kept


def _facts(subject: Subject) -> SubjectFacts:
    return SubjectFacts(
        kind=subject.kind,
        name=str(subject.name),
        id_type=subject.id_type,
        id_no=str(subject.id_no),
        mobile=str(subject.mobile),
    )


def _actor(subject: Subject) -> str:
    return f"holder:{subject.public_id}"
