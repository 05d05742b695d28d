"""Submit an application: checked whole, by the person who was checked, once."""

from datetime import datetime, timedelta

from django.db import transaction

from baozhen.foundation.states import move
from baozhen.insurance.applications.errors import (
    ApplicantUnchecked,
    ApplicantUnlike,
    ApplicationBehind,
    ApplicationClosed,
    ApplicationFaulty,
    QuoteChanged,
)
from baozhen.insurance.applications.judging import all_faults
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.drafts import digest_of, locked
from baozhen.insurance.applications.services.quoting import price
from baozhen.insurance.applications.states import STATE_LABELS, ApplicationState
from baozhen.insurance.applications.steps import Step
from baozhen.insurance.proposals.values import CHINA
from baozhen.insurance.proposals.wording import yuan
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.queries import valid_checks

# How long what was submitted stays open to be decided, read, signed and paid.
OPEN_LIFETIME = timedelta(days=15)


def submit_application(
    key: int, applicant: Subject, *, revision: int, actor: str, at: datetime
) -> Application:
    """Submit what is filled in; a second call for the same revision changes nothing.

    Raises ApplicantUnchecked, ApplicantUnlike, ApplicationBehind, ApplicationFaulty, or
    QuoteChanged after the new premium was written down.
    """
    with transaction.atomic(durable=True):
        application = locked(key)
        if _is_submitted_already(application, revision):
            return application
        changed = _priced_anew(application, at)
        _check_applicant(application, applicant, at)
        if changed is None:
            _submit(application, applicant, actor=actor, at=at)
    if changed is not None:
        raise changed
    return application


def _is_submitted_already(application: Application, revision: int) -> bool:
    """Tell whether this click came twice; raises when it is about something that has changed."""
    if application.state == ApplicationState.DRAFT:
        if application.revision != revision:
            raise ApplicationBehind
        return False
    if application.submitted_at is not None and application.revision == revision:
        return True
    raise ApplicationClosed(state=STATE_LABELS[application.state], act="提交")


def _check_applicant(application: Application, applicant: Subject, at: datetime) -> None:
    if application.applicant_id not in {None, applicant.pk}:
        raise ApplicantUnlike(path="policyholder", what="身份")
    holder = application.content.get("policyholder") or {}
    for name, known, label in (
        ("name", applicant.name, "姓名"),
        ("id_no", applicant.id_no, "证件号码"),
        ("mobile", applicant.mobile, "手机号"),
    ):
        if str(holder.get(name, "")).upper() != str(known).upper():
            raise ApplicantUnlike(path=f"policyholder.{name}", what=label)
    if not valid_checks(applicant, at):
        raise ApplicantUnchecked


def _priced_anew(application: Application, at: datetime) -> QuoteChanged | None:
    """Write today's premium down; the refusal, when it is not the one that was shown."""
    before = application.total_fen
    content = {**application.content, "submitted_at": at.astimezone(CHINA).isoformat()}
    priced = price(content, application.inputs, proposal_no=application.proposal_no, at=at)
    content |= priced.sections
    faults = [*priced.faults, *all_faults(content, application.inputs, at=at)]
    if faults:
        refusal = ApplicationFaulty(count=len(faults))
        refusal.facts["faults"] = faults
        raise refusal
    application.content, application.content_sha256 = content, digest_of(content)
    application.quote, application.total_fen = priced.stored, priced.total_fen
    application.table_versions = dict(priced.versions)
    if before == priced.total_fen or priced.total_fen is None:
        return None
    application.revision += 1
    application.changed_at = at
    application.save()
    return QuoteChanged(now=yuan(priced.total_fen), before=yuan(before) if before else "未报价")


def _submit(application: Application, applicant: Subject, *, actor: str, at: datetime) -> None:
    move(
        application,
        ApplicationState.SUBMITTED,
        actor=actor,
        at=at,
        applicant=applicant,
        content=application.content,
        content_sha256=application.content_sha256,
        quote=application.quote,
        total_fen=application.total_fen,
        table_versions=application.table_versions,
        step=Step.CONFIRM,
        submitted_at=at,
        changed_at=at,
        expires_at=at + OPEN_LIFETIME,
    )
