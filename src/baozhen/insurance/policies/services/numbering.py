"""Step 4, ask the platform, and step 5, number: proposal, payment, policies and frozen content.

Numbering is the promise: after its commit the proposal will be issued, whatever crashes.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from baozhen.foundation.fields import blind_index
from baozhen.foundation.masking import mask_middle, mask_name, mask_plate
from baozhen.foundation.states import enter_many
from baozhen.insurance.payments.models import Payment
from baozhen.insurance.payments.states import PaymentState
from baozhen.insurance.policies.documents import (
    TEMPLATE_VERSION,
    IssueFacts,
    mark_content,
    mark_number,
    policy_content,
)
from baozhen.insurance.policies.models import ConfirmationRequest, Policy, PolicyFile
from baozhen.insurance.policies.platform import CoverQuery, get_platform
from baozhen.insurance.policies.services.outcomes import Sender
from baozhen.insurance.policies.states import FileKind, PolicyKind, PolicyState
from baozhen.insurance.policies.tokens import verification_url
from baozhen.insurance.products.region_duties import region_of_branch
from baozhen.insurance.proposals.bulk import copy_rows
from baozhen.insurance.proposals.content import Commercial, Compulsory, ProposalData
from baozhen.insurance.proposals.models import Proposal
from baozhen.insurance.proposals.states import ProposalState
from baozhen.signing.organizations.insurer import get_insurer

# 制单: the platform itself; 经办 is the client that sent the proposal.
OPERATOR = "保真平台"
TEMPLATE_CODES = {
    (FileKind.POLICY, PolicyKind.COMPULSORY): "compulsory",
    (FileKind.POLICY, PolicyKind.COMMERCIAL): "commercial",
    (FileKind.MARK, PolicyKind.COMPULSORY): "mark",
}


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A proposal that could be read, its canonical form and that form's digest."""

    line: int
    data: ProposalData
    canonical: dict[str, Any]
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """The rows of one numbered proposal; `files` have their policy set."""

    line: int
    proposal: Proposal
    payment: Payment
    policies: list[Policy]
    files: list[PolicyFile]


def confirm_covers(proposals: Sequence[ProposalData], *, at: datetime) -> Mapping[str, str]:
    """Step 4: return policy number -> confirmation code (投保确认码).

    Our request ids are committed before the platform is asked, so that asking again after a
    crash is the same request.
    """
    numbers = [data.proposal_no for data in proposals]
    rows = [
        ConfirmationRequest(proposal_no=number, request_id=uuid.uuid4(), requested_at=at)
        for number in sorted(numbers)
    ]
    with transaction.atomic(durable=True):
        ConfirmationRequest.objects.bulk_create(rows, ignore_conflicts=True)
        requests = dict(
            ConfirmationRequest.objects.filter(proposal_no__in=numbers).values_list(
                "proposal_no", "request_id"
            )
        )
    covers = [
        CoverQuery(
            request_id=requests[data.proposal_no],
            kind=kind,
            policy_no=cover.policy_no,
            region_code=region_of(data),
        )
        for data in proposals
        for kind, cover in covers_of(data)
    ]
    return get_platform().confirm(covers)


def number_proposals(
    numbered: Sequence[Numbered], *, actor: str, at: datetime, follow: bool
) -> None:
    """Step 5: insert everything in one transaction, or raise IntegrityError and leave nothing."""
    with transaction.atomic(durable=True):
        copy_rows([entry.proposal for entry in numbered])
        for entry in numbered:
            entry.payment.proposal = entry.proposal
            for policy in entry.policies:
                policy.proposal = entry.proposal
        copy_rows([entry.payment for entry in numbered])
        copy_rows([policy for entry in numbered for policy in entry.policies])
        for entry in numbered:
            for file in entry.files:
                # The object again, not its key: a new key would drop the object and read it back.
                file.policy = file.policy
        copy_rows([file for entry in numbered for file in entry.files])
        enter_many([entry.proposal for entry in numbered], actor=actor, at=at, follow=follow)
        enter_many([entry.payment for entry in numbered], actor=actor, at=at, follow=follow)
        policies = [policy for entry in numbered for policy in entry.policies]
        enter_many(policies, actor=actor, at=at, follow=follow)


def covers_of(data: ProposalData) -> list[tuple[PolicyKind, Compulsory | Commercial]]:
    """Return the covers of a proposal with their kinds."""
    covers: list[tuple[PolicyKind, Compulsory | Commercial]] = [
        (PolicyKind.COMPULSORY, data.compulsory)
    ]
    if data.commercial is not None:
        covers.append((PolicyKind.COMMERCIAL, data.commercial))
    return covers


def region_of(data: ProposalData) -> str:
    """Return the two-digit region of the branch: DEMO51 is 51."""
    return region_of_branch(data.branch.code)


