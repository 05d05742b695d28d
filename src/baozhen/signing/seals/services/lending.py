"""Physical seals: asked for, approved by another, handed out, used with a photograph, returned."""

import io
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from baozhen.foundation.audit.services import record
from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter, move
from baozhen.foundation.storage import get_storage
from baozhen.signing.organizations.models import Account
from baozhen.signing.risks.services import raise_risk
from baozhen.signing.seals.errors import (
    LoanFault,
    OwnApproval,
    PhotoFault,
    ReasonMissing,
    RequestForeign,
    SealNotActive,
)
from baozhen.signing.seals.models import Seal, SealLoan, Stamping
from baozhen.signing.seals.states import LABELS, LoanState, SealKind, SealState
from baozhen.trust.errors import TrustError
from baozhen.trust.seal.background import open_picture

_REASON_MAX = 200
_PHOTO_SIDE = 1_600
_PHOTO_QUALITY = 82
SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class LoanRequest:
    """A wish to use a physical seal: on which document, how often, until when."""

    seal: Seal
    borrower: Account
    document: str
    document_type: str
    copies: int
    reason: str
    due_at: datetime
    is_taken_out: bool = False


@transaction.atomic(durable=True)
def request_loan(request: LoanRequest, *, actor: str, at: datetime) -> SealLoan:
    """Ask for a physical seal; raises LoanFault, SealNotActive or ReasonMissing."""
    seal = Seal.objects.get(pk=request.seal.pk)
    if seal.kind != SealKind.PHYSICAL:
        raise LoanFault(reason="只有实物印章才需要领用")
    if seal.state != SealState.ACTIVE:
        raise SealNotActive(seal=seal.public_id, reason=LABELS[SealState(seal.state)])
    if not request.document.strip():
        raise LoanFault(reason="请写明用印文件", path="document")
    if request.copies <= 0:
        raise LoanFault(reason="份数须大于 0", path="copies")
    if request.due_at <= at:
        raise LoanFault(reason="应还时间须晚于现在", path="due_at")
    loan = SealLoan.objects.create(
        state=LoanState.REQUESTED,
        public_id=new_id("loan", at=at),
        seal=seal,
        borrower=request.borrower,
        document=request.document.strip()[:_REASON_MAX],
        document_type=request.document_type,
        copies=request.copies,
        reason=_words(request.reason),
        is_taken_out=request.is_taken_out,
        due_at=request.due_at,
        requested_by=actor,
        requested_at=at,
    )
    enter(loan, actor=actor, at=at)
    return loan


@transaction.atomic(durable=True)
def decide_loan(key: int, *, approved: bool, decision: str, actor: str, at: datetime) -> SealLoan:
    """Approve or refuse as another person; raises OwnApproval, ReasonMissing or IllegalMove."""
    loan = _locked(key)
    if loan.requested_by == actor:
        raise OwnApproval
    move(
        loan,
        LoanState.APPROVED if approved else LoanState.REFUSED,
        actor=actor,
        at=at,
        decided_by=actor,
        decided_at=at,
        decision=decision.strip()[:_REASON_MAX] if approved else _words(decision),
    )
    return loan


@transaction.atomic(durable=True)
def withdraw_loan(key: int, *, actor: str, at: datetime) -> SealLoan:
    """Take one's own request back before the seal is handed out; raises RequestForeign."""
    loan = _locked(key)
    if loan.requested_by != actor:
        raise RequestForeign
    move(loan, LoanState.WITHDRAWN, actor=actor, at=at)
    return loan


@transaction.atomic(durable=True)
def hand_out(key: int, *, actor: str, at: datetime) -> SealLoan:
    """Give the seal to the borrower; raises LoanFault when somebody else has it."""
    loan = _locked(key)
    seal = Seal.objects.select_for_update().get(pk=loan.seal_id)
    if seal.state != SealState.ACTIVE:
        raise SealNotActive(seal=seal.public_id, reason=LABELS[SealState(seal.state)])
    try:
        with transaction.atomic():
            move(
                loan,
                LoanState.HANDED_OUT,
                actor=actor,
                at=at,
                handed_by=actor,
                handed_out_at=at,
            )
    except IntegrityError as error:
        raise LoanFault(reason="印章已被他人领用，尚未归还") from error
    return loan


def record_stamping(
    key: int, *, copies: int, photo: bytes, note: str, actor: str, at: datetime
) -> Stamping:
    """Record a use with its photograph; raises LoanFault or PhotoFault."""
    if copies <= 0:
        raise LoanFault(reason="份数须大于 0", path="copies")
    address = get_storage().put(_plain_photo(photo))
    with transaction.atomic(durable=True):
        loan = _locked(key)
        if loan.state != LoanState.HANDED_OUT:
            raise LoanFault(reason="印章不在领用中，不能登记用印")
        used = sum(loan.stampings.values_list("copies", flat=True))
        if used + copies > loan.copies:
            raise LoanFault(reason=f"批准 {loan.copies} 份，已用 {used} 份，不能再用 {copies} 份")
        stamping = Stamping.objects.create(
            loan=loan,
            public_id=new_id("stp", at=at),
            copies=copies,
            photo_sha256=address,
            note=note.strip()[:_REASON_MAX],
            recorded_by=actor,
            at=at,
        )
        record(
            "seal_loan.stamped",
            subject_id=loan.pk,
            actor=actor,
            at=at,
            facts={"stamping": stamping.public_id, "copies": copies, "photo": address},
        )
    return stamping


@transaction.atomic(durable=True)
def take_back(key: int, *, note: str, actor: str, at: datetime) -> SealLoan:
    """Receive the seal back; raises IllegalMove unless it was handed out."""
    loan = _locked(key)
    move(
        loan,
        LoanState.RETURNED,
        actor=actor,
        at=at,
        returned_to=actor,
        returned_at=at,
        return_note=note.strip()[:_REASON_MAX],
    )
    return loan


def warn_overdue(*, at: datetime) -> int:
    """Raise a risk for every seal that should be back, once a loan; return how many."""
    late = SealLoan.objects.filter(
        state=LoanState.HANDED_OUT, due_at__lt=at, warned_at__isnull=True
    )
    return sum(_warn(key, at=at) for key in list(late.values_list("pk", flat=True)))


@transaction.atomic(durable=True)
def _warn(key: int, *, at: datetime) -> bool:
    loan = _locked(key)
    if loan.warned_at is not None or loan.state != LoanState.HANDED_OUT:
        return False
    SealLoan.objects.filter(pk=key).update(warned_at=at)
    record("seal_loan.overdue", subject_id=key, actor=SYSTEM, at=at, facts={"seal": loan.seal_id})
    raise_risk(
        kind="seals.overdue",
        severity="warning",
        subject_type=SealLoan.NOUN,
        subject_id=key,
        facts={
            "seal": loan.seal.public_id,
            "loan": loan.public_id,
            "due_at": loan.due_at.isoformat(),
        },
        at=at,
    )
    return True


def _plain_photo(data: bytes) -> bytes:
    """Return the picture alone: no place or device that a telephone writes into its photographs."""
    try:
        image = open_picture(data)
    except TrustError as error:
        raise PhotoFault(reason=error, path="photo") from error
    image.thumbnail((_PHOTO_SIDE, _PHOTO_SIDE))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_PHOTO_QUALITY)
    return out.getvalue()


def _locked(key: int) -> SealLoan:
    return SealLoan.objects.select_for_update(of=("self",)).select_related("seal").get(pk=key)


def _words(text: str) -> str:
    words = text.strip()[:_REASON_MAX]
    if not words:
        raise ReasonMissing(path="reason")
    return words
