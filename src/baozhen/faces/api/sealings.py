"""Seal a file that the caller has made: one company, one seal, no person in between."""

from http import HTTPStatus
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, File, Form, Router, Schema, Status, UploadedFile

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import (
    REPEATABLE,
    BusinessNumber,
    Made,
    client_name,
    idempotent,
)
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.api.envelope_answers import describe
from baozhen.faces.api.envelope_schemas import EnvelopeOut
from baozhen.faces.limits import LIVE
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.services.create import create_envelope
from baozhen.signing.envelopes.services.drafts import (
    ActionDraft,
    DocumentDraft,
    EnvelopeDraft,
    PlaceDraft,
    SignatoryDraft,
)
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import legal_entity_of, root_unit, unit_of
from baozhen.signing.organizations.services import Scope

router = Router(tags=["签署任务"])
_ROLE = "company"
_FLOW = "seal_file"


class SealingIn(Schema):
    """What the file is and where the seal goes: beside a keyword, or at a place."""

    title: str = Field(min_length=1, max_length=100, description="文件标题")
    document_type: str = Field(
        max_length=32, description="文件类型，如 policy", examples=["policy"]
    )
    biz_no: BusinessNumber | None = None
    unit: str = Field("", max_length=40, description="机构编号 org_…；空为总公司")
    seal: str = Field("", max_length=40, description="印章编号 seal_…；空为自动选择")
    keyword: str = Field("", max_length=50, description="盖在这个关键字旁；空则按坐标")
    occurrence: int = Field(1, ge=1, le=100, description="第几个关键字")
    page: int = Field(-1, ge=-1000, le=1000, description="页，从 0 起；负数从末页倒数")
    x: float = Field(400.0, ge=0, le=20_000, description="左下角，磅")
    y: float = Field(80.0, ge=0, le=20_000, description="左下角，磅")
    size: float = Field(119.0, ge=20, le=400, description="边长，磅；42 毫米为 119 磅")


@router.post(
    "/sealings",
    response={201: EnvelopeOut, **PROBLEMS},
    auth=Bearer(Scope.ENVELOPES_WRITE, LIVE),
    summary="为现成文件盖章",
    openapi_extra=REPEATABLE,
)
def seal_file(
    request: HttpRequest, file: File[UploadedFile], facts: Annotated[SealingIn, Form()]
) -> Status[Any]:
    """Take a PDF and have it sealed silently; ask `GET /envelopes/{id}` or wait for the event."""

    def act() -> Made:
        unit = unit_of(facts.unit) if facts.unit else root_unit()
        draft = _draft(facts, bytes_of(file), client=client_name(request), unit=unit)
        envelope = create_envelope(draft, actor=client_name(request), at=now())
        return Made(HTTPStatus.CREATED, describe(envelope), envelope.public_id)

    return idempotent(request, act)


def _draft(facts: SealingIn, pdf: bytes, *, client: str, unit: OrgUnit) -> EnvelopeDraft:
    place = PlaceDraft(
        page=facts.page,
        x=facts.x,
        y=facts.y,
        width=facts.size,
        height=facts.size,
        keyword=facts.keyword,
        occurrence=facts.occurrence,
    )
    company = legal_entity_of(unit)
    return EnvelopeDraft(
        client=client,
        unit=unit,
        title=facts.title,
        document_type=facts.document_type,
        documents=[DocumentDraft(title=facts.title, pdf=pdf)],
        signatories=[
            SignatoryDraft(
                role=_ROLE, label="签章单位", kind="organization", name=company.name, unit=unit
            )
        ],
        actions=[
            ActionDraft(role=_ROLE, type="seal", is_silent=True, seal=facts.seal, places=[place])
        ],
        flow=_FLOW,
        biz_no=facts.biz_no,
    )