def content_digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a content's canonical JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def combined_digest(parts: Sequence[str]) -> str:
    """Return one digest over several, in order."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def build_rows(
    entry: Accepted,
    codes: Mapping[str, str],
    sender: Sender,
    *,
    filings: Mapping[str, str],
    at: datetime,
) -> Numbered:
    """Make the rows of one proposal, the content of its documents frozen.

    `filings` are the products' filing numbers in force, by clauses.
    """
    data = entry.data
    proposal = Proposal(
        state=ProposalState.SUBMITTED,
        proposal_no=data.proposal_no,
        form=data.form,
        branch_code=data.branch.code,
        content=entry.canonical,
        content_sha256=entry.sha256,
        client=sender.client,
        batch_id=sender.batch_id,
        timestamp_mode=sender.timestamp_mode,
        received_at=at,
    )
    indexes = _indexes(data)
    policies, files = [], []
    for kind, cover in covers_of(data):
        policy = Policy(
            state=PolicyState.NUMBERED,
            number=cover.policy_no,
            kind=kind,
            form=data.form,
            branch_code=data.branch.code,
            region_code=region_of(data),
            confirmation_code=codes[cover.policy_no],
            premium_fen=cover.premium_fen,
            cover_starts_at=cover.cover_starts_at.astimezone(UTC),
            cover_ends_at=cover.cover_ends_at.astimezone(UTC),
            numbered_at=at,
            **indexes,
        )
        own = _files(policy, data, sender, filings, at=at)
        policy.content_sha256 = combined_digest([file.content_sha256 for file in own])
        policies.append(policy)
        files += own
    return Numbered(
        line=entry.line,
        proposal=proposal,
        payment=_payment(data, at=at),
        policies=policies,
        files=files,
    )


def _payment(data: ProposalData, *, at: datetime) -> Payment:
    """Return the payment; the gate let a proposal without one pass only by an exception."""
    paid = data.payment
    if paid is None:
        return Payment(
            state=PaymentState.EXCEPTED,
            order_no=f"excepted/{data.proposal_no}",
            amount_fen=data.total_fen,
            channel="excepted",
            payer_index=blind_index(data.policyholder.id_no, "person.id_no"),
            account_masked="",
        )
    return Payment(
        state=PaymentState.CONFIRMED,
        order_no=paid.order_no,
        amount_fen=paid.amount_fen,
        channel=paid.channel,
        payer_index=blind_index(paid.payer_id_no, "person.id_no"),
        account_masked=mask_middle(paid.account or "", head=4, tail=4),
        paid_at=paid.paid_at.astimezone(UTC),
        confirmed_at=at,
    )


def _indexes(data: ProposalData) -> dict[str, str]:
    vehicle = data.vehicle
    plate = vehicle.plate_no or vehicle.temporary_plate_no or ""
    return {
        "holder_masked": mask_name(data.policyholder.name),
        "plate_masked": mask_plate(plate) if plate else "",
        "holder_id_index": blind_index(data.policyholder.id_no, "person.id_no"),
        "holder_name_index": blind_index(data.policyholder.name, "person.name"),
        "plate_index": blind_index(plate, "vehicle.plate") if plate else "",
        "vin_index": blind_index(vehicle.vin, "vehicle.vin"),
        "insured_id_index": _insured_index(data),
    }


def _insured_index(data: ProposalData) -> str:
    if data.insured.kind == "organisation":
        return ""
    return blind_index(data.insured.id_no, "person.id_no")


def _files(
    policy: Policy,
    data: ProposalData,
    sender: Sender,
    filings: Mapping[str, str],
    *,
    at: datetime,
) -> list[PolicyFile]:
    """Freeze what the policy's documents say; a compulsory cover has a mark beside its policy."""
    insurer = get_insurer()
    facts = _facts(policy.number, policy, sender, at=at)
    kind = PolicyKind(policy.kind)
    content = policy_content(data, kind=kind, facts=facts, insurer=insurer, filings=filings)
    files = [_file(policy, FileKind.POLICY, policy.number, content)]
    if kind == PolicyKind.COMPULSORY:
        number = mark_number(policy.number)
        facts = _facts(number, policy, sender, at=at)
        content = mark_content(data, facts=facts, insurer=insurer)
        files.append(_file(policy, FileKind.MARK, number, content))
    for file in files:
        file.timestamp_mode = sender.timestamp_mode
    return files


def _facts(number: str, policy: Policy, sender: Sender, *, at: datetime) -> IssueFacts:
    return IssueFacts(
        confirmation_code=policy.confirmation_code,
        numbered_at=at,
        verification_url=verification_url(number),
        operator=OPERATOR,
        handler=sender.client,
    )


def _file(policy: Policy, kind: FileKind, number: str, content: dict[str, Any]) -> PolicyFile:
    return PolicyFile(
        policy=policy,
        kind=kind,
        number=number,
        content=content,
        content_sha256=content_digest(content),
        template_code=TEMPLATE_CODES[kind, PolicyKind(policy.kind)],
        template_version=TEMPLATE_VERSION,
    )
