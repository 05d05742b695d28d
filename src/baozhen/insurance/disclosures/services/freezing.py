"""Freeze what an applicant reads and signs: the proposal form and every file combined with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.states import enter, move
from baozhen.foundation.storage import get_storage
from baozhen.insurance.applications.judging import read
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.drafts import digest_of
from baozhen.insurance.applications.states import STATE_LABELS, ApplicationState
from baozhen.insurance.disclosures.documents import (
    TEMPLATE_CODE,
    TEMPLATE_VERSION,
    FiledText,
    FormFacts,
    proposal_form,
)
from baozhen.insurance.disclosures.errors import NothingToRead, ReadingSetChanged
from baozhen.insurance.disclosures.models import DisclosureDocument, ReadingItem, ReadingSet
from baozhen.insurance.disclosures.services.recalling import recall_task
from baozhen.insurance.disclosures.services.rendering import Made, document_of, typeset
from baozhen.insurance.disclosures.states import ReadingState
from baozhen.insurance.disclosures.texts import (
    PROPOSAL,
    PROPOSAL_SECONDS,
    Solvency,
    Text,
    applicant_statement,
    application_tips,
    combined_texts,
    solvency_on,
)
from baozhen.insurance.products.enumerations import label
from baozhen.insurance.products.queries import filings_on
from baozhen.insurance.products.queries import solvency_on as entered_solvency_on
from baozhen.insurance.proposals.content import ProposalData
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.organizations.insurer import get_insurer

SYSTEM = "system"
_TITLE = "投保单"


@dataclass(frozen=True)
class _Frozen:
    """Everything a new set is made of, before a row of it is written."""

    fingerprint: str
    form: dict[str, Any]
    made: Made
    texts: Sequence[Text]
    documents: Sequence[DisclosureDocument]


def reading_set_of(application: Application, *, at: datetime) -> ReadingSet:
    """Return what the applicant reads now, frozen when it is asked for the first time.

    When the content or a text has changed since, the earlier set is void and another is made.
    Raises NothingToRead unless the application is accepted, TextNotInForce, or the errors of the
    typesetter. After signing the signed set is returned.
    """
    signed = application.reading_sets.filter(state=ReadingState.SIGNED).first()
    if signed is not None:
        return signed
    if application.state != ApplicationState.ACCEPTED:
        raise NothingToRead(state=STATE_LABELS[application.state])
    proposal = _proposal(application, at=at)
    texts, solvency = _texts(proposal, at=at)
    fingerprint = _fingerprint(application, texts, solvency)
    current = application.reading_sets.filter(state=ReadingState.OPEN).first()
    if current is not None and current.fingerprint == fingerprint:
        return current
    if current is not None and _is_being_signed(current):
        return current
    frozen = _freeze(application, proposal, texts, solvency, at=at)
    made = _write(application.pk, frozen, at=at)
    if current is not None and current.envelope_id is not None:
        recall_task(current.envelope_id, at=at)
    return made


def current_set(application: Application) -> ReadingSet | None:
    """Return the set that is open or signed; None before anything was opened."""
    return (
        application.reading_sets.filter(state__in=[ReadingState.OPEN, ReadingState.SIGNED])
        .order_by("-number")
        .first()
    )


def require_current(reading_set: ReadingSet, *, at: datetime) -> None:
    """Raise ReadingSetChanged when the set is not what the applicant would read now."""
    application = reading_set.application
    if reading_set.state != ReadingState.OPEN or application.state != ApplicationState.ACCEPTED:
        raise ReadingSetChanged
    texts, solvency = _texts(_proposal(application, at=at), at=at)
    if reading_set.fingerprint != _fingerprint(application, texts, solvency):
        raise ReadingSetChanged


def _is_being_signed(current: ReadingSet) -> bool:
    """Whether the will was given for these very bytes: they stay what they are."""
    return current.envelope is not None and current.envelope.state in {
        EnvelopeState.SEALING,
        EnvelopeState.COMPLETED,
    }


def _proposal(application: Application, *, at: datetime) -> ProposalData:
    """Read the content as it was judged when it was submitted."""
    intake = read(application.content, at=application.submitted_at or at)
    if intake.proposal is None:
        paths = ", ".join(fault.path for fault in intake.faults[:5])
        raise RuntimeError(f"an accepted application cannot be read: {paths}")
    return intake.proposal


def _texts(proposal: ProposalData, *, at: datetime) -> tuple[list[Text], Solvency]:
    day = shanghai_date(at)
    texts = combined_texts(
        proposal.form,
        has_commercial=proposal.commercial is not None,
        insurer_name=get_insurer().name,
        filings=filings_on(day),
        day=day,
    )
    return texts, solvency_in_force(day)


def solvency_in_force(day: date) -> Solvency:
    """Return the latest figures published by a day: those that staff entered, or ours."""
    shipped, entered = solvency_on(day), entered_solvency_on(day)
    if entered is None or entered["effective_from"] < shipped.effective_from:
        return shipped
    return Solvency(**{name: entered[name] for name in Solvency.__dataclass_fields__})


def _fingerprint(application: Application, texts: Sequence[Text], solvency: Solvency) -> str:
    return digest_of(
        {
            "content": application.content_sha256,
            "total": application.total_fen,
            "texts": [digest_of(text.content) for text in texts],
            "solvency": solvency.quarter,
            "tips": application_tips().version,
            "statement": applicant_statement().version,
        }
    )


def _freeze(
    application: Application,
    proposal: ProposalData,
    texts: Sequence[Text],
    solvency: Solvency,
    *,
    at: datetime,
) -> _Frozen:
    """Typeset the files and store them; the form names each of the others by its digest."""
    documents = [document_of(text, at=at) for text in texts]
    root = str(settings.BAOZHEN_PUBLIC_URL).rstrip("/")
    facts = FormFacts(
        made_at=at,
        address=f"{root}/m/read/{application.proposal_no}",
        solvency=solvency,
        files=[FiledText(title=d.title, version=d.version, sha256=d.sha256) for d in documents],
        filings=filings_on(shanghai_date(at)),
    )
    form = proposal_form(proposal, facts=facts, insurer=get_insurer())
    made = typeset(TEMPLATE_CODE, TEMPLATE_VERSION, form, at=at)
    get_storage().put(made.data)
    return _Frozen(_fingerprint(application, texts, solvency), form, made, texts, documents)


@transaction.atomic(durable=True)
def _write(key: int, frozen: _Frozen, *, at: datetime) -> ReadingSet:
    """Write the new set and end the one before; of two who freeze at once, one writes."""
    application = Application.objects.select_for_update(of=("self",)).get(pk=key)
    if application.state != ApplicationState.ACCEPTED:
        raise NothingToRead(state=STATE_LABELS[application.state])
    before = application.reading_sets.filter(state=ReadingState.OPEN).first()
    if before is not None:
        if before.fingerprint == frozen.fingerprint:
            return before
        move(before, ReadingState.VOID, actor=SYSTEM, at=at, closed_at=at)
    row = ReadingSet(
        state=ReadingState.OPEN,
        application=application,
        number=application.reading_sets.count() + 1,
        fingerprint=frozen.fingerprint,
        form=frozen.form,
        proposal_sha256=frozen.made.sha256,
        frozen_at=at,
    )
    row.save(force_insert=True)
    enter(row, actor=SYSTEM, at=at)
    ReadingItem.objects.bulk_create(_items(row, frozen))
    return row


def _items(row: ReadingSet, frozen: _Frozen) -> list[ReadingItem]:
    first = ReadingItem(
        reading_set=row,
        position=1,
        kind=PROPOSAL,
        title=f"{_TITLE}（{label('form', frozen.form['form'])}）",
        version=f"{TEMPLATE_CODE}/{TEMPLATE_VERSION}",
        sha256=frozen.made.sha256,
        size=len(frozen.made.data),
        pages=frozen.made.pages,
        seconds_min=PROPOSAL_SECONDS,
    )
    others = [
        ReadingItem(
            reading_set=row,
            position=position,
            kind=text.kind,
            title=text.title,
            version=text.version,
            document=document,
            sha256=document.sha256,
            size=document.size,
            pages=document.pages,
            seconds_min=text.seconds,
        )
        for position, (text, document) in enumerate(
            zip(frozen.texts, frozen.documents, strict=True), 2
        )
    ]
    return [first, *others]
