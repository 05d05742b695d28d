"""Templates by REST: which there are, what their versions take, and one-step filling.

Approving a version is an act of people: a program can never put a text in force.
"""

import base64
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import Cursor, Limit, PageInfo, PublicId, page_of
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.limits import LIVE, QUERY
from baozhen.foundation.clock import now, shanghai_date
from baozhen.signing.organizations.services import Scope
from baozhen.signing.templates.fields import fields_to_json
from baozhen.signing.templates.models import Template, TemplateVersion
from baozhen.signing.templates.queries import template_of, version_in_force
from baozhen.signing.templates.services import fill

router = Router(tags=["模版"])


class TemplateInfo(Schema):
    """A template."""

    id: PublicId
    code: str
    title: str
    document_type: str
    unit: str = Field(description="所属机构编号")
    sharing: str = Field(description="own、below 或 all")
    created_at: datetime


class TemplatePage(PageInfo):
    """A page of templates."""

    items: list[TemplateInfo]


class VersionInfo(Schema):
    """One version of a template."""

    number: int
    state: str = Field(description="draft、approved、retired 或 dropped")
    source_kind: str = Field(description="pdf、docx 或 typst")
    sha256: str
    filing_no: str = Field(description="条款备案号")
    effective_from: date | None
    effective_until: date | None
    fields: list[dict[str, Any]] = Field(description="域：名称、种类、位置、签署方、条件等")
    sample: dict[str, Any] = Field(description="示例数据")


class VersionList(Schema):
    """All versions, the newest first."""

    items: list[VersionInfo]


class FillIn(Schema):
    """The values; by default the version in force today is filled."""

    values: dict[str, Any] = Field(examples=[{"holder": "张测试", "premium": 137645}])
    on: date | None = Field(default=None, description="按这一天生效的版本填写，默认今天")


class Filled(Schema):
    """The document, and what the parties still put in."""

    template: PublicId
    version: int
    sha256: str
    pdf: str = Field(description="Base64 编码的 PDF")
    fields: list[dict[str, Any]] = Field(description="待签署的域，均已定位到页")


@router.get(
    "/templates",
    response={200: TemplatePage, **PROBLEMS},
    auth=Bearer(Scope.TEMPLATES_READ, QUERY),
    summary="模版列表",
)
def list_templates(
    request: HttpRequest, document_type: str = "", cursor: Cursor = "", limit: Limit = 50
) -> dict[str, Any]:
    """Return templates, the newest first."""
    found = Template.objects.select_related("unit")
    found = found.filter(document_type=document_type) if document_type else found
    return page_of(found, cursor=cursor, limit=limit).answer(_template)


@router.get(
    "/templates/{template_id}",
    response={200: TemplateInfo, **PROBLEMS},
    auth=Bearer(Scope.TEMPLATES_READ, QUERY),
    summary="模版",
)
def show_template(request: HttpRequest, template_id: PublicId) -> dict[str, Any]:
    """Return one template."""
    return _template(template_of(template_id))


@router.get(
    "/templates/{template_id}/versions",
    response={200: VersionList, **PROBLEMS},
    auth=Bearer(Scope.TEMPLATES_READ, QUERY),
    summary="模版的各个版本",
)
def list_versions(request: HttpRequest, template_id: PublicId) -> dict[str, Any]:
    """Return every version of a template, the newest first."""
    rows = template_of(template_id).versions.defer("document", "source").order_by("-number")
    return {"items": [_version(row) for row in rows]}


@router.post(
    "/templates/{template_id}/actions/fill",
    response={200: Filled, **PROBLEMS},
    auth=Bearer(Scope.TEMPLATES_READ, LIVE),
    summary="一次填写全部参数，生成待签署的文件",
)
def fill_template(request: HttpRequest, template_id: PublicId, body: FillIn) -> dict[str, Any]:
    """Fill the version in force and return the document; nothing is kept, so repeat at will."""
    at = now()
    version = version_in_force(template_id, body.on or shanghai_date(at))
    filled = fill(version, body.values, at=at)
    return {
        "template": version.template.public_id,
        "version": version.number,
        "sha256": filled.sha256,
        "pdf": base64.b64encode(filled.pdf).decode(),
        "fields": fields_to_json(filled.fields),
    }


def _template(row: Template) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "code": row.code,
        "title": row.title,
        "document_type": row.document_type,
        "unit": row.unit.public_id,
        "sharing": row.sharing,
        "created_at": row.created_at,
    }


def _version(row: TemplateVersion) -> dict[str, Any]:
    names = ("number", "state", "source_kind", "sha256", "filing_no", "fields", "sample")
    facts = {name: getattr(row, name) for name in names}
    return facts | {"effective_from": row.effective_from, "effective_until": row.effective_until}
