"""The insurance mark follows the vehicle: a new version when plate or VIN change (DOMAIN 2.8)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.sealing import SealedPdf
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.insurance.endorsements.models import Endorsement
from baozhen.insurance.endorsements.patching import Patch, apply
from baozhen.insurance.endorsements.queries import content_digest, current_content
from baozhen.insurance.endorsements.states import ChangeKind
from baozhen.insurance.policies.documents import (
    TEMPLATE_VERSION,
    IssueFacts,
    mark_content,
    mark_number,
)
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.services.numbering import OPERATOR
from baozhen.insurance.policies.states import (
    FileKind,
    PolicyKind,
    Standing,
    TimestampState,
)
from baozhen.insurance.policies.tokens import verification_url
from baozhen.insurance.products.queries import tables_on
from baozhen.insurance.proposals.intake import parse_proposal
from baozhen.signing.files.services import Document
from baozhen.signing.organizations.insurer import get_insurer

# What the mark prints: plate, VIN, period.
_SHOWN = frozenset({ChangeKind.PLATE, ChangeKind.CORRECTION, ChangeKind.PERIOD})


@dataclass(frozen=True, kw_only=True)
class NewMark:
    """The content of a mark's next version."""

    policy: Policy
    number: str
    content: dict[str, Any]
    template_code: str = "mark"
    template_version: str = TEMPLATE_VERSION


def new_mark(row: Endorsement, *, at: datetime) -> NewMark | None:
    """Return the mark that an endorsement makes necessary; None when the present one stays."""
    policy = row.policy
    if policy.kind != PolicyKind.COMPULSORY or row.change.kind not in _SHOWN:
        return None
    before = current_content(row.change.proposal)
    after = apply(before, [Patch(**patch) for patch in row.change.patches])
    readable = parse_proposal(after, at=at, tables_on=tables_on).readable
    if readable is None:
        raise RuntimeError("the changed content cannot be read as a proposal")
    number = mark_number(policy.number)
    facts = IssueFacts(
        confirmation_code=policy.confirmation_code,
        numbered_at=row.numbered_at,
        verification_url=verification_url(number),
        operator=OPERATOR,
        handler=row.change.client,
    )
    content = mark_content(readable, facts=facts, insurer=get_insurer())
    return NewMark(policy=policy, number=number, content=content)


def swap_mark(mark: NewMark, pdf: SealedPdf, *, at: datetime) -> Document:
    """Put the new mark in the place of the old one, which stays as superseded."""
    files = PolicyFile.objects.filter(policy=mark.policy, kind=FileKind.MARK)
    version = files.count() + 1
    files.filter(standing=Standing.CURRENT).update(standing=Standing.SUPERSEDED)
    file = PolicyFile.objects.create(
        policy=mark.policy,
        kind=FileKind.MARK,
        number=mark.number,
        version=version,
        content=mark.content,
        content_sha256=content_digest(mark.content),
        template_code=mark.template_code,
        template_version=pdf.template_version,
        template_sha256=pdf.template_sha256,
        fonts_sha256=pdf.fonts_sha256,
        engine_version=pdf.engine_version,
        sha256=pdf.sha256,
        sm3=pdf.sm3,
        size=len(pdf.data),
        sealed_at=pdf.sealed_at,
        timestamp_mode=TimestampMode.EACH,
        timestamp_state=TimestampState.STAMPED,
    )
    audit.record(
        "policy.mark_replaced",
        subject_id=mark.policy.pk,
        actor="system",
        at=at,
        facts={"number": mark.number, "version": version, "sha256": pdf.sha256},
    )
    return Document(
        dossier=mark.policy.proposal.proposal_no,
        kind=file.kind,
        subject_type=mark.policy.NOUN,
        subject_id=mark.policy.pk,
        sha256=pdf.sha256,
        size=len(pdf.data),
        cover=(
            shanghai_date(mark.policy.cover_starts_at),
            shanghai_date(mark.policy.cover_ends_at),
        ),
    )
