"""The holder confirms the changed content; what costs more is paid; then it is numbered."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from baozhen.foundation.states import enter_many, move
from baozhen.insurance.endorsements.amounts import Line, tax_fen
from baozhen.insurance.endorsements.documents import (
    TEMPLATE_CODE,
    TEMPLATE_VERSION,
    EndorsementFacts,
    endorsement_content,
    endorsement_number,
)
from baozhen.insurance.endorsements.errors import ChangeUnknown
from baozhen.insurance.endorsements.models import Change, Endorsement
from baozhen.insurance.endorsements.queries import content_digest, current_content
from baozhen.insurance.endorsements.services.asking import lock_change, require_fresh
from baozhen.insurance.endorsements.states import ChangeState, EndorsementState
from baozhen.insurance.payments.models import PaymentOrder
from baozhen.insurance.payments.services.orders import (
    OrderTerms,
    Part,
    PayerFacts,
    open_order,
)
from baozhen.insurance.payments.services.refunds import refund_order
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.states import FileKind
from baozhen.insurance.policies.tokens import verification_url
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.services.codes import CodeRequest, confirm_code, send_code
from baozhen.signing.identity.services.consent import ConsentFacts, record_consent
from baozhen.signing.identity.services.devices import check_not_agent
from baozhen.signing.organizations.insurer import get_insurer

PURPOSE = "confirm_change"
ORDER_PURPOSE = "endorsement"
_LATE = "批改已经结束，补缴的保险费原路退回"


def ask_code(change: Change, holder: Subject, *, device: str, at: datetime) -> str:
    """Send the code that confirms exactly this content; return the challenge's number."""
    sent = send_code(_request(change, holder, device), at=at)
    return sent.public_id


def confirm_change(  # noqa: PLR0913 -- who, what and how it is shown
    change: Change,
    holder: Subject,
    *,
    challenge: str,
    code: str,
    device: str,
    address: str,
    at: datetime,
) -> Change:
    """Confirm the changed content by the code of its own (S0-4.3.5a); then it is paid or sealed.

    The code is bound to the person, the content and the device. Raises the refusals of codes,
    AgentActsForClient, ChangeStale, IllegalMove.
    """
    check_not_agent(holder, device=device, at=at)
    request = _request(change, holder, device)
    confirm_code(
        challenge,
        code,
        at=at,
        subject_id=request.subject_id,
        purpose=request.purpose,
        document_sha256=request.document_sha256,
        device=device,
    )
    return _confirm(
        change.pk,
        holder,
        ConsentFacts(
            subject_id=holder.public_id,
            document_sha256=change.content_sha256,
            method="sms",
            challenge_id=challenge,
            device=device,
            address=address,
        ),
        at=at,
    )


def _request(change: Change, holder: Subject, device: str) -> CodeRequest:
    return CodeRequest(
        subject_id=holder.public_id,
        purpose=PURPOSE,
        document_sha256=change.content_sha256,
        device=device,
    )


@transaction.atomic(durable=True)
def _confirm(change_id: int, holder: Subject, facts: ConsentFacts, *, at: datetime) -> Change:
    change = lock_change(change_id)
    require_fresh(change, at=at)
    if change.content_sha256 != facts.document_sha256:
        raise ChangeUnknown
    consent = record_consent(facts, at=at)
    actor = f"subject:{holder.public_id}"
    columns = {"consent": consent, "confirmed_at": at, "holder": holder}
    if change.premium_fen > 0:
        move(change, ChangeState.PAYING, actor=actor, at=at, **columns)
    else:
        move(change, ChangeState.SEALING, actor=actor, at=at, **columns)
        number_endorsements(change, actor=actor, at=at)
    return change


def open_payment(change: Change, *, at: datetime) -> PaymentOrder:
    """Return the order by which the difference is paid; the same one however often it is asked."""
    holder = current_content(change.proposal)["policyholder"]
    order = open_order(
        purpose=ORDER_PURPOSE,
        business_no=change.public_id,
        amount_fen=change.premium_fen,
        payer=PayerFacts(name=holder["name"], id_no=holder["id_no"]),
        title="机动车保险批改补缴费用",
        at=at,
        terms=OrderTerms(
            parts=_parts_of(change),
            region_code=change.proposal.policies.values_list("region_code", flat=True)[0],
            expires_at=change.expires_at,
        ),
    )
    if change.order_no != order.order_no:
        Change.objects.filter(pk=change.pk, state=ChangeState.PAYING).update(
            order_no=order.order_no
        )
        change.order_no = order.order_no
    return order


