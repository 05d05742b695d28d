"""U-keys: applied for by one, approved by another, issued, returned or reported lost."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter, move
from baozhen.signing.certificates.errors import (
    CertificateUnreadable,
    KeyRecordNotFound,
    ReasonMissing,
    SecondPersonNeeded,
)
from baozhen.signing.certificates.models import KeyRecord
from baozhen.signing.certificates.states import KeyState
from baozhen.signing.organizations.models import OrgUnit
from baozhen.trust.errors import ParseError
from baozhen.trust.x509.parse import parse_pem_bundle


@dataclass(frozen=True, kw_only=True)
class KeyWish:
    """Who needs a U-key, and for what."""

    unit: OrgUnit
    holder: str
    purpose: str
    authority: str = ""


@dataclass(frozen=True, kw_only=True)
class KeyHandOver:
    """The U-key as it is handed over; its certificate, when at hand, says until when it is good."""

    device_no: str
    device_approval_no: str = ""
    certificate: bytes = b""


@transaction.atomic(durable=True)
def apply_for_key(wish: KeyWish, *, actor: str, at: datetime) -> KeyRecord:
    """Register an application."""
    _require(wish.purpose, "purpose")
    _require(wish.holder, "holder")
    record = KeyRecord.objects.create(
        public_id=new_id("ukey", at=at),
        unit=wish.unit,
        holder=wish.holder.strip(),
        purpose=wish.purpose.strip(),
        authority=wish.authority,
        applied_by=actor,
        applied_at=at,
    )
    enter(record, actor=actor, at=at)
    return record


@transaction.atomic(durable=True)
def decide_key(
    public_id: str, *, approved: bool, reason: str, actor: str, at: datetime
) -> KeyRecord:
    """Approve or refuse; raises SecondPersonNeeded for whoever applied."""
    record = _locked(public_id)
    if actor == record.applied_by:
        raise SecondPersonNeeded
    _require(reason, "reason")
    state = KeyState.APPROVED if approved else KeyState.REFUSED
    move(record, state, actor=actor, at=at, decided_by=actor, decided_at=at, decision_reason=reason)
    return record


@transaction.atomic(durable=True)
def issue_key(public_id: str, hand_over: KeyHandOver, *, actor: str, at: datetime) -> KeyRecord:
    """Record that the U-key was handed over; raises CertificateUnreadable."""
    record = _locked(public_id)
    _require(hand_over.device_no, "device_no")
    columns: dict[str, object] = {
        "device_no": hand_over.device_no.strip(),
        "device_approval_no": hand_over.device_approval_no.strip(),
        "issued_at": at,
    }
    if hand_over.certificate:
        try:
            certificate = parse_pem_bundle(hand_over.certificate)[0]
        except ParseError as error:
            raise CertificateUnreadable(path="certificate", reason=error) from error
        if certificate.not_after <= at:
            raise CertificateUnreadable(path="certificate", reason="证书已经过期")
        columns |= {"fingerprint": certificate.sha256, "not_after": certificate.not_after}
    move(record, KeyState.ISSUED, actor=actor, at=at, **columns)
    return record


@transaction.atomic(durable=True)
def return_key(public_id: str, *, reason: str, actor: str, at: datetime) -> KeyRecord:
    """Record that the U-key came back."""
    record = _locked(public_id)
    move(record, KeyState.RETURNED, actor=actor, at=at, ended_at=at, end_reason=reason)
    return record


@transaction.atomic(durable=True)
def report_lost_key(public_id: str, *, reason: str, actor: str, at: datetime) -> KeyRecord:
    """Record that the U-key is lost; the fact `ukey.lost` tells those who rely on it."""
    record = _locked(public_id)
    _require(reason, "reason")
    move(record, KeyState.LOST, actor=actor, at=at, ended_at=at, end_reason=reason)
    return record


def _locked(public_id: str) -> KeyRecord:
    record = KeyRecord.objects.select_for_update().filter(public_id=public_id).first()
    if record is None:
        raise KeyRecordNotFound(key=public_id)
    return record


def _require(text: str, path: str) -> None:
    if not text.strip():
        raise ReasonMissing(path=path)
