"""The roots of strangers: proposed by one person, listed by another, removed the same way."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from baozhen.foundation.ids import new_id
from baozhen.foundation.keys.configuration import is_production
from baozhen.foundation.states import enter, move
from baozhen.signing.certificates.errors import (
    AnchorListed,
    AnchorNotFound,
    AnchorUnsuitable,
    CertificateUnreadable,
    DemonstrationCertificate,
    ReasonMissing,
    SecondPersonNeeded,
)
from baozhen.signing.certificates.models import TrustAnchor
from baozhen.signing.certificates.services.bindings import is_demonstration
from baozhen.signing.certificates.states import AnchorState
from baozhen.trust.errors import ParseError
from baozhen.trust.x509.parse import Certificate, parse_pem_bundle


@dataclass(frozen=True, kw_only=True)
class AnchorProposal:
    """A root that shall be trusted, what for, from when, until when, and why."""

    certificate: bytes  # PEM or DER
    use: str  # document, ukey or timestamp
    reason: str
    effective_from: datetime
    effective_until: datetime | None = None


def propose_anchor(proposal: AnchorProposal, *, actor: str, at: datetime) -> TrustAnchor:
    """Propose a root; nothing trusts it until a second person has agreed.

    Raises CertificateUnreadable, AnchorUnsuitable, AnchorListed, ReasonMissing.
    """
    certificate = _root(proposal, at=at)
    anchor = TrustAnchor(
        public_id=new_id("anc", at=at),
        use=proposal.use,
        certificate=certificate.der,
        fingerprint=certificate.sha256,
        subject=str(certificate.subject),
        not_after=certificate.not_after,
        effective_from=proposal.effective_from,
        effective_until=proposal.effective_until,
        reason=proposal.reason.strip(),
        proposed_by=actor,
        proposed_at=at,
    )
    try:
        with transaction.atomic(durable=True):
            anchor.save(force_insert=True)
            enter(anchor, actor=actor, at=at)
    except IntegrityError as error:
        raise AnchorListed(path="certificate") from error
    return anchor


@transaction.atomic(durable=True)
def decide_anchor(public_id: str, *, accepted: bool, actor: str, at: datetime) -> TrustAnchor:
    """List or refuse a proposed root; raises SecondPersonNeeded for whoever proposed it."""
    anchor = _locked(public_id)
    if actor == anchor.proposed_by:
        raise SecondPersonNeeded
    state = AnchorState.LISTED if accepted else AnchorState.REFUSED
    move(anchor, state, actor=actor, at=at, decided_by=actor, decided_at=at)
    return anchor


@transaction.atomic(durable=True)
def propose_removal(public_id: str, *, reason: str, actor: str, at: datetime) -> TrustAnchor:
    """Propose that a listed root is trusted no more; it is, until a second person agrees."""
    anchor = _locked(public_id)
    if not reason.strip():
        raise ReasonMissing(path="reason")
    move(
        anchor,
        AnchorState.REMOVAL_PROPOSED,
        actor=actor,
        at=at,
        removal_reason=reason.strip(),
        removal_by=actor,
    )
    return anchor


@transaction.atomic(durable=True)
def decide_removal(public_id: str, *, accepted: bool, actor: str, at: datetime) -> TrustAnchor:
    """Remove a root, or keep it; raises SecondPersonNeeded for whoever proposed the removal."""
    anchor = _locked(public_id)
    if actor == anchor.removal_by:
        raise SecondPersonNeeded
    if accepted:
        move(anchor, AnchorState.REMOVED, actor=actor, at=at, removed_by=actor, removed_at=at)
    else:
        move(anchor, AnchorState.LISTED, actor=actor, at=at, removal_reason="", removal_by="")
    return anchor


def _root(proposal: AnchorProposal, *, at: datetime) -> Certificate:
    if not proposal.reason.strip():
        raise ReasonMissing(path="reason")
    try:
        certificate = parse_pem_bundle(proposal.certificate)[0]
    except ParseError as error:
        raise CertificateUnreadable(path="certificate", reason=error) from error
    if not certificate.is_ca:
        raise AnchorUnsuitable(path="certificate", reason="不是签发机构的证书")
    if certificate.not_after <= at:
        raise AnchorUnsuitable(path="certificate", reason="证书已经过期")
    if is_production() and is_demonstration(certificate):
        raise DemonstrationCertificate
    return certificate


def _locked(public_id: str) -> TrustAnchor:
    anchor = TrustAnchor.objects.select_for_update().filter(public_id=public_id).first()
    if anchor is None:
        raise AnchorNotFound(anchor=public_id)
    return anchor
