"""Begin an application and fill it in, step by step. What was typed is kept, faulty or not."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from baozhen.foundation.audit.services import record
from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.states import enter
from baozhen.insurance.applications.errors import (
    ApplicantUnlike,
    ApplicationBehind,
    ApplicationClosed,
    ApplicationUnknown,
)
from baozhen.insurance.applications.judging import completed, faults_of_step
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.quoting import Priced, price
from baozhen.insurance.applications.states import STATE_LABELS, ApplicationState
from baozhen.insurance.applications.steps import SECTIONS, Step, furthest
from baozhen.insurance.proposals.faults import Fault
from baozhen.insurance.proposals.values import CHINA
from baozhen.signing.identity.models import Subject
from baozhen.signing.organizations.insurer import get_insurer

DRAFT_LIFETIME = timedelta(days=30)
# Parts of the content that only a quote writes.
_QUOTED = ("compulsory", "commercial", "vehicle_tax", "total")


@dataclass(frozen=True, kw_only=True)
class DraftRequest:
    """What an application begins with."""

    form: str
    branch_code: str
    client: str
    browser_sha256: str = ""
    applicant: Subject | None = None
    content: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    replaces: Application | None = None


@dataclass(frozen=True, kw_only=True)
class StepInput:
    """What was filled in on one step, on top of which revision."""

    step: Step
    data: Mapping[str, Any]
    revision: int


@dataclass(frozen=True, kw_only=True)
class Saved:
    """The application as it is now, and everything that is wrong with the step."""

    application: Application
    faults: tuple[Fault, ...]


@transaction.atomic(durable=True)
def create_draft(request: DraftRequest, *, actor: str, at: datetime) -> Application:
    """Begin an application; raises BranchUnknown."""
    return begin(request, actor=actor, at=at)


def begin(request: DraftRequest, *, actor: str, at: datetime) -> Application:
    """Begin an application in the caller's transaction."""
    insurer = get_insurer()
    branch = insurer.branch(request.branch_code)
    number = _next_number(branch.region, at)
    content = {
        **request.content,
        "proposal_no": number,
        "form": request.form,
        "insurer": insurer.code,
        "branch": {"code": branch.code, "name": branch.name},
        "submitted_at": at.astimezone(CHINA).isoformat(),
        "special_agreements": [],
        "source": {"channel": "internet"},
    }
    application = Application(
        state=ApplicationState.DRAFT,
        proposal_no=number,
        form=request.form,
        branch_code=branch.code,
        region_code=branch.region,
        applicant=request.applicant,
        browser_sha256=request.browser_sha256,
        client=request.client,
        content=content,
        content_sha256=digest_of(content),
        inputs=dict(request.inputs),
        replaces=request.replaces,
        created_at=at,
        changed_at=at,
        expires_at=at + DRAFT_LIFETIME,
    )
    application.save(force_insert=True)
    enter(application, actor=actor, at=at)
    return application


@transaction.atomic(durable=True)
def save_step(key: int, given: StepInput, *, actor: str, at: datetime) -> Saved:
    """Keep what was filled in on a step and say everything that is wrong with it.

    Raises ApplicationBehind when somebody else saved meanwhile: then nothing was written.
    """
    application = locked(key)
    require_draft(application, "修改")
    if application.revision != given.revision:
        raise ApplicationBehind
    content, inputs = _merged(application, given)
    content["submitted_at"] = at.astimezone(CHINA).isoformat()
    priced = Priced()
    if given.step in {Step.VEHICLE, Step.COVER}:
        # Another vehicle costs another premium: what was quoted for the one before is gone.
        content = {name: value for name, value in content.items() if name not in _QUOTED}
        priced = price(content, inputs, proposal_no=application.proposal_no, at=at)
        content |= priced.sections
    faults = faults_of_step(given.step, content, inputs, at=at)
    if given.step is Step.COVER:
        faults = list(priced.faults) or faults
    application.content, application.inputs = content, inputs
    application.content_sha256 = digest_of(content)
    if given.step in {Step.VEHICLE, Step.COVER}:
        application.quote, application.total_fen = priced.stored, priced.total_fen
        application.table_versions = priced.versions
    if not faults:
        application.step = furthest(application.step, given.step)
    application.revision += 1
    application.changed_at = at
    application.expires_at = at + DRAFT_LIFETIME
    application.save()
    record(
        "application.saved",
        subject_id=application.pk,
        actor=actor,
        at=at,
        facts={"step": given.step, "revision": application.revision, "faults": len(faults)},
    )
    return Saved(application=application, faults=tuple(faults))


