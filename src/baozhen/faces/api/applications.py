"""投保申请 by REST: what the phone's wizard does, for a program that has its own pages.

A program sees the applications that it began itself, and nobody else's. The person who applies is
a subject that it has registered and checked (see 认证).
"""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import REPEATABLE, Made, client_name, idempotent
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.limits import LIVE, QUERY
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage
from baozhen.insurance.applications.errors import ApplicantUnchecked, ApplicationUnknown
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.assessing import assess_application
from baozhen.insurance.applications.services.closing import withdraw
from baozhen.insurance.applications.services.deciding import accept_offer
from baozhen.insurance.applications.services.drafts import (
    DraftRequest,
    StepInput,
    create_draft,
    save_step,
)
from baozhen.insurance.applications.services.quoting import record_of
from baozhen.insurance.applications.services.submitting import submit_application
from baozhen.insurance.applications.steps import Step
from baozhen.insurance.proposals.faults import Fault
from baozhen.signing.identity.queries import subject_for
from baozhen.signing.organizations.services import Scope

router = Router(tags=["投保"])
Number = Annotated[str, Field(max_length=40, examples=["TBE20261100000001"])]


class ProposedApplicationIn(Schema):
    """What an application begins with."""

    form: str = Field(
        pattern="^(car|new_energy|special|motorcycle_tractor|single_trip)$",
        description="投保单版本",
    )
    branch: str = Field(max_length=24, description="出单机构代码")
    applicant: str = Field(max_length=40, description="投保人的主体编号，须已通过实名核验")


class ProposedStepIn(Schema):
    """One step as it is filled in, on top of a revision."""

    revision: int = Field(ge=0, description="所依据的修订号；已被别人修改时返回 409")
    step: str = Field(pattern="^(vehicle|people|cover|answers)$")
    data: dict[str, Any] = Field(description="该步骤的内容，字段见 docs/howto/applying.md")


class RevisionIn(Schema):
    """The revision that is submitted."""

    revision: int = Field(ge=0)


class WithdrawalIn(Schema):
    """Why an application ends."""

    reason: str = Field(min_length=2, max_length=200)


class FaultInfo(Schema):
    """One fault, at its field."""

    code: str
    path: str
    message: str


class ProposedApplicationInfo(Schema):
    """Where an application stands; personal data never comes back."""

    proposal_no: str
    form: str
    state: str
    step: str
    revision: int
    total: str | None = Field(description="合计，元；未报价为 null")
    quote: dict[str, Any] | None = Field(description="报价及其依据的费率表版本")
    decision: dict[str, Any] | None = Field(description="核保结论")
    replaces: str | None
    created_at: datetime
    submitted_at: datetime | None
    expires_at: datetime
    faults: list[FaultInfo] = Field(description="本次保存的步骤中的全部问题")


@router.post(
    "/applications",
    response={201: ProposedApplicationInfo, **PROBLEMS},
    auth=Bearer(Scope.PROPOSALS_WRITE, LIVE),
    summary="开始投保",
    openapi_extra=REPEATABLE,
)
def begin(request: HttpRequest, body: ProposedApplicationIn) -> Status[Any]:
    """Begin an application for a person whom the program has registered."""
    client = client_name(request)

    def act() -> Made:
        applicant = subject_for(body.applicant, client=client)
        if applicant.kind != "person":
            raise ApplicantUnchecked(path="applicant")
        made = create_draft(
            DraftRequest(
                form=body.form, branch_code=body.branch, client=client, applicant=applicant
            ),
            actor=client,
            at=now(),
        )
        return Made(201, _info(made), made.proposal_no)

    return idempotent(request, act)