def _parts_of(change: Change) -> tuple[Part, ...]:
    """Return premium and tax apart; where one is given back, it is the other that is paid less."""
    tax = tax_fen(Line(**line) for part in change.parts for line in part["lines"])
    premium = change.premium_fen - tax
    both = (
        Part(kind="premium", label="批改补缴保险费", fen=premium),
        Part(kind="tax", label="代收车船税差额", fen=tax),
    )
    if premium < 0 or tax < 0:
        [larger] = [part for part in both if part.fen > 0]
        return (replace(larger, fen=change.premium_fen),)
    return tuple(part for part in both if part.fen)


@transaction.atomic(durable=True)
def take_payment(order_id: int, *, at: datetime) -> None:
    """What follows the money of an order: its change is numbered, or the money goes back."""
    order = PaymentOrder.objects.get(pk=order_id)
    if order.purpose != ORDER_PURPOSE:
        return
    key = Change.objects.values_list("pk", flat=True).get(public_id=order.business_no)
    change = lock_change(key)
    if change.state == ChangeState.PAYING:
        columns = {"order_no": order.order_no, "paid_at": at}
        move(change, ChangeState.SEALING, actor="system", at=at, **columns)
        number_endorsements(change, actor="system", at=at)
    elif change.order_no != order.order_no or change.paid_at is None:
        refund_order(
            order_no=order.order_no,
            amount_fen=order.amount_fen,
            reason=_LATE,
            reference=f"change/{change.public_id}/late",
            actor="system",
            at=at,
        )


def number_endorsements(change: Change, *, actor: str, at: datetime) -> list[Endorsement]:
    """Freeze what the endorsement of each policy says, in the caller's transaction: the promise."""
    before = current_content(change.proposal)
    policies = {policy.number: policy for policy in change.proposal.policies.order_by("id")}
    rows = [
        _endorsement(change, policies[part["policy_no"]], part, before, at=at)
        for part in change.parts
    ]
    Endorsement.objects.bulk_create(rows)
    enter_many(rows, actor=actor, at=at)
    return rows


def _endorsement(
    change: Change, policy: Policy, part: dict[str, Any], before: dict[str, Any], *, at: datetime
) -> Endorsement:
    sequence = Endorsement.objects.filter(policy=policy).count() + 1
    number = endorsement_number(policy.number, sequence)
    lines = [Line(**line) for line in part["lines"]]
    facts = EndorsementFacts(
        number=number,
        policy_no=policy.number,
        policy_kind=policy.kind,
        policy_sha256=_policy_sha256(policy),
        sequence=sequence,
        kind=change.kind,
        ground=change.ground,
        reason=change.reason,
        rows=part["rows"],
        lines=lines,
        premium_fen=part["premium_fen"],
        asked_at=change.submitted_at or change.created_at,
        confirmed_at=change.confirmed_at or at,
        effective_at=change.effective_at,
        numbered_at=at,
        consent_no=change.consent.public_id if change.consent else "",
        approver=change.decided_by,
        verification_url=verification_url(number),
    )
    content = endorsement_content(before, facts, get_insurer())
    return Endorsement(
        state=EndorsementState.NUMBERED,
        change=change,
        policy=policy,
        sequence=sequence,
        number=number,
        premium_fen=part["premium_fen"],
        tax_fen=tax_fen(lines),
        days=part["days"],
        content=content,
        content_sha256=content_digest(content),
        template_code=TEMPLATE_CODE,
        template_version=TEMPLATE_VERSION,
        numbered_at=at,
    )


def _policy_sha256(policy: Policy) -> str:
    """Return the digest of the policy's own sealed file: the endorsement belongs to exactly it."""
    files = PolicyFile.objects.filter(policy=policy, kind=FileKind.POLICY, version=1)
    return str(files.values_list("sha256", flat=True).get())