@transaction.atomic(durable=True)
def claim_draft(key: int, subject: Subject, *, at: datetime) -> Application:
    """Tie a draft to the person who has just shown who they are; raises ApplicantUnlike.

    From then on they find it on any device, and nobody else finds it on this one.
    """
    application = locked(key)
    if application.applicant_id == subject.pk:
        return application
    if application.applicant_id is not None:
        raise ApplicationUnknown(number=application.proposal_no)
    require_draft(application, "修改")
    holder = application.content.get("policyholder") or {}
    if holder.get("id_no") and str(holder["id_no"]).upper() != subject.id_no:
        raise ApplicantUnlike(path="policyholder.id_no", what="证件号码")
    application.applicant = subject
    application.content = {**application.content, "policyholder": _of_subject(holder, subject)}
    application.content_sha256 = digest_of(application.content)
    application.revision += 1
    application.changed_at = at
    application.save()
    record(
        "application.claimed",
        subject_id=application.pk,
        actor=f"subject:{subject.public_id}",
        at=at,
        facts={"subject": subject.public_id},
    )
    return application


def locked(key: int) -> Application:
    """Return the application, held until the transaction ends."""
    return Application.objects.select_for_update(of=("self",)).get(pk=key)


def require_draft(application: Application, act: str) -> None:
    """Raise ApplicationClosed unless it is still being filled in."""
    if application.state != ApplicationState.DRAFT:
        raise ApplicationClosed(state=STATE_LABELS[application.state], act=act)


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a content, whatever the order of its fields."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _merged(application: Application, given: StepInput) -> tuple[dict[str, Any], dict[str, Any]]:
    """Put the data of a step where they belong; what a step does not own it cannot write."""
    content, inputs = dict(application.content), dict(application.inputs)
    if given.step is Step.ANSWERS:
        inputs["answers"] = dict(given.data.get("answers") or {})
    elif given.step is Step.COVER:
        inputs["cover"] = {**inputs.get("cover", {}), **given.data.get("cover", {})}
        if "dispute" in given.data:
            content["dispute"] = given.data["dispute"]
    else:
        owned = SECTIONS.get(given.step, ())
        content |= {name: value for name, value in given.data.items() if name in owned}
        if application.applicant is not None and given.step is Step.PEOPLE:
            holder = content.get("policyholder")
            content["policyholder"] = _of_subject(
                holder if isinstance(holder, dict) else {}, application.applicant
            )
        content = completed(_followed(content))
    return content, inputs


def _of_subject(holder: Mapping[str, Any], subject: Subject) -> dict[str, Any]:
    """Who was checked is the applicant: name, number and mobile are theirs, not typed again."""
    return {
        **holder,
        "kind": "person",
        "name": subject.name,
        "id_type": "resident_id",
        "id_no": subject.id_no,
        "mobile": subject.mobile,
    }


def _followed(content: dict[str, Any]) -> dict[str, Any]:
    """Where somebody is the applicant themselves, nothing is asked twice."""
    holder = content.get("policyholder")
    if not isinstance(holder, dict):
        return content
    made = dict(content)
    for relation, role in (("relation_to_insured", "insured"), ("relation_to_owner", "owner")):
        if made.get(relation) == "self":
            made[role] = dict(holder)
    return made


def _next_number(region: str, at: datetime) -> str:
    """Return the next number: year, province, and a serial that no other application has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('applications_serial')")
        serial = int(cursor.fetchone()[0])
    return f"TBE{shanghai_date(at).year}{region[:2]}{serial:08d}"