@router.patch(
    "/applications/{number}",
    response={200: ProposedApplicationInfo, **PROBLEMS},
    auth=Bearer(Scope.PROPOSALS_WRITE, LIVE),
    summary="填写一个步骤",
)
def fill_in(request: HttpRequest, number: Number, body: ProposedStepIn) -> dict[str, Any]:
    """Keep what was filled in on a step; every fault of it comes back at once."""
    application = _own(request, number)
    step = Step(body.step)
    data = dict(body.data)
    if step is Step.COVER:
        data["cover"] = _with_record(application, data.get("cover"))
    saved = save_step(
        application.pk,
        StepInput(step=step, data=data, revision=body.revision),
        actor=client_name(request),
        at=now(),
    )
    return _info(saved.application, saved.faults)


@router.post(
    "/applications/{number}/submit",
    response={200: ProposedApplicationInfo, **PROBLEMS},
    auth=Bearer(Scope.PROPOSALS_WRITE, LIVE),
    summary="提交核保",
)
def submit(request: HttpRequest, number: Number, body: RevisionIn) -> dict[str, Any]:
    """Submit once; asked again for the same revision, say where it stands."""
    application = _own(request, number)
    if application.applicant is None:
        raise ApplicantUnchecked(path="applicant")
    submit_application(
        application.pk,
        application.applicant,
        revision=body.revision,
        actor=client_name(request),
        at=now(),
    )
    try:
        assess_application(application.pk, at=now())
    except Outage:
        # The promised job asks again: until then it is submitted.
        return _info(_own(request, number))
    return _info(_own(request, number))


@router.post(
    "/applications/{number}/accept-offer",
    response={200: ProposedApplicationInfo, **PROBLEMS},
    auth=Bearer(Scope.PROPOSALS_WRITE, LIVE),
    summary="接受新方案",
)
def take_offer(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Take the counter-offer of underwriting, in the applicant's name."""
    application = _own(request, number)
    return _info(accept_offer(application.pk, actor=client_name(request), at=now()))


@router.post(
    "/applications/{number}/withdraw",
    response={200: ProposedApplicationInfo, **PROBLEMS},
    auth=Bearer(Scope.PROPOSALS_WRITE, LIVE),
    summary="撤回投保",
)
def end(request: HttpRequest, number: Number, body: WithdrawalIn) -> dict[str, Any]:
    """Withdraw before payment, with the reason."""
    application = _own(request, number)
    client = client_name(request)
    return _info(withdraw(application.pk, reason=body.reason, actor=client, at=now()))


@router.get(
    "/applications/{number}",
    response={200: ProposedApplicationInfo, **PROBLEMS},
    auth=Bearer(Scope.PROPOSALS_READ, QUERY),
    summary="投保进度",
)
def show(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Say where an application stands."""
    return _info(_own(request, number))


def _own(request: HttpRequest, number: str) -> Application:
    found = (
        Application.objects.select_related("applicant", "replaces")
        .filter(proposal_no=number, client=client_name(request))
        .first()
    )
    if found is None:
        raise ApplicationUnknown(number=number)
    return found


def _with_record(application: Application, cover: object) -> dict[str, Any]:
    """Return the choice with the platform's record of the vehicle: nobody tells their own."""
    asked = dict(cover) if isinstance(cover, dict) else {}
    asked.pop("record", None)
    starts_on = asked.get("starts_on")
    if isinstance(starts_on, str) and application.content.get("vehicle"):
        asked["record"] = asdict(record_of(application.content, starts_on))
    return asked


def _info(application: Application, faults: tuple[Fault, ...] = ()) -> dict[str, Any]:
    fen = application.total_fen
    return {
        "proposal_no": application.proposal_no,
        "form": application.form,
        "state": application.state,
        "step": application.step,
        "revision": application.revision,
        "total": None if fen is None else f"{fen // 100}.{fen % 100:02d}",
        "quote": application.quote,
        "decision": application.decision,
        "replaces": application.replaces.proposal_no if application.replaces else None,
        "created_at": application.created_at,
        "submitted_at": application.submitted_at,
        "expires_at": application.expires_at,
        "faults": [{"code": one.code, "path": one.path, "message": one.message} for one in faults],
    }
