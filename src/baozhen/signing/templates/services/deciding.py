"""Deciding on versions: submitted, approved by another person, sent back, retired, dropped."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from baozhen.foundation.states import move
from baozhen.signing.organizations.programs import is_program
from baozhen.signing.templates.errors import (
    NotADraft,
    NotSubmitted,
    PeriodInvalid,
    PersonRequired,
    ReasonMissing,
    SamePerson,
)
from baozhen.signing.templates.models import TemplateVersion
from baozhen.signing.templates.services.filling import try_fill
from baozhen.signing.templates.states import VersionState

_NOTE_CHARACTERS_MAX = 200


@dataclass(frozen=True, kw_only=True)
class Approval:
    """From when on a version is in force, and under which filed clause number."""

    effective_from: date
    effective_until: date | None = None
    filing_no: str = ""


def submit_version(key: int, *, actor: str, at: datetime) -> TemplateVersion:
    """Send a draft for approval once its sample data makes a document; raises NotADraft.

    Raises ValuesInvalid or SourceInvalid when the sample makes none.
    """
    draft = TemplateVersion.objects.select_related("template").get(pk=key)
    if draft.state != VersionState.DRAFT:
        raise NotADraft(number=draft.number)
    try_fill(draft, draft.sample, at=at)
    return _submit(draft, actor=actor, at=at)


@transaction.atomic(durable=True)
def _submit(tried: TemplateVersion, *, actor: str, at: datetime) -> TemplateVersion:
    version = TemplateVersion.objects.select_for_update().get(pk=tried.pk)
    # Somebody may have changed the draft while its sample was set.
    if version.state != VersionState.DRAFT or version.sha256 != tried.sha256:
        raise NotADraft(number=version.number)
    move(version, VersionState.SUBMITTED, actor=actor, at=at)
    return version


@transaction.atomic(durable=True)
def approve_version(key: int, approval: Approval, *, actor: str, at: datetime) -> TemplateVersion:
    """Approve what was submitted, as a person who did not write it.

    Raises PersonRequired, NotSubmitted, SamePerson, PeriodInvalid.
    """
    if is_program(actor):
        raise PersonRequired
    version = _submitted(key)
    if actor == version.created_by or version.edits.filter(actor=actor).exists():
        raise SamePerson()
    _check_period(version, approval)
    move(
        version,
        VersionState.APPROVED,
        actor=actor,
        at=at,
        effective_from=approval.effective_from,
        effective_until=approval.effective_until,
        filing_no=approval.filing_no.strip(),
        approved_at=at,
        approved_by=actor,
    )
    return version


@transaction.atomic(durable=True)
def return_version(key: int, *, reason: str, actor: str, at: datetime) -> TemplateVersion:
    """Make what was submitted a draft again, to be mended; raises NotSubmitted, ReasonMissing."""
    version = _submitted(key)
    move(version, VersionState.DRAFT, actor=actor, at=at, note=_note(reason))
    return version


@transaction.atomic(durable=True)
def retire_version(key: int, *, reason: str, actor: str, at: datetime) -> TemplateVersion:
    """Let an approved version fill no more documents; raises ReasonMissing."""
    version = TemplateVersion.objects.select_for_update().get(pk=key)
    move(version, VersionState.RETIRED, actor=actor, at=at, note=_note(reason))
    return version


@transaction.atomic(durable=True)
def drop_version(key: int, *, reason: str, actor: str, at: datetime) -> TemplateVersion:
    """Give up what was never approved; raises ReasonMissing."""
    version = TemplateVersion.objects.select_for_update().get(pk=key)
    move(version, VersionState.DROPPED, actor=actor, at=at, note=_note(reason))
    return version


def _submitted(key: int) -> TemplateVersion:
    version = TemplateVersion.objects.select_for_update().get(pk=key)
    if version.state != VersionState.SUBMITTED:
        raise NotSubmitted(number=version.number)
    return version


def _note(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing(path="reason")
    return reason.strip()[:_NOTE_CHARACTERS_MAX]


def _check_period(version: TemplateVersion, approval: Approval) -> None:
    until = approval.effective_until
    if until is not None and until < approval.effective_from:
        raise PeriodInvalid(path="effective_until", reason="失效日早于生效日")
    if version.template.needs_filing and not approval.filing_no.strip():
        raise PeriodInvalid(path="filing_no", reason="这个模版须填写条款备案号")
    others = version.template.versions.filter(
        state=VersionState.APPROVED, effective_from=approval.effective_from
    )
    if others.exists():
        raise PeriodInvalid(path="effective_from", reason="另一版也从这一天生效")
