"""Seal what is numbered, and issue it: the endorsements, a new mark where the plate changed.

As policies are issued: the signing centre's envelope is opened before a key is touched, the bytes
are stored before the rows say so, and issuing is one transaction that may run twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.sealing import SealedPdf, SealRequest
from baozhen.foundation.states import move, move_many
from baozhen.foundation.storage import get_storage
from baozhen.insurance.endorsements.models import Change, Endorsement
from baozhen.insurance.endorsements.services.applying import apply_change
from baozhen.insurance.endorsements.services.asking import lock_change
from baozhen.insurance.endorsements.services.marks import NewMark, new_mark, swap_mark
from baozhen.insurance.endorsements.services.paying_back import pay_back
from baozhen.insurance.endorsements.states import ChangeState, EndorsementState
from baozhen.insurance.policies.services.resources import (
    SEALING,
    process_sealer,
    process_timestamper,
)
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.envelopes.services.silent import (
    SealedFile,
    SilentOrder,
    SilentWish,
    complete_silent_many,
    open_silent_many,
)
from baozhen.signing.files.services import Document, archive_many
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.queries import choose_seal

FLOW = "endorsement"
CLIENT = "insurance"
DOCUMENT_TYPE = "endorsement"
PAPER_KIND = "evidence"


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """One endorsement with its sealed file, and the mark that goes with it, if one does."""

    endorsement: Endorsement
    pdf: SealedPdf
    mark: NewMark | None = None
    mark_pdf: SealedPdf | None = None

    @property
    def files(self) -> list[SealedFile]:
        """What the envelope has become."""
        made = [_file(f"电子批单 {self.endorsement.number}", self.pdf)]
        if self.mark is not None and self.mark_pdf is not None:
            made.append(_file(f"电子保险标志 {self.mark.number}", self.mark_pdf))
        return made


def issue_change(change_id: int, *, signed_at: datetime, at: datetime) -> None:
    """Seal and issue the endorsements of one change; what is issued already is left alone.

    `signed_at` is the machine's time, which the certificates know; `at` is when the change counts
    as issued. Raises TimestampOutage and the outages of keys: the job tries again.
    """
    change = Change.objects.select_related("proposal").get(pk=change_id)
    if change.state != ChangeState.SEALING:
        return
    numbered = list(
        change.endorsements.filter(state=EndorsementState.NUMBERED)
        .select_related("policy", "change")
        .order_by("id")
    )
    seal = choose_seal(root_unit(), document_type=DOCUMENT_TYPE, flow=FLOW)
    envelopes = _open(numbered, seal, at=signed_at)
    if len(envelopes) < len(numbered):
        # Another process has completed them between our two looks.
        return
    sealed = [_seal(row, seal, signed_at=signed_at) for row in numbered]
    _issue(change_id, sealed, envelopes, at=at)


def _open(numbered: Sequence[Endorsement], seal: Seal, *, at: datetime) -> dict[str, Envelope]:
    order = SilentOrder(
        flow=FLOW, document_type=DOCUMENT_TYPE, client=CLIENT, unit=root_unit(), seal=seal
    )
    wishes = [
        SilentWish(
            biz_no=row.number,
            title=f"电子批单 {row.number}",
            content_sha256=row.content_sha256,
        )
        for row in numbered
    ]
    return open_silent_many(order, wishes, actor="system", at=at)


def _seal(row: Endorsement, seal: Seal, *, signed_at: datetime) -> Sealed:
    """Seal one endorsement, always with a timestamp, and store its bytes."""
    mark = new_mark(row, at=signed_at)
    pdf = _sealed_pdf(
        seal, row.template_code, row.template_version, row.content, signed_at=signed_at
    )
    if mark is None:
        return Sealed(endorsement=row, pdf=pdf)
    mark_pdf = _sealed_pdf(
        seal, mark.template_code, mark.template_version, mark.content, signed_at=signed_at
    )
    return Sealed(endorsement=row, pdf=pdf, mark=mark, mark_pdf=mark_pdf)


def _sealed_pdf(
    seal: Seal, template: str, version: str, data: dict[str, object], *, signed_at: datetime
) -> SealedPdf:
    request = SealRequest(
        template=template,
        version=version,
        data=data,
        at=signed_at,
        timestamp=process_timestamper(),
    )
    sealer = process_sealer(seal)
    with SEALING:
        pdf = sealer.seal(request)
    if get_storage().put(pdf.data) != pdf.sha256:
        raise RuntimeError("the store gave an address that is not the file's digest")
    return pdf


@transaction.atomic(durable=True)
def _issue(
    change_id: int, sealed: Sequence[Sealed], envelopes: dict[str, Envelope], *, at: datetime
) -> None:
    change = lock_change(change_id)
    if change.state != ChangeState.SEALING:
        return
    rows = [item.endorsement for item in sealed]
    move_many(
        rows,
        EndorsementState.ISSUED,
        actor="system",
        at=at,
        columns={item.endorsement.pk: _facts(item.pdf) for item in sealed},
    )
    move(change, ChangeState.ISSUED, actor="system", at=at, issued_at=at)
    complete_silent_many(
        [envelopes[row.number] for row in rows],
        {item.endorsement.number: item.files for item in sealed},
        at=at,
    )
    documents = [_document(item.endorsement, item.pdf) for item in sealed]
    for item in sealed:
        if item.mark is not None and item.mark_pdf is not None:
            documents.append(swap_mark(item.mark, item.mark_pdf, at=at))
    archive_many([*documents, *_papers(change)], actor="system", at=at)
    pay_back(change, at=at)
    if change.effective_at <= at:
        apply_change(change, at=at)


def _facts(pdf: SealedPdf) -> dict[str, object]:
    return {
        "sha256": pdf.sha256,
        "sm3": pdf.sm3,
        "size": len(pdf.data),
        "sealed_at": pdf.sealed_at,
        "template_sha256": pdf.template_sha256,
        "fonts_sha256": pdf.fonts_sha256,
        "engine_version": pdf.engine_version,
    }


def _file(title: str, pdf: SealedPdf) -> SealedFile:
    return SealedFile(title=title, sha256=pdf.sha256, size=len(pdf.data), pages=pdf.pages)


def _document(row: Endorsement, pdf: SealedPdf) -> Document:
    """Return what the archive keeps: in the dossier of the application, as the policy is."""
    policy = row.policy
    return Document(
        dossier=row.change.proposal.proposal_no,
        kind=DOCUMENT_TYPE,
        subject_type=row.NOUN,
        subject_id=row.pk,
        sha256=pdf.sha256,
        size=len(pdf.data),
        cover=(shanghai_date(policy.cover_starts_at), shanghai_date(policy.cover_ends_at)),
    )


def _papers(change: Change) -> list[Document]:
    """The papers of a change join the application's dossier; one picture may serve as two."""
    papers = {paper.sha256: paper for paper in change.papers.order_by("id")}
    return [
        Document(
            dossier=change.proposal.proposal_no,
            kind=PAPER_KIND,
            subject_type=change.NOUN,
            subject_id=change.pk,
            sha256=paper.sha256,
            size=paper.size,
            media_type=paper.media_type,
        )
        for paper in papers.values()
    ]
